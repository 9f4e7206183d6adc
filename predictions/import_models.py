"""The tables of imports: each import, the questions whose scores wait for it, and its lines that wait for them."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, Text, text
from sqlmodel import Field, SQLModel

from predictions.columns import BigInt, key, text_enum


class ImportSource(StrEnum):
    """Where the rows of an import come from."""

    FILE = "file"
    BATCH = "batch"


class BulkImport(SQLModel, table=True):
    """An import of many rows. Its rows are hidden until ``completed_at``; it is finished at ``finished_at``.

    An import that is not complete and was not renewed for a while has lost its process: it is dropped whole.
    """

    __tablename__ = "import"
    __table_args__ = (
        Index(
            "ix_import_unfinished",
            "id",
            sqlite_where=text("finished_at IS NULL"),
            postgresql_where=text("finished_at IS NULL"),
        ),
    )

    id: int | None = key()
    token: str = Field(max_length=32, description="known to its process alone: ids may be used again")
    source: ImportSource = Field(sa_type=text_enum(ImportSource))
    actor: str = Field(max_length=120)
    begun_at: datetime
    renewed_at: datetime = Field(description="when its process last said that it goes on")
    dropped_at: datetime | None = Field(default=None, description="from then on its rows are deleted")
    completed_at: datetime | None = Field(default=None, description="when its rows became visible")
    finished_at: datetime | None = Field(default=None, description="when its rows were scored and its lines applied")


class ImportQuestion(SQLModel, table=True):
    """A question whose scores and totals do not count the rows of this import yet, but for the first commentators."""

    __tablename__ = "import_question"

    import_id: int = Field(foreign_key="import.id", primary_key=True, sa_type=BigInt)
    question_id: int = Field(foreign_key="question.id", primary_key=True, sa_type=BigInt, index=True)
    counted_to: int = Field(default=0, sa_type=BigInt, description="predictions of commentators up to this are counted")


class ImportLine(SQLModel, table=True):
    """A checked line that changes visible rows: a correction, withdrawal or outcome, applied after completion."""

    __tablename__ = "import_line"

    import_id: int = Field(foreign_key="import.id", primary_key=True, sa_type=BigInt)
    position: int = Field(primary_key=True, sa_type=BigInt, sa_column_kwargs={"autoincrement": False})
    number: int = Field(sa_type=BigInt, description="number of the line in the file")
    body: str = Field(sa_type=Text, description="the line as JSON")
    waits_for: str | None = Field(default=None, max_length=200, description="ref of the correction that it changes")
