"""Commands that record a prediction or a resolution."""

from typing import Annotated, Any

import typer
from pydantic import ValidationError

from predictions.errors import Fault, InvalidInput
from predictions.queries.details import view_new_prediction
from predictions.questions.resolve import resolve as resolve_question
from predictions.schemas.inputs import PredictionIn, ResolutionIn
from predictions.schemas.views import PredictionView, ResolutionView
from predictions.submissions.record import record_prediction
from service.cli.common import ACTOR, AsJson, clock, print_json, ready
from service.db.engine import write_transaction
from service.files.csv_columns import column_of
from service.files.csv_mapping import lines_of
from service.lookup import question_of
from service.validation import invalid_input

Text = str | None


def _in(panel: str, text: str = "") -> Any:
    return typer.Option(help=text or None, rich_help_panel=panel)


def predict(
    commentator: Annotated[Text, typer.Option(help="their name; entered if new")] = None,
    commentator_slug: Annotated[Text, typer.Option(help="or the slug of one on record")] = None,
    commentator_kind: Annotated[Text, typer.Option(help="person, organisation, market, model")] = None,
    commentator_description: Text = None,
    question: Annotated[Text, typer.Option(help="the slug or id of one on record, or the slug of a new one")] = None,
    made_at: Annotated[Text, typer.Option(help="for example 2025-03-18T20:00:00Z, or a date")] = None,
    probability: Annotated[Text, typer.Option(help="of yes, from 0 to 1")] = None,
    probabilities: Annotated[Text, typer.Option(help='in the order of the options: "0.2|0.3|0.5"')] = None,
    hedge: Annotated[Text, typer.Option(help="the words that carried the probability")] = None,
    lexicon: Annotated[Text, typer.Option(help="which lexicon reads them")] = None,
    against: Annotated[bool, typer.Option("--against", help="they are said of the opposite")] = False,
    low: Annotated[Text, typer.Option(help="your own reading of the words: low, best, high")] = None,
    best: Text = None,
    high: Text = None,
    commitment: Annotated[bool, typer.Option("--commitment", help="a promise without a probability")] = False,
    note: Text = None,
    invented: Annotated[bool, typer.Option("--invented", help="what is entered is made up")] = False,
    source_url: Annotated[Text, _in("Source")] = None,
    source_title: Annotated[Text, _in("Source")] = None,
    outlet: Annotated[Text, _in("Source")] = None,
    published_on: Annotated[Text, _in("Source", "for example 2025-03-18")] = None,
    question_text: Annotated[Text, _in("New question", "what it asks")] = None,
    resolution_criteria: Annotated[Text, _in("New question", "by what it is decided")] = None,
    kind: Annotated[Text, _in("New question", "binary, categorical, ordinal")] = None,
    options: Annotated[Text, _in("New question", '"low|middle|high"')] = None,
    opens_at: Annotated[Text, _in("New question")] = None,
    deadline: Annotated[Text, _in("New question", "an instant, or a date in deadline-zone")] = None,
    deadline_zone: Annotated[Text, _in("New question", "for example America/New_York")] = None,
    deadline_basis: Annotated[Text, _in("New question", "stated, implied, assigned")] = None,
    topics: Annotated[Text, _in("New question", '"economy|europe"')] = None,
    event: Annotated[Text, _in("New question", "the family of questions")] = None,
    condition_question: Annotated[Text, _in("New question", "counts only if this one ends as ...")] = None,
    condition_outcome: Annotated[Text, _in("New question", "... this outcome")] = None,
    condition_text: Annotated[Text, _in("New question", "or a condition in words")] = None,
    as_json: AsJson = False,
) -> None:
    """Record one prediction, with commentator, source and question found or entered."""
    given = dict(locals())
    given.pop("as_json")
    data = _prediction({name: _cell(value) for name, value in given.items() if value})
    with ready() as (_, engine), write_transaction(engine) as session:
        try:
            row = record_prediction(session, data, now=clock.now(), actor=ACTOR)
        except InvalidInput as error:
            raise _by_option(error) from None
        view = view_new_prediction(session, row)
    if as_json:
        print_json(view.model_dump(mode="json"))
    else:
        typer.echo(_told(view))


def _cell(value: str | bool) -> str:
    return "true" if value is True else str(value)


def _prediction(row: dict[str, str]) -> PredictionIn:
    """The options as a row of a file, which has the same names."""
    line = lines_of(row)[0]
    line.pop("type")
    try:
        # Without these two, a message would speak of their absence and not of the options.
        return PredictionIn.model_validate({"commentator": {}, "question": {}} | line)
    except ValidationError as error:
        raise _by_option(invalid_input(error)) from None


def _by_option(error: InvalidInput) -> InvalidInput:
    """The same faults, each under the name of its option."""

    def named(fault: Fault) -> Fault:
        option = column_of("prediction", fault.pointer).replace("_", "-")
        return Fault(f"--{option}" if option else "", fault.detail)

    return InvalidInput(error.detail, *map(named, error.faults))


def _told(view: PredictionView) -> str:
    said = view.hedge and f"{view.hedge!r}, {view.probability:g} ({view.low:g} to {view.high:g})"
    if said is None and view.probabilities:
        said = ", ".join(f"{name} {value:g}" for name, value in view.probabilities.items())
    if said is None:
        said = "a commitment" if view.probability is None else f"{view.probability:g}"
    flags = f" [{', '.join(view.flags)}]" if view.flags else ""
    return f"recorded prediction {view.id}: {view.commentator.name} on {view.question.slug}: {said}{flags}"


def resolve(
    question: Annotated[str, typer.Argument(metavar="QUESTION", help="its slug or id")],
    outcome: Annotated[str, typer.Argument(metavar="OUTCOME", help="yes, no, one of the options, or annulled")],
    known_at: Annotated[str, typer.Option(help="when the outcome became public: a time, or a date")],
    evidence: Annotated[list[str], typer.Option(help="an address; may be repeated")] = [],  # noqa: B006
    evidence_note: Annotated[list[str], typer.Option(help="what it shows; one for each address, in order")] = [],  # noqa: B006
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
    typer.echo(f"resolution {view.id}: {slug} ended as {view.outcome}{before}")
