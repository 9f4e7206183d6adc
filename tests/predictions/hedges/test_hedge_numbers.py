"""Numbers in a hedge: the forms that are read, and those that are refused because they are ambiguous."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from predictions.errors import InvalidInput
from predictions.hedges.interpret import read_hedge

percents = st.integers(0, 100)


def refusal(words: str) -> str:
    """Why `words` are refused."""
    with pytest.raises(InvalidInput) as caught:
        read_hedge(words)
    (fault,) = caught.value.faults
    assert fault.pointer == "/hedge"
    return fault.detail


def numbers(words: str) -> tuple[float, float, float]:
    interpretation = read_hedge(words)
    assert interpretation.entry_id is None, "a number, not a phrase"
    return interpretation.low, interpretation.best, interpretation.high


@given(percents, st.sampled_from(["{}%", "{} %", "{} percent", "{} per cent", "a {}% chance", "about {} pct", "~{}%"]))
def test_a_percentage_is_read_as_given(n: int, form: str) -> None:
    assert numbers(form.format(n)) == (n / 100, n / 100, n / 100)


@given(percents, percents, st.sampled_from(["a {}-{}% chance", "{}% to {}%", "between {} and {} percent", "{}–{} pct"]))
def test_a_range_has_its_middle_as_best_and_runs_upwards(one: int, two: int, form: str) -> None:
    if one <= two:
        low, best, high = numbers(form.format(one, two))
        assert (low, high) == (one / 100, two / 100)
        assert best == pytest.approx((one + two) / 200, abs=1e-12)
    else:
        assert "descending" in refusal(form.format(one, two))


@pytest.mark.parametrize(
    ("words", "p"),
    [
        ("seven in ten", 0.7),
        ("7 out of 10", 0.7),
        ("a one-in-four chance", 0.25),
        ("nine times out of ten he backs down", 0.9),
        ("two in three that she goes", 2 / 3),
        ("1 in 1,000", 0.001),
        ("one in a million", 1e-6),
        ("a two-thirds chance", 2 / 3),
        ("twenty-five percent", 0.25),
        ("ninety-nine per cent certain", 0.99),
        ("a hundred percent", 1.0),
        ("99.9% certain", 0.999),
        ("fifty-fifty", 0.5),
        ("it is about 50/50", 0.5),
        ("3-1 odds against", 0.25),
        ("odds of ten to one against", 1 / 11),
        ("3-1 odds on", 0.75),
        ("2 to 1 on", 2 / 3),
        ("a 20-1 outsider", 1 / 21),
        ("0.7", 0.7),
        ("a probability of .35", 0.35),
        ("I put it at 60% in May", 0.6),
        ("the odds of a recession are 40%", 0.4),
        ("７０％", 0.7),
    ],
)
def test_numbers_are_read_in_the_forms_that_people_write(words: str, p: float) -> None:
    assert numbers(words) == pytest.approx((p, p, p), abs=1e-14)


@pytest.mark.parametrize(
    ("words", "interval"),
    [
        ("at least 70%", (0.7, 0.7, 1.0)),
        ("70% or better", (0.7, 0.7, 1.0)),
        ("a better than 60% chance", (0.6, 0.6, 1.0)),
        ("no less than 90%", (0.9, 0.9, 1.0)),
        ("under 5%", (0.0, 0.05, 0.05)),
        ("no more than 30%", (0.0, 0.3, 0.3)),
        ("less than one in ten", (0.0, 0.1, 0.1)),
    ],
)
def test_a_bound_has_the_stated_number_as_best_and_reaches_to_the_end_of_the_scale(
    words: str, interval: tuple[float, ...]
) -> None:
    assert numbers(words) == interval


@pytest.mark.parametrize(
    ("words", "because"),
    [
        ("110%", "more than 100%"),
        ("eleven in ten", "more than 100%"),
        ("-5%", "negative"),
        ("a 70% chance, or a 30% chance", "states both"),
        ("70%, or 80%", "states both"),
        ("rose from 30% to 70%", "change from one number"),
        ("two-to-one", "direction is unclear"),
        ("odds of 3-1", "direction is unclear"),
        ("a 25% tariff is likely", "an amount"),
        ("inflation will probably exceed 3%", "an amount"),
        ("likely to grow 3% this year", "an amount"),
        ("7 in 10 voters", "an amount"),
        ("30% more likely", "an amount"),
        ("70% unlikely", "an amount"),
        ("not 70%", "probability of yes"),
        ("a 70% chance that it won't", "probability of yes"),
    ],
)
def test_a_number_that_is_ambiguous_or_out_of_range_is_refused(words: str, because: str) -> None:
    assert because in refusal(words)


@pytest.mark.parametrize("words", ["likely by 5-4", "likely in 2025-26", "one in 2027, likely", "on 9/11 likely"])
def test_a_vote_a_date_or_a_year_is_no_number(words: str) -> None:
    assert read_hedge(words).entry_id == "likely"
