"""What words allow the figures of a board to be, computed slowly once more: each commentator's own words are read for
the best and for the worst, all else as it is."""

from datetime import datetime
from typing import Any

import numpy as np
from sqlmodel import Session

from tests.support.reference_board import Row, add_peers, by_event, means, score, whole


def board(session: Session, now: datetime, revisions: str) -> dict[int, Row]:
    """The naive board, each of its figures with what the words allow it to be."""
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
    """Each commentator's figures once more with their own words read for the best, and for the worst; the lower and
    the higher of both bound the figure."""
    for who, line in lines.items():
        mine = [pair for pair in counted if pair["who"] == who]
        if not mine:
            continue
        read = [[read_as(pair, questions[pair["asked"]], better) for pair in mine] for better in (True, False)]
        for name in ("log_score", "brier_skill_score"):
            line[f"{name}_{end}"] = best((means(pairs, questions)[name] for pairs in read), key=lambda v: v or 0)
        line[f"skill_{end}"] = best(skill_of(pairs, line["centres"]) for pairs in read)
        line[f"brier_opening_{end}"] = best(means(pairs, questions)["brier"] for pairs in read)
        ruled = [
            [pair | {"opening": pair["bounds"][rule][at]} for pair in by_rule if pair["who"] == who] for at in (0, 1)
        ]
        line[f"brier_{end}"] = line[f"brier_{rule}_{end}"] = best(means(pairs, questions)["brier"] for pairs in ruled)
        others = [pair for pair in by_rule if pair["who"] != who]
        alone: list[dict[int, Row]] = [{who: {}} for _ in ruled]
        for found, pairs in zip(alone, ruled, strict=True):
            add_peers(found, others + pairs)
        line[f"peer_{end}"] = best((found[who]["peer"] for found in alone), key=lambda value: value or 0)
        if line.get("brier_adjusted") is not None:
            usual = level_of(who, lines, by_rule)
            moved = best(level_of(who, lines, others + pairs) - usual for pairs in ruled)
            line[f"brier_adjusted_{end}"] = line["brier_adjusted"] + moved


def read_as(pair: Row, question: Row, better: bool) -> Row:
    """The pair with the words of its opening call at the end of their range that scores better, or worse."""
    call = pair["call"]
    if call["hedge"] is None:
        return pair
    said = [call | {"probability": call[name]} for name in ("low", "probability", "high")]
    said.sort(key=lambda each: score(question, each), reverse=not better)
    return pair | {"call": said[0], "opening": score(question, said[0])}


def skill_of(pairs: list[Row], centres: dict[str, float]) -> float:
    points = by_event(pairs, lambda pair: 100 * (pair["reference"] - pair["opening"]) - centres[pair["kind"]])
    return sum(sum(values) / len(values) for values in points.values()) / (len(points) + 30)


def level_of(who: int, lines: dict[int, Row], pairs: list[Row]) -> float:
    """The level of one commentator by least squares, with the questions' difficulties, the others' levels given."""
    asked = sorted({pair["asked"] for pair in pairs if pair["who"] == who})
    here = [pair for pair in pairs if pair["asked"] in asked]
    design, wanted = np.zeros((len(here), 1 + len(asked))), np.zeros(len(here))
    for at, pair in enumerate(here):
        design[at, 1 + asked.index(pair["asked"])], design[at, 0] = 1, pair["who"] == who
        wanted[at] = pair["opening"] - (0 if pair["who"] == who else lines[pair["who"]]["brier_adjusted"])
    return float(np.linalg.lstsq(design, wanted, rcond=None)[0][0])
