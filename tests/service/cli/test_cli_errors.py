"""The command line names options, arguments and commands where the API names fields and addresses."""

import re

import pytest

from tests.support.cli_runner import Command

KNOWN = ("--known-at", "2025-01-01", "--evidence", "https://example.org/")
ADD = ("channels", "add", "a", "https://example.org/")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("leaderboard", "--worded"), "'--worded': is now called --verbal: use that"),
        (("leaderboard", "--sort", "zz"), "'--sort': 'zz' is not one of 'skill'"),
        (("leaderboard", "--limit", "0"), "'--limit': must be at least 1"),
        (("leaderboard", "--min-resolved", "-1"), "--min-resolved: must be at least 0"),
        (("leaderboard", "--as-of", "2199-01-01"), "--as-of lies in the future: omit it, or give a time up to "),
        (("leaderboard", "--from", "2025-02-01", "--to", "2025-01-01"), "--to must be later than"),
        (("record", "nobody"), "no commentator has the id or slug 'nobody': trackrecord leaderboard --sort name shows"),
        (("question", "zz"), "no question has the id or slug 'zz': trackrecord due shows"),
        (("channels", "test", "9"), "no channel has the id 9: trackrecord channels list shows all"),
        (("channels", "resend", "9"), "no delivery has the id 9: trackrecord channels log shows all"),
        (("resolve", "1", "yes", "--known-at", "soon", *KNOWN[2:]), "--known-at must be a time in RFC 3339"),
        (("resolve", "1", "yes", *KNOWN[:3], "ftp://x"), "--evidence must be a web address"),
        (("resolve", "1", "yes", *KNOWN, "--supersedes", "zz"), "--supersedes must be the id of the newest resolution"),
        (("resolve", "1", "", *KNOWN), "OUTCOME must not be empty"),
        (("resolve", "1", "zz", *KNOWN), "OUTCOME: 'zz' is not an outcome of 'energy-pause-holds': choose one of"),
        (("keys", "create", "a", "--scope", "zz"), "--scope must be among read, predict, resolve, admin: remove 'zz'"),
        (("keys", "create", "", "--scope", "read"), "NAME must not be empty"),
        ((*ADD, "--quiet", "22:00"), "--quiet: must be two times with a hyphen"),
        ((*ADD, "--quiet", "22:00-25:00"), "--quiet must be a time of day, for example 22:30"),
        ((*ADD, "--topic", "A B"), "--topic must be a slug"),
        (("channels", "add", "a", "ftp://x/"), "TARGET is not allowed, because the address is neither http nor https"),
        (("resolver", "set", "1", "json", "{"), "CONFIG is not JSON: give JSON, or @ and the name of a file"),
        (("resolver", "set", "1", "json", "{}"), "`CONFIG.url` is required: add it"),
        (("import", "nowhere.csv"), "there is no file 'nowhere.csv': check its name"),
    ],
)
def test_bad_input_is_told_by_option_with_the_remedy(
    trackrecord: Command, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], told: str
) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    trackrecord("seed")
    done = trackrecord(*arguments)
    assert (done.code in (2, 3), done.out) == (True, "")
    assert told in done.err
    assert not re.search(r"/api/|Value error|Input should|\.\d{6}", done.err)
