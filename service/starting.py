"""The starting record as the service enters it: with the resolver that looks for new sanctions attached."""

from datetime import datetime

from sqlmodel import Session

from predictions.questions import find_question
from predictions.seeding import seed
from resolvers.attaching import ResolverIn, attach

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

    Gives the number of questions entered; 0 where there are some already, and then nothing is changed.
    """
    entered = seed(session, now=now, actor=ACTOR)
    if entered:
        for slug in SANCTIONS:
            question = find_question(session, slug)
            if question is not None:
                attach(session, question, ResolverIn(resolver="ofac", config=OFAC), now=now, actor=ACTOR)
    return entered
