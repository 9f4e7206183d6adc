"""Enumerations of the record: kinds of commentators and questions, statuses, bases of deadlines."""

from enum import StrEnum


class CommentatorKind(StrEnum):
    """The kind of a commentator."""

    PERSON = "person"
    ORGANISATION = "organisation"
    MARKET = "market"
    MODEL = "model"


class QuestionKind(StrEnum):
    """The kind of a question: yes or no, one of several options, or one of several ordered options."""

    BINARY = "binary"
    CATEGORICAL = "categorical"
    ORDINAL = "ordinal"


class DeadlineBasis(StrEnum):
    """The origin of a deadline: stated by the commentator, implied by the words, or assigned by the recorder."""

    STATED = "stated"
    IMPLIED = "implied"
    ASSIGNED = "assigned"


class QuestionStatus(StrEnum):
    """The status of a question."""

    OPEN = "open"
    DUE = "due"
    RESOLVED = "resolved"
    ANNULLED = "annulled"


#: What a resolver proposes for a question with an outcome that its source has taken back.
RETRACTED = "retracted"


class ProposalState(StrEnum):
    """The decision about a proposal; ``overtaken`` if the question was resolved another way first."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    OVERTAKEN = "overtaken"


class ReferenceType(StrEnum):
    """The type of the reference forecast that a prediction is compared with, best first."""

    MARKET = "market"
    CONSENSUS = "consensus"
    BASE_RATE = "base_rate"
    EVEN = "even"


ANNULLED = "annulled"


class RankRecordedLate(StrEnum):
    """Which of the predictions that were recorded late count: those with a source, all, or none."""

    SOURCED = "sourced"
    ALL = "all"
    NONE = "none"
