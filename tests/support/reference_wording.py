"""The wording ranges of a board, computed once more, slowly: the hedges of one commentator are interpreted at the end
of their range that scores best, then at the end that scores worst; everything else stays as it is."""

from datetime import datetime
from typing import Any

import numpy as np
from sqlmodel import Session

from tests.support.reference_board import Row, add_peers, by_event, means, score, whole


def board(session: Session, now: datetime, revisions: str) -> dict[int, Row]:
    """The naive board, each of its estimates with its wording range."""
    lines, counted, by_rule, questions = whole(session, now, revisions)
    for end, best in (("wording_low", min), ("wording_high", max)):
        add_words(lines, counted, by_rule, questions, revisions, end, best)
    return lines


def add_words(
    lines: dict[int, Row],
    counted: list[Row],
    by_rule: list[Row],
    questions: dict[int, Row],
    rule: str,
    end: str,
    best: Any,
) -> None:
    """Compute each commentator's estimates with their own hedges interpreted for the best score, and for the worst; the
    lower and the higher of the two are the wording range."""
    for commentator, line in lines.items():
        mine = [pair for pair in counted if pair["commentator"] == commentator]
        if not mine:
            continue
        read = [[read_as(pair, questions[pair["question"]], better) for pair in mine] for better in (True, False)]
        for name in ("log_score", "brier_skill_score"):
            line[f"{name}_{end}"] = best((means(pairs, questions)[name] for pairs in read), key=lambda v: v or 0)
        line[f"skill_{end}"] = best(skill_of(pairs, line["centres"]) for pairs in read)
        line[f"brier_opening_{end}"] = best(means(pairs, questions)["brier"] for pairs in read)
        ruled = [
            [pair | {"opening": pair["bounds"][rule][at]} for pair in by_rule if pair["commentator"] == commentator]
            for at in (0, 1)
        ]
        line[f"brier_{end}"] = line[f"brier_{rule}_{end}"] = best(means(pairs, questions)["brier"] for pairs in ruled)
        others = [pair for pair in by_rule if pair["commentator"] != commentator]
        alone: list[dict[int, Row]] = [{commentator: {}} for _ in ruled]
        for found, pairs in zip(alone, ruled, strict=True):
            add_peers(found, others + pairs)
        line[f"peer_{end}"] = best((found[commentator]["peer"] for found in alone), key=lambda value: value or 0)
        if line.get("brier_adjusted") is not None:
            usual = level_of(commentator, lines, by_rule)
            moved = best(level_of(commentator, lines, others + pairs) - usual for pairs in ruled)
            line[f"brier_adjusted_{end}"] = line["brier_adjusted"] + moved


def read_as(pair: Row, question: Row, better: bool) -> Row:
    """The pair with the hedge of its opening prediction at the end of its range that scores better, or worse."""
    opening = pair["opening_prediction"]
    if opening["hedge"] is None:
        return pair
    interpretations = [opening | {"probability": opening[name]} for name in ("low", "probability", "high")]
    interpretations.sort(key=lambda each: score(question, each), reverse=not better)
    return pair | {"opening_prediction": interpretations[0], "opening": score(question, interpretations[0])}


def skill_of(pairs: list[Row], centres: dict[str, float]) -> float:
    points = by_event(pairs, lambda pair: 100 * (pair["reference"] - pair["opening"]) - centres[pair["kind"]])
    return sum(sum(values) / len(values) for values in points.values()) / (len(points) + 30)


def level_of(commentator: int, lines: dict[int, Row], pairs: list[Row]) -> float:
    """The level of one commentator by least squares, with the questions' difficulties, the others' levels given."""
    asked = sorted({pair["question"] for pair in pairs if pair["commentator"] == commentator})
    here = [pair for pair in pairs if pair["question"] in asked]
    design, wanted = np.zeros((len(here), 1 + len(asked))), np.zeros(len(here))
    for at, pair in enumerate(here):
        design[at, 1 + asked.index(pair["question"])], design[at, 0] = 1, pair["commentator"] == commentator
        wanted[at] = pair["opening"] - (
            0 if pair["commentator"] == commentator else lines[pair["commentator"]]["brier_adjusted"]
        )
    return float(np.linalg.lstsq(design, wanted, rcond=None)[0][0])
