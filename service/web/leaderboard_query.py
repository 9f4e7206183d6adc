"""The leaderboard's query: filters, order and instant, defined once for API, pages and command line."""

from typing import Annotated, Any

from fastapi import Query
from pydantic import BaseModel, model_validator

from predictions.columns import MAX_ID
from predictions.enums import CommentatorKind, DeadlineBasis
from predictions.leaderboard.board import Sort
from predictions.leaderboard.filters import Filters, Include, Revisions
from predictions.schemas.fields import Instant

NOT_FILTERS = {"sort", "page"}
AsOf = Annotated[
    Instant | None, Query(description="the record as of this past instant; a date is its first instant in UTC")
]


class FilterQuery(BaseModel):
    """Filters of the scored questions in a leaderboard, reliability diagram or comparison."""

    topic: Annotated[str | None, Query(max_length=60, description="a topic of the question")] = None
    event: Annotated[
        str | None, Query(max_length=120, description="slug of an event, a group of related questions")
    ] = None
    since: Annotated[Instant | None, Query(alias="from", description="deadline at or after")] = None
    until: Annotated[Instant | None, Query(alias="to", description="deadline before")] = None
    deadline_basis: Annotated[
        DeadlineBasis | None,
        Query(description="stated by the commentator, implied by the words, or assigned by the recorder"),
    ] = None
    verbal: Annotated[bool | None, Query(description="true: only hedges; false: only numeric probabilities")] = None
    recorded_late: Annotated[
        bool | None,
        Query(description="true: only predictions recorded after the deadline or the outcome; false: none of these"),
    ] = None
    conditional: Annotated[bool | None, Query(description="true: only conditional questions; false: none")] = None
    kind: Annotated[CommentatorKind | None, Query(description="kind of the commentator")] = None
    outlet: Annotated[str | None, Query(max_length=200, description="outlet of the opening prediction's source")] = None
    source: Annotated[int | None, Query(ge=1, le=MAX_ID, description="id of the opening prediction's source")] = None
    include: Annotated[
        Include, Query(description="resolved: include resolved questions whose deadline has not passed")
    ] = "deadline_passed"

    def filters(self) -> Filters:
        """Return the filters of the leaderboard. Raises ``InvalidInput`` for a period that ends before it begins."""
        given = {name: getattr(self, name) for name in FilterQuery.model_fields}
        return Filters(commentator_kind=given.pop("kind"), **given)


class BoardQuery(FilterQuery):
    """Filters of a leaderboard, its rule for revisions, its order and its instant."""

    revisions: Annotated[
        Revisions, Query(description="revision rule: which prediction of each commentator is scored")
    ] = "opening"
    sort: Annotated[Sort | None, Query(description="default: skill; brier with another revision rule than opening")] = (
        None
    )
    min_resolved: Annotated[
        int, Query(ge=0, le=MAX_ID, description="exclude commentators with fewer resolved questions")
    ] = 0
    max_annulled: Annotated[
        float, Query(ge=0, le=1, description="exclude commentators whose share_annulled is above this")
    ] = 1.0
    as_of: AsOf = None

    @property
    def order(self) -> Sort:
        """Return the order: by default skill, or Brier score with another revision rule than opening."""
        return self.sort or ("skill" if self.revisions == "opening" else "brier")


class FormQuery(BaseModel):
    """Query sent by a form: empty fields are dropped."""

    @model_validator(mode="before")
    @classmethod
    def _drop_empty(cls, data: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in data.items() if value != ""}

    def chosen(self) -> dict[str, str]:
        """Return the parameters that differ from their default, as in a query string."""
        parameters = self.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        return {
            name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in parameters.items()
        }

    def filtered(self) -> bool:
        """Return whether any filter is chosen."""
        return bool(set(self.chosen()) - NOT_FILTERS)
