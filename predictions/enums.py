"""Enumerations of the record: kinds of commentators and questions, statuses, and what a deadline rests on."""

from enum import StrEnum


class CommentatorKind(StrEnum):
    """What sort of commentator stands behind a prediction."""

    PERSON = "person"
    ORGANISATION = "organisation"
    MARKET = "market"
    MODEL = "model"


class QuestionKind(StrEnum):
    """How a question can turn out: yes or no, one of several options, or one of several ordered options."""

    BINARY = "binary"
    CATEGORICAL = "categorical"
    ORDINAL = "ordinal"


class DeadlineBasis(StrEnum):
    """Where a deadline comes from: the commentator's words, what they imply, or the recorder."""

    STATED = "stated"
    IMPLIED = "implied"
    ASSIGNED = "assigned"


class QuestionStatus(StrEnum):
    """The life of a question."""

    OPEN = "open"
    DUE = "due"
    RESOLVED = "resolved"
    ANNULLED = "annulled"


class ProposalState(StrEnum):
    """What a person has decided about a proposal."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    OVERTAKEN = "overtaken"


class ReferenceType(StrEnum):
    """Which reference forecast a prediction is compared with, best first."""

    MARKET = "market"
    CONSENSUS = "consensus"
    BASE_RATE = "base_rate"
    EVEN = "even"


ANNULLED = "annulled"
