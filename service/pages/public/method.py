"""Method page: lexicons, scores and ranking, with the current settings."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from predictions.errors import InvalidInput
from predictions.hedges.interpret import HedgeInterpretation, lexicons, read_hedge
from predictions.hedges.lexicon_files import DEFAULT_LEXICON
from predictions.leaderboard.board import explanation
from predictions.leaderboard.filters import Filters
from predictions.scores import reference_forecasts
from predictions.scores.late_rule import rule_in_force
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
    """Show the method; ``words`` are interpreted as a hedge, to try it out."""
    state = request.app.state
    cached = state.leaderboard_cache.get_estimates(session, Filters(), "opening", state.clock.now())
    interpretation, error = try_hedge(words, lexicon)
    return render(
        request,
        "method.html",
        session=session,
        title="Method",
        lexicons=lexicons(),
        chosen=lexicon,
        tried=words,
        interpretation=interpretation,
        error=error,
        board=explanation(cached.estimates.ranking),
        rules=rules(),
        late_rule=rule_in_force(session).value,
        tick_seconds=state.settings.tick_seconds,
    )


def try_hedge(words: str, lexicon: str) -> tuple[HedgeInterpretation | None, str]:
    """Return the lexicon's interpretation of the words, or an error message."""
    if not words.strip():
        return None, ""
    try:
        return read_hedge(words, lexicon), ""
    except InvalidInput as error:
        return None, error.faults[0].sentence(subject="the text of the words")


def rules() -> dict[str, Any]:
    """Return the parameters of scoring and ranking, by the names used in the template."""
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
