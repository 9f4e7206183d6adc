"""The whole board computed once more from the raw rows, slowly and in plain Python: it shares no code with the product.

The page /method states the rules: which predictions count, three revision rules, the reference forecast of the day,
points centred within their type of reference forecast, events averaged, thirty average results blended in.
"""

import math
from collections import defaultdict
from datetime import datetime
from statistics import NormalDist
from typing import Any

import numpy as np
from sqlalchemy import select
from sqlmodel import Session, SQLModel

Row = dict[str, Any]
FEW = 30


def rows(session: Session, table: str) -> list[Row]:
    """All rows of a table, with the types the table has."""
    found = session.execute(select(SQLModel.metadata.tables[table]))
    return [dict(row) for row in found.mappings()]


def board(session: Session, now: datetime, revisions: str = "opening") -> dict[int, Row]:
    """The board of the whole record: the expected line of each commentator."""
    return whole(session, now, revisions)[0]


def whole(
    session: Session, now: datetime, revisions: str
) -> tuple[dict[int, Row], list[Row], list[Row], dict[int, Row]]:
    """The board, the pairs that it counts, by opening prediction and by the revision rule, and the questions."""
    questions = {row["id"]: row for row in rows(session, "question")}
    pairs = scored_pairs(session, questions, now)
    add_reference_forecasts(session, pairs, questions)
    counted = counted_pairs(pairs, now)
    lines = {row["id"]: counts(session, row["id"], questions, counted) for row in rows(session, "commentator")}
    for commentator, line in lines.items():
        line |= means([pair for pair in counted if pair["commentator"] == commentator], questions)
    add_skill(lines, counted)
    by_rule = [pair | {"opening": pair[revisions]} for pair in counted]
    for commentator, line in lines.items():
        line["brier"] = means([pair for pair in by_rule if pair["commentator"] == commentator], questions)["brier"]
    add_peers(lines, by_rule)
    add_adjusted(lines, by_rule)
    add_all_intervals(lines, counted, by_rule, questions)
    return lines, counted, by_rule, questions


def counted_pairs(pairs: list[Row], now: datetime) -> list[Row]:
    """The pairs that the default board counts."""
    return [pair for pair in pairs if not pair["vague"] and pair["deadline"] <= now]


def active_predictions(session: Session) -> list[Row]:
    predictions = rows(session, "prediction")
    gone = {row["supersedes_id"] for row in predictions}
    return [
        row for row in predictions if row["id"] not in gone and (row["probability"] is not None or row["probabilities"])
    ]


def score(question: Row, prediction: Row) -> float:
    return loss(question, prediction["probabilities"] or [prediction["probability"]])


def loss(question: Row, given: list[float]) -> float:
    if question["kind"] == "binary":
        return (given[0] - (question["outcome"] == "yes")) ** 2
    happened = [float(option == question["outcome"]) for option in question["options"]]
    if question["kind"] == "categorical":
        return sum((p - o) ** 2 for p, o in zip(given, happened, strict=True)) / 2
    steps = len(given) - 1
    return sum((sum(given[:k]) - sum(happened[:k])) ** 2 for k in range(1, steps + 1)) / steps


def sorted_bounds(question: Row, prediction: Row) -> list[float]:
    """The wording range of a prediction's score: the lowest and the highest."""
    ends = [score(question, prediction)]
    if prediction["hedge"] is not None:
        ends += [loss(question, [prediction["low"]]), loss(question, [prediction["high"]])]
    return [min(ends), max(ends)]


def scored_pairs(session: Session, questions: dict[int, Row], now: datetime) -> list[Row]:
    by_pair = defaultdict(list)
    for row in active_predictions(session):
        question = questions[row["question_id"]]
        if question["status"] == "resolved" and row["made_at"] < min(question["deadline"], question["known_at"]):
            by_pair[row["commentator_id"], row["question_id"]].append(row)
    found = []
    for (commentator, asked), predictions in by_pair.items():
        question = questions[asked]
        predictions.sort(key=lambda row: (row["made_at"], row["id"]))
        end, opening = min(question["deadline"], question["known_at"]), predictions[0]
        ends = [row["made_at"] for row in predictions[1:]] + [end]
        window = (question["deadline"] - opening["made_at"]).total_seconds()
        weights = [
            (until - row["made_at"]).total_seconds() / window for row, until in zip(predictions, ends, strict=True)
        ]
        own = score(question, opening)
        bounds = [sorted_bounds(question, row) for row in predictions]
        over_time = [sum(w * ends[at] for w, ends in zip(weights, bounds, strict=True)) for at in (0, 1)]
        found.append(
            {
                "commentator": commentator,
                "question": asked,
                "deadline": question["deadline"],
                "event": question["event"],
                "opening": own,
                "latest": score(question, predictions[-1]),
                "time_weighted": sum(w * score(question, row) for w, row in zip(weights, predictions, strict=True)),
                "bounds": {"opening": bounds[0], "latest": bounds[-1], "time_weighted": over_time},
                "opening_prediction": opening,
                "predictions": predictions,
                "verbal": opening["hedge"] is not None,
                "vague": opening["vague"],
                "late": opening["recorded_at"] > end,
            }
        )
    return found


def add_reference_forecasts(session: Session, pairs: list[Row], questions: dict[int, Row]) -> None:
    markets = sorted(rows(session, "reference"), key=lambda row: (row["as_of"], row["id"]))
    for pair in pairs:
        day, question = pair["opening_prediction"]["made_at"].date(), questions[pair["question"]]
        known = [row for row in markets if row["question_id"] == pair["question"] and row["as_of"].date() <= day]
        others = []
        for other in pairs:
            if other["question"] == pair["question"] and other["commentator"] != pair["commentator"]:
                by_then = [row for row in other["predictions"] if row["made_at"].date() <= day]
                others += [by_then[-1]["probabilities"] or [by_then[-1]["probability"]]] if by_then else []
        options = len(question["options"] or [])
        rate = base_rate(session, pairs, questions, question)
        if known:
            pair["kind"], reference_forecast = "market", known[-1]["probabilities"]
        elif len(others) >= 3:
            pair["kind"] = "consensus"
            reference_forecast = [sum(column) / len(others) for column in zip(*others, strict=True)]
        elif rate is not None:
            pair["kind"], reference_forecast = "base_rate", [rate]
        else:
            pair["kind"], reference_forecast = "even", [1 / options] * options if options else [0.5]
        pair["reference"] = loss(question, reference_forecast)


def base_rate(session: Session, pairs: list[Row], questions: dict[int, Row], question: Row) -> float | None:
    topics: dict[int, str] = {}
    for row in rows(session, "question_topic"):
        topics[row["question_id"]] = min(topics.get(row["question_id"], row["topic"]), row["topic"])
    scored = {pair["question"] for pair in pairs}
    if question["kind"] != "binary" or question["id"] not in topics:
        return None
    events = defaultdict(list)
    for number in scored:
        other = questions[number]
        if other["kind"] == "binary" and topics.get(number) == topics[question["id"]]:
            events[other["event"]].append(other["outcome"] == "yes")
    events.pop(question["event"], None)
    shares = [sum(happened) / len(happened) for happened in events.values()]
    return (sum(shares) + 1) / (len(shares) + 2) if shares else None


def counts(session: Session, commentator: int, questions: dict[int, Row], counted: list[Row]) -> Row:
    asked = {row["question_id"] for row in active_predictions(session) if row["commentator_id"] == commentator}
    number = {
        status: sum(questions[each]["status"] == status for each in asked)
        for status in ("open", "due", "resolved", "annulled")
    }
    resolved = sum(pair["commentator"] == commentator for pair in counted)
    with_outcome = number["resolved"] + number["annulled"]
    return {
        "open": number["open"],
        "overdue": number["due"],
        "annulled": number["annulled"],
        "resolved": resolved,
        "uncounted": number["resolved"] - resolved,
        "share_annulled": number["annulled"] / with_outcome if with_outcome else None,
    }


def means(mine: list[Row], questions: dict[int, Row]) -> Row:
    def mean(of: Any) -> float | None:
        return sum(of(pair) for pair in mine) / len(mine) if mine else None

    def given(pair: Row) -> float:
        question, opening = questions[pair["question"]], pair["opening_prediction"]
        if question["kind"] == "binary":
            chance = opening["probability"] if question["outcome"] == "yes" else 1 - opening["probability"]
        else:
            chance = opening["probabilities"][question["options"].index(question["outcome"])]
        return -math.log(min(max(chance, 0.01), 0.99))

    own, reference_forecast = mean(lambda pair: pair["opening"]), mean(lambda pair: pair["reference"])
    found = {
        "brier": own,
        "brier_latest": mean(lambda pair: pair["latest"]),
        "brier_time_weighted": mean(lambda pair: pair["time_weighted"]),
        "log_score": mean(given),
        "brier_skill_score": 1 - own / reference_forecast if own is not None and reference_forecast else None,
        "share_verbal": mean(lambda pair: pair["verbal"]),
        "share_recorded_late": mean(lambda pair: pair["late"]),
        "share_conditional": mean(
            lambda pair: bool(
                questions[pair["question"]]["condition_question_id"] or questions[pair["question"]]["condition_text"]
            )
        ),
    }
    for basis in ("stated", "implied", "assigned"):
        found[f"share_{basis}_deadline"] = mean(
            lambda pair, b=basis: questions[pair["question"]]["deadline_basis"] == b
        )
    return found


def by_event(pairs: list[Row], value: Any) -> dict[str, list[float]]:
    found = defaultdict(list)
    for pair in pairs:
        found[pair["event"]].append(value(pair))
    return found


def add_skill(lines: dict[int, Row], counted: list[Row]) -> None:
    group = centred_together(counted)
    gains = defaultdict(list)
    for pair in counted:
        gains[group[pair["kind"]]].append(pair["reference"] - pair["opening"])
    centre = {name: 100 * sum(values) / len(values) for name, values in gains.items()}
    points = {
        commentator: [
            sum(values) / len(values)
            for values in by_event(
                [pair for pair in counted if pair["commentator"] == commentator],
                lambda pair: 100 * (pair["reference"] - pair["opening"]) - centre[group[pair["kind"]]],
            ).values()
        ]
        for commentator in lines
    }
    free = sum(len(values) - 1 for values in points.values() if values)
    rest = sum((value - sum(values) / len(values)) ** 2 for values in points.values() for value in values)
    sigma = math.sqrt(rest / free) if free else 100.0
    for commentator, line in lines.items():
        events = len(points[commentator])
        line["events"] = events
        line["centres"] = {kind: centre[name] for kind, name in group.items()}
        if line["resolved"]:
            line["skill"] = sum(points[commentator]) / (events + 30)
            line["skill_low"] = max(line["skill"] - 1.645 * sigma / math.sqrt(events + 30), -100)
            line["skill_high"] = min(line["skill"] + 1.645 * sigma / math.sqrt(events + 30), 100)
    add_ranks(lines, sigma)


def centred_together(counted: list[Row]) -> dict[str, str]:
    """Types of reference with under thirty pairs share a centre, with the next smallest type if they still are few."""
    number: dict[str, int] = defaultdict(int)
    for pair in counted:
        number[pair["kind"]] += 1
    smallest_first = sorted(number, key=lambda kind: (number[kind], kind))
    few = [kind for kind in smallest_first if number[kind] < FEW]
    if few and sum(number[kind] for kind in few) < FEW and len(few) < len(smallest_first):
        few.append(smallest_first[len(few)])
    return {kind: "few" if kind in few else kind for kind in number}


def add_ranks(lines: dict[int, Row], sigma: float) -> None:
    ranked = sorted(
        (commentator for commentator in lines if lines[commentator]["events"] >= 10),
        key=lambda commentator: (-lines[commentator]["skill"], commentator),
    )
    leader, tier = None, 0
    for commentator in ranked:
        line = lines[commentator]
        line["rank"] = 1 + sum(round(lines[other]["skill"], 9) > round(line["skill"], 9) for other in ranked)
        spread = math.hypot(
            *(sigma / math.sqrt(lines[each]["events"] + 30) for each in (leader or commentator, commentator))
        )
        if leader is None or NormalDist().cdf((lines[leader]["skill"] - line["skill"]) / spread) > 0.9:
            leader, tier = commentator, tier + 1
        line["tier"] = tier


def add_intervals(lines: dict[int, Row], counted: list[Row], name: str, value: Any, least: float, most: float) -> None:
    """Standard errors clustered by event, pooled over commentators for those with under ten events; ``value`` returns
    what one pair contributes to the estimate, or None."""
    squares, events, centre = {}, {}, {}
    for commentator in lines:
        mine = [pair for pair in counted if pair["commentator"] == commentator and value(pair) is not None]
        if mine:
            centre[commentator] = sum(value(pair) for pair in mine) / len(mine)
            sums = [sum(values) for values in by_event(mine, lambda pair: value(pair) - centre[commentator]).values()]  # noqa: B023
            events[commentator] = len(sums)
            squares[commentator] = sum((each * len(sums) / len(mine)) ** 2 for each in sums)
    free = sum(number - 1 for number in events.values())
    pooled = sum(squares.values()) / free if free else ((most - least) / 2) ** 2
    for commentator, number in events.items():
        own = number >= 10
        variance, degrees = (squares[commentator] / (number - 1), number - 1) if own else (pooled, max(free, 1))
        width = t_quantile_95(degrees) * math.sqrt(variance / number)
        if math.isfinite(width):
            lines[commentator][f"{name}_low"] = max(centre[commentator] - width, least)
            lines[commentator][f"{name}_high"] = min(centre[commentator] + width, most)


def add_all_intervals(lines: dict[int, Row], counted: list[Row], by_rule: list[Row], questions: dict[int, Row]) -> None:
    add_intervals(lines, by_rule, "brier", lambda pair: pair["opening"], 0, 1)
    for rule in ("opening", "latest", "time_weighted"):
        add_intervals(lines, counted, f"brier_{rule}", lambda pair, r=rule: pair[r], 0, 1)
    add_intervals(lines, by_rule, "peer", lambda pair: pair["peer"], -1, 1)
    add_intervals(lines, by_rule, "brier_adjusted", lambda pair: pair["adjusted"], -math.inf, math.inf)
    add_intervals(
        lines,
        counted,
        "log_score",
        lambda pair: means([pair], questions)["log_score"],
        -math.log(0.99),
        -math.log(0.01),
    )

    def skill(pair: Row) -> float | None:
        mine = [each for each in counted if each["commentator"] == pair["commentator"]]
        own, reference_forecast = (sum(each[name] for each in mine) / len(mine) for name in ("opening", "reference"))
        if not reference_forecast:
            return None
        slope = pair["opening"] - own - own / reference_forecast * (pair["reference"] - reference_forecast)
        return 1 - own / reference_forecast - slope / reference_forecast

    add_intervals(lines, counted, "brier_skill_score", skill, -math.inf, 1)


def t_quantile_95(degrees: int) -> float:
    """Where Student's t has 5% above it: Simpson's rule over the density, and halving."""

    def between_0_and(x: float) -> float:
        size = math.lgamma((degrees + 1) / 2) - math.lgamma(degrees / 2) - math.log(degrees * math.pi) / 2
        at = np.linspace(0, x, 2001)
        density = np.exp(size - (degrees + 1) / 2 * np.log1p(at**2 / degrees))
        return float((density[0] + density[-1] + 4 * density[1::2].sum() + 2 * density[2:-1:2].sum()) * x / 6000)

    low, high = 1.0, 7.0
    while high - low > 1e-9:
        middle = (low + high) / 2
        low, high = (middle, high) if between_0_and(middle) < 0.45 else (low, middle)
    return low


def add_peers(lines: dict[int, Row], counted: list[Row]) -> None:
    for commentator, line in lines.items():
        found = []
        for pair in counted:
            others = [
                o["opening"] for o in counted if o["question"] == pair["question"] and o["commentator"] != commentator
            ]
            if pair["commentator"] == commentator:
                pair["peer"] = sum(others) / len(others) - pair["opening"] if others else None
                found += [pair["peer"]] if others else []
        line["peer"], line["peer_questions"] = (sum(found) / len(found) if found else None), len(found)


def add_adjusted(lines: dict[int, Row], counted: list[Row]) -> None:
    """Least squares with a dummy variable for each commentator and question, component by component."""
    left = {pair["commentator"] for pair in counted}
    while left:
        people = {min(left)}
        while True:
            asked = {pair["question"] for pair in counted if pair["commentator"] in people}
            more = {pair["commentator"] for pair in counted if pair["question"] in asked}
            if more == people:
                break
            people = more
        left -= people
        here = [pair for pair in counted if pair["commentator"] in people]
        people_in_order, asked_in_order = sorted(people), sorted(asked)
        answers = {each: sum(pair["question"] == each for pair in here) for each in asked_in_order}
        for pair in here:
            pair["adjusted"] = None
        if np.median(list(answers.values())) >= 4:
            design = np.zeros((len(here), len(people) + len(asked)))
            for at, pair in enumerate(here):
                design[at, people_in_order.index(pair["commentator"])] = design[
                    at, len(people) + asked_in_order.index(pair["question"])
                ] = 1
            fitted = np.linalg.lstsq(design, np.array([pair["opening"] for pair in here]), rcond=None)[0]
            for at, each in enumerate(people_in_order):
                lines[each]["brier_adjusted"] = float(fitted[at] + fitted[len(people) :].mean())
            for pair, fit in zip(here, design @ fitted, strict=True):
                shared = [answers[each["question"]] for each in here if each["commentator"] == pair["commentator"]]
                shared = [number for number in shared if number > 1]
                if answers[pair["question"]] > 1:
                    rest = (pair["opening"] - fit) * len(shared) / sum(1 - 1 / number for number in shared)
                    pair["adjusted"] = lines[pair["commentator"]]["brier_adjusted"] + rest
