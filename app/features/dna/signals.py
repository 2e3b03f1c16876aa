"""The readable signals of a voice, each with its interval, examples, definition and reference.

They explain a voice to a person. They never decide whose voice a text is: that is the fingerprint's work.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from msgspec import Struct

from app.features.dna import address, lexicon, rhythm
from app.features.dna.corpus import Document
from app.features.dna.rhythm import Measured
from app.shared.evidence import Evidence, Span, stands

BOOTSTRAP_ROUNDS = 500
CONFIDENCE = 95
MOST_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Signal:
    """How one signal is measured in a source, shown in quotes, and put into words."""

    name: str
    group: str
    unit: str
    definition: str
    reference: str
    measure: Callable[[Document], Measured | None]
    show: Callable[[Document], list[Span]] | None = None
    subject: str = ""
    """What there is more or less of, for advice: 'Questions'."""
    more: str = "more frequent"
    less: str = "rarer"
    english: bool = True
    """Whether it needs English word lists."""
    sentences: bool = False
    """Whether it needs punctuation."""


class SignalRead(Struct):
    """A signal as measured over a corpus. `status` is `not_available` where it can't be measured, never guessed."""

    name: str
    group: str
    value: float | None
    unit: str
    ci_low: float | None
    ci_high: float | None
    n_sources: int
    n_words: int
    examples: list[Evidence]
    definition: str
    reference: str
    status: str


CATALOGUE: tuple[Signal, ...] = (
    Signal("words_per_minute", "pace", "words/min", "Words over the time from the first cue to the last, pauses included.", "Speaking rate; timed sources only.", rhythm.words_per_minute, None, "Speech", "faster", "slower", english=False),
    Signal("pauses_per_minute", "pace", "pauses/min", "Silences of 0.4 s or more between cues, per minute.", "Goldman-Eisler 1968; from cue times, so a lower bound.", rhythm.pauses_per_minute, None, "Pauses", english=False),
    Signal("sentence_length_mean", "rhythm", "words", "Mean words per sentence.", "Arithmetic mean.", rhythm.sentence_length_mean, rhythm.show_long, "Sentences", "longer", "shorter", english=False, sentences=True),
    Signal("sentence_length_sd", "rhythm", "words", "Standard deviation of words per sentence, within a source.", "Sample standard deviation.", rhythm.sentence_length_sd, None, "Sentence lengths", "more varied", "more even", english=False, sentences=True),
    Signal("short_sentences", "rhythm", "share", "Sentences of five words or fewer.", "Share of sentences.", rhythm.short_sentences, rhythm.show_short, "Very short sentences", english=False, sentences=True),
    Signal("long_sentences", "rhythm", "share", "Sentences of 25 words or more.", "Share of sentences.", rhythm.long_sentences, rhythm.show_long, "Long sentences", english=False, sentences=True),
    Signal("sentence_alternation", "rhythm", "words", "Mean absolute difference in length between neighbouring sentences.", "First-order variation.", rhythm.sentence_alternation, rhythm.show_alternation, "The change between long and short sentences is", "stronger", "weaker", english=False, sentences=True),
    Signal("reading_grade", "rhythm", "US grade", "Flesch-Kincaid grade level.", "Kincaid et al. 1975.", rhythm.reading_grade, None, "The reading level is", "higher", "lower", sentences=True),
    Signal("first_person", "address", "per 1,000 words", "I, me, my, mine, myself, contracted forms included.", "Word list.", address.first_person, address.show_first, "'I' is"),
    Signal("second_person", "address", "per 1,000 words", "You, your, yours, yourself, contracted forms included.", "Word list.", address.second_person, address.show_you, "'You' is"),
    Signal("together", "address", "per 1,000 words", "We, us, our, let's, contracted forms included.", "Word list.", address.together, address.show_together, "'We' is"),
    Signal("you_ratio", "address", "share", "'You' among all of 'I', 'you' and 'we'.", "Ratio of the three counts.", address.you_ratio, None, "The audience is addressed", "more", "less"),
    Signal("questions", "address", "share", "Sentences that end in a question mark.", "Share of sentences.", address.questions, address.show_questions, "Questions", english=False, sentences=True),
    Signal("answered_questions", "address", "share", "Questions that one of the next two sentences takes up.", "Word overlap or a short answer.", address.answered_questions, address.show_questions, "Questions are answered at once", "more often", "less often", sentences=True),
    Signal("commands", "address", "share", "Sentences that begin with a verb in the imperative.", "List of 110 verbs, sentence-initial.", address.commands, address.show_commands, "Commands", sentences=True),
    Signal("contractions", "address", "share", "Contracted forms among all that could be contracted.", "Ratio of pattern counts.", address.contractions, None, "Contractions"),
    Signal("lexical_richness", "words", "ratio", "Different words among 100, over a moving window (MATTR).", "Covington and McFall 2010.", lexicon.lexical_richness, None, "Vocabulary", "richer", "plainer", english=False),
    Signal("hedges", "words", "per 1,000 words", "Words that soften: maybe, roughly, sort of.", "List after Hyland 2005.", lexicon.hedges, lexicon.show_hedges, "Softening words"),
    Signal("boosters", "words", "per 1,000 words", "Words that stress: really, exactly, never.", "List after Hyland 2005.", lexicon.boosters, lexicon.show_boosters, "Stressing words"),
    Signal("fillers", "words", "per 1,000 words", "Um, well, you know, I mean.", "Word list, verbatim text only.", lexicon.fillers, lexicon.show_fillers, "Fillers"),
    Signal("transitions", "words", "share", "Sentences that begin with a word that leads on: so, now, but here's.", "Word list, sentence-initial.", lexicon.transitions, lexicon.show_transitions, "Sentences that lead on", sentences=True),
    Signal("specificity", "content", "per 100 words", "Numbers, in figures or in words.", "Pattern and word list.", lexicon.specificity, lexicon.show_specificity, "Numbers"),
    Signal("words_to_number", "content", "words", "Words before the first number of a source.", "How soon it gets concrete.", lexicon.words_to_number, None, "The first number comes", "later", "sooner"),
    Signal("comparisons", "content", "per 1,000 words", "Markers of comparison: like a, imagine, think of.", "Word list.", lexicon.comparisons, lexicon.show_comparisons, "Comparisons"),
    Signal("first_hand", "content", "per 1,000 words", "Markers of own experience: I tried, I measured.", "Word list.", lexicon.first_hand, lexicon.show_first_hand, "First-hand experience is told"),
)  # fmt: skip


def measure_all(documents: Sequence[Document], language: str) -> list[SignalRead]:
    """Every signal of the catalogue over the corpus; the same corpus gives the same numbers."""
    return [measure(signal, documents, language) for signal in CATALOGUE]


def measure(signal: Signal, documents: Sequence[Document], language: str) -> SignalRead:
    """The ratio of sums over the sources, with a 95 % percentile bootstrap interval over sources (Efron 1979)."""
    measured = []
    if language == "en" or not signal.english:
        for document in documents:
            if document.punctuated or not signal.sentences:
                pair = signal.measure(document)
                if pair is not None and pair[1] > 0:
                    measured.append((document, pair))
    if not measured:
        return SignalRead(signal.name, signal.group, None, signal.unit, None, None, 0, 0, [], signal.definition, signal.reference, "not_available")  # fmt: skip
    pairs = np.array([pair for _, pair in measured], dtype=float)
    low, high = _interval(pairs)
    return SignalRead(
        name=signal.name,
        group=signal.group,
        value=_tidy(float(pairs[:, 0].sum() / pairs[:, 1].sum())),
        unit=signal.unit,
        ci_low=_tidy(low),
        ci_high=_tidy(high),
        n_sources=len(measured),
        n_words=sum(len(document.words) for document, _ in measured),
        examples=_examples(signal, [document for document, _ in measured]),
        definition=signal.definition,
        reference=signal.reference,
        status="measured",
    )


def spread(signal: Signal, documents: Sequence[Document], language: str) -> tuple[float, float] | None:
    """Mean and standard deviation of the signal over the sources, as a text is compared with them."""
    if signal.english and language != "en":
        return None
    pairs = [signal.measure(document) for document in documents if document.punctuated or not signal.sentences]
    values = np.array([pair[0] / pair[1] for pair in pairs if pair is not None and pair[1] > 0])
    if len(values) < 3:
        return None
    return float(values.mean()), float(values.std(ddof=1))


def evidence(document: Document, span: Span) -> Evidence | None:
    """The quote at the span, if it stands there."""
    quote = span.of(document.text)
    if not stands(document.text, quote, span):
        return None
    return Evidence(quote, document.source_id, span, document.second_at(span.start))


def _interval(pairs: np.ndarray) -> tuple[float, float]:
    rng = np.random.default_rng(20_26)
    drawn = pairs[rng.integers(0, len(pairs), size=(BOOTSTRAP_ROUNDS, len(pairs)))].sum(axis=1)
    values = drawn[:, 0] / drawn[:, 1]
    low, high = np.percentile(values, [(100 - CONFIDENCE) / 2, 100 - (100 - CONFIDENCE) / 2])
    return float(low), float(high)


def _examples(signal: Signal, documents: Sequence[Document]) -> list[Evidence]:
    """Up to three quotes, each from another source where there are as many."""
    if signal.show is None:
        return []
    shown = [(document, signal.show(document)) for document in documents]
    found: list[Evidence] = []
    for rank in range(MOST_EXAMPLES):
        for document, spans in shown:
            if len(spans) > rank and (quote := evidence(document, spans[rank])):
                found.append(quote)
                if len(found) == MOST_EXAMPLES:
                    return found
    return found


def _tidy(value: float) -> float:
    """Four significant digits: more would claim a precision that nobody has."""
    return float(f"{value:.4g}")
