"""The first key of an installation is random and private: there is no account or password that strangers could know."""

import re
from pathlib import Path

import pytest
from sqlalchemy import Engine

from service.cli.serve import create_first_key
from service.db.engine import read_transaction, write_transaction
from service.security.api_keys import find_caller, list_keys
from service.settings import Settings
from tests.support.fake_clock import START

SECRET = b"a secret of the tests, and long"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Nothing here depends on the database."""
    return sqlite_url


def test_a_new_installation_has_one_key_which_is_random_and_private(engine: Engine, tmp_path: Path) -> None:
    with read_transaction(engine) as session:
        assert list_keys(session) == []
    settings = Settings(_env_file=None, state_dir=tmp_path)
    with write_transaction(engine) as session:
        create_first_key(session, settings, SECRET)
        create_first_key(session, settings, SECRET)  # a second start makes no other
        ((key, _),) = list_keys(session)
        stored = (key.hash, key.prefix)
    file = tmp_path / "admin.key"
    plain = file.read_text().strip()
    assert re.fullmatch(r"tr_[0-9a-f]{8}_[\w-]{43}", plain), "256 random bits"
    assert file.stat().st_mode & 0o777 == 0o600
    assert plain not in stored
    with read_transaction(engine) as session:
        caller = find_caller(session, plain, SECRET, START)
        assert caller is not None
        assert caller.scopes == {"admin"}


def test_no_two_installations_have_the_same_first_key(engine: Engine, tmp_path: Path) -> None:
    found = set()
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        with write_transaction(engine) as session:
            create_first_key(session, Settings(_env_file=None, state_dir=tmp_path / name), SECRET)
            session.rollback()
        found.add((tmp_path / name / "admin.key").read_text())
    assert len(found) == 2
