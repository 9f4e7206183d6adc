"""The invented names and sentences of the demo. None refers to a real person or thing."""

from dataclasses import dataclass

FIRST = ("Alda", "Boro", "Cleva", "Dorin", "Ebba", "Falko", "Ginna", "Horst-Ole", "Ilka", "Jorun", "Kasimira", "Lovis")
LAST = ("Ambersand", "Brackwater", "Cloverfeld", "Dunmarrow", "Eichenholt", "Fennimoor", "Greylark", "Hollowtree")
ORGANISATIONS = (
    "Lindwick Weather Desk",
    "Institute for Garden Futures",
    "Port Amber Transport Review",
    "The Rocket Ledger",
    "Board Game Almanac",
    "Quarterly of Invented Goods",
)
QUIET = "Quilla Rarely"
MARKET, MODEL = "Lantern Exchange", "Barometer 3"
OUTLETS = ("Lindwick Courier", "Port Amber Post", "Evening Lantern", "Tidewater Weekly", "Radio Fenmark")

#: Hedges with the best value of their entry in the default lexicon.
HEDGES = (
    ("almost no chance", 0.04),
    ("highly unlikely", 0.08),
    ("little chance", 0.12),
    ("unlikely", 0.19),
    ("I doubt", 0.24),
    ("about even", 0.50),
    ("better than even", 0.58),
    ("probably", 0.67),
    ("likely", 0.72),
    ("very likely", 0.85),
    ("bound to", 0.92),
)
CLAIMLESS = ("may", "could", "might")


@dataclass(frozen=True)
class Topic:
    """Question templates of a topic. ``{place}`` and ``{period}`` are replaced; ``steps`` are an event's thresholds."""

    slug: str
    authority: str
    places: tuple[str, ...]
    family: str
    steps: tuple[int, int, int]
    singles: tuple[str, ...]
    choice: str
    options: tuple[str, ...]
    scale: str
    bins: tuple[str, ...]


TOPICS = (
    Topic(
        "weather",
        "the Lindwick Weather Office",
        ("Lindwick", "Port Amber", "Fenmark", "Upper Holm", "Saltmere"),
        "Will {place} record more than {step} mm of rain by {period}?",
        (60, 90, 130),
        ("Will {place} have its first frost by {period}?", "Will the harbour of {place} freeze over by {period}?"),
        "Which town has the most hours of sunshine, counted from {place}'s fair to {period}?",
        ("Lindwick", "Port Amber", "Saltmere"),
        "How many days of fog does {place} count by {period}?",
        ("0 to 5", "6 to 10", "11 to 20", "more than 20"),
    ),
    Topic(
        "league-sport",
        "the Fenmark Curling League",
        ("the Holm Herons", "the Amber Anchors", "the Saltmere Sails", "the Lindwick Larks"),
        "Will {place} win more than {step} matches by {period}?",
        (8, 12, 16),
        ("Will {place} change their coach by {period}?", "Will {place} win the Lantern Cup by {period}?"),
        "Who tops the table above {place} at {period}?",
        ("Herons", "Anchors", "Sails", "Larks"),
        "How many goals do {place} concede by {period}?",
        ("under 10", "10 to 19", "20 or more"),
    ),
    Topic(
        "space-flight",
        "the Fenmark Launch Registry",
        ("the Kestrel rocket", "the Moth lander", "the Dandelion probe", "the Heron capsule"),
        "Will {place} fly more than {step} times by {period}?",
        (1, 2, 4),
        ("Will {place} be launched by {period}?", "Will {place} send a signal home by {period}?"),
        "From which pad does {place} start by {period}?",
        ("north pad", "south pad", "none"),
        "By how many weeks is {place} late at {period}?",
        ("on time", "1 to 4", "5 to 12", "more than 12"),
    ),
    Topic(
        "city-works",
        "the Building Office of Port Amber",
        ("the Amber Bridge", "tram line 7", "the Tide Library", "the Old Granary"),
        "Will {place} have more than {step} thousand visitors by {period}?",
        (10, 20, 40),
        (
            "Will {place} open to the public by {period}?",
            "Will {place} cost more than planned by {period}?",
        ),
        "Which contractor gets the next works on {place} by {period}?",
        ("Brick & Sons", "Amberbau", "nobody"),
        "How far are the works on {place} at {period}?",
        ("under half", "half to nine tenths", "done"),
    ),
    Topic(
        "products",
        "the Quarterly of Invented Goods",
        ("the Foldbike", "the Quiet Kettle", "the Moss Lamp", "the Pocket Loom"),
        "Will {place} sell more than {step} thousand times by {period}?",
        (5, 15, 30),
        ("Will {place} be on sale in Fenmark by {period}?", "Will {place} be called back by {period}?"),
        "In which colour does {place} sell best at {period}?",
        ("red", "green", "blue"),
        "What does {place} cost in Lindwick at {period}?",
        ("under 20 crowns", "20 to 39", "40 to 79", "80 or more"),
    ),
    Topic(
        "board-games",
        "the Fenmark Games Federation",
        ("the Holm Open", "the Lantern Masters", "the Saltmere Cup", "the Tide Tournament"),
        "Will {place} draw more than {step} players by {period}?",
        (100, 200, 400),
        ("Will a newcomer win {place} by {period}?", "Will the record score of {place} fall by {period}?"),
        "Which opening wins {place} by {period}?",
        ("the Gate", "the Mill", "the Heron"),
        "How many rounds does the final of {place} take by {period}?",
        ("up to 3", "4 or 5", "6 or more"),
    ),
    Topic(
        "science-prizes",
        "the Academy of Upper Holm",
        ("the Holm Medal", "the Tide Prize", "the Lichen Award", "the Lantern Fellowship"),
        "Will {place} receive more than {step} nominations by {period}?",
        (20, 35, 60),
        ("Will {place} go to a team by {period}?", "Will {place} be awarded at all by {period}?"),
        "Which field wins {place} by {period}?",
        ("botany", "tides", "acoustics"),
        "How old is the winner of {place} at {period}?",
        ("under 40", "40 to 59", "60 or older"),
    ),
    Topic(
        "gardens",
        "the Institute for Garden Futures",
        ("the Holm pear", "the giant pumpkin of Saltmere", "the Lindwick rose", "the Fenmark meadow"),
        "Will {place} pass {step} on the Institute's index by {period}?",
        (40, 60, 80),
        ("Will {place} flower by {period}?", "Will {place} win a ribbon by {period}?"),
        "Which neighbour of {place} blooms first by {period}?",
        ("the plum", "the quince", "the medlar"),
        "How many visitors' votes does {place} get by {period}?",
        ("under 100", "100 to 499", "500 or more"),
    ),
)
