"""What the address of the leaderboard says: filters, order, page."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from predictions.columns import MAX_ID
from predictions.enums import CommentatorKind, DeadlineBasis
from predictions.leaderboard.board import Sort
from predictions.leaderboard.filters import Filters, Include, Revisions
from predictions.schemas.fields import Instant
from service.web.strict_requests import refuse_former_name

NOT_FILTERS = {"sort", "page"}


class BoardQuery(BaseModel):
    """The query of the board's address, by the names that the API uses; what a form sends empty is left out."""

    model_config = ConfigDict(populate_by_name=True)

    topic: Annotated[str | None, Field(max_length=60)] = None
    event: Annotated[str | None, Field(max_length=120)] = None
    since: Annotated[Instant | None, Field(alias="from")] = None
    until: Annotated[Instant | None, Field(alias="to")] = None
    deadline_basis: DeadlineBasis | None = None
    verbal: bool | None = None
    recorded_late: bool | None = None
    conditional: bool | None = None
    kind: CommentatorKind | None = None
    outlet: Annotated[str | None, Field(max_length=200)] = None
    source: Annotated[int | None, Field(ge=1, le=MAX_ID)] = None
    include: Include = "deadline_passed"
    revisions: Revisions = "opening"
    min_resolved: Annotated[int | None, Field(ge=0, le=MAX_ID)] = None
    max_annulled: Annotated[float | None, Field(ge=0, le=1)] = None
    as_of: Instant | None = None
    sort: Sort | None = None
    page: Annotated[int, Field(ge=1, le=1_000_000)] = 1

    @model_validator(mode="before")
    @classmethod
    def _drop_empty(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        for name in data:
            refuse_former_name(name)
        return {name: value for name, value in data.items() if value != ""}

    def filters(self) -> Filters:
        """Which scored questions the board counts."""
        return Filters(
            topic=self.topic,
            event=self.event,
            since=self.since,
            until=self.until,
            deadline_basis=self.deadline_basis,
            verbal=self.verbal,
            recorded_late=self.recorded_late,
            conditional=self.conditional,
            commentator_kind=self.kind,
            outlet=self.outlet,
            source=self.source,
            include=self.include,
        )

    @property
    def order(self) -> Sort:
        """How the board is sorted: by skill, unless other revisions than the opening call are asked for."""
        return self.sort or ("skill" if self.revisions == "opening" else "brier")

    def chosen(self) -> dict[str, str]:
        """What differs from the default, as it stands in an address."""
        found = self.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        return {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in found.items()}

    def filtered(self) -> bool:
        """Whether anything but order and page is chosen."""
        return bool(set(self.chosen()) - NOT_FILTERS)
