"""After a resolution as yes: sanctions that are lifted again are told, and people decide what that means."""

from datetime import UTC, datetime
from typing import Any

import pytest

from resolvers.sources.evidence import Basis, Probe
from tests.resolvers.sources.test_ofac import delta, entity
from tests.support.sample_world import World, question

NOW = datetime(2025, 12, 1, 12, 0, tzinfo=UTC)
DAYS = {1: "2025-06-10", 2: "2025-07-10", 3: "2025-11-10", 4: "2025-11-20"}


def changed(number: int, name: str, action: str) -> str:
    """An entity changed in place: its programme is added or removed."""
    text = entity(number, name, "change")
    return text.replace("<sanctionsProgram>", f'<sanctionsProgram action="{action}">')


def probe(world: World, outcome: str | None, *bodies: str, **settings: Any) -> Probe:
    """Read publications of June, July, 10 and 20 November; the question's days end in September."""
    listed = []
    for (number, day), body in zip(DAYS.items(), (*bodies, "", "", "")[:4], strict=True):
        listed.append(f'{{"publicationID": {number}, "datePublished": "{day}T09:00:00"}}')
        world.serve_bytes(f"/changes/{number}", delta(day, body), content_type="application/xml")
    world.serve_bytes("/changes/history/2025", f"[{', '.join(listed)}]".encode(), content_type="application/json")
    world.clock.set(NOW)
    config = {"programs": ["RUSSIA-EO14024"], "names": ["Example"], "base_url": world.url, **settings}
    return world.probe(question(outcome=outcome), "ofac", **config)


ADDED, REMOVED = entity(7, "Example"), entity(7, "Example", "remove")
LIFTED = {
    "within the question's days": (ADDED, REMOVED),
    "after the deadline": (ADDED, "", REMOVED),
    "by a change of its programme": (ADDED, "", "", changed(7, "Example", "remove")),
    "added and lifted again and again": (ADDED, REMOVED, ADDED, REMOVED),
    "one of two": (ADDED + entity(8, "Example Two"), "", REMOVED),
}


@pytest.mark.parametrize(("bodies"), LIFTED.values(), ids=LIFTED)
def test_sanctions_that_are_lifted_propose_to_retract_the_outcome(world: World, bodies: tuple[str, ...]) -> None:
    count = 2 if "Two" in bodies[0] else 1
    found = probe(world, "yes", *bodies, min_count=count)
    assert found.proposal is not None
    assert (found.proposal.outcome, found.proposal.basis) == ("retracted", Basis.UNSETTLED)
    assert "reverses what the outcome rests on" in found.reason
    assert any("which reverses an earlier match" in line for line in found.observed)
    assert found.proposal.evidence[-1].locator == "entity[@id='7']"


STANDING = {
    "nothing else": (ADDED,),
    "another entity is removed": (ADDED, "", entity(9, "Example", "remove")),
    "listed again": (ADDED, REMOVED, ADDED),
    "removed before it was added": (REMOVED, ADDED),
    "another of its programmes is removed": (
        ADDED,
        "",
        changed(7, "Example", "remove").replace("RUSSIA-EO14024", "CUBA"),
    ),
    "enough others stand": (ADDED + entity(8, "Example Two"), "", REMOVED),
}


@pytest.mark.parametrize(("bodies"), STANDING.values(), ids=STANDING)
def test_sanctions_that_stand_agree_with_the_outcome(world: World, bodies: tuple[str, ...]) -> None:
    found = probe(world, "yes", *bodies)
    assert found.proposal is not None
    assert found.proposal.outcome == "yes"


def test_a_question_about_a_removal_is_reversed_by_a_new_listing(world: World) -> None:
    found = probe(world, "yes", REMOVED, "", ADDED, actions=["remove"])
    assert found.proposal is not None
    assert found.proposal.outcome == "retracted"
    assert probe(world, "yes", REMOVED, "", "", "", actions=["add", "remove"]).proposal is not None


@pytest.mark.parametrize("outcome", [None, "no", "annulled"])
def test_without_the_outcome_yes_only_the_days_of_the_question_are_read(world: World, outcome: str | None) -> None:
    found = probe(world, outcome, ADDED, REMOVED, REMOVED)
    assert found.proposal is not None
    assert found.proposal.outcome == "yes", "it happened, whatever came after"
    assert "/changes/3" not in world.server.targets()
