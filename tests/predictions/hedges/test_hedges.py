"""Words into probabilities: phrases of columnists, the rules of interpretation, and refusals with their remedy."""

import re
from collections.abc import Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from predictions.errors import InvalidInput
from predictions.hedges.interpret import Lexicon, lexicons, read_hedge
from predictions.hedges.lexicon import LexiconEntry
from predictions.hedges.normalize import normalise

OFFICIAL = ("icd203", "phia", "ipcc", "nato", "efsa", "kent")
NEGATIVE = re.compile(r"\b(?:not|no|never|hardly|scarcely|barely|nothing|without|doubt|few|little|anything|far from)\b")

#: What a column might say (all invented), and the entry that reads it.
COLUMNS = """
The budget looks set to clear the lower house        | set-to
The chancellor is poised to call an early vote       | poised-to
Talks are on track to conclude before the summer     | set-to
He will almost certainly stand again                 | almost-certain
In all likelihood, the strike goes ahead             | in-all-likelihood
There is little chance of a thaw this winter         | little-chance
A rate cut in June seems highly improbable           | very-unlikely
The odds are that the coalition limps on             | odds-are
I’d be surprised if they kept the majority           | surprised-if
I wouldn't be surprised if she resigned              | not-surprised-if
It is hard to see how the truce survives             | hard-to-see
I can't see the Senate going along                   | hard-to-see
Prices are bound to rise                             | bound-to
A second referendum is inevitable                    | inevitable
A deal is by no means certain                        | by-no-means-certain
Victory is far from assured                          | by-no-means-certain
A snap election is not unlikely                      | not-unlikely
A default cannot be ruled out                        | not-impossible
A recession can’t be ruled out                       | not-impossible
It comes down to a coin toss                         | coin-toss
The race is too close to call                        | coin-toss
It could go either way                               | coin-toss
A merger is more likely than not                     | more-likely-than-not
The opposition has a good chance in the north        | good-chance
She has a very good chance of winning                | very-good-chance
Peace by Easter has a slim chance                    | slim-chance
The odds are slim                                    | slim-chance
A comeback is not impossible                         | not-impossible
Parliament will probably reject the plan             | probably
The plan probably won't survive                      | probably-not
It will likely not pass                              | likely-not
New sanctions seem unlikely                          | unlikely
A pardon is very unlikely                            | very-unlikely
A walkout is vanishingly unlikely                    | extremely-unlikely
A walkout isn't likely                               | not-likely
It is hardly likely that they will back down         | not-likely
Kyiv will have to give ground                        | will-have-to
Britain is ready to send troops so long as America backs them | ready-so-long-as
There's no way he accepts                            | no-way
The tariffs would jeopardise the pact                | would-jeopardize
Allies would object                                  | would
The minister won't survive the week                  | will-not
The mayor isn't going to quit                        | will-not
He will never concede                                | never
The project is doomed to fail                        | doomed
It is only a matter of time                          | matter-of-time
Mark my words: the dollar falls                      | guaranteed
A third term is all but certain                      | all-but-certain
The vote is a foregone conclusion                    | guaranteed
The vote is not a foregone conclusion                | by-no-means-certain
Without doubt, turnout drops                         | undoubtedly
There is little doubt that turnout drops             | little-doubt
I doubt the ceasefire lasts                          | we-doubt
I very much doubt it                                 | seriously-doubt
It is doubtful that the bill returns                 | doubtful
I don't think the board gives in                     | do-not-think
He is not expected to run                            | do-not-expect
Growth is widely expected to slow                    | expect
Inflation may well return                            | may-well
Inflation may return                                 | may
The court might intervene                            | might
A deal could follow                                  | could
Maybe the king steps in                              | maybe
Perhaps the king steps in                            | perhaps
It remains to be seen                                | remains-to-be-seen
Whether they agree is anyone’s guess                 | remains-to-be-seen
It is impossible to say                              | remains-to-be-seen
There is a real possibility of war                   | real-possibility
There is a distinct possibility of war               | decent-chance
It is entirely possible that he wins                 | quite-possible
A long-shot bid                                      | long-shot
The odds are stacked against her                     | long-shot
She faces an uphill battle                           | uphill
Don't bet on it                                      | would-not-bet-on
It is a safe bet that he stays                       | safe-bet
The bill is dead on arrival                          | no-path
Peace this year is next to impossible                | virtually-impossible
Peace this year is impossible                        | impossible
They have next to no chance                          | virtually-no-chance
They have not a chance                               | no-chance
It is as likely as not that they split               | as-likely-as-not
The odds are better than even                        | better-than-even
I think a split is likely                            | likely
Chances are that it probably fails                   | probably
I believe it is unlikely                             | unlikely
I believe they split                                 | we-believe
The incumbent is the clear favourite                 | heavy-favourite
A cabinet reshuffle is on the cards                  | on-the-cards
The chances are about even                           | about-even
Rarely does a revolt succeed                         | rarely
"""
SENTENCES = [tuple(part.strip() for part in line.split("|")) for line in COLUMNS.strip().splitlines()]


def refusal(words: str, lexicon: str = "survey", version: int | None = None) -> tuple[str, str]:
    """Where and why `words` are refused."""
    with pytest.raises(InvalidInput) as caught:
        read_hedge(words, lexicon, version=version)
    (fault,) = caught.value.faults
    return fault.pointer, fault.detail


def patterns(lexicon: Lexicon) -> Iterator[tuple[str, LexiconEntry]]:
    return ((pattern, entry) for entry in lexicon.entries for pattern in entry.patterns)


ALL_PATTERNS = [(lexicon.name, pattern, entry) for lexicon in lexicons() for pattern, entry in patterns(lexicon)]
any_pattern = st.sampled_from(ALL_PATTERNS)
percents = st.integers(0, 100)


@pytest.mark.parametrize(("sentence", "entry_id"), SENTENCES)
def test_phrases_of_columnists_are_interpreted(sentence: str, entry_id: str) -> None:
    assert read_hedge(sentence).entry_id == entry_id


@pytest.mark.parametrize("lexicon", lexicons(), ids=lambda lexicon: lexicon.name)
def test_every_phrase_of_a_lexicon_is_interpreted_by_its_entry(lexicon: Lexicon) -> None:
    for pattern, entry in patterns(lexicon):
        interpretation = read_hedge(pattern, lexicon.name)
        assert (
            interpretation.entry_id,
            interpretation.low,
            interpretation.best,
            interpretation.high,
            interpretation.vague,
            interpretation.source,
        ) == (
            entry.id,
            entry.low,
            entry.best,
            entry.high,
            entry.vague,
            entry.source,
        )
        assert (interpretation.lexicon, interpretation.version, interpretation.words) == (
            lexicon.name,
            lexicon.version,
            pattern,
        )


@given(any_pattern, st.data())
def test_case_white_space_and_typography_never_matter(
    named: tuple[str, str, LexiconEntry], data: st.DataObject
) -> None:
    lexicon, pattern, entry = named
    upper = data.draw(st.lists(st.booleans(), min_size=len(pattern), max_size=len(pattern)))
    space = data.draw(st.sampled_from([" ", "  ", "\n", "\t ", "\u00a0"]))
    words = "".join(sign.upper() if up else sign for sign, up in zip(pattern, upper, strict=True))
    words = words.replace("...", "…").replace("'", "’").replace(" ", space)
    quote = data.draw(st.sampled_from(["{}", " {} ", "“{}”", "*{}*", "({})", "{}.", "{},"]))
    assert read_hedge(quote.format(words), lexicon).entry_id == entry.id


@given(any_pattern, percents, st.sampled_from(["{phrase}, {n}%", "{phrase} ({n} percent)", "{n}%: {phrase}"]))
def test_a_number_takes_precedence_over_a_phrase(named: tuple[str, str, LexiconEntry], n: int, form: str) -> None:
    lexicon, pattern, _ = named
    interpretation = read_hedge(form.format(phrase=pattern, n=n), lexicon)
    assert interpretation.entry_id is None
    assert interpretation.low == interpretation.best == interpretation.high == n / 100
    assert not interpretation.vague


@given(any_pattern, st.sampled_from(["not", "isn't", "never", "hardly", "by no means", "nothing"]))
def test_a_negated_phrase_is_never_interpreted_as_its_positive(
    named: tuple[str, str, LexiconEntry], negative: str
) -> None:
    lexicon, pattern, entry = named
    if NEGATIVE.search(normalise(pattern)):
        return  # the phrase is a negative already
    try:
        interpretation = read_hedge(f"{negative} {pattern}", lexicon)
    except InvalidInput:
        return
    assert interpretation.entry_id != entry.id
    assert (interpretation.low, interpretation.best, interpretation.high) != (
        1 - entry.high,
        1 - entry.best,
        1 - entry.low,
    )


VOCABULARY = sorted(
    {word for _, pattern, _ in ALL_PATTERNS for word in pattern.split()}
    | {
        "7",
        "70%",
        "-5%",
        "3-1",
        "in",
        "out of",
        "ten",
        "to",
        "odds",
        "against",
        "percent",
        "not",
        "n't",
        ",",
        "(",
        "...",
    }
)


@given(st.lists(st.sampled_from(VOCABULARY), max_size=12).map(" ".join) | st.text(max_size=210))
@example("\x00")
@example("0 in 0 chance")
@example("0-0 odds against")
@example("\ud800 likely")
def test_any_words_give_low_best_and_high_in_order_or_are_refused_at_the_hedge(words: str) -> None:
    try:
        interpretation = read_hedge(words)
    except InvalidInput:
        assert refusal(words)[0] == "/hedge"
        return
    assert 0 <= interpretation.low <= interpretation.best <= interpretation.high <= 1


@pytest.mark.parametrize(
    "words",
    [
        "not probable",
        "never likely",
        "no good chance",
        "few expect it",
        "it is wrong to expect it",
        "not remotely likely",
        "less likely",
        "more likely",
        "how likely",
        "less than likely",
        "very very likely",
        "unlikely as it seems",
        "chances are vanishing",
        "won't be likely",
    ],
)
def test_what_negates_or_changes_a_phrase_without_an_entry_is_refused(words: str) -> None:
    assert refusal(words)[0] == "/hedge"


@pytest.mark.parametrize("words", ["un\u00adlikely", "un\u200blikely", "\ufeffunlikely"])
def test_invisible_characters_in_pasted_words_do_not_invert_a_phrase(words: str) -> None:
    assert read_hedge(words).entry_id == "unlikely"


def test_the_longest_phrase_wins() -> None:
    assert read_hedge("almost certainly not").entry_id != read_hedge("almost certainly").entry_id
    assert read_hedge("highly unlikely").entry_id == "highly-unlikely"
    assert read_hedge("will probably").entry_id == "probably", "an auxiliary gives way"


def test_two_phrases_of_different_meaning_are_refused_with_both_and_a_remedy() -> None:
    pointer, detail = refusal("a truce is likely, peace unlikely")
    assert pointer == "/hedge"
    assert "'likely'" in detail
    assert "'unlikely'" in detail
    assert "keep only the words" in detail
    assert refusal("it may be inevitable")[0] == "/hedge", "may is no mere auxiliary: it takes the claim away"
    assert read_hedge("likely, even probable").best == read_hedge("likely").best, "two of one meaning are no clash"


def test_unknown_words_are_refused_with_close_phrases() -> None:
    pointer, detail = refusal("hihgly unlikley")
    assert pointer == "/hedge"
    assert "'highly unlikely'" in detail
    assert "give the probability" in detail
    assert refusal("   ")[0] == refusal("x" * 201)[0] == "/hedge"


def test_an_unknown_lexicon_or_version_is_refused_with_those_there_are() -> None:
    pointer, detail = refusal("likely", "gallup")
    assert pointer == "/lexicon"
    assert all(name in detail for name in ("survey", *OFFICIAL))
    pointer, detail = refusal("likely", version=99)
    assert pointer == "/lexicon"
    assert "1" in detail


@pytest.mark.parametrize(
    ("words", "low", "high"),
    [
        ("ready ... so long as", 0.50, 0.85),
        ("will have to", 0.80, 0.95),
        ("would", 0.60, 0.90),
        ("would jeopardize", 0.45, 0.75),
        ("unlikely", 0.05, 0.30),
        ("will probably", 0.51, 0.80),
    ],
)
def test_the_hedges_of_the_starting_record_have_their_numbers(words: str, low: float, high: float) -> None:
    interpretation = read_hedge(words)
    assert (interpretation.low, interpretation.high) == (low, high)


def test_words_about_the_opposite_are_one_minus_their_interpretation() -> None:
    of_peace, of_war = read_hedge("no way"), read_hedge("no way", against=True)
    assert of_peace.high <= 0.12
    assert (of_war.low, of_war.best, of_war.high) == (0.88, 0.95, 0.98)
    assert of_war.against
    assert read_hedge("a 60-70% chance", against=True).best == pytest.approx(0.35)


def test_vague_hedges_are_marked() -> None:
    assert all(read_hedge(words).vague for words in ("may", "might", "could", "possibly", "maybe", "perhaps"))
    assert not any(read_hedge(words).vague for words in ("may well", "likely", "will", "a 40% chance"))
