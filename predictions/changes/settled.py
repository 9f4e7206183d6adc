"""The rule for what is settled: which changes need the scope ``resolve`` and a reason, and which wait for approval.

Settled are the predictions and reference forecasts of a question whose outcome is or was on record. To add to them or
to change them needs the scope and a reason; if it moves a score, it waits until another person approves it:

- a reference forecast that is added, whatever its ``as_of``;
- a prediction that is corrected or withdrawn;
- a resolver (such as a market) that is attached while the outcome is on record: it can contradict that outcome, so it
  waits though it moves no score.

A change of the question itself (text, criteria, options, condition, event, topics, deadline basis, deadline) needs the
scope and a reason at any time, and so after predictions were made and after the deadline; with an outcome on record it
is refused until the resolution is retracted, so that it never moves a settled score. Predictions made before such a
change of text, criteria, options or condition carry the flag ``criteria_changed``.
"""

from dataclasses import dataclass
from enum import StrEnum

from predictions.models import Question


class Waits(StrEnum):
    """When a change of what is settled waits for another person."""

    NEVER = "never"
    IF_SCORES_MOVE = "if_scores_move"
    ALWAYS = "always"


REFERENCE = "reference.addition"
CORRECTION = "prediction.correction"
WITHDRAWAL = "prediction.withdrawal"
RESOLVER = "resolver.attachment"
#: The kinds of changes by what they need on a settled question.
WAITS = {
    REFERENCE: Waits.IF_SCORES_MOVE,
    CORRECTION: Waits.IF_SCORES_MOVE,
    WITHDRAWAL: Waits.IF_SCORES_MOVE,
    RESOLVER: Waits.ALWAYS,
}
#: What sentences call each kind.
NAMES = {
    REFERENCE: "a reference forecast",
    CORRECTION: "a correction of a prediction",
    WITHDRAWAL: "a withdrawal of a prediction",
    RESOLVER: "a resolver",
}


@dataclass(frozen=True)
class Rule:
    """What a change needs: ``case`` says what is settled, and is None where nothing is."""

    case: str | None
    waits: Waits

    @property
    def needs_resolve(self) -> bool:
        """Return whether the change needs the scope ``resolve`` and a reason."""
        return self.case is not None


def rule(kind: str, question: Question, *, had_outcome: bool) -> Rule:
    """Return what a change of a kind needs on a question; ``had_outcome`` if a resolution was ever on record."""
    if question.outcome is not None:
        return Rule(f"the outcome of {question.slug!r} is on record", WAITS[kind])
    if had_outcome and kind != RESOLVER:
        return Rule(f"an outcome of {question.slug!r} was on record and is retracted", WAITS[kind])
    return Rule(None, Waits.NEVER)
