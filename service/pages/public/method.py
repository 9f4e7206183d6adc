"""The method: how words become numbers, how scores are computed, how the board ranks, with the settings that run."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from predictions.errors import InvalidInput
from predictions.hedges.interpret import HedgeInterpretation, lexicons, read_hedge
from predictions.hedges.lexicon_files import DEFAULT_LEXICON
from predictions.leaderboard.board import explanation
from predictions.leaderboard.filters import Filters
from predictions.scores import reference_forecasts
from predictions.scoring import calibration, head_to_head, ranking, reader_simulation
from resolvers.prompts import schedule
from service.pages.rendering.templates import render
from service.security.access import Reader
from service.web.responses import ReadSession

router = APIRouter()


@router.get("/method")
def method(
    request: Request,
    _: Reader,
    session: ReadSession,
    words: Annotated[str, Query(max_length=200)] = "",
    lexicon: Annotated[str, Query(max_length=40)] = DEFAULT_LEXICON,
) -> Response:
    """The method in full; ``words`` are read as a hedge, to try it out."""
    state = request.app.state
    made = state.leaderboard_cache.get_estimates(session, Filters(), "opening", state.clock.now()).estimates
    reading, refusal = try_hedge(words, lexicon)
    return render(
        request,
        "method.html",
        session=session,
        title="Method",
        lexicons=lexicons(),
        chosen=lexicon,
        tried=words,
        reading=reading,
        refusal=refusal,
        board=explanation(made.ranking),
        rules=rules(),
        tick_seconds=state.settings.tick_seconds,
    )


def try_hedge(words: str, lexicon: str) -> tuple[HedgeInterpretation | None, str]:
    """How the lexicon reads some words, or why it does not."""
    if not words.strip():
        return None, ""
    try:
        return read_hedge(words, lexicon), ""
    except InvalidInput as error:
        return None, error.faults[0].detail if error.faults else error.detail


def rules() -> dict[str, Any]:
    """The numbers that the code runs with, as the page names them."""
    return {
        "blend": ranking.BLEND,
        "ranked_from": ranking.RANKED_FROM,
        "established_from": ranking.ESTABLISHED_FROM,
        "min_of_type": ranking.MIN_OF_TYPE,
        "z": ranking.Z_90,
        "calibration_from": calibration.MIN_PREDICTIONS,
        "band": calibration.BAND,
        "consensus_from": reference_forecasts.MIN_OTHERS,
        "readers": reader_simulation.READERS,
        "pair_events": head_to_head.MIN_EVENTS,
        "proven": head_to_head.PROVEN,
        "reminder_days": schedule.REMINDER_DAYS,
    }
