"""Record many predictions in pieces, and pass the invalid ones on."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlmodel import Session

from predictions.errors import Fault, InvalidInput
from predictions.imports.staging import savepoint
from predictions.schemas.inputs import PredictionIn
from predictions.submissions.record import record_predictions

#: Predictions recorded at once. With a new commentator and source each they take some 35 ms.
AT_ONCE = 80
#: The same after an invalid prediction, so that the cost of many of them is not quadratic.
AFTER_REFUSAL = 10
Pause = Callable[[], None]


def no_pause() -> None:
    """Go on at once: everything is written in one transaction."""


def record_in_pieces(
    session: Session,
    items: Sequence[PredictionIn],
    *,
    now: datetime,
    actor: str,
    pause: Pause,
    refuse: Callable[[int, InvalidInput], bool],
) -> dict[int, int]:
    """Record predictions like ``record_predictions``, and return the id of each by its index in ``items``.

    Calls ``pause`` after each piece, and ``refuse`` with the index and the error of an invalid one, which returns
    whether to go on with the others.
    """
    ids: dict[int, int] = {}
    start, size = 0, AT_ONCE
    while start < len(items):
        end = min(start + size, len(items))
        error = _try(session, items, range(start, end), ids, now, actor)
        size = min(2 * size, AT_ONCE)
        if error is not None:
            end, below = _item(error, start)
            _try(session, items, range(start, end), ids, now, actor)
            if not refuse(end, below):
                break
            end, size = end + 1, AFTER_REFUSAL
        start = end
        pause()
    return ids


def _try(
    session: Session, items: Sequence[PredictionIn], indices: range, ids: dict[int, int], now: datetime, actor: str
) -> InvalidInput | None:
    """Record all items at these indices, or none of them and return the error."""
    try:
        with savepoint(session):
            recorded = record_predictions(session, items[indices.start : indices.stop], now=now, actor=actor)
    except InvalidInput as error:
        return error
    ids.update(zip(indices, recorded, strict=True))
    return None


def _item(error: InvalidInput, start: int) -> tuple[int, InvalidInput]:
    """Return the index of the item that an error is about, and the error with pointers relative to that item."""
    at = int(error.faults[0].pointer.split("/")[1])
    faults = [Fault(fault.pointer.removeprefix(f"/{at}"), fault.detail) for fault in error.faults]
    return start + at, InvalidInput(error.detail, *faults)
