"""The leaderboard's query: filters, order and instant, defined once for API, pages and command line."""

from typing import Annotated, Any

from fastapi import Query
from pydantic import BaseModel, model_validator

from predictions.columns import MAX_ID
from predictions.enums import CommentatorKind, DeadlineBasis
from predictions.leaderboard.board import Sort
from predictions.leaderboard.filters import Filters, Include, Revisions
from predictions.schemas.fields import Instant
from service.web.strict_requests import refuse_former_name

NOT_FILTERS = {"sort", "page"}
AsOf = Annotated[Instant | None, Query(description="as it stood at this past instant; a date: its first instant")]


class FilterQuery(BaseModel):
    """Filters of the scored questions that a leaderboard, a diagram or a comparison counts."""

    topic: Annotated[str | None, Query(max_length=60, description="a topic of the question")] = None
    event: Annotated[str | None, Query(max_length=120, description="a family of questions")] = None
    since: Annotated[Instant | None, Query(alias="from", description="deadline at or after")] = None
    until: Annotated[Instant | None, Query(alias="to", description="deadline before")] = None
    deadline_basis: Annotated[
        DeadlineBasis | None,
        Query(description="where the deadline came from"),
    ] = None
    verbal: Annotated[bool | None, Query(description="true: only words; false: only stated numbers")] = None
    recorded_late: Annotated[bool | None, Query(description="false: leave out what was recorded afterwards")] = None
    conditional: Annotated[bool | None, Query(description="true: only conditional questions; false: none")] = None
    kind: Annotated[CommentatorKind | None, Query(description="of the commentator")] = None
    outlet: Annotated[str | None, Query(max_length=200, description="outlet of the opening call's source")] = None
    source: Annotated[int | None, Query(ge=1, le=MAX_ID, description="id of the opening call's source")] = None
    include: Annotated[Include, Query(description="resolved: also before the deadline has passed")] = "deadline_passed"

    def filters(self) -> Filters:
        """Return the filters as the leaderboard takes them. Raises ``InvalidInput`` for a period that ends early."""
        given = {name: getattr(self, name) for name in FilterQuery.model_fields}
        return Filters(commentator_kind=given.pop("kind"), **given)


class BoardQuery(FilterQuery):
    """Filters of a leaderboard, its rule for revisions, its order and its instant."""

    revisions: Annotated[Revisions, Query(description="which prediction of each commentator counts")] = "opening"
    sort: Annotated[Sort | None, Query(description="default: skill; brier for other revisions than opening")] = None
    min_resolved: Annotated[int, Query(ge=0, le=MAX_ID, description="leave out who has fewer resolved questions")] = 0
    max_annulled: Annotated[float, Query(ge=0, le=1, description="leave out whose share annulled is above it")] = 1.0
    as_of: AsOf = None

    @property
    def order(self) -> Sort:
        """How the board is sorted: by skill, unless other revisions than the opening call are asked for."""
        return self.sort or ("skill" if self.revisions == "opening" else "brier")


class FormQuery(BaseModel):
    """A query that a form sends: empty fields are left out, former names refused."""

    @model_validator(mode="before")
    @classmethod
    def _drop_empty(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        for name in data:
            refuse_former_name(name)
        return {name: value for name, value in data.items() if value != ""}

    def chosen(self) -> dict[str, str]:
        """Return what differs from the default, as an address has it."""
        found = self.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        return {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in found.items()}

    def filtered(self) -> bool:
        """Return whether anything but order and page is chosen."""
        return bool(set(self.chosen()) - NOT_FILTERS)
