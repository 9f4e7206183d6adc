"""The setting for predictions recorded late: in force at the start, told in the ledger, and shown beside each rank."""

import json
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Engine

from predictions.audit.verify import verify
from predictions.enums import RankRecordedLate
from service.app import create_app
from service.db.engine import read_transaction
from service.doctor import examine
from service.settings import Settings
from tests.conftest import ADMIN_KEY, serving
from tests.support.fake_clock import FakeClock
from tests.support.sample_prediction import PREDICTION, record_one, resolve

BARE = {name: value for name, value in PREDICTION.items() if name != "source"} | {"commentator": {"name": "Bare"}}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """The domain tests of the rule run on both kinds."""
    return sqlite_url


def resolved(client: httpx.Client) -> dict[str, tuple[int, int]]:
    """Return the numbers of resolved questions that are counted and not, by commentator."""
    items = client.get("/api/leaderboard").json()["items"]
    return {item["commentator"]["name"]: (item["resolved"], item["uncounted"]) for item in items}


def test_each_start_brings_the_setting_into_force_and_the_record_stays_verified(
    database_url: str, tmp_path: Path, engine: Engine
) -> None:
    def settings(**more: RankRecordedLate) -> Settings:
        given = {"database_url": database_url, "state_dir": tmp_path / "state", "admin_key": ADMIN_KEY}
        return Settings(_env_file=None, **given, **more)  # type: ignore[arg-type]

    default = settings(rank_recorded_late=Settings.model_fields["rank_recorded_late"].default)
    expected = {"sourced": {"Bare": (0, 1), "Ann Invented": (1, 0)}, "all": {"Bare": (1, 0), "Ann Invented": (1, 0)}}
    expected["none"] = {"Bare": (0, 1), "Ann Invented": (0, 1)}
    for number, rule in enumerate((default.rank_recorded_late, *RankRecordedLate)):
        app = create_app(settings(rank_recorded_late=rule), clock=FakeClock())
        headers = {"Authorization": f"Bearer {ADMIN_KEY}"}
        with serving(app) as url, httpx.Client(base_url=url, headers=headers) as client:
            if not number:
                assert record_one(client)["flags"] == ["recorded_late"]
                assert client.post("/api/predictions", json=BARE).json()["flags"] == ["recorded_late", "unsourced"]
                resolve(client)
            assert resolved(client) == expected[rule.value]
            events = client.get("/api/ledger").json()["items"]
            changes = [json.loads(each["body"])["after"] for each in events if each["action"] == "setting.changed"]
            assert changes[-1] == {"rank_recorded_late": rule.value}
        with read_transaction(engine) as session:
            assert list(verify(session)) == []
    [check] = [each for each in examine(default, now=FakeClock().now()) if each.check == "ranking"]
    assert (check.state, "TRACKRECORD_RANK_RECORDED_LATE says sourced" in check.finding) == ("warning", True)


def test_the_share_recorded_late_stands_beside_the_rank_everywhere(admin: httpx.Client) -> None:
    record_one(admin)
    resolve(admin)
    assert admin.get("/api/leaderboard").json()["items"][0]["share_recorded_late"] == 1.0
    page = {"accept": "text/html"}
    for path in ("/", "/commentators/ann-invented", "/commentators/ann-invented/card"):
        assert "100% recorded late" in admin.get(path, headers=page).text, path
    assert "100% recorded late" in admin.get("/commentators/ann-invented/badge.svg").text
    head, row = admin.get("/leaderboard.csv").text.splitlines()[:2]
    assert dict(zip(head.split(","), row.split(","), strict=False))["share_recorded_late"] == "1.0"
