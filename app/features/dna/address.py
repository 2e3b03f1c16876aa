"""How a creator addresses people: person, questions, commands, contractions. English."""

from bisect import bisect_right
from collections.abc import Iterable

from app.features.dna.corpus import Document, Sentence
from app.features.dna.listing import listed, unmarked
from app.features.dna.markers import Hit, count_of, quotes
from app.features.dna.rhythm import Measured
from app.shared.evidence import Span

FIRST = listed("i me my mine myself i'm i've i'd i'll") | unmarked("i'm i've")
SECOND = listed("you your yours yourself yourselves you're you've you'd you'll y'all ya") | unmarked("you're you've")
TOGETHER = listed("we us our ours ourselves we're we've we'd we'll let's")
"""Forms without an apostrophe are what bare speech recognition writes."""

COMMANDS = listed(
    """
    add allow ask avoid be begin bookmark bring build buy call catch change check choose click clear close come
    comment compare consider continue copy count cover create cut delete do double download draw drop enjoy fill
    find finish focus fold follow forget get give glue go grab guess have head hit hold ignore imagine include
    insert install join keep learn leave let like listen look make mark measure mix move never note notice open
    paste pause pay pick picture place play point pour practice press print pull push put read record remember
    remove repeat replace run save say scroll see select send set share show sit skip slide slow spin stand start
    stay stick stir stop subscribe suppose switch take tap tell test think throw touch trust try turn twist type use
    visit wait walk watch work write zoom
    """
)
OPENERS = listed("so now and but then okay ok please just first next also instead always simply well or")
"""May stand before a command."""
NOT_COMMANDED = listed("is are was were will would can could has had does did might should of 's i we they he")
"""After the verb these say that it was a noun, or that the sentence goes on otherwise: 'Work is', 'Guess I'."""
LIKED = listed("and the this")
"""What follows 'like' where it asks for a like; elsewhere it fills."""
ANSWERED_WITHIN = 2
SHORT_ANSWER = 8
ANSWERS = listed(
    """
    yes yeah no nope well because it's it it'd that's exactly absolutely definitely not sure maybe probably
    """
)
_ASKING = listed(
    """
    what when where which whom whose that this these those have does with your from about would could should there
    their they them then than were will into just like some really actually because been being very much many
    """
)

_NEGATED = listed("do does did is are was were has have had can could would should will must")
_WITHOUT_APOSTROPHE = unmarked(
    "don't doesn't didn't isn't aren't wasn't weren't hasn't haven't hadn't can't couldn't wouldn't shouldn't won't i'm i've "
    "you're you've they're they've that's what's there's"
)
_ITS = listed("it that there here what who he she how where")
_BE = {"i": ("am",), "you": ("are",), "we": ("are",), "they": ("are",)} | dict.fromkeys(_ITS, ("is",))
_PERSONS = listed("i you we they he she it")
_PARTICIPLES = listed(
    """
    been got had done gone seen made come become begun brought built bought caught chosen found given heard held
    kept known left learned lost met paid put read run said sent set shown spent taken taught thought told tried
    used won written always never already just only also ever recently
    """
)


def first_person(document: Document) -> Measured | None:
    return _rate(document, FIRST)


def second_person(document: Document) -> Measured | None:
    return _rate(document, SECOND)


def together(document: Document) -> Measured | None:
    return _rate(document, TOGETHER)


def you_ratio(document: Document) -> Measured | None:
    """'You' among all of 'I', 'you' and 'we'."""
    you = count_of(document, SECOND)
    everyone = you + count_of(document, FIRST) + count_of(document, TOGETHER)
    return (you, everyone) if everyone else None


def questions(document: Document) -> Measured | None:
    sentences = document.sentences
    return (sum(map(is_question, sentences)), len(sentences)) if sentences else None


def answered_questions(document: Document) -> Measured | None:
    """Questions that one of the next two sentences answers."""
    sentences = document.sentences
    asked = [index for index, sentence in enumerate(sentences) if is_question(sentence)]
    answered = sum(
        any(is_answer(answer, sentences[index]) for answer in sentences[index + 1 : index + 1 + ANSWERED_WITHIN])
        for index in asked
    )
    return (answered, len(asked)) if asked else None


def commands(document: Document) -> Measured | None:
    """Share of sentences that are commands."""
    sentences = document.sentences
    return (sum(map(is_command, sentences)), len(sentences)) if sentences else None


def contractions(document: Document) -> Measured | None:
    """Contracted forms among them and the full forms that could be contracted where they stand."""
    contracted = sum(times for word, times in document.counts.items() if _is_contracted(word))
    possible = contracted + sum(1 for _ in full_forms(document))
    return (contracted, possible) if possible else None


def full_forms(document: Document) -> Iterable[int]:
    """Where 'not', a form of 'be', 'will', 'would' or an auxiliary 'have' stands in full and could be contracted: after
    its verb or pronoun, and not at the end of a sentence ('Yes, I am.')."""
    said, places, borders = document.words, document.places, document.borders
    yield from places.get("cannot", ())
    for verb in _NEGATED:
        yield from (place for place in places.get(verb, ()) if said[place + 1 : place + 2] == ["not"])
    for pronoun in _BE:
        for place in places.get(pronoun, ()):
            end = borders[bisect_right(borders, place)]
            if place + 2 >= end:
                continue
            following, after = said[place + 1], said[place + 2]
            perfect = {"has"} if pronoun in _ITS else {"have", "had"}
            auxiliary = following in perfect and (after in _PARTICIPLES or after.endswith("ed"))
            if after == "not" and following in _NEGATED:
                continue
            if (
                following in _BE[pronoun]
                or following == "will"
                or auxiliary
                or (following == "would" and pronoun in _PERSONS)
            ):
                yield place
    yield from (place for place in places.get("let", ()) if said[place + 1 : place + 2] == ["us"])


def is_question(sentence: Sentence) -> bool:
    return sentence.text.rstrip("\"'”’)]").endswith("?")


def is_answer(answer: Sentence, question: Sentence) -> bool:
    """A statement that begins as answers do, is short without being a command, or takes up a word of the question."""
    if is_question(answer):
        return False
    if answer.words[0] in ANSWERS or (len(answer.words) <= SHORT_ANSWER and not is_command(answer)):
        return True
    topic = {word for word in question.words if len(word) > 3} - _ASKING
    return not topic.isdisjoint(answer.words)


def is_command(sentence: Sentence) -> bool:
    """A verb in the imperative at the beginning, or after 'so', 'please' and their like, or after 'don't'. 'Let's' is
    none: it counts as 'we'; nor is 'let me', unless it goes on with 'know'."""
    spoken = sentence.words
    start = 1 if len(spoken) > 2 and spoken[0] in OPENERS else 0
    if spoken[start : start + 1] in {("don't",), ("dont",)} and len(spoken) > start + 1 and not is_question(sentence):
        return spoken[start + 1] in COMMANDS
    if len(spoken) <= start + 1 or spoken[start] not in COMMANDS or is_question(sentence):
        return False
    after = spoken[start + 1]
    if spoken[start] == "like":
        return after in LIKED and "like," not in sentence.text[:12].lower()
    if spoken[start] == "let" and after == "me":
        return spoken[start + 2 : start + 3] == ("know",)
    return after not in NOT_COMMANDED


def show_questions(document: Document) -> list[Span]:
    return [
        sentence.span for sentence in document.sentences if is_question(sentence) and 4 <= len(sentence.words) <= 30
    ]


def show_answers(document: Document) -> list[Span]:
    """A question with the sentence after it that answers it, as one quote."""
    found: list[Span] = []
    for index, sentence in enumerate(document.sentences[:-1]):
        answer = document.sentences[index + 1]
        near = answer.span.start - sentence.span.end <= 2
        if near and is_question(sentence) and 3 <= len(sentence.words) <= 20 and len(answer.words) <= 20 and is_answer(answer, sentence):  # fmt: skip
            found.append(Span(sentence.span.start, answer.span.end))
    return found


def show_commands(document: Document) -> list[Span]:
    return [sentence.span for sentence in document.sentences if is_command(sentence) and 3 <= len(sentence.words) <= 30]


def show_you(document: Document) -> list[Span]:
    return _with(document, SECOND)


def show_first(document: Document) -> list[Span]:
    return _with(document, FIRST)


def show_together(document: Document) -> list[Span]:
    return _with(document, TOGETHER)


def show_contractions(document: Document) -> list[Span]:
    return _with(document, frozenset(filter(_is_contracted, document.places)))


def _is_contracted(word: str) -> bool:
    if "'" not in word:
        return word in _WITHOUT_APOSTROPHE
    base, _, ending = word.rpartition("'")
    return ending in {"t", "re", "ve", "ll", "d", "m"} or word == "let's" or (ending == "s" and base in _ITS)


def _with(document: Document, known: frozenset[str]) -> list[Span]:
    places = sorted(place for word in known for place in document.places.get(word, ()))
    return quotes([Hit(place, 1, document.words[place]) for place in places], document)


def _rate(document: Document, known: frozenset[str]) -> Measured | None:
    return (1000.0 * count_of(document, known), len(document.words)) if document.words else None
