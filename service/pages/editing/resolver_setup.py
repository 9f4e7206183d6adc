"""The resolver of a question, for editors: attached and changed, how it stands, and a look at its source now."""

import json
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from predictions.errors import InvalidInput
from predictions.queries.details import view_question
from resolvers.probing.configuration import (
    EVERY_MINUTES,
    LEAD_HOURS,
    ResolverIn,
    ResolverView,
    attach,
    detach,
    find_attached,
)
from resolvers.probing.configuration import resolver_view as view
from service.db.engine import read_transaction
from service.lookup import question_of
from service.pages.rendering.forms import Form, PostedByResolver, ShownToResolver, render_form, whole
from service.resolver_trial import ProbeResultView, TrialIn, probe_now, require_resolver_permission, resolver_kinds
from service.strict_json import parse_json
from service.web.path_params import IdOrSlug
from service.web.responses import ReadSession

router = APIRouter()
NUMBERS = ("lead_hours", "every_minutes")
TICKS = ("automatic", "paused")


@router.get("/questions/{which}/probe")
def stand(request: Request, which: IdOrSlug, _: ShownToResolver, session: ReadSession) -> Response:
    """How the resolver stands, and the forms."""
    return _page(request, session, which, Form(), None)


@router.post("/questions/{which}/probe")
def act(request: Request, which: IdOrSlug, posted: PostedByResolver) -> Response:
    """Look now and show what was seen, or attach, change or take off the resolver.

    No session is open while the source takes its time.
    """
    form, look = posted.form, None
    with form.checked():
        if form["act"] in ("attach", "detach"):
            _write(request, which, posted.form, posted.who)
            return RedirectResponse(f"/questions/{which}/probe", 303)
        trial = TrialIn(resolver=form["resolver"], config=_config(form)) if form["act"] == "try" else None
        look = probe_now(request, which, posted.who, trial)
    with read_transaction(request.app.state.engine) as session:
        return _page(request, session, which, _placed(form), look)


def _write(request: Request, which: str, form: Form, who: Any) -> None:
    state = request.app.state
    by = {"now": state.clock.now(), "actor": who.name}
    if form["act"] == "detach":
        state.writer.run(lambda session: detach(session, question_of(session, which), **by))
        return
    numbers = {name: whole(form[name]) for name in NUMBERS}
    ticks = {name: bool(form[name]) for name in TICKS}
    data = ResolverIn.model_validate({"resolver": form["resolver"], "config": _config(form), **numbers, **ticks})

    def job(session: Session) -> None:
        question = question_of(session, which)
        require_resolver_permission(who, question, data)
        attach(session, question, data, **by)

    state.writer.run(job)


def _config(form: Form) -> dict[str, Any]:
    """The settings as typed. Raises ``InvalidInput`` for what is no JSON object."""
    try:
        found = parse_json(form["config"] or "{}")
    except (ValueError, RecursionError) as error:
        raise InvalidInput.at("/config", f"is no JSON ({error}): write for example {{}}") from None
    except InvalidInput as error:
        raise InvalidInput.at("/config", error.detail) from None
    if not isinstance(found, dict):
        raise InvalidInput.at("/config", 'must be a JSON object, for example {"market": "some-slug"}')
    return found


def _placed(form: Form) -> Form:
    """The faults of single settings stand together at the field of all settings, each with its name."""
    parts = {name: told for name, told in form.errors.items() if name.startswith("config/")}
    if parts:
        told = "; ".join(f"{name.removeprefix('config/')}: {each}" for name, each in parts.items())
        rest = {name: each for name, each in form.errors.items() if name not in parts}
        form.errors = rest | {"config": told}
    return form


def _page(request: Request, session: Session, which: str, form: Form, look: ProbeResultView | None) -> Response:
    question = question_of(session, which)
    row = find_attached(session, question)
    resolver = view(row, question) if row else None
    if form["act"] not in ("try", "attach"):
        form.values = {**_as_typed(resolver), **form.values}
    return render_form(
        request,
        "probe.html",
        form,
        session=session,
        title=f"Probe: {question.text}",
        q=view_question(session, question),
        resolver=resolver,
        look=look,
        kinds=resolver_kinds(),
        editing=form["act"] in ("try", "attach") or resolver is None,
    )


def _as_typed(resolver: ResolverView | None) -> dict[str, str]:
    """What is attached as one would type it, without the settings that are as they are anyway."""
    if resolver is None:
        return {"config": "{}", "lead_hours": str(LEAD_HOURS), "every_minutes": str(EVERY_MINUTES)}
    said = {name: str(getattr(resolver, name)) for name in ("resolver", *NUMBERS)}
    ticks = {name: "yes" if getattr(resolver, name) else "" for name in TICKS}
    return said | ticks | {"config": json.dumps(resolver.config, indent=2, ensure_ascii=False)}
