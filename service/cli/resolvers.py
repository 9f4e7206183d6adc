"""Commands for resolvers: attach one to a question, and run it to see what it observes."""

import json
from typing import Annotated, Any

import typer

from predictions.changes.kinds import By
from predictions.changes.views import ChangeView, view_change
from predictions.errors import InvalidInput
from resolvers.probing.configuration import (
    EVERY_MINUTES,
    LEAD_HOURS,
    ResolverView,
    detach,
    get_attached,
    list_attached,
)
from resolvers.probing.configuration import resolver_view as view
from resolvers.probing.settled_questions import ReasonedResolverIn, attach_resolver
from resolvers.sources.interface import ProbedQuestion
from service.cli.common import ACTOR, AsJson, clock, print_json, print_table, ready, say
from service.db.approvers import is_alone
from service.db.engine import read_transaction, write_transaction
from service.lookup import question_of
from service.on_demand.resolver_trial import dry_run, probe_result_view, resolver_kinds

Which = Annotated[str, typer.Argument(help="the question's id or slug", metavar="QUESTION")]


def probe(which: Which, as_json: AsJson = False) -> None:
    """Probe the source of a question now and print the result, without recording it."""
    with ready() as (settings, engine):
        with read_transaction(engine) as session:
            question = question_of(session, which)
            row = get_attached(session, question)
            shown, last_good_at = ProbedQuestion.of(question), row.last_good_at
            resolver, config = row.resolver, row.config
        result = dry_run(engine, settings, clock, shown, resolver, config)
        view = probe_result_view(shown.id, resolver, result, clock.now(), last_good_at)
    if as_json:
        print_json(view.model_dump(mode="json"))
    else:
        for line in view.observed:
            say(f"observed: {line}")
        if view.proposal:
            say(f"would propose {view.proposal.outcome} (confidence {view.proposal.confidence:g}):")
        say(f"{view.state.value}: {view.reason}")
        if not result.succeeded:
            say(f"last good check: {last_good_at or 'never'}")
    raise typer.Exit(0 if result.succeeded else 1)


def set_resolver(
    which: Which,
    resolver: Annotated[str, typer.Argument(help="the resolver; `trackrecord resolver kinds` lists them")],
    config: Annotated[str, typer.Argument(help="its settings as JSON, or @file")] = "{}",
    lead_hours: Annotated[
        int, typer.Option(help="start probing this many hours before the question is due")
    ] = LEAD_HOURS,
    every_minutes: Annotated[int, typer.Option(help="minutes between two probes")] = EVERY_MINUTES,
    automatic: Annotated[bool, typer.Option("--automatic", help="confirm its proposals automatically")] = False,
    paused: Annotated[bool, typer.Option("--paused", help="do not probe for now")] = False,
    reason: Annotated[
        str | None, typer.Option(help="why it is attached; required once the outcome is on record")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Attach a resolver to a question, or change it."""
    given = {"resolver": resolver, "config": _config(config), "lead_hours": lead_hours, "every_minutes": every_minutes}
    data = ReasonedResolverIn.model_validate(given | {"automatic": automatic, "paused": paused, "reason": reason})
    with ready() as (_, engine), write_transaction(engine) as session:
        question, now = question_of(session, which), clock.now()
        by = By(ACTOR, now, may_predict=True, may_resolve=True, is_alone=is_alone(session, ACTOR, now=now))
        done = attach_resolver(session, question, data, by)
        if done.row is None and done.change is not None:
            shown: ResolverView | ChangeView = view_change(session, done.change)
            sentence = f"change {done.change.id} waits until another person approves it: see /changes"
        else:
            shown = view(session, get_attached(session, question), question)
            sentence = f"{shown.resolver} probes it from {shown.probing_from:%Y-%m-%d %H:%M} UTC on"
    if as_json:
        print_json(shown.model_dump(mode="json"))
    else:
        say(sentence)


def _config(text: str) -> Any:
    """Return the settings from JSON text, or from the file named after @."""
    try:
        if text.startswith("@"):
            with open(text[1:], encoding="utf-8") as file:
                return json.load(file)
        return json.loads(text)
    except OSError as error:
        remedy = "give settings as JSON, or @ and the name of a file with JSON"
        raise InvalidInput.at("/config", f"names a file that cannot be read ({error.strerror}): {remedy}") from None
    except ValueError:
        raise InvalidInput.at("/config", "is not JSON: give JSON, or @ and the name of a file with JSON") from None


def list_resolvers(as_json: AsJson = False) -> None:
    """List the questions that have a resolver, with the result of the last probe."""
    with ready() as (_, engine), read_transaction(engine) as session:
        rows = [(question.slug, view(session, row, question)) for row, question in list_attached(session)]
    if as_json:
        print_json([{"slug": slug} | shown.model_dump(mode="json") for slug, shown in rows])
        return
    names = ("question", "resolver", "state", "last probe", "last good check", "next", "reason")
    lines = [
        (slug, each.resolver, _state(each.state.value, each.paused, automatic=each.automatic), *_times(each))
        for slug, each in rows
    ]
    print_table(names, lines, fold=[6], spare=[4])


def _state(state: str, paused: bool, *, automatic: bool) -> str:
    return ", ".join([state, *(["paused"] if paused else []), *(["automatic"] if automatic else [])])


def _times(each: Any) -> tuple[object, ...]:
    moments = (each.probed_at, each.last_good_check, each.next_probe_at)
    return (*(f"{at:%Y-%m-%d %H:%M}" if at else "-" for at in moments), each.reason)


def remove(which: Which) -> None:
    """Detach the resolver from a question; its proposals stay."""
    with ready() as (_, engine), write_transaction(engine) as session:
        detach(session, question_of(session, which), now=clock.now(), actor=ACTOR)
    say("detached")


def list_kinds(as_json: AsJson = False) -> None:
    """List the available resolvers; --json includes the JSON schema of their settings."""
    if as_json:
        print_json([kind.model_dump() for kind in resolver_kinds()])
    else:
        print_table(
            ("resolver", "what it reads"), [(kind.key, kind.description) for kind in resolver_kinds()], fold=[1]
        )
