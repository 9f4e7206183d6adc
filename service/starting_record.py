"""Load the starting record and attach the OFAC resolver to its questions on sanctions."""

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
    """Load the starting record into a database without questions, and attach OFAC to its questions on sanctions.

    Return the number of questions entered, 0 if the database has questions. In that case the resolver is attached
    only to sanctions questions of the starting record that never had one: an older version entered them without.
    """
    entered = load_starting_record(session, now=now, actor=ACTOR)
    for slug in SANCTIONS:
        question = find_question(session, slug)
        if question is not None and _never_had_resolver(session, question):
            attach(session, question, ResolverIn(resolver="ofac", config=OFAC), now=now, actor=ACTOR)
    return entered


def _never_had_resolver(session: Session, question: Question) -> bool:
    """Return whether the ledger has the starting record's entry of the question but no event of a resolver."""
    of_question = (LedgerEvent.subject == "question", LedgerEvent.subject_id == question.id)
    events = session.exec(select(LedgerEvent.action, LedgerEvent.actor).where(*of_question)).all()
    return ("question.entered", ACTOR) in events and not any(".resolver_" in action for action, _ in events)
