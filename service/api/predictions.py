"""Routes of predictions: record one or many, list, get, revise, correct, withdraw."""

from datetime import datetime
from typing import Annotated, Self

from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, Field, TypeAdapter, ValidationError
from sqlmodel import Session

from predictions.columns import MAX_ID
from predictions.enums import QuestionStatus
from predictions.errors import Fault, InvalidInput, TrackRecordError
from predictions.models import row_id
from predictions.queries.details import view_new_prediction, view_predictions
from predictions.queries.listing import PredictionFilter, list_predictions
from predictions.schemas.fields import Instant
from predictions.schemas.inputs import CommentatorIn, CorrectionIn, PredictionIn, QuestionRef, StatedIn, WithdrawalIn
from predictions.schemas.views import PredictionView
from predictions.submissions.corrections import correct_prediction, withdraw_prediction
from predictions.submissions.record import Submission, record_each, record_prediction, record_predictions
from predictions.validation import invalid_input
from service.limits.body_limit import accept_batch
from service.limits.write_route import WriteRoute
from service.lookup import commentator_of, prediction_of, question_of
from service.security.access import Predictor, Reader
from service.security.api_keys import Caller
from service.strict_json import parse_json
from service.web.idempotency import IdempotentWrite, Write
from service.web.pagination import Cursor, Limit, decode_cursor, page_reply
from service.web.path_params import RowId
from service.web.responses import ReadSession, read_reply

router = APIRouter(prefix="/api/predictions", tags=["predictions"], route_class=WriteRoute)
MAX_LINES = 10_000
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
    return await run_sync(_record_batch, await request.body(), max_line, caller, write, partial)


def _split(body: bytes) -> list[tuple[int, bytes]]:
    if body.count(b"\n") + body.count(b"\r") > 4 * MAX_LINES:
        raise InvalidInput.at("", f"has more than {4 * MAX_LINES} line ends: send at most {MAX_LINES} lines at a time")
    lines = [(number, line) for number, line in enumerate(body.splitlines(), 1) if line.strip()]
    if not 0 < len(lines) <= MAX_LINES:
        raise InvalidInput.at("", f"send 1 to {MAX_LINES} lines, each one prediction as JSON, instead of {len(lines)}")
    return lines


def _record_batch(body: bytes, max_line: int, caller: Caller, write: IdempotentWrite, partial: bool) -> Response:
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
    if refused and not partial:
        faults = [
            Fault(f"/{rejected.line - 1}{fault['pointer']}", fault["detail"])
            for rejected in refused
            for fault in rejected.errors
        ]
        raise InvalidInput(f"line {refused[0].line}: {refused[0].detail}; nothing was recorded", *faults[:100])

    def job(session: Session) -> BaseModel:
        if partial:
            return _record_valid_lines(session, valid, list(refused), now=write.now, actor=caller.name)
        ids = record_predictions(session, [item for _, item in valid], now=write.now, actor=caller.name)
        return BatchResult(recorded=len(ids), ids=ids, refused=[])

    return write(caller, job)


def _record_valid_lines(
    session: Session, valid: list[tuple[int, PredictionIn]], refused: list[RejectedLine], *, now: datetime, actor: str
) -> BatchResult:
    ids = []
    for number, item in valid:
        try:
            with session.begin_nested():
                ids.append(row_id(record_prediction(session, item, now=now, actor=actor)))
        except TrackRecordError as error:
            refused.append(RejectedLine.of(number, error))
    return BatchResult(recorded=len(ids), ids=ids, refused=sorted(refused, key=lambda rejected: rejected.line))


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


@router.post("/{number}/corrections", status_code=201, response_model=PredictionView)
def correct_one_prediction(number: RowId, data: CorrectionIn, caller: Predictor, write: Write) -> Response:
    """Correct a prediction.

    Replace a wrongly recorded prediction; the wrong one stays on record, superseded.
    """

    def job(session: Session) -> BaseModel:
        wrong = prediction_of(session, number)
        return view_new_prediction(session, correct_prediction(session, wrong, data, now=write.now, actor=caller.name))

    return write(caller, job)


@router.post("/{number}/withdrawal", status_code=201, response_model=PredictionView)
def withdraw_one_prediction(number: RowId, data: WithdrawalIn, caller: Predictor, write: Write) -> Response:
    """Withdraw a prediction.

    It no longer counts in scores, but stays visible with the reason.
    """

    def job(session: Session) -> BaseModel:
        wrong = prediction_of(session, number)
        return view_new_prediction(session, withdraw_prediction(session, wrong, data, now=write.now, actor=caller.name))

    return write(caller, job)
