"""Cells that a spreadsheet would run as formulas: guarded with an apostrophe when written, undone when read."""

_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
_GUARD = "'"


def guard(text: str) -> str:
    """``text`` as a cell that no spreadsheet runs."""
    return _GUARD + text if _is_risky(text) else text


def unguard(cell: str) -> str:
    """The text that ``guarded`` made this cell of; other cells as they are."""
    return cell[1:] if cell.startswith(_GUARD) and _is_risky(cell[1:]) else cell


def _is_risky(text: str) -> bool:
    # Also what looks guarded already, so that reading takes off exactly what writing put on.
    return text.lstrip(_GUARD).startswith(_STARTS)
