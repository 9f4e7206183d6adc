"""CSV files of users: any usual delimiter, byte order mark and quotes; errors name line and column."""

from pathlib import Path

import pytest

from service.files.csv_columns import ALL_NAMES, COLUMNS, column_of
from tests.support.cli_runner import Command

QUESTION = "question,question_text,resolution_criteria,deadline,deadline_basis"
HEADER = f"commentator,{QUESTION},made_at,probability"
ROW = "Ann,rain,Will it rain?,By the gauge.,2025-05-31,stated,2025-04-01,0.25"
SHORT = "commentator,question,made_at,probability"


def known(run: Command) -> Command:
    run("import", run.file("known.csv", f"{HEADER}\n{ROW}\n"))
    return run


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_the_delimiter_is_detected(trackrecord: Command, delimiter: str, line_end: str) -> None:
    text = f"{HEADER}\n{ROW}\n".replace(",", delimiter).replace("\n", line_end)
    assert trackrecord("import", trackrecord.file("a.csv", text), "--json").json["recorded"]["predictions"] == 1


def test_a_question_may_be_named_by_its_id_and_an_unknown_one_is_refused_at_its_column(trackrecord: Command) -> None:
    run = known(trackrecord)
    for number, code in ((1, 0), (99, 2)):
        done = run("import", run.file("a.csv", f"{SHORT}\nBob,{number},2025-04-01,0.5\n"))
        assert done.code == code, done.err
    assert "a.csv:2: question: no question has id 99: check it" in done.err


def test_empty_columns_at_the_end_do_no_harm(trackrecord: Command) -> None:
    file = trackrecord.file("a.csv", f"{HEADER},,\n{ROW},,,\n")
    assert trackrecord("import", file).code == 0


def test_empty_lines_between_json_lines_do_no_harm(trackrecord: Command) -> None:
    run = known(trackrecord)
    line = '{"commentator": {"name": "Bob"}, "question": {"slug": "rain"}, "made_at": "2025-04-01", "probability": 0.5}'
    done = run("import", run.file("a.jsonl", f"\n{line}\n\n"), "--json")
    assert done.json["recorded"]["predictions"] == 1


def test_the_delimiter_can_be_given(trackrecord: Command) -> None:
    file = trackrecord.file("a.csv", f"{HEADER}\n{ROW}\n".replace(",", "|"))
    assert trackrecord("import", file).code == 2
    assert trackrecord("import", file, "--delimiter", "|").code == 0
    assert "must be one character, or tab" in trackrecord("import", file, "--delimiter", "||").err


def test_a_byte_order_mark_and_capitals_in_the_header_do_no_harm(trackrecord: Command) -> None:
    file = trackrecord.file("a.csv", b"\xef\xbb\xbf" + f"{HEADER.title()}\n{ROW}\n\n,,,,,,,\n".encode())
    assert trackrecord("import", file).code == 0


def test_one_row_can_hold_everything(trackrecord_anywhere: Command) -> None:
    run = trackrecord_anywhere
    cells = {
        "commentator": 'Zoë "Z" Müller, PhD',
        "commentator_kind": "organisation",
        "question": "budget",
        "question_text": "How will the\nbudget end?",
        "resolution_criteria": "As published.",
        "kind": "ordinal",
        "options": "below|at the mark|above, or \\| far above",
        "deadline": "2025-05-31",
        "deadline_zone": "Europe/Berlin",
        "deadline_basis": "implied",
        "topics": "economy|europe",
        "event": "spring",
        "source_url": "https://example.org/a",
        "source_title": "A column",
        "outlet": "The Paper",
        "published_on": "2025-04-01",
        "made_at": "2025-04-01T10:00:00+02:00",
        "probabilities": "0.5|0.3|.2",
        "note": "'=as written",
        "outcome": "at the mark",
        "known_at": "2025-05-20",
        "evidence_url": "https://example.org/b|https://example.org/c",
        "evidence_note": "The figure.|",
        "resolution_note": "Clear.",
    }
    quoted = ",".join('"' + cell.replace('"', '""') + '"' for cell in cells.values())
    assert run("import", run.file("a.csv", f"{','.join(cells)}\n{quoted}\n")).err == ""
    found = run("question", "budget", "--json").json
    assert found["options"] == ["below", "at the mark", "above, or | far above"]
    assert (found["outcome"], found["known_at"]) == ("at the mark", "2025-05-20T21:59:59Z")
    assert found["resolutions"][0]["evidence"][1] == {"url": "https://example.org/c", "note": ""}
    prediction = found["predictions"][0]
    assert prediction["commentator"]["name"] == 'Zoë "Z" Müller, PhD'
    assert prediction["probabilities"]["below"] == 0.5
    assert (prediction["note"], prediction["source"]["outlet"]) == ("=as written", "The Paper")
    assert run("verify").code == 0


def test_rows_of_one_question_give_its_outcome_once_or_identically(trackrecord: Command) -> None:
    header = f"{HEADER},outcome,known_at,evidence_url"
    outcome = "yes,2025-05-01,https://example.org/a"
    same = trackrecord.file("a.csv", f"{header}\n{ROW},{outcome}\n{ROW.replace('Ann', 'Bob')},{outcome}\n")
    assert trackrecord("import", same, "--json").json["recorded"]["resolutions"] == 1
    other = outcome.replace("yes", "no")
    odd = trackrecord.file("b.csv", f"{header}\n{ROW},{outcome}\n{ROW.replace('Ann', 'Cy')},{other}\n")
    done = trackrecord("import", odd)
    assert (done.code, "b.csv:3: outcome: another row has a different outcome" in done.err) == (2, True)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", ":1: the file is empty"),
        ("\n\n", "the file is empty"),
        ("a,b\n1,2\n", ":1: the first line must name the columns, for example commentator, question"),
        ("Ann,rain,2025-04-01,0.5\n", ":1: the first line must name the columns"),
        (f"{SHORT},probabilty\n", ":1: unknown column 'probabilty': did you mean 'probability'?"),
        (f"{SHORT},mood\n", "unknown column 'mood': remove it, or rename it"),
        (f"{SHORT},note,note\n", "duplicate column 'note'"),
        (f"{SHORT},,note\n", "a column has no name"),
        (f"{SHORT}\nAnn,rain,2025-04-01\n", ":2: the line has 3 cells, but the first line names 4 columns"),
        (f"{SHORT}\nAnn,rain,2025-04-01,0,5\n", ":2: the line has 5 cells"),
        (f'{SHORT}\nAnn,rain,2025-04-01,"0,5"\n', ":2: `probability` must be a number, for example 0.3"),
        (f"{SHORT}\nAnn,rain,2025-04-01,30%\n", ":2: `probability` must be a number, for example 0.3"),
        (f"{SHORT}\nAnn,rain,01/04/2025,0.5\n", ":2: `made_at` must be a time in RFC 3339"),
        (f"{SHORT}\n,rain,2025-04-01,0.5\n", ":2: `commentator` is required"),
        (f"{SHORT}\nAnn,,2025-04-01,0.5\n", ":2: `question` is required"),
        (f'{SHORT}\nAnn,rain,2025-04-01,"0.5\n', "quotation marks"),
        (f'{SHORT}\nAnn,"rain"s,2025-04-01,0.5\n', "quotation marks"),
        (f"{SHORT},reason\nAnn,rain,2025-04-01,0.5,x\n", ":2: `reason` does not belong to a row of type prediction"),
        (f"type,{SHORT}\nfoo,Ann,rain,2025-04-01,0.5\n", ":2: type: unknown type 'foo'"),
        (f"{SHORT},source_url\nAnn,rain,2025-04-01,0.5,nowhere\n", ":2: `source_url` must be a web address"),
        (f"{SHORT},low\nAnn,rain,2025-04-01,0.5,0.2\n", ":2: `best` is required"),
        (f"{SHORT}\n{'A' * 300_000},rain,2025-04-01,0.5\n", "field larger than field limit"),
        (f"{SHORT}\n{'A' * 2_000_000},rain,2025-04-01,0.5\n", ":2: the line is longer than 1000000 bytes"),
    ],
)
def test_a_bad_file_is_refused_by_line_and_column(trackrecord: Command, text: str, message: str) -> None:
    run = known(trackrecord)
    done = run("import", run.file("bad.csv", text))
    assert done.code == 2
    assert message in done.err
    assert "nothing was recorded" in done.err
    assert len(done.err) < 3000


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (f"{SHORT}\nAnn,rain,2025-04-01,0.5\nMüller,rain,2025-04-01,0.5\n".encode("latin-1"), ":3: byte 2 (0xfc)"),
        (f"{SHORT}\nAnn,rain\x00,2025-04-01,0.5\n".encode(), ":2: the line has a NUL byte"),
        (f"{SHORT}\nAnn,rain,2025-04-01,0.5\n".encode("utf-16"), ":1: the file is UTF-16, not UTF-8 text"),
        (b"PK\x03\x04 a spreadsheet", ":1: the file is a zip or spreadsheet file"),
    ],
)
def test_bytes_that_are_no_text_are_refused_with_the_line(trackrecord: Command, content: bytes, message: str) -> None:
    run = known(trackrecord)
    done = run("import", run.file("bad.csv", content))
    assert (done.code, message in done.err) == (2, True), done.err


def test_another_encoding_can_be_given(trackrecord: Command) -> None:
    text = f"{HEADER}\n{ROW.replace('Ann', 'Müller')}\n"
    file = trackrecord.file("a.csv", text.encode("cp1252"))
    assert trackrecord("import", file).code == 2
    assert trackrecord("import", file, "--encoding", "cp1252").code == 0
    assert "Müller" in trackrecord("leaderboard").out
    assert "unknown encoding" in trackrecord("import", file, "--encoding", "klingon").err


def test_partial_records_the_valid_rows_of_a_file(trackrecord: Command) -> None:
    run = known(trackrecord)
    text = f"{SHORT}\nBob,rain,2025-04-01,0.5\nCy,rain,2025-04-01,5\nDi,rain,2025-04-01\nEd,rain,2025-04-01,0.1\n"
    done = run("import", run.file("b.csv", text), "--partial", "--json")
    assert (done.code, done.json["recorded"]["predictions"]) == (1, 2)
    assert [(fault["line"], fault["column"]) for fault in done.json["faults"]] == [(3, "probability"), (4, "")]


def test_a_row_is_numbered_by_the_line_it_begins_in(trackrecord: Command) -> None:
    run = known(trackrecord)
    text = f'\n{SHORT},note\nBob,rain,2025-04-01,0.5,"two\nlines"\nCy,rain,2025-04-01,5,\n'
    assert "b.csv:5: `probability`" in run("import", run.file("b.csv", text)).err


def test_the_format_follows_from_the_file_name_or_the_option(trackrecord: Command, tmp_path: Path) -> None:
    text = f"{HEADER}\n{ROW}\n"
    trackrecord.file("predictions.dat", text)
    assert "is not known: add --format" in trackrecord("import", "predictions.dat").err
    assert trackrecord("import", "predictions.dat", "--format", "csv").code == 0
    assert trackrecord("import", "-", "--format", "csv", stdin=text.encode()).code == 0
    assert trackrecord("import", "nowhere.csv").code == 2
    assert trackrecord("import", str(tmp_path)).code == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", ":1: the file is empty"),
        ("[\n{}\n]\n", ":1: the file is one JSON list"),
        ("{}\n{oops}\n", ":2: the line is not valid JSON at column 2"),
        ("3\n", ":1: the line is not a JSON object"),
        ('{"probability": NaN}\n', "`probability` must be a finite number"),
        ("[" * 5000 + "\n", ":1: the line is not valid JSON"),
        ('{"note": "a", "note": "b"}\n', "duplicate key 'note' in a JSON object: keep one"),
    ],
)
def test_bad_json_is_refused_by_line(trackrecord: Command, text: str, message: str) -> None:
    done = trackrecord("import", trackrecord.file("bad.jsonl", text))
    assert (done.code, f"bad.jsonl{message}" in done.err if message[0] == ":" else message in done.err) == (2, True), (
        done.err
    )


def test_every_column_is_found_by_the_pointer_of_its_faults() -> None:
    for kind, columns in COLUMNS.items():
        for column in columns:
            assert column.name in ALL_NAMES
            assert column_of(kind, "/" + "/".join(column.path)) == column.name
    assert column_of("prediction", "/probabilities/2") == "probabilities"
    assert column_of("resolution", "/evidence/0/url") == "evidence_url"
