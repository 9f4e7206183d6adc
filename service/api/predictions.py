"""Routes of predictions: record one or many, list, get, revise, correct, withdraw."""

from collections.abc import Callable, Iterator
from typing import Annotated, Self

from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, Field, TypeAdapter, ValidationError
from sqlmodel import Session

from predictions.changes.decisions import Done
from predictions.changes.doors import correct, withdraw
from predictions.changes.kinds import By
from predictions.changes.views import ChangeView
from predictions.columns import MAX_ID
from predictions.enums import QuestionStatus
from predictions.errors import Fault, InvalidInput, TrackRecordError
from predictions.models import Prediction
from predictions.queries.details import view_new_prediction, view_predictions
from predictions.queries.listing import PredictionFilter, list_predictions
from predictions.schemas.fields import Instant
from predictions.schemas.inputs import CommentatorIn, CorrectionIn, PredictionIn, QuestionRef, StatedIn, WithdrawalIn
from predictions.schemas.views import PredictionView
from predictions.submissions.in_pieces import AT_ONCE, Pause, no_pause, record_in_pieces
from predictions.submissions.record import Submission, record_each, record_prediction
from predictions.validation import invalid_input
from service.api.editorial.changes import MADE, WAITS, reply_to, status_of
from service.limits.body_limit import accept_batch
from service.limits.write_route import WriteRoute
from service.lookup import commentator_of, prediction_of, question_of
from service.security.access import Corrector, Predictor, Reader
from service.security.api_keys import Caller
from service.security.approvers import asker
from service.strict_json import parse_json
from service.time_limit import WRITE_SECONDS, extend, refuse_if_over
from service.web.idempotency import IdempotentWrite, Write
from service.web.pagination import Cursor, Limit, decode_cursor, page_reply
from service.web.path_params import RowId
from service.web.responses import ReadSession, read_reply

router = APIRouter(prefix="/api/predictions", tags=["predictions"], route_class=WriteRoute)
MAX_LINES = 10_000
#: A batch is given a second more for so many lines; they take a quarter of it while nobody else writes.
LINES_PER_SECOND = 400
_LINE = TypeAdapter(PredictionIn)


class RejectedLine(BaseModel):
    """A line that was not recorded, with its errors."""

    line: int = Field(description="number of the line, from 1")
    detail: str = Field(description="what is wrong and what to do")
    errors: list[dict[str, str]] = Field(description="pointer to the field and detail of each error")

    @classmethod
    def of(cls, line: int, error: TrackRecordError) -> Self:
        """Return the view of a line and its error."""
        errors = [{"pointer": fault.pointer, "detail": fault.sentence(whole="the line")} for fault in error.faults]
        return cls(line=line, detail=error.sentence(whole="the line"), errors=errors)


class BatchResult(BaseModel):
    """Result of a batch: the ids of the new predictions, and with ``partial`` the rejected lines."""

    recorded: int = Field(description="number of predictions that were recorded")
    ids: list[int] = Field(description="ids of these predictions, in the order of the lines")
    refused: list[RejectedLine] = Field(description="lines that were not recorded; always empty without partial")


class PredictionWithChange(PredictionView):
    """A correction or withdrawal with the change of the settled record that it was."""

    change: ChangeView | None = Field(default=None, description=MADE)


@router.post("", status_code=201, response_model=PredictionView)
async def record_one_prediction(data: PredictionIn, caller: Predictor, write: Write) -> Response:
    """Record a prediction.

    Commentator, source and question are found by id or natural key, or created.
    """
    return await write.batched(caller, _record, Submission(data, write.now, caller.name))


def _record(session: Session, submissions: list[Submission]) -> list[BaseModel]:
    return [view_new_prediction(session, row) for row in record_each(session, submissions)]


@router.post("/batch", status_code=201, response_model=BatchResult, dependencies=[Depends(accept_batch)])
async def record_many_predictions(
    request: Request,
    caller: Predictor,
    write: Write,
    partial: Annotated[
        bool, Query(description="true: record the valid lines and report the others; false: all or none")
    ] = False,
) -> Response:
    """Record many predictions.

    One JSON object per line: all or none, or each valid one with `partial`.
    """
    max_line = request.app.state.settings.max_body_bytes
    turns = request.app.state.batch_turns
    return await run_sync(_record_batch, await request.body(), max_line, caller, write, partial, limiter=turns)


def _split(body: bytes) -> list[tuple[int, bytes]]:
    if body.count(b"\n") + body.count(b"\r") > 4 * MAX_LINES:
        raise InvalidInput.at("", f"has more than {4 * MAX_LINES} line ends: send at most {MAX_LINES} lines at a time")
    lines = [(number, line) for number, line in enumerate(body.splitlines(), 1) if line.strip()]
    if not 0 < len(lines) <= MAX_LINES:
        raise InvalidInput.at("", f"send 1 to {MAX_LINES} lines, each one prediction as JSON, instead of {len(lines)}")
    return lines


def _parse(body: bytes, max_line: int) -> tuple[list[tuple[int, PredictionIn]], list[RejectedLine]]:
    """Return the valid lines by number, and the others."""
    valid: list[tuple[int, PredictionIn]] = []
    refused: list[RejectedLine] = []
    for number, line in _split(body):
        try:
            if len(line) > max_line:
                raise InvalidInput.at("", f"has more than {max_line} bytes: one prediction needs far fewer")
            valid.append((number, _LINE.validate_python(parse_json(line))))
        except ValidationError as error:
            refused.append(RejectedLine.of(number, invalid_input(error)))
        except InvalidInput as error:
            refused.append(RejectedLine.of(number, error))
        except (ValueError, RecursionError):  # also for text that is not UTF-8, or nested too deeply
            refused.append(RejectedLine.of(number, InvalidInput.at("", "is not valid JSON: send one object per line")))
    return valid, refused


def _refuse_all(refused: list[RejectedLine]) -> None:
    """Raise ``InvalidInput`` for a batch with invalid lines."""
    faults = [
        Fault(f"/{rejected.line - 1}{fault['pointer']}", fault["detail"])
        for rejected in refused
        for fault in rejected.errors
    ]
    raise InvalidInput(f"line {refused[0].line}: {refused[0].detail}; nothing was recorded", *faults[:100])


def _record_batch(body: bytes, max_line: int, caller: Caller, write: IdempotentWrite, partial: bool) -> Response:
    refuse_if_over()  # while it waited for its turn
    valid, refused = _parse(body, max_line)
    if refused and not partial:
        _refuse_all(refused)

    def stage(session: Session, pause: Pause) -> BaseModel:
        rejected = list(refused)

        def refuse(index: int, error: InvalidInput) -> bool:
            number = valid[index][0]
            if not partial:
                raise InvalidInput(error.detail, *_below(f"/{number - 1}", error))
            rejected.append(RejectedLine.of(number, error))
            return True

        items = [item for _, item in valid]
        ids = record_in_pieces(session, items, now=write.now, actor=caller.name, pause=pause, refuse=refuse)
        rejected.sort(key=lambda line: line.line)
        return BatchResult(recorded=len(ids), ids=list(ids.values()), refused=rejected)

    if partial or len(valid) > AT_ONCE:
        extend(WRITE_SECONDS + len(valid) / LINES_PER_SECOND)
        return write.imported(caller, stage)
    return write(caller, lambda session: stage(session, no_pause))


def _below(pointer: str, error: InvalidInput) -> Iterator[Fault]:
    return (Fault(pointer + fault.pointer, fault.detail) for fault in error.faults)


@router.get("", response_model=None)
def list_all_predictions(
    request: Request,
    _: Reader,
    session: ReadSession,
    limit: Limit = 100,
    cursor: Cursor = None,
    commentator: Annotated[str | None, Query(max_length=120, description="id or slug")] = None,
    question: Annotated[str | None, Query(max_length=120, description="id or slug")] = None,
    source: Annotated[int | None, Query(ge=1, le=MAX_ID)] = None,
    topic: Annotated[str | None, Query(max_length=60)] = None,
    status: Annotated[QuestionStatus | None, Query(description="status of the question")] = None,
    since: Annotated[Instant | None, Query(alias="from", description="made at or after this instant")] = None,
    until: Annotated[Instant | None, Query(alias="to", description="made before this instant")] = None,
) -> Response:
    """List predictions.

    In order of recording, with superseded and withdrawn ones, which are flagged.
    """
    filters = PredictionFilter(
        commentator=commentator_of(session, commentator).id if commentator is not None else None,
        question=question_of(session, question).id if question is not None else None,
        source=source,
        topic=topic,
        status=status,
        since=since,
        until=until,
    )
    return page_reply(request, list_predictions(session, filters, after=decode_cursor(cursor), limit=limit), limit)


@router.get("/{number}", response_model=PredictionView)
def get_prediction(request: Request, number: RowId, _: Reader, session: ReadSession) -> Response:
    """Get a prediction."""
    return read_reply(request, view_predictions(session, [prediction_of(session, number)])[0])


@router.post("/{number}/revisions", status_code=201, response_model=PredictionView)
def revise_prediction(number: RowId, data: StatedIn, caller: Predictor, write: Write) -> Response:
    """Revise a prediction.

    Record a later prediction by the same commentator on the same question; the earlier one stays on record.
    """

    def job(session: Session) -> BaseModel:
        earlier = prediction_of(session, number)
        revision = PredictionIn(
            **{name: getattr(data, name) for name in StatedIn.model_fields},
            commentator=CommentatorIn(id=earlier.commentator_id),
            question=QuestionRef(id=earlier.question_id),
        )
        if revision.made_at <= earlier.made_at:
            raise InvalidInput.at(
                "/made_at", f"must be later than made_at of prediction {number}; to fix a mistake, send a correction"
            )
        return view_new_prediction(session, record_prediction(session, revision, now=write.now, actor=caller.name))

    return write(caller, job)


@router.post("/{number}/corrections", status_code=201, response_model=PredictionWithChange, responses=WAITS)
def correct_one_prediction(number: RowId, data: CorrectionIn, caller: Corrector, write: Write) -> Response:
    """Correct a prediction.

    Replace a wrongly recorded prediction; the wrong one stays on record, superseded. Once the outcome is on record it
    needs the scope `resolve`, and if it moves a score, another person's approval.
    """
    return _change(number, caller, write, lambda session, wrong, by: correct(session, wrong, data, by))


@router.post("/{number}/withdrawal", status_code=201, response_model=PredictionWithChange, responses=WAITS)
def withdraw_one_prediction(number: RowId, data: WithdrawalIn, caller: Corrector, write: Write) -> Response:
    """Withdraw a prediction.

    It no longer counts in scores, but stays visible with the reason. Once the outcome is on record it needs the scope
    `resolve`, and if it moves a score, another person's approval.
    """
    return _change(number, caller, write, lambda session, wrong, by: withdraw(session, wrong, data, by))


def _change(
    number: int, caller: Caller, write: IdempotentWrite, change: Callable[[Session, Prediction, By], Done]
) -> Response:
    def job(session: Session) -> BaseModel:
        done = change(session, prediction_of(session, number), asker(session, caller, now=write.now))
        return reply_to(session, done, lambda row: view_new_prediction(session, row), PredictionWithChange)

    return write(caller, job, status=status_of)
