"""Commands that record a prediction or a resolution."""

from typing import Annotated

import typer
from pydantic import ValidationError

from predictions.errors import Fault, InvalidInput
from predictions.queries.details import view_new_prediction
from predictions.questions.resolve import resolve as resolve_question
from predictions.schemas.inputs import PredictionIn, ResolutionIn
from predictions.schemas.views import PredictionView, ResolutionView
from predictions.submissions.record import record_prediction
from predictions.validation import invalid_input
from service.cli.common import ACTOR, AsJson, clock, print_json, ready, say
from service.db.engine import write_transaction
from service.files.csv_columns import column_of
from service.files.csv_mapping import lines_of
from service.lookup import question_of
from service.strict_json import parse_json

Text = str | None


def predict(
    commentator: Annotated[Text, typer.Option(help="name of the commentator; entered if new")] = None,
    question: Annotated[Text, typer.Option(help="the slug or id of a question on record")] = None,
    made_at: Annotated[Text, typer.Option(help="for example 2025-03-18T20:00:00Z, or a date")] = None,
    probability: Annotated[Text, typer.Option(help="of yes, from 0 to 1")] = None,
    hedge: Annotated[Text, typer.Option(help="or the words that carried the probability")] = None,
    lexicon: Annotated[Text, typer.Option(help="which lexicon interprets them")] = None,
    against: Annotated[bool, typer.Option("--against", help="the words describe the opposite")] = False,
    source_url: Annotated[Text, typer.Option(help="address of the article, broadcast or post")] = None,
    source_title: Annotated[Text, typer.Option(help="title of the source")] = None,
    outlet: Annotated[Text, typer.Option(help="outlet that published it")] = None,
    note: Annotated[Text, typer.Option(help="remark by the recorder")] = None,
    body: Annotated[
        typer.FileBinaryRead | None,
        typer.Option("--json", metavar="FILE|-", help="in place of all these: a prediction as the API takes it"),
    ] = None,
) -> None:
    """Record one prediction. With --json it may contain a new question, and the result is JSON."""
    options = {"commentator": commentator, "question": question, "made_at": made_at, "probability": probability}
    options |= {"hedge": hedge, "lexicon": lexicon, "against": "true" if against else None, "note": note}
    options |= {"source_url": source_url, "source_title": source_title, "outlet": outlet}
    given = {name: value for name, value in options.items() if value}
    if body is not None and given:
        raise typer.BadParameter("give the whole prediction in it, and no other option", param_hint="--json")
    data = _prediction_of_json(body.read()) if body is not None else _prediction_of_options(given)
    with ready() as (_, engine), write_transaction(engine) as session:
        try:
            row = record_prediction(session, data, now=clock.now(), actor=ACTOR)
        except InvalidInput as error:
            raise (error if body is not None else _by_option(error)) from None
        view = view_new_prediction(session, row)
    if body is not None:
        print_json(view.model_dump(mode="json"))
    else:
        say(_one_line(view))


def _prediction_of_json(text: bytes) -> PredictionIn:
    """Check a prediction as the API does. Raises ``InvalidInput``."""
    try:
        content = parse_json(text)
    except (ValueError, RecursionError):
        detail = "is not valid JSON in UTF-8: check brackets, commas and quotation marks"
        raise InvalidInput.at("--json", detail) from None
    try:
        return PredictionIn.model_validate(content)
    except ValidationError as error:
        raise invalid_input(error) from None


def _prediction_of_options(row: dict[str, str]) -> PredictionIn:
    """Check the options as a row of a file, which has the same names. Raises ``InvalidInput``."""
    line = lines_of(row)[0]
    line.pop("type")
    try:
        # Without these two, a message would speak of their absence and not of the options.
        return PredictionIn.model_validate({"commentator": {}, "question": {}} | line)
    except ValidationError as error:
        raise _by_option(invalid_input(error)) from None


def _by_option(error: InvalidInput) -> InvalidInput:
    """Return the error with each fault under the name of its option."""

    def named(fault: Fault) -> Fault:
        option = column_of("prediction", fault.pointer).replace("_", "-")
        return Fault(f"--{option}" if option else "", fault.detail)

    return InvalidInput(error.detail, *map(named, error.faults))


def _one_line(view: PredictionView) -> str:
    stated = f"{view.probability:g}"
    if view.hedge:
        stated = f"{view.hedge!r}, {stated} ({view.low:g} to {view.high:g})"
    flags = f" [{', '.join(view.flags)}]" if view.flags else ""
    return f"recorded prediction {view.id}: {view.commentator.name} on {view.question.slug}: {stated}{flags}"


def resolve(
    question: Annotated[str, typer.Argument(metavar="QUESTION", help="slug or id of the question")],
    outcome: Annotated[str, typer.Argument(metavar="OUTCOME", help="yes, no, one of the options, or annulled")],
    known_at: Annotated[str, typer.Option(help="when the outcome became public: a time, or a date")],
    evidence: Annotated[list[str], typer.Option(help="address of a page that shows the outcome; may be repeated")] = [],  # noqa: B006
    evidence_note: Annotated[list[str], typer.Option(help="what the page shows; one for each address, in order")] = [],  # noqa: B006
    note: str = "",
    supersedes: Annotated[Text, typer.Option(help="id of the current resolution, or none")] = None,
    as_json: AsJson = False,
) -> None:
    """Resolve a question, or correct its resolution, and update the scores."""
    if len(evidence_note) > len(evidence):
        raise typer.BadParameter("give at most one note for each --evidence", param_hint="--evidence-note")
    notes = evidence_note + [""] * (len(evidence) - len(evidence_note))
    pieces = [{"url": url, "note": text} for url, text in zip(evidence, notes, strict=True)]
    current = int(supersedes) if supersedes and supersedes.isdecimal() else supersedes
    body = {"outcome": outcome, "known_at": known_at, "evidence": pieces, "note": note, "supersedes": current}
    data = ResolutionIn.model_validate(body)
    with ready() as (_, engine), write_transaction(engine) as session:
        resolved = question_of(session, question)
        row = resolve_question(session, resolved, data, now=clock.now(), actor=ACTOR)
        view, slug = ResolutionView.of(row), resolved.slug
    if as_json:
        print_json(view.model_dump(mode="json"))
        return
    before = f", superseding resolution {view.supersedes}" if view.supersedes else ""
    say(f"resolution {view.id}: {slug} ended as {view.outcome}{before}")
