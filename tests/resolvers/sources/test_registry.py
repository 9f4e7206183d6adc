"""The rules for every resolver, plug-ins included."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from predictions.enums import QuestionKind
from predictions.errors import InvalidInput
from predictions.models import Question
from resolvers.sources.evidence import Basis, Evidence, Probe, ProposedOutcome
from resolvers.sources.interface import Config, Fetch, ProbedQuestion, broken_rule
from resolvers.sources.registry import all_resolvers, find_resolver, probe, validate_config
from tests.support.sample_world import World, question

QUESTION = question(opened="2025-03-18", deadline="2025-09-18T23:59:59-04:00")
AFTER = datetime(2025, 9, 20, tzinfo=UTC)


def evidence(**changes: Any) -> Evidence:
    fields = {"url": "https://a.example/", "final_url": "https://a.example/", "fetched_at": AFTER, "status": 200}
    fields |= {"content_type": None, "etag": None, "last_modified": None, "sha256": "0" * 64, "size": 1}
    return Evidence(**{**fields, "snapshot": None, "locator": "$.a", "excerpt": "1", **changes})


def proposal(**changes: Any) -> ProposedOutcome:
    fields = {"question_id": 7, "resolver": "plugin", "resolver_version": "1", "config_sha256": "1" * 64}
    fields |= {"outcome": "yes", "event_date": date(2025, 5, 1), "observed_at": AFTER, "confidence": 0.4}
    return ProposedOutcome(
        **{**fields, "basis": "positive_match", "rationale": "r", "evidence": [evidence()], **changes}
    )


class Plugin:
    """A resolver of another package, which returns the proposal it is given."""

    key = "plugin"
    version = "1"
    settings: type[Config] = Config

    def __init__(self, proposal: ProposedOutcome | None = None) -> None:
        self.proposal = proposal

    def probe(self, probed: ProbedQuestion, config: Config, fetch: Fetch) -> Probe:
        return Probe(observed=("something",), reason="it says so", proposal=self.proposal)


# What a resolver may see


def test_a_resolver_cannot_see_who_predicted_what() -> None:
    names = set(ProbedQuestion.model_fields)
    assert names == {
        "id", "slug", "text", "resolution_criteria", "kind", "opened_at", "deadline", "deadline_zone", "outcome",
    }  # fmt: skip


def test_the_view_of_a_question_on_record_opens_when_it_says_or_when_it_was_entered() -> None:
    entered = datetime(2025, 3, 20, tzinfo=UTC)
    fields: dict[str, Any] = {"id": 3, "slug": "s", "text": "t", "resolution_criteria": "c"}
    fields |= {"kind": QuestionKind.BINARY, "deadline": AFTER, "deadline_zone": "Europe/Kyiv", "created_at": entered}
    view = ProbedQuestion.of(Question(**fields))
    assert (view.opened_at, view.deadline_zone, view.last_day) == (entered, "Europe/Kyiv", date(2025, 9, 20))
    opened = datetime(2025, 3, 18, tzinfo=UTC)
    assert ProbedQuestion.of(Question(**fields, opens_at=opened)).opened_at == opened


def test_an_instant_counts_to_the_second_and_a_day_as_a_whole() -> None:
    probed = question(opened="2025-03-18T15:00:00+00:00", deadline="2025-09-18T12:00:00-04:00")
    assert not probed.covers(probed.opened_at - timedelta(seconds=1))
    assert probed.covers(probed.opened_at)
    assert probed.covers(probed.deadline)
    assert not probed.covers(probed.deadline + timedelta(seconds=1))
    assert probed.covers(date(2025, 3, 18))
    assert probed.covers(date(2025, 9, 18))
    assert not probed.covers(date(2025, 3, 17))
    assert not probed.covers(date(2025, 9, 19))


@given(st.integers(-(10**7), 3 * 10**7))
def test_an_instant_that_counts_lies_on_a_day_that_counts(seconds: int) -> None:
    moment = QUESTION.opened_at + timedelta(seconds=seconds)
    assert not QUESTION.covers(moment) or QUESTION.covers(QUESTION.day(moment))


# What a resolver may say


@pytest.mark.parametrize(
    ("changes", "now", "rule"),
    [
        ({}, AFTER, None),
        ({"event_date": None}, AFTER, "unknown"),
        ({"event_date": date(2025, 3, 16)}, AFTER, "between"),
        ({"event_date": date(2025, 9, 19)}, AFTER, "between"),
        ({"event_date": date(2025, 9, 18)}, datetime(2025, 9, 1, tzinfo=UTC), "future"),
        ({"outcome": "maybe"}, AFTER, "not an outcome"),
        ({"outcome": "no", "event_date": None}, datetime(2025, 9, 1, tzinfo=UTC), None),
        ({"outcome": "no", "basis": "absent_at_deadline", "event_date": None}, AFTER, None),
        ({"outcome": "no", "basis": "absent_at_deadline", "event_date": None}, QUESTION.deadline, "only after"),
        ({"outcome": "yes", "basis": "absent_at_deadline"}, AFTER, "can only mean no"),
        ({"outcome": "annulled", "event_date": None}, AFTER, None),
        ({"outcome": "retracted"}, AFTER, "no outcome that could be retracted"),
    ],
)
def test_a_proposal_that_breaks_a_rule_is_dropped_with_a_reason(
    world: World, install: Any, changes: dict[str, Any], now: datetime, rule: str | None
) -> None:
    proposed = proposal(**changes)
    install("plugin", Plugin(proposed))
    world.clock.set(now.astimezone(UTC))
    result = probe(QUESTION, "plugin", {}, world.fetch)
    assert (result.proposal is None) is (rule is not None)
    assert (rule or "it says so") in result.reason
    assert (broken_rule(QUESTION, proposed, now) is None) is (rule is None)


def test_only_an_outcome_on_record_can_be_retracted() -> None:
    resolved = QUESTION.model_copy(update={"outcome": "yes"})
    assert broken_rule(resolved, proposal(outcome="retracted"), AFTER) is None
    assert broken_rule(QUESTION, proposal(outcome="retracted"), AFTER) is not None


@pytest.mark.parametrize("confidence", [0.0, 0.41, 0.9, 1.0, float("nan")])
def test_confidence_is_one_of_the_fixed_confidences(confidence: float) -> None:
    with pytest.raises(ValidationError, match="fixed confidences"):
        proposal(confidence=confidence)


def test_a_proposal_without_evidence_cannot_be_made() -> None:
    with pytest.raises(ValidationError, match="evidence"):
        proposal(evidence=[])


def test_a_proposal_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        proposal().outcome = "no"  # type: ignore[misc]


@pytest.mark.parametrize(
    "changes",
    [
        {"question_id": 8},
        {"resolver": "other"},
        {"config_sha256": "2" * 64},
        {"outcome": "no"},
        {"evidence": [evidence(excerpt="2")]},
        {"evidence": [evidence(url="https://b.example/")]},
        {"evidence": [evidence(), evidence(locator="$.b")]},
    ],
)
def test_another_question_resolver_setting_outcome_or_evidence_makes_another_proposal(changes: dict[str, Any]) -> None:
    assert proposal(**changes).key != proposal().key


def test_the_same_response_makes_the_same_proposal() -> None:
    again = proposal(evidence=[evidence(fetched_at=AFTER + timedelta(days=1), sha256="f" * 64, etag='"2"')])
    assert again.key == proposal().key
    two = [evidence(locator="$.a"), evidence(locator="$.b")]
    assert proposal(evidence=two).key == proposal(evidence=two[::-1]).key


# Which resolvers there are


def test_the_built_in_resolvers_are_registered() -> None:
    assert {"json", "ofac", "manifold", "polymarket", "kalshi", "metaculus", "feed"} <= set(all_resolvers())


def test_an_installed_package_may_offer_a_resolver_as_an_entry_point(install: Any, world: World) -> None:
    install("plugin", Plugin)
    assert isinstance(find_resolver("plugin"), Plugin)
    assert probe(QUESTION, "plugin", {}, world.fetch).reason == "it says so"


def test_a_package_cannot_replace_a_built_in_resolver(install: Any) -> None:
    impostor = Plugin()
    impostor.key = "ofac"
    install("ofac", impostor)
    assert find_resolver("ofac") is not impostor


def test_an_unknown_resolver_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(InvalidInput, match="manifold") as raised:
        validate_config("oracle", {})
    assert raised.value.faults[0].pointer == "/resolver"


@pytest.mark.parametrize("kind", [QuestionKind.CATEGORICAL, QuestionKind.ORDINAL])
def test_a_question_of_several_options_takes_no_resolver(kind: QuestionKind) -> None:
    with pytest.raises(InvalidInput, match="by hand"):
        validate_config("json", {"url": "https://a.example/", "yes": "a"}, kind)


@pytest.mark.parametrize("settings", [None, [], "x", 5])
def test_settings_that_are_no_object_are_refused(settings: Any) -> None:
    with pytest.raises(InvalidInput) as raised:
        validate_config("ofac", settings)
    assert raised.value.faults[0].pointer == "/config"


def test_settings_that_mean_the_same_have_one_hash() -> None:
    one = validate_config("ofac", {"programs": ["CUBA"], "min_count": 1})
    two = validate_config("ofac", {"programs": ["CUBA"]})
    other = validate_config("ofac", {"programs": ["CUBA"], "min_count": 2})
    assert one.sha256 == two.sha256 != other.sha256


def test_bases_are_those_of_the_record() -> None:
    assert [basis.value for basis in Basis] == [
        "positive_match",
        "absent_at_deadline",
        "external_settled",
        "external_void",
        "external_unsettled",
    ]
