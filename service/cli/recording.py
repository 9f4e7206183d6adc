"""Commands that put something on record: a prediction, a resolution; and what waits for one."""

from typing import Annotated

import typer
from rich.table import Table

from predictions.recording import record_prediction
from predictions.resolving import resolve as settle
from predictions.schemas import PredictionIn, ResolutionIn
from resolvers.inbox import PromptState, list_prompts
from service.api.questions import question_of
from service.cli.common import ACTOR, AsJson, clock, out, print_json, ready
from service.database import reading, writing


def predict(
    commentator: Annotated[str, typer.Option()],
    question: Annotated[str, typer.Option(help="its slug")],
    made_at: Annotated[str, typer.Option(help="for example 2025-03-18T20:00:00Z")],
    probability: Annotated[float | None, typer.Option()] = None,
    hedge: Annotated[str | None, typer.Option(help="the words that carried the probability")] = None,
    source_url: Annotated[str | None, typer.Option()] = None,
) -> None:
    """Record one prediction on a question on record."""
    given = {"probability": probability, "hedge": hedge, "source": {"url": source_url} if source_url else None}
    body = {"commentator": {"name": commentator}, "question": {"slug": question}, "made_at": made_at, **given}
    data = PredictionIn.model_validate(body)
    with ready() as (_, engine), writing(engine) as session:
        row = record_prediction(session, data, now=clock.now(), actor=ACTOR)
        typer.echo(f"recorded prediction {row.id}")


def resolve(
    question: str,
    outcome: str,
    known_at: Annotated[str, typer.Option(help="when the outcome became public")],
    evidence: Annotated[list[str], typer.Option(help="an address; may be repeated")],
    note: str = "",
) -> None:
    """Resolve a question, or correct its resolution."""
    body = {"outcome": outcome, "known_at": known_at, "evidence": [{"url": url} for url in evidence], "note": note}
    data = ResolutionIn.model_validate(body)
    with ready() as (_, engine), writing(engine) as session:
        row = settle(session, question_of(session, question), data, now=clock.now(), actor=ACTOR)
        typer.echo(f"resolution {row.id}: {row.outcome}")


def due(as_json: AsJson = False) -> None:
    """List what waits for an outcome."""
    with ready() as (_, engine), reading(engine) as session:
        prompts = list_prompts(session, state=PromptState.OPEN, limit=1000)
    if as_json:
        print_json([prompt.model_dump(mode="json") for prompt in prompts])
        return
    table = Table("due", "question", "stage", "proposals")
    for prompt in prompts:
        table.add_row(str(prompt.due_at.date()), prompt.question.slug, prompt.stage, str(len(prompt.proposals)))
    out.print(table)
