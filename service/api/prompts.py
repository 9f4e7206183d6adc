"""Prompts: what people are asked to resolve, with the proposals that lie beside each."""

from fastapi import APIRouter, Request, Response

from resolvers.inbox import PromptState, list_prompts
from service.api.paging import Cursor, Limit, after, page_reply
from service.auth import Reader
from service.replies import Reading

router = APIRouter(prefix="/api/prompts", tags=["prompts"])


@router.get("", response_model=None)
def list_all(
    request: Request,
    _: Reader,
    session: Reading,
    state: PromptState | None = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Response:
    """List prompts in order of recording."""
    return page_reply(request, list_prompts(session, state=state, after=after(cursor), limit=limit), limit)
