"""Commands for subscriptions and the delivery log, and for sending a dead letter again."""

from typing import Annotated

import typer

from resolvers.notifications.delivery_log import list_deliveries
from resolvers.notifications.delivery_queue import resend
from resolvers.notifications.models import DeliveryState
from resolvers.notifications.subscriptions import SubscriptionIn, list_subscriptions, subscribe, unsubscribe
from service.cli.channels import Number
from service.cli.common import ACTOR, AsJson, clock, print_json, print_table, ready, say
from service.db.engine import bookkeeping_transaction, read_transaction
from service.lookup import channel_of, delivery_of

Question = Annotated[str | None, typer.Option(help="the slug of a question")]
Topic = Annotated[str | None, typer.Option(help="all questions of this topic")]


def watch(number: Number, question: Question = None, topic: Topic = None) -> None:
    """Subscribe a channel to a question or a topic."""
    data = _subscription(number, question, topic)
    with ready() as (_, engine), bookkeeping_transaction(engine) as session:
        subscribe(session, channel_of(session, number), data, now=clock.now(), actor=ACTOR)
        count = len(list_subscriptions(session, [number]))
    say(f"channel {number} subscribed to {question or topic}; subscriptions: {count}")


def unwatch(number: Number, question: Question = None, topic: Topic = None) -> None:
    """Unsubscribe a channel from a question or a topic."""
    data = _subscription(number, question, topic)
    with ready() as (_, engine), bookkeeping_transaction(engine) as session:
        unsubscribe(session, channel_of(session, number), data, now=clock.now(), actor=ACTOR)
    say(f"channel {number} unsubscribed from {question or topic}")


def _subscription(number: int, question: str | None, topic: str | None) -> SubscriptionIn:
    named = {"question": None if question is None else {"slug": question}, "topic": topic}
    return SubscriptionIn.model_validate({"channel": number} | named)


def log(
    state: Annotated[DeliveryState | None, typer.Option(help="only in this state; dead: dead letters")] = None,
    channel: Annotated[int | None, typer.Option(help="only to this channel")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="maximum number of rows")] = 100,
    as_json: AsJson = False,
) -> None:
    """List deliveries with their attempts and last error."""
    with ready() as (_, engine), read_transaction(engine) as session:
        views = list_deliveries(session, state=state, channel=channel, limit=limit)
    if as_json:
        print_json([view.model_dump(mode="json") for view in views])
        return
    rows = [
        (view.id, view.channel, view.question, view.stage, view.state, len(view.attempts), view.last_error)
        for view in views
    ]
    print_table(("id", "channel", "question", "stage", "state", "attempts", "error"), rows, right=[0, 2, 5], fold=[6])


def again(delivery: Annotated[int, typer.Argument(help="the delivery's id in the log", min=1)]) -> None:
    """Send a dead letter again, with the same message id, at the next tick."""
    with ready() as (_, engine), bookkeeping_transaction(engine) as session:
        resend(session, delivery_of(session, delivery), now=clock.now())
    say(f"delivery {delivery} queued again")
