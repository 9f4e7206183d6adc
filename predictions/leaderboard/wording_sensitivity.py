"""How far the figures of a board could lie from what they are by what a commentator's own words may mean: all else, the
words of others among it, stays as it is read."""

from typing import NamedTuple

import numpy as np

from predictions.leaderboard.filters import Revisions
from predictions.leaderboard.scored_pairs import Pairs
from predictions.scoring.other_scores import log_score
from predictions.scoring.ranking import BLEND
from predictions.scoring.units import SCALE, Floats


class Sensitivity(NamedTuple):
    """How far a figure may fall (at most 0) and rise (at least 0), of each commentator by ascending id; NaN where it
    has no value."""

    fall: Floats
    rise: Floats


def wording_sensitivity(pairs: Pairs, revisions: Revisions, least: Floats, most: Floats) -> dict[str, Sensitivity]:
    """The reach of each statistic by its name in ``BoardStatistics``; ``least`` and ``most`` (n,) are what each of the
    ``pairs`` could score by ``revisions``.

    The adjusted score takes the level of the others as fitted, the skill the centre of its references as it is.
    """
    scores, opening = pairs.scores(revisions), pairs.scores("opening")
    ends = ((least, pairs.opening_low / SCALE), (most, pairs.opening_high / SCALE))
    first, last = (_changes(pairs, by_rule - scores, of_opening - opening) for by_rule, of_opening in ends)
    reach = {name: Sensitivity(np.minimum(one, last[name]), np.maximum(one, last[name])) for name, one in first.items()}
    return reach | {f"brier_{revisions}": reach["brier"]}


def _changes(pairs: Pairs, by_rule: Floats, of_opening: Floats) -> dict[str, Floats]:
    """By how much the figures move when the scores of the rows, by the rule and of the opening call, do."""
    _, person = np.unique(pairs.commentator, return_inverse=True)
    people = int(person.max(initial=-1)) + 1

    def sums(values: Floats) -> Floats:
        return np.bincount(person, values, people).astype(np.float64)

    number = np.bincount(person, minlength=people)
    _, asked, answers = np.unique(pairs.question, return_inverse=True, return_counts=True)
    shared = (answers[asked] > 1).astype(np.float64)
    # With the others' levels as fitted, a question says the less of a commentator the fewer others answered it.
    says = 1 - 1 / answers[asked]
    cells = person * (int(pairs.event.max(initial=0)) + 1) + pairs.event
    _, cell, questions = np.unique(cells, return_inverse=True, return_counts=True)
    share_of_event = 1 / questions[cell]
    with np.errstate(divide="ignore", invalid="ignore"):
        return {
            "skill": -100 * sums(of_opening * share_of_event) / (sums(share_of_event) + BLEND),
            "brier": sums(by_rule) / number,
            "brier_adjusted": sums(by_rule * says) / sums(says),
            "peer": -sums(by_rule * shared) / sums(shared),
            "brier_skill_score": -sums(of_opening) / sums(pairs.reference / SCALE),
            "log_score": sums(_surprise(pairs, of_opening)) / number,
        }


def _surprise(pairs: Pairs, of_opening: Floats) -> Floats:
    """The change of each log score; words are said of yes-or-no questions, where it follows from the Brier score."""
    moved = np.flatnonzero(of_opening)
    given = 1 - np.sqrt(pairs.scores("opening")[moved] + of_opening[moved])
    yes, found = np.ones(len(moved), dtype=np.int64), np.zeros(len(pairs))
    after, before = (log_score(p[:, None], yes, "binary") for p in (np.clip(given, 0, 1), pairs.given[moved]))
    found[moved] = after - before
    return found
