"""What waits for an outcome."""

from fastapi import APIRouter, Request, Response

from resolvers.inbox import PromptState, list_prompts
from service.auth import Reader
from service.pages.rendering import render
from service.replies import Reading

router = APIRouter()
SHOWN = 1000


@router.get("/due")
def due(request: Request, who: Reader, session: Reading) -> Response:
    """Open prompts."""
    prompts = list_prompts(session, state=PromptState.OPEN, limit=SHOWN)
    return render(
        request, "due.html", session=session, title="What is due", prompts=prompts, may_resolve=who.may("resolve")
    )
