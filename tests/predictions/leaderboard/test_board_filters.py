"""Each filter of the board selects exactly the scored pairs that it describes, by comparison with the raw rows."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlmodel import Session

from predictions.enums import CommentatorKind, DeadlineBasis
from predictions.leaderboard.board import board
from predictions.leaderboard.estimates import estimate
from predictions.leaderboard.filters import Filters
from tests.predictions.leaderboard.test_board_by_hand import NOW, START
from tests.support import reference_board
from tests.support.reference_board import Row

World = dict[str, dict[int, Row]]
Keeps = Callable[[Row, World], Any]
MIDDLE = START + timedelta(days=130)


def question_of(pair: Row, world: World) -> Row:
    return world["question"][pair["question"]]


def has_basis(basis: DeadlineBasis, pair: Row, world: World) -> bool:
    return bool(question_of(pair, world)["deadline_basis"] == basis)


def source(pair: Row, world: World) -> Row:
    return world["source"].get(pair["opening_prediction"]["source_id"], {"id": None, "outlet": None})


CASES: dict[str, tuple[Filters, Keeps]] = {
    "topic": (Filters(topic="war"), lambda pair, world: "war" in world["topics"].get(pair["question"], ())),
    "event": (Filters(event="family-1"), lambda pair, world: pair["event"] == "family-1"),
    "from": (Filters(since=MIDDLE), lambda pair, world: pair["deadline"] >= MIDDLE),
    "to": (Filters(until=MIDDLE), lambda pair, world: pair["deadline"] < MIDDLE),
    **{
        basis.value: (
            Filters(deadline_basis=basis),
            partial(has_basis, basis),
        )
        for basis in DeadlineBasis
    },
    "verbal": (Filters(verbal=True), lambda pair, world: pair["verbal"]),
    "stated numbers": (Filters(verbal=False), lambda pair, world: not pair["verbal"]),
    "recorded late": (Filters(recorded_late=True), lambda pair, world: pair["late"]),
    "recorded in time": (Filters(recorded_late=False), lambda pair, world: not pair["late"]),
    "conditional": (Filters(conditional=True), lambda pair, world: question_of(pair, world)["condition_text"]),
    "unconditional": (Filters(conditional=False), lambda pair, world: not question_of(pair, world)["condition_text"]),
    "kind": (
        Filters(commentator_kind=CommentatorKind.MARKET),
        lambda pair, world: world["commentator"][pair["commentator"]]["kind"] == "market",
    ),
    "outlet": (Filters(outlet="Gazette"), lambda pair, world: source(pair, world)["outlet"] == "Gazette"),
    "source": (Filters(source=2), lambda pair, world: source(pair, world)["id"] == 2),
    "two at once": (
        Filters(verbal=False, recorded_late=True),
        lambda pair, world: not pair["verbal"] and pair["late"],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_filter_selects_the_pairs_that_it_describes(invented: Session, name: str) -> None:
    filters, keeps = CASES[name]
    world: World = {table: by_id(invented, table) for table in ("question", "source", "commentator")}
    world["topics"] = topics(invented)
    pairs = reference_board.counted_pairs(reference_board.scored_pairs(invented, world["question"], NOW), NOW)
    selected = [pair for pair in pairs if keeps(pair, world)]
    assert 0 < len(selected) < len(pairs)
    estimates = estimate(invented, filters, "opening", NOW)
    items = {item.commentator.id: item for item in board(invented, filters, "opening", estimates, now=NOW)}
    for commentator in {pair["commentator"] for pair in pairs}:
        scores = [pair["opening"] for pair in selected if pair["commentator"] == commentator]
        item = items.get(commentator)
        assert (item.resolved if item else 0) == len(scores)
        if item is not None and scores:
            assert item.brier == pytest.approx(sum(scores) / len(scores), abs=1e-11)
            assert item.events == len({pair["event"] for pair in selected if pair["commentator"] == commentator})


def test_open_and_annulled_questions_are_counted_under_the_same_filter(invented: Session) -> None:
    questions, sources = by_id(invented, "question"), by_id(invented, "source")
    filters = Filters(outlet="Gazette")
    for item in board(invented, filters, "opening", estimate(invented, filters, "opening", NOW), now=NOW):
        here = {
            row["question_id"]
            for row in reference_board.active_predictions(invented)
            if row["commentator_id"] == item.commentator.id
            and row["source_id"] is not None
            and sources[row["source_id"]]["outlet"] == "Gazette"
        }
        statuses = [questions[number]["status"] for number in here]
        counted = {status: statuses.count(status) for status in ("open", "due", "annulled")}
        assert {"open": item.open, "due": item.overdue, "annulled": item.annulled} == counted


def test_resolved_before_the_deadline_counts_with_the_switch(invented: Session) -> None:
    filters = Filters(include="resolved")
    estimates = estimate(invented, filters, "opening", NOW)
    pairs = reference_board.scored_pairs(invented, by_id(invented, "question"), NOW)
    more = [pair for pair in pairs if not pair["vague"]]
    assert len(more) > len(reference_board.counted_pairs(pairs, NOW))
    assert sum(item.resolved for item in board(invented, filters, "opening", estimates, now=NOW)) == len(more)


def test_whose_questions_were_mostly_annulled_can_be_left_out(invented: Session) -> None:
    estimates = estimate(invented, Filters(), "opening", NOW)
    everybody = board(invented, Filters(), "opening", estimates, now=NOW)
    limit = sorted(item.share_annulled or 0 for item in everybody)[3]
    fewer = board(invented, Filters(), "opening", estimates, max_annulled=limit, now=NOW)
    assert 0 < len(fewer) < len(everybody)
    assert {item.commentator.id for item in fewer} == {
        item.commentator.id for item in everybody if (item.share_annulled or 0) <= limit
    }


def by_id(session: Session, table: str) -> dict[int, Row]:
    return {row["id"]: row for row in reference_board.rows(session, table)}


def topics(session: Session) -> Any:
    by_question: dict[int, set[str]] = {}
    for row in reference_board.rows(session, "question_topic"):
        by_question.setdefault(row["question_id"], set()).add(row["topic"])
    return by_question
