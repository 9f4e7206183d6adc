"""Route of prompts, each with the proposals for its question."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from resolvers.prompts.inbox import PromptState, list_prompts
from service.security.access import Reader
from service.web.pagination import Cursor, Limit, decode_cursor, page_reply
from service.web.responses import ReadSession

router = APIRouter(prefix="/api/prompts", tags=["prompts"])


@router.get("", response_model=None)
def list_all_prompts(
    request: Request,
    _: Reader,
    session: ReadSession,
    state: PromptState | None = None,
    assignee: Annotated[str | None, Query(max_length=200)] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Response:
    """List prompts.

    In order of recording.
    """
    now = request.app.state.clock.now()
    prompts = list_prompts(session, now=now, state=state, assignee=assignee, after=decode_cursor(cursor), limit=limit)
    return page_reply(request, prompts, limit)
