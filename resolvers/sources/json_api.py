"""Any JSON source, read by conditions in JMESPath: what speaks for yes, for no, for annulled, and when it happened."""

import re
from datetime import date
from typing import Annotated, Any, Self

import jmespath
from pydantic import AfterValidator, Field, HttpUrl, field_validator, model_validator

from predictions.enums import ANNULLED
from resolvers.errors import SourceChanged
from resolvers.outbound.client import FetchedResponse
from resolvers.outbound.redaction import SECRET_PREFIX
from resolvers.sources.evidence import NO, OFFICIAL_NOTICE, YES, Basis, Probe, ProposedOutcome
from resolvers.sources.interface import Config, Fetch, ProbedQuestion, cite
from resolvers.sources.parsing import read_json, read_moment
from resolvers.sources.text import compact

MAX_RESULT = 4_096
SOURCE = "the JSON source"


def _compiles(expression: str) -> str:
    try:
        jmespath.compile(expression)
    except (jmespath.exceptions.JMESPathError, RecursionError, ValueError) as error:
        why = (str(error).splitlines() or ["empty"])[0]
        raise ValueError(f"is not a JMESPath expression ({why}): correct it") from None
    return expression


Expression = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(_compiles)]


class JsonFeedConfig(Config):
    """Where to look, and what speaks for which outcome.

    An expression holds where its value is anything but null, false, or empty. ``no`` must name what a source states:
    that something is not found speaks for no only if the expression itself makes sure that all of it was searched.
    """

    url: HttpUrl
    headers_env: dict[str, str] = Field(default={}, max_length=5, description="header -> environment variable")
    expect: Expression | None = Field(default=None, description="holds as long as the source keeps its shape")
    ready: Expression | None = Field(default=None, description="nothing is read before this holds")
    yes: Expression | None = None
    no: Expression | None = None
    annul: Expression | None = None
    date: Expression | None = Field(default=None, description="when it happened")

    @field_validator("headers_env")
    @classmethod
    def _only_ours(cls, value: dict[str, str]) -> dict[str, str]:
        for header, name in value.items():
            if not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{0,60}", header) or header.lower() == "host":
                raise ValueError(f"{header[:60]!r} cannot be set as a header")
            if not re.fullmatch(rf"{SECRET_PREFIX}[A-Z0-9_]{{1,60}}", name):
                raise ValueError(f"the variable of {header!r} must begin with {SECRET_PREFIX}")
        return value

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.yes is None and self.no is None and self.annul is None:
            raise ValueError("give at least one of yes, no and annul")
        return self


class JsonFeed:
    """Reads one JSON address. Its confidence is that of an official notice: a person chose the address."""

    key = "json"
    version = "1"
    settings: type[Config] = JsonFeedConfig

    def probe(self, question: ProbedQuestion, config: JsonFeedConfig, fetch: Fetch) -> Probe:
        """Look once. Raises ``SourceChanged`` where two conditions hold at once, or an expression does not apply."""
        headers = {header: fetch.secret(name) for header, name in config.headers_env.items()}
        fetched = fetch.get(str(config.url), headers=headers)
        data = read_json(fetched, SOURCE)
        if config.expect and not holds(evaluate(config.expect, data)):
            raise SourceChanged(f"{SOURCE} no longer has the expected shape: {config.expect} does not hold")
        if config.ready and not holds(evaluate(config.ready, data)):
            return Probe(observed=(f"{config.ready} does not hold",), reason="the source is not ready to be read")
        conditions = {YES: config.yes, NO: config.no, ANNULLED: config.annul}
        values = {outcome: evaluate(text, data) for outcome, text in conditions.items() if text}
        observed = tuple(
            f"{outcome}: {conditions[outcome]} gives {compact(value)}" for outcome, value in values.items()
        )
        held = [outcome for outcome, value in values.items() if holds(value)]
        if len(held) > 1:
            raise SourceChanged(f"{SOURCE} speaks for {' and '.join(held)} at once: correct the conditions")
        if not held:
            return Probe(observed=observed, reason="no condition holds")
        day = self._day(question, config, data, fetch)
        if held[0] == NO and fetch.now() <= question.deadline:
            return Probe(
                observed=observed, reason="it speaks for no, but only after the deadline is nothing left to happen"
            )
        return self._propose(question, config, fetch, fetched, observed, held[0], day, values[held[0]])

    def _day(self, question: ProbedQuestion, config: JsonFeedConfig, data: Any, fetch: Fetch) -> date | None:
        """The day of the event. Without ``date`` it has happened by now, which tells enough before the deadline."""
        if config.date is None:
            today = question.day(fetch.now())
            return today if question.covers(today) else None
        value = evaluate(config.date, data)
        if not holds(value):
            return None
        return question.day(read_moment(value, SOURCE))

    def _propose(
        self,
        question: ProbedQuestion,
        config: JsonFeedConfig,
        fetch: Fetch,
        fetched: FetchedResponse,
        observed: tuple[str, ...],
        outcome: str,
        day: date | None,
        value: Any,
    ) -> Probe:
        expression = {YES: config.yes, NO: config.no, ANNULLED: config.annul}[outcome] or ""
        reason = f"the condition for {outcome} holds"
        excerpt = compact({"value": value, "date": day})
        proposal = ProposedOutcome(
            question_id=question.id,
            resolver=self.key,
            resolver_version=self.version,
            config_sha256=config.sha256,
            outcome=outcome,
            event_date=day,
            observed_at=fetched.fetched_at,
            confidence=OFFICIAL_NOTICE,
            basis=Basis.VOID if outcome == ANNULLED else Basis.POSITIVE,
            rationale=f"{fetched.url}: {reason}. {expression} gives {compact(value)}.",
            evidence=(cite(fetch, fetched, locator=expression, excerpt=excerpt, keep=not config.headers_env),),
        )
        return Probe(observed=observed, reason=reason, proposal=proposal)


def evaluate(expression: str, data: Any) -> Any:
    """The value of an expression. Raises ``SourceChanged`` where a function meets a type it cannot take."""
    try:
        value = jmespath.search(expression, data)
    except jmespath.exceptions.JMESPathError as error:
        raise SourceChanged(f"{SOURCE} no longer fits {expression}: {str(error).splitlines()[0]}") from None
    except (ArithmeticError, RecursionError, TypeError, ValueError) as error:
        raise SourceChanged(f"{SOURCE} no longer fits {expression}: {type(error).__name__}") from None
    if len(compact(value, MAX_RESULT + 1)) > MAX_RESULT:
        raise SourceChanged(f"{expression} gives more than {MAX_RESULT} characters: select less")
    return value


def holds(value: Any) -> bool:
    """Whether a value counts as true in JMESPath: all but null, false and the empty. Zero does."""
    return value is not None and value is not False and value not in ("", [], {})
