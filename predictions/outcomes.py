"""Possible outcomes of a question, and probabilities in the order of its options."""

from math import fsum

from predictions.enums import ANNULLED, QuestionKind, QuestionStatus
from predictions.errors import InvalidInput
from predictions.models import Question

UNRESOLVED = (QuestionStatus.OPEN, QuestionStatus.DUE)


def outcomes(question: Question) -> list[str]:
    """Return the possible outcomes of a question, without ``annulled``."""
    return list(question.options or []) if question.kind is not QuestionKind.BINARY else ["yes", "no"]


def checked_outcome(question: Question, outcome: str, *, pointer: str, may_be_annulled: bool = False) -> str:
    """Return ``outcome`` in the question's spelling. Raises ``InvalidInput`` at ``pointer`` for an impossible one."""
    allowed = [*outcomes(question), *([ANNULLED] if may_be_annulled else [])]
    for candidate in allowed:
        if candidate.casefold() == outcome.casefold():
            return candidate
    raise InvalidInput.at(
        pointer, f"{outcome!r} is not an outcome of {question.slug!r}: choose one of {', '.join(allowed)}"
    )


def outcome_index(question: Question, outcome: str) -> int:
    """Return the outcome as the scoring formulas take it: 1 for yes, 0 for no, else its index in the options."""
    if question.kind is QuestionKind.BINARY:
        return int(outcome == "yes")
    return outcomes(question).index(outcome)


SUM_TOLERANCE = 1e-6


def per_option(given: list[float] | dict[str, float], question: Question, *, pointer: str) -> list[float]:
    """Return probabilities in the order of the question's options.

    Raises ``InvalidInput`` unless each option has one and they add up to 1 (to within 1e-6).
    """
    options = question.options or []
    if isinstance(given, dict):
        if set(given) != set(options):
            raise InvalidInput.at(pointer, f"must give exactly one probability for each option: {', '.join(options)}")
        given = [given[option] for option in options]
    if len(given) != len(options):
        raise InvalidInput.at(pointer, f"must list {len(options)} probabilities, in the order of {', '.join(options)}")
    total = fsum(given)
    if abs(total - 1) > SUM_TOLERANCE:
        raise InvalidInput.at(pointer, f"must add up to 1 (within {SUM_TOLERANCE}), not {total}: correct them")
    return given
