"""CSV downloads."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from fastapi import Response

from service.files.csv_injection import guard

CSV = "text/csv; charset=utf-8"


def csv_reply(name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Response:
    """Reply with a CSV file of that name, in UTF-8 with a header line."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_cell(value) for value in row] for row in rows)
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return Response(text.getvalue(), headers=headers, media_type=CSV)


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return guard(value)
    return value.isoformat() if hasattr(value, "isoformat") else value
