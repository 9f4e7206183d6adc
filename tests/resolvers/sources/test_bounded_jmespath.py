"""The budget of JMESPath expressions: hostile ones end at once, ordinary ones give what the library gives."""

import time
import tracemalloc
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import jmespath
import pytest
from hypothesis import given
from hypothesis import strategies as st

from predictions.errors import InvalidInput
from resolvers.errors import SourceChanged
from resolvers.sources.bounded_jmespath import MAX_SIZE, TooMuchWork, search
from resolvers.sources.json_api import evaluate
from resolvers.sources.registry import validate_config
from tests.support.sample_world import World, question

DATA: dict[str, Any] = {
    "a": [1, 2],
    "text": ['x"\\é' * 20_000],
    "digits": [10**4_000],
    "rows": [{"title": f"notice {i}", "n": i, "parts": [i, str(i)]} for i in range(5_000)],
}


def piped(start: str, step: str, times: int) -> str:
    return "|".join([start, *[step] * times])


#: Blow up whatever the source sends: refused when they are attached or tried.
HOSTILE = {
    "a list doubled by flattening": piped("a", "[@,@][]", 22),
    "as long as an expression may be": piped("a", "[@,@][]", 47),
    "a value whose text doubles": piped("a", "[@,@]", 40),
    "an object whose text doubles": piped("a", "{a:@,b:@}", 40),
    "text that doubles": piped("a", "join('',[@,@])", 30).replace("a|", "'ab'|"),
    "text whose escapes double": piped("a", "to_string([@,@])", 25),
    "a comparison of two such values": f"[{piped('a', '[@,@]', 25)},{piped('a', '[@,@]', 25)}]|[0]==[1]",
    "a search in such a value": f"contains({piped('a', '[@,@]', 25)}, {piped('a', '[@,@]', 25)})",
    "a projection in a projection": piped("a", "[*].[@,@][]", 30),
    "a map in a map": piped("a", "map(&[@,@],@)[]", 25),
    "a sort of a doubled list": piped("a", "sort_by([@,@][],&to_string(@))", 15),
    "merged objects": piped("{a:@}", "{a:merge(@,{c:@}),b:@}", 20),
    "slices": piped("a", "[@[0:],@[::-1]][]", 25),
    "200 copies of 200 copies": piped("a", f"[{','.join('@' * 100)}][]", 2),
}
#: Too much only for what this source sends: found when it is probed.
HOSTILE_HERE = {
    "a long separator": "join(to_string(rows),rows[*].title)",
    "text with many escapes": "map(&to_string([@[0],@[0],@[0],@[0],@[0],@[0],@[0],@[0]]),[text,text,text,text])",
    "long numbers": piped("digits", "[@,@,@,@,@,@,@,@][]", 3) + "|map(&to_string(@),@)|length(@)",
    "every row for every row": "rows|[@,@,@,@,@,@,@,@,@,@][]|[*].[title,n,parts,parts,[title,title]]|[]|[0]",
    "all text of all rows, again and again": piped("rows", "[?contains(to_string([@,@,@,@]),'no')]", 12),
}


@pytest.mark.parametrize("expression", HOSTILE.values(), ids=HOSTILE)
def test_an_expression_that_only_repeats_is_refused_with_its_field_and_the_remedy(expression: str) -> None:
    began = time.process_time()
    with pytest.raises(InvalidInput) as raised:
        validate_config("json", {"url": "https://a.example/", "yes": "a", "annul": expression})
    assert time.process_time() - began < 1.0
    assert [fault.pointer for fault in raised.value.faults] == ["/config/annul"]
    assert any(remedy in raised.value.faults[0].detail for remedy in ("select less", "fewer steps"))


@pytest.mark.parametrize("expression", (HOSTILE | HOSTILE_HERE).values(), ids=HOSTILE | HOSTILE_HERE)
def test_no_expression_takes_more_than_its_budget(expression: str) -> None:
    """Measured: half a second and 30 MB at most. The limits here leave room for a slow machine."""
    began = time.process_time()
    with pytest.raises(SourceChanged, match="select less"):
        evaluate(expression, DATA)
    assert time.process_time() - began < 3.0


@pytest.mark.parametrize("expression", ["a|" + "|".join(["[@,@][]"] * 40), HOSTILE_HERE["text with many escapes"]])
def test_the_memory_of_an_expression_is_limited(expression: str) -> None:
    tracemalloc.start()
    try:
        with suppress(TooMuchWork):
            search(expression, DATA)
        assert tracemalloc.get_traced_memory()[1] < 50_000_000
    finally:
        tracemalloc.stop()


def test_a_costly_expression_is_a_failed_probe_with_its_reason(world: World) -> None:
    rows = ",".join(f'{{"t": "notice {i}"}}' for i in range(10_000))
    world.serve_bytes("/feed", f"[{rows}]".encode(), content_type="application/json")
    with pytest.raises(SourceChanged, match="too much work") as raised:
        world.probe(question(), "json", url=f"{world.url}/feed", yes="join(to_string(@), [*].t)")
    assert "join(to_string(@), [*].t)" in raised.value.detail
    assert len(raised.value.detail) < 300


def test_the_reason_of_a_failed_function_does_not_quote_the_whole_response() -> None:
    with pytest.raises(SourceChanged, match="correct the expression") as raised:
        evaluate("sum(@)", DATA["rows"])
    assert len(raised.value.detail) < 400


@pytest.mark.parametrize(
    ("expression", "remedy"),
    [
        ("unknown(a)", "use one of abs, avg"),
        ("!" * 60 + "a", "use fewer steps"),
        ("|".join("a" * 60), "use fewer steps"),
        ("(" * 240 + "a" + ")" * 239, "correct it"),
        ("`" + "[" * 60 + "]" * 60 + "`", "use a flatter one"),
        ("&" * 400 + "a", "correct it"),
    ],
)
def test_what_can_never_be_evaluated_is_refused_with_the_remedy(expression: str, remedy: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        validate_config("json", {"url": "https://a.example/", "yes": expression})
    assert [fault.pointer for fault in raised.value.faults] == ["/config/yes"]
    assert remedy in raised.value.faults[0].detail


def test_a_response_of_two_megabytes_is_read_by_ordinary_expressions() -> None:
    rows = [{"title": f"notice {i} of the office", "date": f"2025-{i % 12 + 1:02}-01", "n": i} for i in range(25_000)]
    assert evaluate("rows[?contains(title,'notice 9')&&date>'2025-06-01'] | length(@)", {"rows": rows}) > 500
    assert evaluate("sort_by(rows,&date)[-1].n", {"rows": rows}) > 0
    assert evaluate("max_by(rows,&n).n", {"rows": rows}) == 24_999
    assert evaluate("rows[*].title | [-1]", {"rows": rows}) == "notice 24999 of the office"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "a", "b", "ab", "\U0001f642", "7"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=20,
)
FUNCTIONS = {
    "abs avg ceil floor keys length max min not_null reverse sort sum to_array to_number to_string type values": "{}",
    "contains ends_with join starts_with merge": "{},{}",
    "max_by min_by sort_by": "{},&{}",
    "map": "&{},{}",
}
LEAVES = ("a", "b", "@", "[0]", "[-1]", "[*]", "[]", "*", "[1:]", "[::-1]", "`[1,2]`", "'a'", "`0`", "`null`", '"a"')


def _combined(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    def filled(form: str) -> st.SearchStrategy[str]:
        return st.tuples(*[inner] * form.count("{}")).map(lambda parts: form.replace("{}", "%s") % parts)

    forms = "{}|{} {}||{} {}&&{} ({}) !{} {}=={} {}!={} {}<{} {}>={} [{},{}] [{},{}][] {}[?{}] {}.[{}] ({})[*].[{}]"
    calls = [f"{name}({form})" for names, form in FUNCTIONS.items() for name in names.split()]
    return st.sampled_from([*forms.split(), *calls, "({})[]", "({})[1:]", "({})[0]", "({}).a"]).flatmap(filled)


expressions = st.recursive(st.sampled_from(LEAVES), _combined, max_leaves=12)


def _result(evaluated: Callable[[], Any]) -> Any:
    """The value with its type, or the kind of error: 1 and true are equal in Python, and not in JSON."""
    try:
        return repr(evaluated())
    except (jmespath.exceptions.JMESPathError, ArithmeticError, TypeError, ValueError) as error:
        return type(error)


@given(expressions, json_values)
def test_any_expression_gives_what_jmespath_gives(expression: str, data: Any) -> None:
    try:
        jmespath.compile(expression)
    except jmespath.exceptions.JMESPathError:
        return
    ours = _result(lambda: search(expression, data))
    assert ours == _result(lambda: jmespath.search(expression, data))
    assert len(str(ours)) < MAX_SIZE


@given(
    st.lists(
        st.sampled_from(
            [
                "[@,@]",
                "[@,@][]",
                "[*].[@,@]",
                "[]",
                "map(&[@,@],@)",
                "to_string([@,@])",
                "{a:@,b:@}",
                "*",
                "join('',[@,@])",
                "[@,@]|[0]==[1]",
            ]
        ),
        min_size=1,
        max_size=45,
    )
)
def test_any_sequence_of_growing_steps_stays_in_budget(steps: list[str]) -> None:
    began = time.process_time()
    with suppress(SourceChanged):
        evaluate("|".join(["@", *steps]), ["a", "b"])
    assert time.process_time() - began < 3.0
