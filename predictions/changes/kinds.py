"""The kinds of changes of what is settled: how each is stored, and how it is made once it may."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import SQLModel

from predictions.changes.settled import CORRECTION, REFERENCE, WITHDRAWAL
from predictions.models import Prediction, Question
from predictions.questions.references import add_reference
from predictions.schemas.fields import Input
from predictions.schemas.inputs import CorrectionIn, ReferenceIn, WithdrawalIn
from predictions.submissions.corrections import correct_prediction, withdraw_prediction


@dataclass(frozen=True)
class Kind:
    """A kind of change: the table of its subject, its input, and ``make``, which carries it out on a subject.

    ``make`` takes session, subject and input, with ``now`` and ``actor`` by name, and returns the row that it entered
    or changed.
    """

    subject: type[SQLModel]
    input: type[Input]
    make: Callable[..., SQLModel]

    def payload(self, data: Input) -> dict[str, Any]:
        """Return the input as it is stored until the change is made."""
        return data.model_dump(mode="json", exclude_unset=True, include=set(self.input.model_fields))

    def stored(self, payload: Mapping[str, Any]) -> Input:
        """Return the input that was stored."""
        return self.input.model_validate_json(json.dumps(payload))


@dataclass(frozen=True)
class By:
    """The person who asks for a change or decides about it, and the time.

    ``may_predict`` and ``may_resolve`` are the scopes granted; ``is_alone``: nobody else may approve changes.
    """

    name: str
    now: datetime
    may_predict: bool
    may_resolve: bool
    is_alone: bool


Kinds = dict[str, Kind]
KINDS: Kinds = {
    REFERENCE: Kind(Question, ReferenceIn, add_reference),
    CORRECTION: Kind(Prediction, CorrectionIn, correct_prediction),
    WITHDRAWAL: Kind(Prediction, WithdrawalIn, withdraw_prediction),
}
