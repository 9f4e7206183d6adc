"""Attach a resolver to a question whose outcome is on record: another person has to approve it."""

from pydantic import Field
from sqlmodel import Session

from predictions.changes.decisions import Done, Wanted, ask_for
from predictions.changes.kinds import KINDS, By, Kind, Kinds
from predictions.changes.settled import RESOLVER
from predictions.errors import InvalidInput
from predictions.models import Question
from predictions.schemas.fields import Prose
from resolvers.outbound.redaction import redact_settings
from resolvers.probing.configuration import ResolverIn, attach, reads_the_same


class ReasonedResolverIn(ResolverIn):
    """The resolver of a question, with the reason where the outcome is on record already."""

    reason: Prose | None = Field(default=None, description="why it is attached; required once the outcome is on record")

    def resolver_in(self) -> ResolverIn:
        """Return the resolver without the reason."""
        return ResolverIn(**{name: getattr(self, name) for name in self.model_fields_set - {"reason"}})


#: All kinds of changes of what is settled.
ALL_KINDS: Kinds = KINDS | {RESOLVER: Kind(Question, ResolverIn, attach)}


def attach_resolver(session: Session, question: Question, data: ReasonedResolverIn, by: By) -> Done:
    """Attach a resolver or change it; with an outcome on record, a source that is not read yet waits for approval.

    Raises ``InvalidInput`` for settings with a secret that would have to wait, as everybody reads what waits, and the
    errors of ``attach`` and ``ask_for``.
    """
    given = data.resolver_in()
    if question.outcome is None or reads_the_same(session, question, given):
        return Done(attach(session, question, given, now=by.now, actor=by.name), None)
    if redact_settings(given.config) != given.config:
        raise InvalidInput.at(
            "/config", "contains a secret, which everybody would read while the change waits: use headers_env for it"
        )
    return ask_for(session, Wanted(RESOLVER, question, question, given, data.reason), by, kinds=ALL_KINDS)
