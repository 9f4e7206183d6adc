"""The lexicons that ship: their numbers against their sources, their versions, and what does not load."""

import re
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from predictions.hedges import lexicon_files
from predictions.hedges.interpret import get_lexicon, lexicons, read_hedge
from predictions.hedges.lexicon_files import parse_lexicon

OFFICIAL = ("icd203", "phia", "ipcc", "nato", "efsa", "kent")
FOLDER = Path(lexicon_files.__file__).parent / "lexicons"


def test_an_interpretation_depends_on_the_lexicon_and_names_it() -> None:
    bests = {name: read_hedge("likely", name).best for name in ("survey", "icd203", "phia", "ipcc", "nato", "efsa")}
    assert bests == {"survey": 0.72, "icd203": 0.675, "phia": 0.65, "ipcc": 0.83, "nato": 0.75, "efsa": 0.78}
    with pytest.raises(FrozenInstanceError):
        read_hedge("likely").best = 1.0  # type: ignore[misc]


def test_surveyed_numbers_lie_among_the_means_of_their_studies() -> None:
    surveyed = [entry for entry in get_lexicon("survey").entries if entry.source.startswith("survey")]
    assert len(surveyed) == 41, "the whole merged table"
    for entry in surveyed:
        means = [int(mean) for mean in re.findall(r"\b[KMFZ](\d+)", entry.source)]
        assert min(means) - 1 <= 100 * entry.best <= max(means) + 1, entry.id
    assert all(entry.source for entry in get_lexicon("survey").entries)


@pytest.mark.parametrize("name", OFFICIAL)
def test_an_official_scale_has_the_middle_of_its_band_as_best(name: str) -> None:
    lexicon = get_lexicon(name)
    assert "middle of" in lexicon.description
    for entry in lexicon.entries:
        assert entry.best == pytest.approx((entry.low + entry.high) / 2)


ENTRY = '{ id = "a", patterns = ["b"], low = 0.1, best = 0.2, high = 0.3, source = "s" }'
FILE = """
name = "x"
version = 1
title = "t"
description = "d"
attribution = "a"
licence = "l"
entries = [ENTRY]
""".replace("ENTRY", ENTRY)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("low = 0.1", "low = 0.25"),
        ("high = 0.3", "high = 1.3"),
        ("low = 0.1", "low = -0.1"),
        ("version = 1", "version = 0"),
        ("version = 1", 'version = "one"'),
        ('["b"]', '["b", "B"]'),
        ('["b"]', "[]"),
        (ENTRY, ENTRY + ", " + ENTRY.replace('["b"]', '["c"]')),
        (', source = "s"', ""),
        ('licence = "l"', ""),
        ('licence = "l"', 'licence = "l"\nlicense = "l"'),
        ("low = 0.1", 'low = "0.1"'),
        ('source = "s"', 'source = ""'),
    ],
)
def test_a_faulty_lexicon_does_not_load(old: str, new: str) -> None:
    parse_lexicon(FILE)
    with pytest.raises(ValueError, match="lexicon x"):
        parse_lexicon(FILE.replace(old, new, 1))


def test_several_versions_of_a_lexicon_can_be_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "hedges" / "lexicons"
    folder.mkdir(parents=True)
    for version in (1, 2, 10):
        text = FILE.replace("version = 1", f"version = {version}")
        (folder / f"x-{version}.toml").write_text(text, encoding="utf-8")
    monkeypatch.setattr(lexicon_files, "files", lambda package: tmp_path)
    lexicon_files._load_all.cache_clear()
    try:
        assert get_lexicon("x").version == 10
        assert get_lexicon("x", version=2).version == 2
        assert [lexicon.version for lexicon in lexicons()] == [10]
    finally:
        lexicon_files._load_all.cache_clear()


def test_each_shipped_file_is_named_for_its_lexicon_and_version() -> None:
    shipped = {file.name: parse_lexicon(file.read_text("utf-8")) for file in FOLDER.glob("*.toml")}
    assert shipped
    assert all(name == f"{lexicon.name}-{lexicon.version}.toml" for name, lexicon in shipped.items())
