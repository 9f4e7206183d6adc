"""Guard against CSV injection: prefix cells that look like formulas with an apostrophe; remove it on import."""

#: Some spreadsheets read full-width signs as the plain ones.
_STARTS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\t", "\r", "\n")
_GUARD = "'"


def guard(text: str) -> str:
    """Return ``text`` as a cell that no spreadsheet runs as a formula."""
    return _GUARD + text if _is_risky(text) else text


def unguard(cell: str) -> str:
    """Return the text that ``guard`` turned into this cell; other cells unchanged."""
    return cell[1:] if cell.startswith(_GUARD) and _is_risky(cell[1:]) else cell


def _is_risky(text: str) -> bool:
    # Text that looks guarded already counts too, so that unguard() removes exactly what guard() added.
    return text.lstrip(_GUARD).startswith(_STARTS)
