"""Has the US Treasury (OFAC) newly blocked someone? Read from the delta files of its Sanctions List Service.

That nobody was blocked is proposed only after the deadline, and once the delta of every publication that the
service's own history lists for the question's days has been read.
"""

import hashlib
from datetime import UTC, date, timedelta

from resolvers.errors import NotConfigured, SourceUnavailable
from resolvers.outbound.client import FetchedResponse
from resolvers.sources.evidence import (
    LISTED_BY_ID,
    MAX_RATIONALE,
    NAME_ONLY,
    NO,
    YES,
    Basis,
    Evidence,
    Probe,
    ProposedOutcome,
)
from resolvers.sources.interface import Config, Fetch, ProbedQuestion, cite
from resolvers.sources.ofac_matching import ListingMatch, OfacConfig, SearchLog, described, event_moment
from resolvers.sources.ofac_parser import EASTERN, Publication, read_delta, read_history

REFUSED = (
    "OFAC refuses this program (403): ask OFAC to admit its User-Agent, or look at the deltas by hand at "
    "https://sanctionslist.ofac.treas.gov, or watch OpenSanctions with the json resolver"
)
MAX_CITED = 10
MAX_DELTA_BYTES = 8_000_000
MAX_PUBLICATIONS = 1_000


class Ofac:
    """The resolver for US sanctions."""

    key = "ofac"
    version = "1"
    settings: type[Config] = OfacConfig

    def probe(self, question: ProbedQuestion, config: OfacConfig, fetch: Fetch) -> Probe:
        """Read the history and every delta of the question's days."""
        histories, publications = self._publications(question, config, fetch)
        seen = SearchLog(histories, publications)
        for publication in publications:
            fetched = self._get(
                fetch, f"{base(config)}/changes/{publication.id}", final=True, max_bytes=MAX_DELTA_BYTES
            )
            seen.deltas.append(fetched.sha256)
            delta = read_delta(fetched.body)
            moment = event_moment(publication, delta)
            if question.covers(moment):
                seen.note(config, publication, fetched, delta, question.day(moment))
        counted = seen.counted()
        wanted = f"{config.min_count} wanted"
        seen.lines.append(f"{len(publications)} publications read: {len(counted)} matching entities, {wanted}")
        if len(counted) >= config.min_count:
            return self._found(question, config, fetch, counted, seen)
        return self._absent(question, config, fetch, seen)

    def _publications(
        self, question: ProbedQuestion, config: OfacConfig, fetch: Fetch
    ) -> tuple[list[FetchedResponse], list[Publication]]:
        """The histories of all years touched, and the publications of the question's days, oldest first."""
        first = question.opened_at.astimezone(EASTERN).date() - timedelta(days=1)
        last = min(question.deadline, fetch.now()).astimezone(EASTERN).date() + timedelta(days=1)
        histories = [
            self._get(fetch, f"{base(config)}/changes/history/{year}") for year in range(first.year, last.year + 1)
        ]
        found = {item.id: item for history in histories for item in read_history(history)}
        inside = [item for item in found.values() if first <= item.published.date() <= last]
        if len(inside) > MAX_PUBLICATIONS:
            raise NotConfigured(f"more than {MAX_PUBLICATIONS} publications to read: give the question a later opening")
        return histories, sorted(inside, key=lambda item: (item.published, item.id))

    def _get(self, fetch: Fetch, url: str, *, final: bool = False, max_bytes: int | None = None) -> FetchedResponse:
        try:
            return fetch.get(url, final=final, max_bytes=max_bytes)
        except SourceUnavailable as error:
            if error.status == 403:
                raise SourceUnavailable(REFUSED, retry_after=error.retry_after, status=403) from error
            raise

    def _found(
        self, question: ProbedQuestion, config: OfacConfig, fetch: Fetch, counted: list[ListingMatch], seen: SearchLog
    ) -> Probe:
        matches = counted[: config.min_count]
        evidence = tuple(
            cite(fetch, match.fetched, locator=f"entity[@id={match.entity.id!r}]", excerpt=described(match.entity))
            for match in matches[-MAX_CITED:]
        )
        reason = f"{described(matches[-1].entity)}, published {matches[-1].day}"
        by_id = not config.names or all(match.entity.id in config.entity_ids for match in matches)
        confidence = LISTED_BY_ID if by_id else NAME_ONLY
        proposal = self._proposal(question, config, YES, matches[-1].day, reason, evidence, confidence)
        return Probe(observed=tuple(seen.lines), reason=reason, proposal=proposal)

    def _absent(self, question: ProbedQuestion, config: OfacConfig, fetch: Fetch, seen: SearchLog) -> Probe:
        """No, where the deadline is past and every publication was read and could be judged."""
        until = question.deadline.astimezone(UTC) + timedelta(hours=config.grace_hours)
        why_not = None
        if fetch.now() <= until:
            why_not = f"too few matches so far, and no is not said before {until:%Y-%m-%d %H:%M} UTC"
        elif not seen.publications:
            why_not = "the history lists no publication in the question's days, which proves nothing"
        elif seen.unclear:
            why_not = f"{', '.join(seen.unclear[:5])}: changed, and the delta does not say who it is; look by hand"
        if why_not:
            return Probe(observed=tuple(seen.lines), reason=why_not)
        newest = seen.publications[-1]
        reason = (
            f"no match in any of the {len(seen.publications)} publications that OFAC lists from {question.first_day} "
            f"to {question.last_day} (the last is {newest.id} of {newest.published:%Y-%m-%d})"
        )
        digest = hashlib.sha256(" ".join(seen.deltas).encode()).hexdigest()
        excerpt = f"{len(seen.publications)} deltas read; SHA-256 of their hashes in order: {digest}"
        evidence = tuple(
            cite(fetch, history, locator="$[*].publicationID", excerpt=excerpt) for history in seen.histories
        )
        confidence = NAME_ONLY if config.names else LISTED_BY_ID
        proposal = self._proposal(question, config, NO, None, reason, evidence, confidence)
        return Probe(observed=tuple(seen.lines), reason=reason, proposal=proposal)

    def _proposal(
        self,
        question: ProbedQuestion,
        config: OfacConfig,
        outcome: str,
        day: date | None,
        reason: str,
        evidence: tuple[Evidence, ...],
        confidence: float,
    ) -> ProposedOutcome:
        return ProposedOutcome(
            question_id=question.id,
            resolver=self.key,
            resolver_version=self.version,
            config_sha256=config.sha256,
            outcome=outcome,
            event_date=day,
            observed_at=evidence[-1].fetched_at,
            confidence=confidence,
            basis=Basis.POSITIVE if outcome == YES else Basis.ABSENT,
            rationale=f"OFAC: {reason}."[:MAX_RATIONALE],
            evidence=evidence,
        )


def base(config: OfacConfig) -> str:
    """The address of the service, without a slash at its end."""
    return str(config.base_url).rstrip("/")
