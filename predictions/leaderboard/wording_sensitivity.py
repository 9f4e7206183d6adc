"""Sensitivity of a board's statistics to the meaning of a commentator's own hedges, all else equal."""

from typing import NamedTuple

import numpy as np

from predictions.leaderboard.filters import Revisions
from predictions.leaderboard.scored_pairs import Pairs
from predictions.scoring.other_scores import log_score
from predictions.scoring.ranking import BLEND
from predictions.scoring.units import SCALE, Floats


class Sensitivity(NamedTuple):
    """Possible fall (at most 0) and rise (at least 0) of a statistic, by ascending id of the commentator; or NaN."""

    fall: Floats
    rise: Floats


def wording_sensitivity(pairs: Pairs, revisions: Revisions, least: Floats, most: Floats) -> dict[str, Sensitivity]:
    """Return the sensitivity of each statistic by its name in ``BoardStatistics``.

    ``least`` and ``most`` (n,) are the lowest and highest possible scores of ``pairs`` by ``revisions``. The fitted
    levels of the others in the adjusted score, and the centre of the skill, are kept as they are.
    """
    scores, opening = pairs.scores(revisions), pairs.scores("opening")
    ends = ((least, pairs.opening_low / SCALE), (most, pairs.opening_high / SCALE))
    first, last = (_changes(pairs, by_rule - scores, of_opening - opening) for by_rule, of_opening in ends)
    reach = {name: Sensitivity(np.minimum(one, last[name]), np.maximum(one, last[name])) for name, one in first.items()}
    return reach | {f"brier_{revisions}": reach["brier"]}


def _changes(pairs: Pairs, by_rule: Floats, of_opening: Floats) -> dict[str, Floats]:
    """Return the changes of the statistics for changes of the rows' scores, by revision rule and of the opening."""
    _, person = np.unique(pairs.commentator, return_inverse=True)
    people = int(person.max(initial=-1)) + 1

    def sums(values: Floats) -> Floats:
        return np.bincount(person, values, people).astype(np.float64)

    number = np.bincount(person, minlength=people)
    _, question, answers = np.unique(pairs.question, return_inverse=True, return_counts=True)
    shared = (answers[question] > 1).astype(np.float64)
    # With the others' levels kept, a question weighs less the fewer others answered it.
    weight = 1 - 1 / answers[question]
    cells = person * (int(pairs.event.max(initial=0)) + 1) + pairs.event
    _, cell, questions = np.unique(cells, return_inverse=True, return_counts=True)
    share_of_event = 1 / questions[cell]
    with np.errstate(divide="ignore", invalid="ignore"):
        return {
            "skill": -100 * sums(of_opening * share_of_event) / (sums(share_of_event) + BLEND),
            "brier": sums(by_rule) / number,
            "brier_adjusted": sums(by_rule * weight) / sums(weight),
            "peer": -sums(by_rule * shared) / sums(shared),
            "brier_skill_score": -sums(of_opening) / sums(pairs.reference / SCALE),
            "log_score": sums(_surprise(pairs, of_opening)) / number,
        }


def _surprise(pairs: Pairs, of_opening: Floats) -> Floats:
    """Return the changes of the log scores; on yes-or-no questions they follow from the Brier score."""
    moved = np.flatnonzero(of_opening)
    given = 1 - np.sqrt(pairs.scores("opening")[moved] + of_opening[moved])
    yes, changes = np.ones(len(moved), dtype=np.int64), np.zeros(len(pairs))
    after, before = (log_score(p[:, None], yes, "binary") for p in (np.clip(given, 0, 1), pairs.given[moved]))
    changes[moved] = after - before
    return changes
