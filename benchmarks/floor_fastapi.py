"""The floor: FastAPI and SQLModel with nothing else. One insert of one row to a commit, and one JSON reply."""

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Response
from sqlalchemy import event
from sqlmodel import Field, Session, SQLModel

from service.db.engine import make_engine


class Row(SQLModel, table=True):
    """One row, as narrow as a prediction could be."""

    __tablename__ = "bare_row"

    id: int | None = Field(default=None, primary_key=True)
    commentator: str
    question: str
    made_at: datetime
    probability: float


class RowIn(SQLModel):
    """What a client sends."""

    commentator: str
    question: str
    made_at: datetime
    probability: float = Field(ge=0, le=1)


#: The same engine as the service's: the same durability, and writers that wait for one another.
engine = make_engine(os.environ["BARE_DATABASE_URL"])
if engine.dialect.name == "sqlite":
    # Threads that write to SQLite starve one another, and some would give up within the run.
    event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA busy_timeout=60000"))
SQLModel.metadata.create_all(engine, tables=[Row.__table__])  # type: ignore[attr-defined]
_PAGE = Path(os.environ.get("BARE_PAGE", os.devnull)).read_bytes()
app = FastAPI()


def _session() -> Iterator[Session]:
    with Session(engine) as session:
        yield session


@app.post("/rows", status_code=201)
def insert(data: RowIn, session: Annotated[Session, Depends(_session)]) -> Row:
    """Insert one row, commit, give it back."""
    row = Row.model_validate(data)
    session.add(row)
    session.commit()
    session.refresh(row)
    return row


@app.get("/page")
def page() -> Any:
    """A JSON reply without any work behind it."""
    return Response(_PAGE, media_type="application/json")


@app.get("/content")
def content() -> Any:
    """The same reply as FastAPI makes it from Python values."""
    return _CONTENT


def _parsed() -> Any:
    import json

    return json.loads(_PAGE or b"{}")


_CONTENT = _parsed()
