"""Channel pages: list, settings, subscriptions and delivery log.

Editors see their own channels and manage their subscriptions; admins manage all channels."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from predictions.columns import MAX_ID
from predictions.models import row_id
from predictions.queries.browsing import questions_by_id
from resolvers.notifications.channels import (
    ChannelEnabledIn,
    ChannelIn,
    ChannelPreferences,
)
from resolvers.notifications.delivery_log import ChannelView, count_by_state, list_channels, list_deliveries
from resolvers.notifications.delivery_queue import resend
from resolvers.notifications.models import ChannelKind, DeliveryState
from resolvers.notifications.senders.chat import check_address
from resolvers.notifications.subscriptions import SubscriptionIn, list_subscriptions, subscribe, unsubscribe
from service.channel_changes import Changer
from service.db.engine import read_transaction
from service.lookup import channel_of, delivery_of, is_own, own
from service.on_demand.channel_test import TestMessageResult, send_test_now
from service.pages.rendering.forms import Form, PostedByAdmin, PostedByEditor, ShownToEditor, nested, render_form, whole
from service.pages.rendering.templates import address
from service.security.access import need
from service.security.api_keys import Caller
from service.web.path_params import RowId
from service.web.responses import ReadSession

router = APIRouter()
PAGE = 50
TEXTS = ("person", "zone", "quiet_from", "quiet_to", "digest_at")
Write = Callable[[Session], object]


@router.get("/channels")
def channels(request: Request, caller: ShownToEditor, session: ReadSession) -> Response:
    """Show all channels, or those of the caller, and the form that adds one."""
    return _list_page(request, session, caller, Form({"kind": "webhook", "zone": "UTC"}))


@router.post("/channels")
def add_channel(request: Request, posted: PostedByAdmin) -> Response:
    """Add a channel. A webhook's secret is shown in this reply only."""
    form, state, created = posted.form, request.app.state, None
    with form.checked():
        data = ChannelIn.model_validate(nested(form.values, "name", "kind", "target") | channel_preferences(form))
        if data.kind is ChannelKind.CHAT:
            check_address(data.target, allowed_hosts=state.settings.allowed_hosts)
        changer = _changer(request, posted.caller)
        created = state.writer.run(lambda session: _create(session, data, changer))
    with read_transaction(state.engine) as session:
        if created is None:
            return _list_page(request, session, posted.caller, _with_errors_at_fields(form))
        number, secret = created
        return _page(request, session, posted.caller, number, Form(), done="add", secret=secret)


def _changer(request: Request, caller: Caller) -> Changer:
    state = request.app.state
    return Changer(caller.name, state.clock.now(), state.secret)


def _create(session: Session, data: ChannelIn, changer: Changer) -> tuple[int, str]:
    row = changer.add(session, data)
    return row_id(row), row.secret


@router.get("/channels/{number}")
def channel(
    request: Request,
    number: RowId,
    caller: ShownToEditor,
    session: ReadSession,
    state: DeliveryState | None = None,
    before: Annotated[int, Query(ge=1, le=MAX_ID)] = MAX_ID,
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """Show a channel: its settings, subscriptions and delivery log, newest first."""
    return _page(request, session, caller, number, Form(), state=state, before=before, done=done)


@router.post("/channels/{number}")
def submit(request: Request, number: RowId, posted: PostedByEditor) -> Response:
    """Carry out the action of the submitted form."""
    form, state, test = posted.form, request.app.state, None
    with form.checked(
        {"topic": "subscription/topic", "question": "subscription/question", "question/slug": "subscription/question"}
    ):
        if form["action"] == "test" and posted.caller.may("admin"):
            test = send_test_now(request, number)
        else:
            state.writer.run(_job(form, posted.caller, number, _changer(request, posted.caller)))
            return RedirectResponse(address(f"/channels/{number}", {}, done=form["action"]), 303)
    with read_transaction(state.engine) as session:
        return _page(request, session, posted.caller, number, _with_errors_at_fields(form), test=test)


def _job(form: Form, caller: Caller, number: int, changer: Changer) -> Write:
    """Return the form's action as one write. Raises ``ValidationError``; the write raises domain errors and 403."""
    if form["action"] in ("subscribe", "unsubscribe"):
        named = {"question": {"slug": form["subscription/question"]} if form["subscription/question"] else None}
        data = SubscriptionIn.model_validate({"channel": number, **named, "topic": form["subscription/topic"] or None})
        if form["action"] == "subscribe":
            return lambda s: subscribe(s, own(caller, channel_of(s, number)), data, now=changer.now, actor=caller.name)
        return lambda s: unsubscribe(s, own(caller, channel_of(s, number)), data, now=changer.now, actor=caller.name)
    need(caller, "admin")
    return _admins_job(form, number, changer)


def _admins_job(form: Form, number: int, changer: Changer) -> Write:
    if form["action"] == "change":
        data = ChannelPreferences.model_validate(channel_preferences(form))
        return lambda s: changer.change(s, channel_of(s, number), data)
    if form["action"] == "resend":
        delivery = whole(form["delivery"])
        return lambda s: resend(s, delivery_of(s, delivery if isinstance(delivery, int) else 0), now=changer.now)
    wanted = ChannelEnabledIn(enabled=form["action"] == "enable", reason=form["reason"])
    return lambda s: changer.switch(s, channel_of(s, number), enabled=wanted.enabled, reason=wanted.reason)


def channel_preferences(form: Form) -> dict[str, Any]:
    """Return the form's fields as input for ``ChannelPreferences``; an empty field clears the setting."""
    texts: dict[str, Any] = {name: form[name] or None for name in TEXTS}
    topics = [topic.strip() for topic in form["topics"].split(",") if topic.strip()]
    return texts | {"topics": topics, "escalations_only": bool(form["escalations_only"]), "zone": form["zone"] or "UTC"}


def _with_errors_at_fields(form: Form) -> Form:
    """Move an error of a single topic to the field that holds all topics."""
    form.errors = {"topics" if name.startswith("topics/") else name: detail for name, detail in form.errors.items()}
    return form


def _list_page(request: Request, session: Session, caller: Caller, form: Form) -> Response:
    return render_form(
        request,
        "channels.html",
        form,
        session=session,
        title="Channels",
        signed_in_as=caller,
        channels=[view for view in list_channels(session) if is_own(caller, view)],
        counts=count_by_state(session),
        kinds=[(kind.value, kind.value) for kind in ChannelKind],
    )


def _page(
    request: Request,
    session: Session,
    caller: Caller,
    number: int,
    form: Form,
    *,
    state: DeliveryState | None = None,
    before: int = MAX_ID,
    done: str = "",
    secret: str = "",
    test: TestMessageResult | None = None,
) -> Response:
    view = ChannelView.of(own(caller, channel_of(session, number)))
    log = list_deliveries(session, state=state, channel=number, before=before, limit=PAGE + 1)
    subscriptions = list_subscriptions(session, [number])
    question_ids = {delivery.question for delivery in log} | {each.question for each in subscriptions}
    if form["action"] != "change":
        form.values = {**_as_typed(view), **form.values}
    return render_form(
        request,
        "channel.html",
        form,
        session=session,
        title=f"Channel {view.name}",
        signed_in_as=caller,
        channel=view,
        log=log[:PAGE],
        more=len(log) > PAGE,
        state=state,
        states=list(DeliveryState),
        counts=count_by_state(session).get(number, {}),
        subscriptions=subscriptions,
        questions=questions_by_id(session, {number for number in question_ids if number}),
        done=done,
        secret=secret,
        test=test,
    )


def _as_typed(view: ChannelView) -> dict[str, str]:
    texts = {name: getattr(view, name) or "" for name in TEXTS}
    return texts | {"topics": ", ".join(view.topics), "escalations_only": "yes" if view.escalations_only else ""}
