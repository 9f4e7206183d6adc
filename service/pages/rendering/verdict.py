"""One sentence on a commentator's record."""

from predictions.schemas.board_item import BoardItem


def verdict(summary: BoardItem) -> str:
    """What the record says, in a sentence that claims no more than it bears."""
    if not summary.resolved:
        return "No prediction that counts has resolved yet, so there is no score."
    if summary.status == "pending":
        return "How sure these figures are is being worked out: look again in a moment."
    if summary.rank is None or summary.skill_low is None or summary.skill_high is None:
        events = "1 separate event has" if summary.events == 1 else f"{summary.events} separate events have"
        return f"{events} resolved so far: too few to tell skill from luck."
    if summary.skill_low > 0:
        return "Better than the average record against the same reference forecasts, by more than luck easily explains."
    if summary.skill_high < 0:
        return "Worse than the average record against the same reference forecasts, by more than luck easily explains."
    return "Not to be told apart from the average record: the gap could easily be luck."
