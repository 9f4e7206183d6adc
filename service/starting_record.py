"""The starting record as the service enters it: with the resolver that looks for new sanctions attached."""

from datetime import datetime

from sqlmodel import Session, select

from predictions.models import LedgerEvent, Question
from predictions.questions.lookup import find_question
from predictions.starting_record.load import load_starting_record
from resolvers.probing.configuration import ResolverIn, attach

ACTOR = "starting record"
SANCTIONS = ("new-sanctions-6-months", "new-sanctions-12-months")
#: The programmes under which OFAC lists Russian companies, and the ten that the questions name.
OFAC = {
    "programs": [
        "RUSSIA-EO14024",
        "RUSSIA-EO14065",
        "UKRAINE-EO13660",
        "UKRAINE-EO13661",
        "UKRAINE-EO13662",
        "UKRAINE-EO13685",
        "PEESA-EO14039",
        "CAATSA - RUSSIA",
    ],
    "names": [
        "Gazprom",
        "Rosneft",
        "Lukoil",
        "Sberbank",
        "Russian Railways",
        "VTB",
        "Rostec",
        "X5",
        "Rosatom",
        "Magnit",
    ],
    "match": "contains",
    "entity_type": "Entity",
}


def enter_starting_record(session: Session, *, now: datetime) -> int:
    """Enter the starting record into a database without any question, and wire its questions on sanctions to OFAC.

    Gives the number of questions entered; 0 where there are some already. Then only a question on sanctions that the
    starting record entered, and to which nobody ever gave a resolver, is wired: it was entered before there was one.
    """
    entered = load_starting_record(session, now=now, actor=ACTOR)
    for slug in SANCTIONS:
        question = find_question(session, slug)
        if question is not None and _entered_and_never_wired(session, question):
            attach(session, question, ResolverIn(resolver="ofac", config=OFAC), now=now, actor=ACTOR)
    return entered


def _entered_and_never_wired(session: Session, question: Question) -> bool:
    """Whether the ledger says that the starting record entered a question, and nothing of a resolver."""
    of_question = (LedgerEvent.subject == "question", LedgerEvent.subject_id == question.id)
    events = session.exec(select(LedgerEvent.action, LedgerEvent.actor).where(*of_question)).all()
    return ("question.entered", ACTOR) in events and not any(".resolver_" in action for action, _ in events)
