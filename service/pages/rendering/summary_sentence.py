"""One sentence that summarises a commentator's record."""

from predictions.schemas.board_item import BoardItem


def summary_sentence(summary: BoardItem) -> str:
    """Summarise the record in one sentence, no stronger than its interval supports."""
    if not summary.resolved:
        return "No eligible prediction has resolved yet, so there is no score."
    if summary.status == "pending":
        return "Intervals are being computed. Reload the page in a moment."
    if summary.rank is None or summary.skill_low is None or summary.skill_high is None:
        events = "1 separate event has" if summary.events == 1 else f"{summary.events} separate events have"
        return f"{events} resolved so far: too few to distinguish skill from luck."
    if summary.skill_low > 0:
        return "Better than the average record against the same reference forecasts, by more than luck easily explains."
    if summary.skill_high < 0:
        return "Worse than the average record against the same reference forecasts, by more than luck easily explains."
    return "Not distinguishable from the average record: the difference could easily be luck."
