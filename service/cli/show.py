"""Commands that show a question, a commentator's record, and the due questions."""

from typing import Annotated, Any

import typer

from predictions.enums import ProposalState
from predictions.leaderboard.estimates import estimate
from predictions.leaderboard.filters import Filters
from predictions.queries.details import view_question
from predictions.queries.listing import PredictionFilter, list_predictions
from predictions.records.commentator_record import record_of
from predictions.schemas.views import PredictionView
from resolvers.prompts.inbox import due_questions
from service.cli.common import AsJson, clock, print_json, print_table, ready, say
from service.cli.leaderboard import record_at, when
from service.db.engine import read_transaction
from service.lookup import commentator_of, question_of

MANY = 1_000_000


def due(
    limit: Annotated[int, typer.Option(min=1, help="maximum number of rows")] = 1000, as_json: AsJson = False
) -> None:
    """List the questions that wait for an outcome, longest overdue first."""
    now = clock.now()
    with ready() as (_, engine), read_transaction(engine) as session:
        views = [view_question(session, question) for question in due_questions(session, now=now, limit=limit)]
    if as_json:
        print_json([view.model_dump(mode="json") for view in views])
        return
    if not views:
        say("nothing is due")
        return
    rows = []
    for view in views:
        proposed = [item.outcome for item in view.proposals if item.state == ProposalState.PENDING]
        rows.append((view.due_at.date(), (now - view.due_at).days, view.slug, view.text, ", ".join(proposed)))
    print_table(("due", "days ago", "question", "text", "proposed"), rows, right=(1,), fold=(3, 4), spare=(1,))


def question(
    which: Annotated[str, typer.Argument(metavar="QUESTION", help="slug or id of the question")],
    as_json: AsJson = False,
) -> None:
    """Show a question with its status, resolutions and predictions."""
    with ready() as (_, engine), read_transaction(engine) as session:
        row = question_of(session, which)
        view = view_question(session, row)
        predictions = list_predictions(session, PredictionFilter(question=row.id), limit=MANY)
    if as_json:
        print_json(
            view.model_dump(mode="json") | {"predictions": [item.model_dump(mode="json") for item in predictions]}
        )
        return
    say(f"{view.text}\n{view.slug}, {view.kind}, {view.status}" + (f": {view.outcome}" if view.outcome else ""))
    say(f"deadline {view.deadline:%Y-%m-%d %H:%M} UTC ({view.deadline_basis})\n{view.resolution_criteria}")
    for item in view.resolutions:
        evidence = " ".join(piece["url"] for piece in item.evidence)
        parts = filter(None, (f"resolution {item.id}: {item.outcome or 'retracted'}", item.note, evidence))
        say("  ".join(parts))
    if predictions:
        names = ("id", "commentator", "made", "hedge", "probability", "flags")
        print_table(
            names, [_prediction_row(item, item.commentator.name) for item in predictions], right=(0,), fold=(1, 3, 5)
        )


def record(
    which: Annotated[str, typer.Argument(metavar="COMMENTATOR", help="the slug or id")],
    as_of: Annotated[Any, typer.Option(parser=when, metavar="TIME", help="show the record as of this time")] = None,
    as_json: AsJson = False,
) -> None:
    """Show a commentator's record: every scored question and every open prediction."""
    with ready() as (_, engine), record_at(engine, as_of) as (session, now):
        person = commentator_of(session, which)
        view = record_of(session, person, estimate(session, Filters(), "opening", now), now=now).view(session)
    if as_json:
        print_json(view.model_dump(mode="json"))
        return
    line = view.summary
    brier = "no score yet" if line.brier is None else f"mean Brier score {line.brier:.3f}"
    counts = {"resolved": line.resolved, "not counted": line.uncounted, "open": line.open, "overdue": line.overdue}
    summary = ", ".join(f"{count} {name}" for name, count in (counts | {"annulled": line.annulled}).items())
    say(f"{view.commentator.name}: {brier}; questions: {summary}")
    if view.scores:
        names = ("question", "prediction", "outcome", "Brier", "reference", "flags")
        rows = [
            (
                *(score.question.slug, score.hedge or _percent(score.probability), score.outcome),
                *(f"{score.brier:.3f}", f"{score.reference_brier:.3f}", ", ".join(score.flags)),
            )
            for score in view.scores
        ]
        print_table(names, rows, right=(3, 4), fold=(1, 5))
    if view.open:
        names = ("id", "open question", "made", "hedge", "probability", "flags")
        print_table(names, [_prediction_row(item, item.question.slug) for item in view.open], right=(0,), fold=(3, 5))


def _prediction_row(item: PredictionView, name: str) -> tuple[object, ...]:
    options = " ".join(f"{option} {value:g}" for option, value in (item.probabilities or {}).items())
    return (
        item.id,
        name,
        item.made_at.date(),
        item.hedge,
        options or _percent(item.probability),
        ", ".join(item.flags),
    )


def _percent(value: float | None) -> str:
    return "" if value is None else f"{value:g}"
