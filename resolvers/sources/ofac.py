"""A resolver for US sanctions, on the delta files of the Sanctions List Service of the US Treasury (OFAC).

"No" is proposed only after the deadline, and only after reading the delta of every publication that the history of
the service lists for the days of the question.
"""

import hashlib
from datetime import UTC, date, timedelta

from predictions.enums import RETRACTED
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
from resolvers.sources.ofac_matching import ListingMatch, OfacConfig, SearchLog, describe, event_time
from resolvers.sources.ofac_parser import EASTERN, Publication, check_unique, parse_delta, parse_history

REFUSED = (
    "OFAC refuses this program (403): ask OFAC to allow its User-Agent, or read the deltas by hand at "
    "https://sanctionslist.ofac.treas.gov, or use the json resolver with OpenSanctions"
)
MAX_CITED = 10
MAX_DELTA_BYTES = 8_000_000
MAX_PUBLICATIONS = 1_000


class OfacResolver:
    """Additions to and removals from the US sanctions lists of OFAC."""

    key = "ofac"
    version = "1"
    settings: type[Config] = OfacConfig

    def probe(self, question: ProbedQuestion, config: OfacConfig, fetch: Fetch) -> Probe:
        """Read the history and every delta of the question's days; after a resolution also the later ones."""
        histories, publications = self._publications(question, config, fetch)
        log = SearchLog(histories, publications)
        for publication in publications:
            fetched = self._get(
                fetch, f"{base_address(config)}/changes/{publication.id}", immutable=True, max_bytes=MAX_DELTA_BYTES
            )
            log.deltas.append(fetched.sha256)
            delta = parse_delta(fetched.body)
            moment = event_time(publication, delta)
            if question.outcome == YES:
                log.add_reversals(config, fetched, delta, question.day(moment))
            if question.covers(moment):
                log.add_delta(config, publication, fetched, delta, question.day(moment))
        matches = log.distinct_matches()
        wanted = f"{config.min_count} wanted"
        log.lines.append(f"{len(publications)} publications read: {len(matches)} matching entities, {wanted}")
        standing = [match for match in matches if match.entity.id not in log.reversed]
        if len(matches) >= config.min_count > len(standing):
            return self._propose_retraction(question, config, fetch, log)
        if len(matches) >= config.min_count:
            return self._propose_yes(question, config, fetch, matches, log)
        return self._propose_no(question, config, fetch, log)

    def _publications(
        self, question: ProbedQuestion, config: OfacConfig, fetch: Fetch
    ) -> tuple[list[FetchedResponse], list[Publication]]:
        """Return the histories of all years concerned, and the publications of the question's days, oldest first.

        After a resolution as yes those until today follow: what was listed may be taken off.
        """
        first = question.opened_at.astimezone(EASTERN).date() - timedelta(days=1)
        end = fetch.now() if question.outcome == YES else min(question.deadline, fetch.now())
        last = end.astimezone(EASTERN).date() + timedelta(days=1)
        histories = [
            self._get(fetch, f"{base_address(config)}/changes/history/{year}")
            for year in range(first.year, last.year + 1)
        ]
        publications = check_unique([item for history in histories for item in parse_history(history)])
        in_range = [item for item in publications if first <= item.published.date() <= last]
        if len(in_range) > MAX_PUBLICATIONS:
            raise NotConfigured(f"more than {MAX_PUBLICATIONS} publications to read: give the question a later opening")
        return histories, sorted(in_range, key=lambda item: (item.published, item.id))

    def _get(self, fetch: Fetch, url: str, *, immutable: bool = False, max_bytes: int | None = None) -> FetchedResponse:
        try:
            return fetch.get(url, immutable=immutable, max_bytes=max_bytes)
        except SourceUnavailable as error:
            if error.status == 403:
                raise SourceUnavailable(REFUSED, retry_after=error.retry_after, status=403) from error
            raise

    def _propose_yes(
        self, question: ProbedQuestion, config: OfacConfig, fetch: Fetch, matches: list[ListingMatch], log: SearchLog
    ) -> Probe:
        matches = matches[: config.min_count]
        evidence = tuple(
            cite(fetch, match.fetched, locator=f"entity[@id={match.entity.id!r}]", excerpt=describe(match.entity))
            for match in matches[-MAX_CITED:]
        )
        reason = f"{describe(matches[-1].entity)}, published {matches[-1].day}"
        by_id = not config.names or all(match.entity.id in config.entity_ids for match in matches)
        confidence = LISTED_BY_ID if by_id else NAME_ONLY
        proposal = self._proposal(question, config, YES, matches[-1].day, reason, evidence, confidence)
        return Probe(observed=tuple(log.lines), reason=reason, proposal=proposal)

    def _propose_retraction(self, question: ProbedQuestion, config: OfacConfig, fetch: Fetch, log: SearchLog) -> Probe:
        """Propose to retract the outcome yes because the change that counted was reversed; a person decides."""
        latest = sorted(log.reversed.values(), key=lambda match: match.day)[-MAX_CITED:]
        evidence = tuple(
            cite(fetch, match.fetched, locator=f"entity[@id={match.entity.id!r}]", excerpt=describe(match.entity))
            for match in latest
        )
        reason = (
            f"{describe(latest[-1].entity)}, published {latest[-1].day}, reverses what the outcome rests on: "
            "decide by the question's criteria whether it still counts"
        )
        confidence = NAME_ONLY if config.names else LISTED_BY_ID
        proposal = self._proposal(question, config, RETRACTED, latest[-1].day, reason, evidence, confidence)
        return Probe(observed=tuple(log.lines), reason=reason, proposal=proposal)

    def _propose_no(self, question: ProbedQuestion, config: OfacConfig, fetch: Fetch, log: SearchLog) -> Probe:
        """Propose no if the deadline has passed and every publication was read and was clear."""
        until = question.deadline.astimezone(UTC) + timedelta(hours=config.grace_hours)
        obstacle = None
        if fetch.now() <= until:
            obstacle = f"too few matches so far, and no is not proposed before {until:%Y-%m-%d %H:%M} UTC"
        elif not log.publications:
            obstacle = "the history lists no publication in the question's days, which proves nothing"
        elif log.unclear:
            obstacle = f"{', '.join(log.unclear[:5])}: changed, but the delta does not name it; check by hand"
        if obstacle:
            return Probe(observed=tuple(log.lines), reason=obstacle)
        newest = log.publications[-1]
        reason = (
            f"no match in any of the {len(log.publications)} publications that OFAC lists from {question.first_day} "
            f"to {question.last_day} (the last is {newest.id} of {newest.published:%Y-%m-%d})"
        )
        digest = hashlib.sha256(" ".join(log.deltas).encode()).hexdigest()
        excerpt = f"{len(log.publications)} deltas read; SHA-256 of their hashes in order: {digest}"
        evidence = tuple(
            cite(fetch, history, locator="$[*].publicationID", excerpt=excerpt) for history in log.histories
        )
        confidence = NAME_ONLY if config.names else LISTED_BY_ID
        proposal = self._proposal(question, config, NO, None, reason, evidence, confidence)
        return Probe(observed=tuple(log.lines), reason=reason, proposal=proposal)

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
            basis={YES: Basis.POSITIVE, RETRACTED: Basis.UNSETTLED}.get(outcome, Basis.ABSENT),
            rationale=f"OFAC: {reason}."[:MAX_RATIONALE],
            evidence=evidence,
        )


def base_address(config: OfacConfig) -> str:
    """Return the address of the service without a slash at its end."""
    return str(config.base_url).rstrip("/")
