"""A resolver for any JSON source: JMESPath conditions for yes, no and annulled, and an expression for the date."""

import re
from datetime import date
from typing import Annotated, Any, Self

from jmespath.exceptions import JMESPathError
from pydantic import AfterValidator, Field, HttpUrl, field_validator, model_validator

from predictions.enums import ANNULLED
from resolvers.errors import SourceChanged
from resolvers.outbound.client import FetchedResponse
from resolvers.outbound.redaction import SECRET_PREFIX
from resolvers.sources.bounded_jmespath import REMEDY, TooMuchWork, check_expression, search
from resolvers.sources.evidence import NO, OFFICIAL_NOTICE, YES, Basis, Probe, ProposedOutcome
from resolvers.sources.interface import Config, Fetch, ProbedQuestion, cite
from resolvers.sources.parsing import parse_json, parse_time
from resolvers.sources.text import MAX_SHOWN, compact_json

MAX_RESULT = 4_096
SOURCE = "the JSON source"


Expression = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(check_expression)]


class JsonConfig(Config):
    """The address, and a condition for each outcome.

    A condition holds if its value is anything but null, false or empty. ``no`` must rest on a statement of the source:
    that something is missing means no only if the expression itself ensures that all of the data was searched.
    """

    url: HttpUrl
    headers_env: dict[str, str] = Field(default={}, max_length=5, description="header -> environment variable")
    expect: Expression | None = Field(default=None, description="holds as long as the source keeps its format")
    ready: Expression | None = Field(default=None, description="the other conditions are ignored until this holds")
    yes: Expression | None = None
    no: Expression | None = None
    annul: Expression | None = None
    date: Expression | None = Field(default=None, description="date of the event")

    @field_validator("headers_env")
    @classmethod
    def _check_headers(cls, value: dict[str, str]) -> dict[str, str]:
        for header, name in value.items():
            if not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{0,60}", header) or header.lower() == "host":
                raise ValueError(f"{header[:60]!r} cannot be set as a header: name another")
            if not re.fullmatch(rf"{SECRET_PREFIX}[A-Z0-9_]{{1,60}}", name):
                raise ValueError(f"the variable of {header!r} must begin with {SECRET_PREFIX}: rename it")
        return value

    @model_validator(mode="after")
    def _check_conditions(self) -> Self:
        if self.yes is None and self.no is None and self.annul is None:
            raise ValueError("needs at least one of yes, no and annul: give a condition")
        return self


class JsonResolver:
    """Reads one JSON address. Its confidence is that of an official notice, as a person chose the address."""

    key = "json"
    version = "1"
    settings: type[Config] = JsonConfig

    def probe(self, question: ProbedQuestion, config: JsonConfig, fetch: Fetch) -> Probe:
        """Probe once. Raises ``SourceChanged`` if two conditions hold at once or an expression does not apply."""
        headers = {header: fetch.secret(name) for header, name in config.headers_env.items()}
        fetched = fetch.get(str(config.url), headers=headers)
        data = parse_json(fetched, SOURCE)
        if config.expect and not is_true(evaluate(config.expect, data)):
            raise SourceChanged(
                f"{SOURCE} no longer has the expected format: {config.expect} does not hold, so read it by hand"
            )
        if config.ready and not is_true(evaluate(config.ready, data)):
            return Probe(observed=(f"{config.ready} does not hold",), reason="the source is not ready to be read")
        conditions = {YES: config.yes, NO: config.no, ANNULLED: config.annul}
        values = {outcome: evaluate(text, data) for outcome, text in conditions.items() if text}
        observed = tuple(
            f"{outcome}: {conditions[outcome]} gives {compact_json(value)}" for outcome, value in values.items()
        )
        held = [outcome for outcome, value in values.items() if is_true(value)]
        if len(held) > 1:
            raise SourceChanged(f"{SOURCE} meets the conditions for {' and '.join(held)}: correct them")
        if not held:
            return Probe(observed=observed, reason="no condition holds")
        day = self._day(question, config, data, fetch)
        if held[0] == NO and fetch.now() <= question.deadline:
            return Probe(
                observed=observed,
                reason="the condition for no holds, but the deadline has not passed",
            )
        return self._propose(question, config, fetch, fetched, observed, held[0], day, values[held[0]])

    def _day(self, question: ProbedQuestion, config: JsonConfig, data: Any, fetch: Fetch) -> date | None:
        """Return the day of the event. Without ``date`` it is today, which suffices before the deadline."""
        if config.date is None:
            today = question.day(fetch.now())
            return today if question.covers(today) else None
        value = evaluate(config.date, data)
        if not is_true(value):
            return None
        return question.day(parse_time(value, SOURCE))

    def _propose(
        self,
        question: ProbedQuestion,
        config: JsonConfig,
        fetch: Fetch,
        fetched: FetchedResponse,
        observed: tuple[str, ...],
        outcome: str,
        day: date | None,
        value: Any,
    ) -> Probe:
        expression = {YES: config.yes, NO: config.no, ANNULLED: config.annul}[outcome] or ""
        reason = f"the condition for {outcome} holds"
        excerpt = compact_json({"value": value, "date": day})
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
            rationale=f"{fetched.url}: {reason}. {expression} gives {compact_json(value)}.",
            evidence=(
                cite(fetch, fetched, locator=expression, excerpt=excerpt, store_snapshot=not config.headers_env),
            ),
        )
        return Probe(observed=observed, reason=reason, proposal=proposal)


def evaluate(expression: str, data: Any) -> Any:
    """Return the value of an expression.

    Raises ``SourceChanged`` if a function gets an unsuitable type, and for too much work or too large a value.
    """
    try:
        value = search(expression, data)
        text = compact_json(value, MAX_RESULT + 1)
    except TooMuchWork:
        raise SourceChanged(f"on what {SOURCE} sent, {expression} {REMEDY}") from None
    except JMESPathError as error:
        why = str(error).splitlines()[0][:MAX_SHOWN]  # it quotes the value, however large
        raise SourceChanged(f"{SOURCE} does not fit {expression} ({why}): correct the expression") from None
    except (ArithmeticError, RecursionError, TypeError, ValueError) as error:
        raise SourceChanged(
            f"{SOURCE} does not fit {expression} ({type(error).__name__}): correct the expression"
        ) from None
    if len(text) > MAX_RESULT:
        raise SourceChanged(f"{expression} gives more than {MAX_RESULT} characters: select less")
    return value


def is_true(value: Any) -> bool:
    """Return whether a value is true in JMESPath: all but null, false and empty values; zero is true."""
    return value is not None and value is not False and value not in ("", [], {})
