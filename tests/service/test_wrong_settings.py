"""A wrong setting ends every command with exit code 2 and one sentence that names it, and never shows a secret."""

import os
from pathlib import Path

import pytest
import typer.main

from service.cli import app
from service.settings import Settings
from tests.support.cli_runner import Command

LONG = "a-secret-of-forty-characters-0123456789"
COMMANDS = (
    ("leaderboard",),
    ("due", "--json"),
    ("verify",),
    ("backup", "copy"),
    ("resolver", "kinds"),
    ("keys", "list"),
    ("channels", "list"),
    ("scheduler", "--once"),
    ("serve", "--port", "0"),
    ("demo", "--no-serve"),
)
#: Variable, wrong value, a part of the sentence.
WRONG = [
    ("ADMIN_KEY", "", "is set but empty"),
    ("ADMIN_KEY", "   ", "is set but empty"),
    ("ADMIN_KEY", "short-s3cret", "at least 20 characters"),
    ("ADMIN_KEY", "a" * 40, "too easy to guess"),
    ("ADMIN_KEY", "a secret with spaces in it 0123", "without spaces"),
    ("ADMIN_KEY", "schlüssel-der-großen-tür", "must be ASCII"),
    ("ADMIN_KEY", "a-long-key" * 51, "at most 500 characters"),
    ("SECRET_KEY", "", "is set but empty"),
    ("SECRET_KEY", "short-s3cret", "at least 20 characters"),
    ("SECRET_KEY", "\t" + LONG, "control characters"),
    ("PUBLIC_URL", "record.example.org", "must be an http or https address"),
    ("PUBLIC_URL", "ftp://record.example.org", "must be an http or https address"),
    ("PUBLIC_URL", "https://", "with a host"),
    ("PUBLIC_URL", "https://record.example.org/path", "must have no path"),
    ("PUBLIC_URL", "https://record.example.org/?a=b", "must have no path"),
    ("PUBLIC_URL", "https://ann:s3cret@record.example.org", "must not contain a user name"),
    ("PUBLIC_URL", "https://record.example.org:port", "is not a web address"),
    ("PUBLIC_URL", "https://record.example.org:70000", "is not a web address"),
    ("PUBLIC_URL", "https://record example.org", "is not a web address"),
    ("PUBLIC_URL", "https://[::1", "is not a web address"),
    ("PUBLIC_URL", "https://bücher.example", "xn--"),
    ("PUBLIC_READ", "perhaps", "must be true or false"),
    ("ALLOWED_HOSTS", "https://10.2.0.7", "has a scheme"),
    ("ALLOWED_HOSTS", "https://ann:s3cret@10.2.0.7", "has a scheme"),
    ("ALLOWED_HOSTS", "ann:s3cret@10.2.0.7", "must list hosts one by one"),
    ("ALLOWED_HOSTS", "10.2.0.0/99", "not a network"),
    ("ALLOWED_HOSTS", "localhost,host name", "write a host"),
    ("ALLOWED_HOSTS", "*", "must list hosts one by one"),
    ("ALLOWED_HOSTS", "0.0.0.0/0", "is every address"),
    ("ALLOWED_HOSTS", "::/0", "is every address"),
    ("ALLOWED_HOSTS", "128.0.0.0/1,localhost,0.0.0.0/1", "is every address"),
    ("ALLOWED_HOSTS", "localhost:99999", "a port that is not between"),
    ("HOST", "", "is set but empty"),
    ("HOST", "http://127.0.0.1", "is not an address to listen on"),
    ("HOST", "127.0.0.1:8000", "is not an address to listen on"),
    ("HOST", "300.1.1.1", "is not an address to listen on"),
    ("PORT", "many", "must be a whole number"),
    ("PORT", "", "must be a whole number"),
    ("PORT", "-1", "must be at least 0"),
    ("PORT", "65536", "must be at most 65535"),
    ("PORT", "8000.5", "must be a whole number"),
    ("DATABASE_URL", "nonsense", "must be postgresql://"),
    ("DATABASE_URL", "mysql://ann:s3cret@host/record", "must be postgresql://"),
    ("DATABASE_URL", "postgresql+asyncpg://ann:s3cret@host/record", "must be postgresql://"),
    ("DATABASE_URL", "postgresql://ann:s3cret@host", "names no database"),
    ("DATABASE_URL", "postgresql://ann:s3cret@host:port/record", "percent-encode"),
    ("DATABASE_URL", "postgresql://ann:s3cret@host:99999/record", "a port that is not between"),
    ("DATABASE_URL", "postgresql://ann:s3cret@ho st/record", "has no valid host"),
    ("DATABASE_URL", "postgresql://ann:s3cret@host/record?no_such_option=1", "percent-encode"),
    ("DATABASE_URL", "postgresql://ann:s3cret@127.0.0.1:1/record?sslmode=perhaps", "an option with a wrong value"),
    ("DATABASE_URL", "postgresql://ann:s3cret@host/record?port=many", "percent-encode"),
    ("DATABASE_URL", "sqlite://", "must be postgresql://"),
    ("DATABASE_URL", "sqlite:///", "names no file"),
    ("DATABASE_URL", "sqlite:///:memory:", "names no file"),
    ("DATABASE_URL", "sqlite:///record.db?mode=perhaps", "names no file"),
    ("DATABASE_URL", "sqlite:////dev/full", "names no file"),
    ("DATABASE_URL", "sqlite:////proc/none/record.db", "which is no directory"),
    ("DATABASE_URL", "sqlite:///a-file/record.db", "which is no directory"),
    ("SMTP_URL", "http://mail.example.org", "must look like smtp://"),
    ("SMTP_URL", "smtp://", "must look like smtp://"),
    ("SMTP_URL", "smtp://ann:s3cret@mail.example.org:port", "must look like smtp://"),
    ("SMTP_URL", "smtp://ann:s3cret/more@mail.example.org", "must look like smtp://"),
    ("SMTP_URL", "smtp://mail.example.org?startls=required", "the only option"),
    ("SMTP_URL", "smtp://ann:s3cret@mail.example.org?starttls=never", "with a password it must be required"),
    ("SMTP_URL", "smtp://ann@mail.example.org", "a user needs a password"),
    ("SMTP_URL", "smtp://:s3cret@mail.example.org", "a password a user"),
    ("MAIL_FROM", "Track Record", "is not a mail address"),
    ("MAIL_FROM", "Ann <ann@example.org>", "is not a mail address"),
    ("CONTACT", "the desk, room 4", "is no address"),
    ("CONTACT", "@", "is no address"),
    ("CONTACT", "https://", "is no address"),
    ("CONTACT", "https://ann:s3cret@example.org", "must not contain a user name"),
    ("CONTACT", "https://example.org/a b", "without spaces"),
    ("CONTACT", "ann@example.org (Ann", "without brackets"),
    ("CONTACT", "ann@example.org\r\nX-Header: 1", "control characters"),
    ("TRUSTED_PROXIES", "proxy", "is not an address or network"),
    ("TRUSTED_PROXIES", "10.0.0.1/8", "is not an address or network"),
    ("TRUSTED_PROXIES", "0.0.0.0/0", "is every address"),
    ("TRUSTED_PROXIES", "0.0.0.0/1,128.0.0.0/1", "is every address"),
    ("TRUSTED_PROXIES", "::/1,127.0.0.1,8000::/1", "is every address"),
    ("TRUSTED_PROXIES", "*", "is not an address or network"),
    ("TICK_SECONDS", "soon", "must be a number"),
    ("TICK_SECONDS", "0", "must be at least"),
    ("TICK_SECONDS", "nan", "must be a"),
    ("REQUESTS_PER_MINUTE", "-5", "must be at least 0"),
    ("KEY_REQUESTS_PER_MINUTE", "many", "must be a whole number"),
    ("MAX_BODY_BYTES", "1 MB", "must be a whole number"),
    ("MAX_BODY_BYTES", "10", "must be at least 1000"),
    ("STATE_DIR", "", "is set but empty"),
    ("STATE_DIR", "~/record", "write the whole path"),
    ("STATE_DIR", "a-file", "is a file, or lies below one"),
    ("STATE_DIR", "a-file/below", "is a file, or lies below one"),
    ("STATE_DIR", "s3://bucket/record", "is not a path"),
    ("STATE_DIR", "a" * 300, "cannot be used"),
]
SECRET = ("s3cret", "schlüssel", "a secret with", "a" * 40, LONG)


@pytest.mark.parametrize(("name", "value", "told"), WRONG, ids=[f"{name}={value}"[:60] for name, value, _ in WRONG])
def test_a_wrong_setting_is_refused_in_one_sentence_without_its_secrets(
    trackrecord: Command, monkeypatch: pytest.MonkeyPatch, name: str, value: str, told: str
) -> None:
    trackrecord.file("a-file", "")
    monkeypatch.setenv(f"TRACKRECORD_{name}", value)
    done = trackrecord("leaderboard")
    assert (done.code, done.out) == (2, "")
    assert f"TRACKRECORD_{name}" in done.err
    assert told in done.err
    assert done.err.count("\n") == 1
    assert not any(secret in done.err for secret in SECRET)


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
@pytest.mark.parametrize(("name", "value"), [("PUBLIC_URL", "record"), ("ADMIN_KEY", "short"), ("PORT", "x")])
def test_every_command_refuses_a_wrong_setting_and_leaves_no_file(
    trackrecord: Command,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    arguments: tuple[str, ...],
    name: str,
    value: str,
) -> None:
    before = sorted(tmp_path.rglob("*"))
    monkeypatch.setenv(f"TRACKRECORD_{name}", value)
    done = trackrecord(*arguments)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert f"TRACKRECORD_{name}" in done.err
    assert sorted(tmp_path.rglob("*")) == before


def test_a_wrong_setting_does_not_stand_in_the_way_of_help(
    trackrecord: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRACKRECORD_PORT", "many")
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    assert [name for name in commands if trackrecord(name, "--help").code != 0] == []


def test_several_wrong_settings_are_named_together(trackrecord: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACKRECORD_PORT", "many")
    monkeypatch.setenv("TRACKRECORD_CONTACT", "nobody")
    done = trackrecord("leaderboard")
    assert [line.split()[0].rstrip(":") for line in done.err.splitlines()] == [
        "TRACKRECORD_PORT",
        "TRACKRECORD_CONTACT",
    ]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--port", "70000"), "'--port'"),
        (("--port", "-1"), "'--port'"),
        (("--port", "http"), "'--port'"),
        (("--port", ""), "'--port'"),
        (("--host", "http://127.0.0.1"), "--host is not an address to listen on"),
        (("--host", ""), "--host is set but empty"),
        (("--host", "192.0.2.1", "--port", "0"), "cannot listen on 192.0.2.1"),
        (("--host", "no-such-host.invalid", "--port", "0"), "cannot listen on no-such-host.invalid"),
    ],
)
def test_a_wrong_address_on_the_command_line_is_named_by_its_option(
    trackrecord: Command, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...], told: str
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    for command in ("serve", "demo"):
        done = trackrecord(command, *options)
        assert (done.code, done.out) == (2, "")
        assert told in done.err


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"TRACKRECORD_PORT=many\n", "TRACKRECORD_PORT must be a whole number"),
        (b"\xef\xbb\xbfTRACKRECORD_PORT=many\n", "TRACKRECORD_PORT must be a whole number"),
        (b"TRACKRECORD_CONTACT=b\xfccher@example.org\n", "the file .env is not text in UTF-8"),
        ("TRACKRECORD_PORT=8000\n".encode("utf-16"), "the file .env is not text in UTF-8"),
        (b"OTHER=1\nthe port is 8000\n", "line 2 of the file .env cannot be understood"),
        (b'TRACKRECORD_ADMIN_KEY="a s3cret without an end\n', "line 1 of the file .env cannot be understood"),
        (b"TRACKRECORD_PORT\n", "line 1 of the file .env gives TRACKRECORD_PORT no value"),
        (None, "the file .env cannot be read"),
    ],
)
def test_a_file_of_settings_that_cannot_be_used_is_refused(
    trackrecord: Command, tmp_path: Path, content: bytes | None, told: str
) -> None:
    (tmp_path / ".env").mkdir() if content is None else (tmp_path / ".env").write_bytes(content)
    done = trackrecord("leaderboard")
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert told in done.err
    assert "s3cret" not in done.err


def test_a_misspelt_setting_in_the_file_is_reported(trackrecord: Command) -> None:
    trackrecord.file(".env", "TRACKRECORD_PROT=8000\nOTHER=1\n")
    done = trackrecord("due")
    assert done.code == 0
    assert "warning: TRACKRECORD_PROT is not a setting and has no effect: did you mean TRACKRECORD_PORT?" in done.err


@pytest.mark.parametrize("directory", ["/proc/none", "/proc"])
def test_a_state_directory_that_cannot_be_written_is_refused(
    trackrecord: Command, monkeypatch: pytest.MonkeyPatch, directory: str
) -> None:
    monkeypatch.setenv("TRACKRECORD_STATE_DIR", directory)
    for url in ("", "sqlite:///record.db"):
        done = trackrecord.on(url)("keys", "create", "desk", "--scope", "read")
        assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
        assert "TRACKRECORD_STATE_DIR" in done.err


def test_bytes_that_are_no_text_are_refused(trackrecord: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACKRECORD_CONTACT", os.fsdecode(b"b\xfccher@example.org"))
    done = trackrecord("leaderboard")
    assert (done.code, done.out) == (2, "")
    assert "TRACKRECORD_CONTACT must be text in UTF-8" in done.err
    assert done.err.count("\n") == 1


def test_an_option_that_only_the_server_knows_to_be_wrong_is_refused(trackrecord: Command, postgresql_url: str) -> None:
    done = trackrecord.on(f"{postgresql_url}&client_encoding=klingon")("leaderboard")
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert "TRACKRECORD_DATABASE_URL has an option with a wrong value" in done.err


def test_the_scheme_of_the_public_address_counts_in_any_case() -> None:
    assert Settings(_env_file=None, public_url="HTTPS://Record.example.org/").base_url == "https://Record.example.org"


def test_unset_secrets_and_good_values_are_accepted(trackrecord: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    good = {
        "ADMIN_KEY": LONG,
        "SECRET_KEY": LONG,
        "PUBLIC_URL": "https://record.example.org:8443/",
        "HOST": "::1",
        "ALLOWED_HOSTS": "10.2.0.0/16, fd00::/8, [fd00::1]:8080, intranet:8080, localhost",
        "TRUSTED_PROXIES": "10.0.0.0/8,::1",
        "SMTP_URL": "smtps://ann:p%40ss@mail.example.org:465?starttls=required",
        "MAIL_FROM": "record@example.org",
        "CONTACT": "https://example.org/contact",
    }
    assert trackrecord("leaderboard").code == 0
    for name, value in good.items():
        monkeypatch.setenv(f"TRACKRECORD_{name}", value)
    done = trackrecord("leaderboard")
    assert (done.code, done.err) == (0, "")
