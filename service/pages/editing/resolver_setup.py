"""Resolver page of a question: attach, change, detach, and probe now."""

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
    ResolverView,
    detach,
    find_attached,
)
from resolvers.probing.configuration import resolver_view as view
from resolvers.probing.settled_questions import ReasonedResolverIn, attach_resolver
from service.db.engine import read_transaction
from service.lookup import question_of
from service.on_demand.resolver_trial import ProbeResultView, TrialIn, probe_now, resolver_kinds
from service.pages.rendering.forms import Form, PostedByResolver, ShownToResolver, render_form, whole
from service.security.access import require_resolver_permission
from service.security.approvers import asker
from service.strict_json import parse_json
from service.web.path_params import IdOrSlug
from service.web.responses import ReadSession

router = APIRouter()
NUMBERS = ("lead_hours", "every_minutes")
CHECKBOXES = ("automatic", "paused")


@router.get("/questions/{which}/probe")
def resolver(request: Request, which: IdOrSlug, _: ShownToResolver, session: ReadSession) -> Response:
    """Show the resolver's state and the forms."""
    return _page(request, session, which, Form(), None)


@router.post("/questions/{which}/probe")
def submit(request: Request, which: IdOrSlug, posted: PostedByResolver) -> Response:
    """Probe now and show the result, or attach, change or detach the resolver.

    No database session is open while the source responds.
    """
    form, result = posted.form, None
    with form.checked():
        if form["action"] in ("attach", "detach"):
            waits = _write(request, which, posted.form, posted.caller)
            return RedirectResponse(f"/questions/{which}{'#changes' if waits else '/probe'}", 303)
        trial = TrialIn(resolver=form["resolver"], config=_config(form)) if form["action"] == "try" else None
        result = probe_now(request, which, posted.caller, trial)
    with read_transaction(request.app.state.engine) as session:
        return _page(request, session, which, _with_errors_at_fields(form), result)


def _write(request: Request, which: str, form: Form, caller: Any) -> bool:
    """Attach or detach the resolver; return whether that waits for another person."""
    state = request.app.state
    by = {"now": state.clock.now(), "actor": caller.name}
    if form["action"] == "detach":
        state.writer.run(lambda session: detach(session, question_of(session, which), **by))
        return False
    numbers = {name: whole(form[name]) for name in NUMBERS}
    checkboxes = {name: bool(form[name]) for name in CHECKBOXES}
    given = {"resolver": form["resolver"], "config": _config(form), "reason": form["reason"] or None}
    data = ReasonedResolverIn.model_validate(given | numbers | checkboxes)

    def job(session: Session) -> bool:
        question = question_of(session, which)
        require_resolver_permission(caller, question, data)
        return attach_resolver(session, question, data, asker(session, caller, now=state.clock.now())).row is None

    return bool(state.writer.run(job))


def _config(form: Form) -> dict[str, Any]:
    """Parse the typed settings. Raises ``InvalidInput`` unless they are a JSON object."""
    try:
        config = parse_json(form["config"] or "{}")
    except (ValueError, RecursionError):
        raise InvalidInput.at("/config", "is not valid JSON: check its brackets and quotation marks") from None
    except InvalidInput as error:
        raise InvalidInput.at("/config", error.detail) from None
    if not isinstance(config, dict):
        raise InvalidInput.at("/config", 'must be a JSON object, for example {"market": "some-slug"}')
    return config


def _with_errors_at_fields(form: Form) -> Form:
    """Join the errors of single settings at the field that holds all settings."""
    parts = {name: detail for name, detail in form.errors.items() if name.startswith("config/")}
    if parts:
        joined = "; ".join(parts.values())
        rest = {name: detail for name, detail in form.errors.items() if name not in parts}
        form.errors = rest | {"config": joined}
    return form


def _page(request: Request, session: Session, which: str, form: Form, result: ProbeResultView | None) -> Response:
    question = question_of(session, which)
    row = find_attached(session, question)
    resolver = view(session, row, question) if row else None
    if form["action"] not in ("try", "attach"):
        form.values = {**_as_typed(resolver), **form.values}
    return render_form(
        request,
        "resolver_setup.html",
        form,
        session=session,
        title=f"Probe: {question.text}",
        q=view_question(session, question),
        resolver=resolver,
        result=result,
        kinds=resolver_kinds(),
        editing=form["action"] in ("try", "attach") or resolver is None,
    )


def _as_typed(resolver: ResolverView | None) -> dict[str, str]:
    """Return the attached resolver as form values."""
    if resolver is None:
        return {"config": "{}", "lead_hours": str(LEAD_HOURS), "every_minutes": str(EVERY_MINUTES)}
    texts = {name: str(getattr(resolver, name)) for name in ("resolver", *NUMBERS)}
    checkboxes = {name: "yes" if getattr(resolver, name) else "" for name in CHECKBOXES}
    return texts | checkboxes | {"config": json.dumps(resolver.config, indent=2, ensure_ascii=False)}
