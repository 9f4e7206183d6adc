"""Types of path parameters: an id, or an id or slug."""

from typing import Annotated

from fastapi import Path

from predictions.columns import MAX_ID

RowId = Annotated[int, Path(ge=1, le=MAX_ID)]
IdOrSlug = Annotated[str, Path(description="id or slug", max_length=120)]
