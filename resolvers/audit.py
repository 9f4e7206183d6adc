"""How prompts, channels, subscriptions and attached resolvers follow from the events of the ledger."""

from functools import partial

from predictions.audit.fold import Folded, Row, Step, Told, table_of
from resolvers.notifications.channels import SECRET_COLUMNS, with_hashes
from resolvers.notifications.models import Channel, Subscription
from resolvers.outbound.redaction import redact_settings
from resolvers.probing.models import AttachedResolver, SourceSnapshot
from resolvers.prompts.models import Prompt

_PROMPTED = ("question.came_due", "question.reminded")
_RESOLVER = tuple(f"question.resolver_{what}" for what in ("attached", "changed", "detached"))
_CHANNEL = frozenset(f"channel.{what}" for what in ("created", "changed", "enabled", "disabled"))
#: What probing does to the row of a resolver, which is no part of the record.
_PROBING = (
    *("next_probe_at", "lease_until", "lease_token", "probed_at", "state", "observed", "reason", "last_good_at"),
    "failures",
)


def _prompt(event: Told) -> Step | None:
    prompt = event.body.get("prompt")
    return Step(prompt["id"], event.seq, prompt) if isinstance(prompt, dict) else None


def _resolver(event: Told) -> Step | None:
    return Step(event.subject_id, event.seq, event.body.get("after"), event.body.get("before"))


def _subscription(event: Told) -> Step | None:
    return Step(event.subject_id, event.seq, event.body if event.action == "subscription.entered" else None)


def _with_hidden_secrets(row: Row) -> Row:
    return row | {"config": redact_settings(row["config"])}


def notification_tables(secret: bytes | None) -> tuple[Folded, ...]:
    """Return how the rows of these tables follow from their events.

    Without the ``secret`` the addresses and secrets of channels, of which the ledger has keyed hashes, are not
    compared.
    """
    hashed = partial(with_hashes, secret=secret) if secret else None
    return (
        Folded(
            table_of(Prompt),
            subject="question",
            actions=_PROMPTED,
            parse=_prompt,
            in_order=False,
            needs_baseline=True,
        ),
        Folded(
            table_of(Channel),
            _CHANNEL,
            **({"stored": hashed} if hashed else {"apart": frozenset(SECRET_COLUMNS)}),
        ),
        Folded(table_of(SourceSnapshot), frozenset({"source_snapshot.stored"})),
        Folded(table_of(Subscription), parse=_subscription, needs_baseline=True),
        Folded(
            table_of(AttachedResolver),
            subject="question",
            actions=_RESOLVER,
            parse=_resolver,
            stored=_with_hidden_secrets,
            apart=frozenset(_PROBING),
            needs_baseline=True,
        ),
    )
