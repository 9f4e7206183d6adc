"""The scoring alone, against numpy on arrays in memory, and against libraries that score forecasts where installed."""

import importlib
import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from benchmarks.report import Line, Options
from predictions.leaderboard.estimates import rank_pairs
from predictions.leaderboard.scored_pairs import Pairs
from predictions.leaderboard.secondary_scores import secondary_scores
from predictions.leaderboard.wording_sensitivity import wording_sensitivity
from predictions.scoring.brier import brier_binary
from predictions.scoring.intervals import mean_intervals
from predictions.scoring.ranking import Ranking
from predictions.scoring.revision_rules import score_question
from predictions.scoring.units import SCALE, to_units

PEOPLE, REVISIONS = 1000, 20
MANY = 10_000
EVENTS, PAIRS = 5_000, 300_000
PATIENCE_SECONDS = 10


def scoring(options: Options) -> list[Line]:
    """Bulk scores against numpy's floor and other libraries; a question with many revisions; ten thousand intervals."""
    rng = np.random.default_rng(1)
    rows = options.number(1_000_000, 10_000)
    p, outcome = rng.random(rows), rng.integers(0, 2, rows)
    return [*_bulk(options, p, outcome), _revisions(options, rng), *_many_intervals(options, rng)]


def _bulk(options: Options, p: Any, outcome: Any) -> list[Line]:
    happened = outcome.astype(np.float64)
    floor = _seconds(options, lambda: np.square(p - happened))
    ours = _seconds(options, lambda: brier_binary(p, outcome))
    whole = _seconds(options, lambda: to_units(brier_binary(p, outcome)))
    held, what = f"numpy (p - o)^2 {_ms(floor)}", f"score {len(p):,} predictions, inputs checked"
    lines = [
        Line(what, _ms(ours), held, ours / floor, 3.0),
        Line(f"{what}, as exact whole numbers", _ms(whole), held, whole / floor),
    ]
    mean = _seconds(options, lambda: brier_binary(p, outcome).mean())
    for name, call in _others().items():
        theirs = _seconds(options, partial(call, p, outcome))
        lines.append(Line(f"mean Brier score of {len(p):,}", _ms(mean), f"{name} {_ms(theirs)}", mean / theirs, 1.0))
    return lines


def _others() -> dict[str, Callable[[Any, Any], Any]]:
    """The mean Brier score by the libraries that are installed; none need be."""
    found: dict[str, Callable[[Any, Any], Any]] = {}
    for name, module, function in (
        ("scikit-learn", "sklearn.metrics", "brier_score_loss"),
        ("scoringrules", "scoringrules", "brier_score"),
        ("properscoring", "properscoring", "brier_score"),
    ):
        try:
            score = getattr(importlib.import_module(module), function)
        except ImportError:
            continue
        found[name] = partial(_mean, score)
    return found


def _mean(score: Callable[[Any, Any], Any], p: Any, o: Any) -> Any:
    return np.mean(score(o, p))


def _revisions(options: Options, rng: np.random.Generator) -> Line:
    rows = PEOPLE * REVISIONS
    people = np.repeat(np.arange(PEOPLE), REVISIONS)
    made_at, ids = rng.integers(0, 10**9, rows), np.arange(rows)
    p = rng.random(rows)

    def score() -> Any:
        return score_question(people, made_at, ids, brier_binary(p, 1), cutoff=10**9, deadline=10**9)

    rate = rows / _seconds(options, score)
    what = f"score a question with {PEOPLE} commentators x {REVISIONS} revisions, by three rules"
    return Line(what, f"{rate / 1e6:.1f} million/s", "1 million/s", rate / 1e6, 1.0, at_most=False)


def _many_intervals(options: Options, rng: np.random.Generator) -> list[Line]:
    people, calls = options.number(MANY, 100), options.number(PAIRS, 3_000)
    pair = np.unique(rng.integers(0, people * EVENTS, calls))
    commentator, event = pair // EVENTS, pair % EVENTS
    scores, reference = (np.rint(rng.random(len(pair)) ** 2 * SCALE).astype(np.int64) for _ in range(2))
    nothing = np.zeros(len(pair), dtype=np.int64)
    pairs = Pairs(
        verbal=nothing > 0,
        recorded_late=nothing > 0,
        conditional=nothing > 0,
        commentator=commentator,
        question=event,
        event=event,
        basis=nothing,
        given=rng.random(len(pair)),
        opening=scores,
        latest=scores,
        time_weighted=scores,
        opening_low=np.maximum(scores - SCALE // 10, 0),
        opening_high=np.minimum(scores + SCALE // 10, SCALE),
        reference=reference,
        reference_type=event % 3,
    )
    ranks: list[Ranking] = []
    whole = _seconds(options, lambda: ranks.append(rank_pairs(pairs)))
    single = _seconds(options, lambda: mean_intervals(commentator, event, pairs.scores("opening")))
    every = _seconds(options, lambda: secondary_scores(pairs, "opening"))
    ends = pairs.opening_low / SCALE, pairs.opening_high / SCALE
    words = _seconds(options, lambda: wording_sensitivity(pairs, "opening", *ends))
    of = f"of {people:,} commentators with {len(pair):,} scores"
    budget = f"a budget of {PATIENCE_SECONDS} s"
    return [
        Line(
            f"rank, tiers and rank ranges (1,000 draws) {of}", f"{whole:.1f} s", budget, whole / PATIENCE_SECONDS, 1.0
        ),
        Line(f"intervals of the Brier score {of}", f"{1000 * single:.0f} ms", budget, single / PATIENCE_SECONDS, 1.0),
        Line(
            f"all figures beside it with their intervals {of}", f"{every:.1f} s", budget, every / PATIENCE_SECONDS, 1.0
        ),
        Line(
            f"what words allow all of them to be {of}", f"{1000 * words:.0f} ms", budget, words / PATIENCE_SECONDS, 1.0
        ),
    ]


def _seconds(options: Options, call: Callable[[], Any]) -> float:
    """The median time of a call, after one to warm up."""
    call()
    times = []
    for _ in range(options.number(5, 1)):
        began = time.perf_counter()
        call()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def _ms(seconds: float) -> str:
    return f"{1000 * seconds:.1f} ms"
