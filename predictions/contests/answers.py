"""Take a contest up, answer it, withdraw it or delete it; each step is an event of the ledger."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from predictions import ledger
from predictions.contests.inputs import AnswerIn
from predictions.contests.models import Contest, ContestState
from predictions.contests.receive import ANYBODY
from predictions.contests.sealing import PUBLISHED, TEXTS, sealed
from predictions.errors import Conflict, InvalidInput
from predictions.queries.corrections import CorrectionView, find_correction


@dataclass(frozen=True)
class Contests:
    """Steps of contests in one transaction: by whom, when, and the secret that hashes what is confidential."""

    session: Session
    actor: str
    now: datetime
    secret: bytes

    def take_up(self, contest: Contest) -> None:
        """Publish a contest as being checked. Raises ``Conflict`` unless it was only received."""
        _must_be(contest, ContestState.RECEIVED, remedy="only a contest that nobody has taken up can be taken up")
        state = {"state": ContestState.TAKEN_UP, "taken_up_at": self.now, "taken_up_by": self.actor}
        texts = {name: getattr(contest, name) for name in PUBLISHED}
        self._change(contest, "contest.taken_up", state, texts, PUBLISHED)

    def answer(self, contest: Contest, data: AnswerIn) -> None:
        """Uphold a contest with the correction that was made, or reject it.

        Raises ``Conflict`` unless it was taken up, ``InvalidInput`` for a number that is not of a correction of what
        the contest is about.
        """
        _must_be(contest, ContestState.TAKEN_UP, remedy="take it up first; an answer is given once")
        if data.correction is not None:
            _check_correction(contest, find_correction(self.session, data.correction), data.correction)
        changes = {"state": ContestState(data.decision), "answer": data.answer, "correction": data.correction}
        self._change(contest, f"contest.{data.decision}", self._decided() | changes)

    def withdraw(self, contest: Contest) -> None:
        """Remove the texts for the sender. Raises ``Conflict`` if it was taken up, and so is public, or is closed."""
        _must_be(contest, ContestState.RECEIVED, remedy="it can be withdrawn only until an editor takes it up")
        self._remove(contest, "contest.withdrawn", {"state": ContestState.WITHDRAWN, "decided_by": ANYBODY})

    def delete(self, contest: Contest, reason: str) -> None:
        """Remove the texts of an abusive contest. Raises ``Conflict`` if it was taken up, and so is public."""
        _must_be(contest, ContestState.RECEIVED, remedy="only a contest that nobody has taken up can be deleted")
        self._remove(contest, "contest.deleted", {"state": ContestState.DELETED, "answer": reason})

    def _decided(self) -> dict[str, Any]:
        return {"decided_at": self.now, "decided_by": self.actor, "next_prompt_at": None}

    def _remove(self, contest: Contest, action: str, changes: dict[str, Any]) -> None:
        nothing = {"name": "", "contact": "", "text": "", "evidence": []}
        self._change(contest, action, self._decided() | changes, nothing, TEXTS)

    def _change(
        self,
        contest: Contest,
        action: str,
        changes: dict[str, Any],
        texts: dict[str, Any] | None = None,
        hidden: tuple[str, ...] = (),
    ) -> None:
        """Change columns and append the event; of the ``hidden`` ones it has the keyed hash as the former value."""
        before = {name: getattr(contest, name) for name in changes} | sealed(contest, self.secret, hidden)
        by: dict[str, Any] = {"now": self.now, "actor": self.actor, "action": action}
        ledger.append_change(self.session, contest, changes | (texts or {}), before=before, **by)


def _must_be(contest: Contest, state: ContestState, *, remedy: str) -> None:
    if contest.state is not state:
        raise Conflict(f"contest {contest.id} is {contest.state.value.replace('_', ' ')}: {remedy}")


def _check_correction(contest: Contest, found: CorrectionView | None, number: int) -> None:
    if found is None:
        raise InvalidInput.at("/correction", f"no correction has the number {number}: see /corrections for all")
    question = found.question is not None and found.question.id == contest.question_id
    commentator = found.commentator is not None and found.commentator.id == contest.commentator_id
    if not (question or commentator or found.source is not None):
        detail = f"correction {number} is about something else: give that of what is contested"
        raise InvalidInput.at("/correction", detail)
