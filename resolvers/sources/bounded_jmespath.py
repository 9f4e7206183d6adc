"""Evaluate JMESPath within a budget of work, so that every expression ends soon and needs little memory.

JMESPath has no loops, but each ``[@,@][]`` doubles a list and each ``[@,@]`` the text of its result, so that 200
characters suffice for minutes and gigabytes. Work is therefore counted before it is done: nodes visited, elements
produced, and the size of what a function or a comparison reads. A count, unlike a time limit, gives the same answer on
every machine, and needs no second process.
"""

from collections.abc import Callable
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError
from jmespath.functions import Functions
from jmespath.visitor import Options, TreeInterpreter

from resolvers.sources.parsing import MAX_DEPTH, deeper_than

#: About half a second, in units of about 25 nanoseconds (the time of one character in the slowest function).
WORK = 16_000_000
VISIT, CONTAINER, ELEMENT = 50, 100, 10
#: The largest value that may be produced, in characters and elements: a response of 2 MB is at most 2 million.
MAX_SIZE = 4_000_000
#: Work per character of ``to_string``, which escapes text.
ESCAPED = 8
#: Functions whose time does not depend on what is inside the elements of their arguments.
SHALLOW = frozenset({"keys", "length", "map", "merge", "not_null", "reverse", "to_array", "type", "values"})
PRODUCING = frozenset(
    {
        "filter_projection",
        "flatten",
        "function_expression",
        "multi_select_dict",
        "multi_select_list",
        "projection",
        "slice",
        "value_projection",
    }
)
REMEDY = "does too much work or gives too much: select less, and repeat less"


class TooMuchWork(Exception):
    """Evaluation that used up its budget."""


class Budget:
    """Remaining work of one evaluation, and the sizes of the values met in it."""

    def __init__(self, work: int = WORK) -> None:
        self._left = work
        # A value is kept with its size, as the id of one that is gone may be given to another.
        self._sizes: dict[int, tuple[int, Any]] = {}

    def spend(self, work: int) -> None:
        """Count work that is about to be done. Raises ``TooMuchWork`` if the budget does not cover it."""
        self._left -= work
        if self._left < 0:
            raise TooMuchWork

    def size(self, value: Any) -> int:
        """Return the characters and elements of a value, counting again what it contains repeatedly.

        One loop over all elements: a call for each would take most of the time.
        """
        known = self._sizes.get(id(value))
        if known is not None:
            return known[0]
        container = isinstance(value, list | dict)
        self.spend(CONTAINER + ELEMENT * len(value) if container else 0)
        size = sum(map(len, value)) if isinstance(value, dict) else 0
        for part in value.values() if isinstance(value, dict) else value if container else [value]:
            size += 2
            if isinstance(part, str):
                size += len(part)
            elif isinstance(part, int):
                size += part.bit_length() // 3
            elif isinstance(part, list | dict):
                size += self.size(part)
        if size > MAX_SIZE:
            raise TooMuchWork
        if container:
            self._sizes[id(value)] = (size, value)
        return size


class BoundedFunctions(Functions):  # type: ignore[misc]
    """The functions of JMESPath; the work of each call is counted before it is done."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget

    def call_function(self, function_name: str, resolved_args: list[Any]) -> Any:
        """Call a function."""
        spend, sizes = self._budget.spend, [len(arg) for arg in resolved_args if isinstance(arg, str | list | dict)]
        spend(ELEMENT * sum(len(arg) for arg in resolved_args if isinstance(arg, list | dict)))
        if function_name not in SHALLOW:
            factor = ESCAPED if function_name == "to_string" else 1
            spend(factor * sum(map(self._budget.size, resolved_args)))
        if function_name == "join" and len(sizes) == 2:
            spend(sizes[0] * sizes[1])  # the separator is repeated
        return super().call_function(function_name, resolved_args)


class BoundedInterpreter(TreeInterpreter):  # type: ignore[misc]
    """An interpreter that stops with ``TooMuchWork`` when the budget is used up."""

    def __init__(self, budget: Budget) -> None:
        super().__init__(Options(custom_functions=BoundedFunctions(budget)))
        self._budget = budget
        self.COMPARATOR_FUNC = {name: self._paid(compare) for name, compare in TreeInterpreter.COMPARATOR_FUNC.items()}

    def visit(self, node: Any, *args: Any, **kwargs: Any) -> Any:
        """Evaluate a node."""
        self._budget.spend(VISIT)
        result = super().visit(node, *args, **kwargs)
        if node["type"] in PRODUCING:
            self._budget.size(result)
        return result

    def _paid(self, compare: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        def paid(left: Any, right: Any) -> Any:
            if type(left) is type(right):  # others differ without a look inside
                self._budget.spend(min(self._budget.size(left), self._budget.size(right)))
            return compare(left, right)

        return paid


class _SampleInterpreter(BoundedInterpreter):
    """Interpreter without a response, for checking an expression: every field is a list of two words."""

    def visit_field(self, node: Any, value: Any) -> Any:  # noqa: ARG002
        return ["first", "second"]


def check_expression(expression: str) -> str:
    """Return the expression. Raises ``ValueError`` with the remedy if it cannot be evaluated, or never within budget.

    Whether it is within budget is tried on two words in the place of every field: what exceeds it there does so by
    repeating, whatever the source sends.
    """
    try:
        tree = jmespath.compile(expression).parsed
    except (JMESPathError, RecursionError, ValueError) as error:
        why = (str(error).splitlines() or ["empty"])[0]
        raise ValueError(f"is not a JMESPath expression ({why}): correct it") from None
    _check_tree(tree)
    try:
        _SampleInterpreter(Budget(WORK // 20)).visit(tree, ["first", "second"])
    except TooMuchWork:
        raise ValueError(REMEDY) from None
    except (JMESPathError, ArithmeticError, TypeError, ValueError):
        pass  # the sample has other types than the source
    return expression


def _check_tree(tree: dict[str, Any]) -> None:
    level = [tree]
    for _ in range(MAX_DEPTH):
        for node in level:
            if node["type"] == "function_expression" and node["value"] not in Functions.FUNCTION_TABLE:
                known = ", ".join(sorted(Functions.FUNCTION_TABLE))
                raise ValueError(f"JMESPath has no function {node['value'][:40]!r}: use one of {known}")
            if node["type"] == "literal" and deeper_than(node["value"], MAX_DEPTH):
                raise ValueError(f"has a value nested deeper than {MAX_DEPTH} levels: use a flatter one")
        level = [child for node in level for child in node["children"] if isinstance(child, dict)]
        if not level:
            return
    raise ValueError(f"is nested deeper than {MAX_DEPTH} levels: use fewer steps")


def search(expression: str, data: Any) -> Any:
    """Return the value of an expression, the same as ``jmespath.search``, or raise ``TooMuchWork``."""
    return BoundedInterpreter(Budget()).visit(jmespath.compile(expression).parsed, data)
