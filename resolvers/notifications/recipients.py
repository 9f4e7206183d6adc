"""The channels that receive a prompt: by topics, subscription, assigned person and stage."""

from collections.abc import Collection, Iterable, Sequence

from resolvers.notifications.models import Channel
from resolvers.prompts.schedule import ESCALATION


def recipients(
    channels: Iterable[Channel],
    stage: str,
    topics: Sequence[str],
    *,
    subscribers: Collection[int] = (),
    assignee: str | None = None,
) -> list[Channel]:
    """Return the channels that receive this stage of a question with these topics.

    ``subscribers``: ids of the channels with a subscription to the question or to one of its topics. A channel without
    topics receives all questions, except that of a person, who receives those they subscribed to or are assigned.
    """
    return [
        channel
        for channel in channels
        if (stage == ESCALATION or not channel.escalations_only)
        and (channel.id in subscribers or _belongs_to(channel, assignee) or _covers(channel, topics))
    ]


def _belongs_to(channel: Channel, assignee: str | None) -> bool:
    return channel.person is not None and channel.person == assignee


def _covers(channel: Channel, topics: Sequence[str]) -> bool:
    return not set(channel.topics).isdisjoint(topics) if channel.topics else channel.person is None
