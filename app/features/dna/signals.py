"""The readable signals of a voice, each with its interval, examples, definition and reference.

They explain a voice to a person. They never decide whose voice a text is: that is the fingerprint's work.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from msgspec import Struct

from app.features.dna import (
    address,
    calls,
    function_words,
    letters,
    lexicon,
    loops,
    openings,
    pace,
    profanity,
    rhetoric,
    rhythm,
    richness,
    specificity,
)
from app.features.dna.advice import WORDINGS
from app.features.dna.bootstrap import interval
from app.features.dna.corpus import Document, evidence
from app.features.dna.pace import Curve
from app.features.dna.parts import Part, favoured_words, most_used
from app.features.dna.rhythm import Measured
from app.features.dna.standing import Standing, against_background, load_background
from app.shared.evidence import Evidence, Span

MOST_EXAMPLES = 3
FEWEST_SOURCES = 3
"""For a spread over sources, as a text is compared with it."""


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
    english: bool = True
    """Whether it needs English word lists."""
    sentences: bool = False
    """Whether it needs punctuation."""
    spaced: bool = True
    """Whether it needs words that spaces part."""
    needs: str = "more words in a source"
    """What is missing where no source gives a value."""
    kinds: Callable[[Document], Counter[str]] | None = None
    """Which words or phrases it counts, to say which are used most."""


class SignalRead(Struct):
    """A signal as measured over a corpus. `status` is `not_available` where it can't be measured, never guessed, and
    `reason` says why. The interval is missing with one source. `parts` takes it apart where that says more; `curve`
    goes with the pace; `background` is where the value stands among other speakers."""

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
    reason: str | None = None
    parts: list[Part] = []
    curve: Curve | None = None
    background: Standing | None = None


CATALOGUE: tuple[Signal, ...] = (
    Signal("words_per_minute", "pace", "words/min", "Words over the time that the creator speaks, pauses included.", "Speaking rate; from cue times.", pace.words_per_minute, None, english=False, needs="the times of cues"),
    Signal("pauses_per_minute", "pace", "pauses/min", "Silences of 0.4 s or more between cues of one turn, per minute.", "Goldman-Eisler 1968; from cue times, so a lower bound.", pace.pauses_per_minute, None, english=False, spaced=False, needs="the times of cues"),
    Signal("sentence_length_mean", "rhythm", "words", "Mean words per sentence.", "Arithmetic mean.", rhythm.sentence_length_mean, rhythm.show_usual, english=False, sentences=True),
    Signal("sentence_length_sd", "rhythm", "words", "Standard deviation of words per sentence, within a source.", "Sample standard deviation.", rhythm.sentence_length_sd, None, english=False, sentences=True),
    Signal("sentence_length_p10", "rhythm", "words", "One sentence in ten is this short or shorter.", "10th percentile within a source, linear.", rhythm.sentence_length_p10, None, english=False, sentences=True, needs="ten sentences in a source"),
    Signal("sentence_length_p50", "rhythm", "words", "Half of the sentences are this short or shorter.", "Median within a source.", rhythm.sentence_length_p50, rhythm.show_usual, english=False, sentences=True, needs="ten sentences in a source"),
    Signal("sentence_length_p90", "rhythm", "words", "One sentence in ten is this long or longer.", "90th percentile within a source, linear.", rhythm.sentence_length_p90, None, english=False, sentences=True, needs="ten sentences in a source"),
    Signal("short_sentences", "rhythm", "share", "Sentences of five words or fewer.", "Share of sentences.", rhythm.short_sentences, rhythm.show_short, english=False, sentences=True),
    Signal("long_sentences", "rhythm", "share", "Sentences of 25 words or more.", "Share of sentences.", rhythm.long_sentences, rhythm.show_long, english=False, sentences=True),
    Signal("sentence_alternation", "rhythm", "words", "Mean absolute difference in length between neighbouring sentences.", "First-order variation.", rhythm.sentence_alternation, rhythm.show_alternation, english=False, sentences=True),
    Signal("sentence_autocorrelation", "rhythm", "-1 to 1", "Whether long sentences follow long ones (above 0), or long and short take turns (below 0).", "Lag-1 autocorrelation of sentence lengths.", rhythm.sentence_autocorrelation, None, english=False, sentences=True, needs="ten sentences in a source"),
    Signal("reading_grade", "rhythm", "US grade", "Flesch-Kincaid grade level, from the length of sentences and the syllables of words.", "Kincaid et al. 1975; syllables by spelling.", rhythm.reading_grade, None, sentences=True),
    Signal("letter_grade", "rhythm", "US grade", "Coleman-Liau grade level, from the length of sentences and the letters of words.", "Coleman and Liau 1975.", rhythm.letter_grade, None, sentences=True),
    Signal("first_person", "address", "per 1,000 words", "I, me, my, mine, myself, contracted forms included.", "Word list.", address.first_person, address.show_first),
    Signal("second_person", "address", "per 1,000 words", "You, your, yours, yourself, contracted forms included.", "Word list.", address.second_person, address.show_you),
    Signal("together", "address", "per 1,000 words", "We, us, our, let's, contracted forms included.", "Word list.", address.together, address.show_together),
    Signal("you_ratio", "address", "share", "'You' among all of 'I', 'you' and 'we'.", "Ratio of the three counts.", address.you_ratio, address.show_you),
    Signal("questions", "address", "share", "Sentences that end in a question mark.", "Share of sentences.", address.questions, address.show_questions, sentences=True, english=False),
    Signal("answered_questions", "address", "share", "Questions that one of the next two sentences takes up.", "A word of the question, an opening such as 'because', or eight words at most.", address.answered_questions, address.show_answers, sentences=True, needs="a question"),
    Signal("commands", "address", "share", "Sentences that begin with a verb in the imperative, 'so' or 'please' before it or not.", "List of verbs, sentence-initial.", address.commands, address.show_commands, sentences=True),
    Signal("contractions", "address", "share", "Contracted forms among them and the full forms that could be contracted where they stand.", "Ratio of counts; main-verb 'have' and sentence-final 'am' are no such forms.", address.contractions, address.show_contractions, needs="a form that can be contracted"),
    Signal("lexical_richness", "words", "ratio", "Different words among 100, over a moving window (MATTR).", "Covington and McFall 2010.", richness.lexical_richness, None, english=False, needs="100 words in a source"),
    Signal("lexical_run", "words", "words", "How many words in a row stay at 72 % different ones (MTLD).", "McCarthy and Jarvis 2010.", richness.lexical_run, None, english=False, needs="100 words in a source"),
    Signal("lexical_sample", "words", "ratio", "Different words to be expected among 42 drawn at random (HD-D).", "McCarthy and Jarvis 2007.", richness.lexical_sample, None, english=False, needs="100 words in a source"),
    Signal("function_words", "words", "share", "Words of grammar rather than topic; the parts are those used most unusually, per 1,000 words.", "Mosteller and Wallace 1964; z against other speakers as in Burrows 2002.", function_words.function_words, None),
    Signal("letter_surprise", "words", "bits", "How unexpected the runs of three letters are to somebody who knows other speakers. For machines; no advice follows from it.", "Cross-entropy; Kešelj et al. 2003 for the profile.", letters.letter_surprise, None),
    Signal("hedges", "words", "per 1,000 words", "Words that soften: maybe, roughly, sort of.", "List after Hyland 2005.", lexicon.hedges, lexicon.show_hedges, kinds=lexicon.hedge_kinds),
    Signal("boosters", "words", "per 1,000 words", "Words that stress: really, exactly, never; not after 'not'.", "List after Hyland 2005.", lexicon.boosters, lexicon.show_boosters, kinds=lexicon.booster_kinds),
    Signal("fillers", "words", "per 1,000 words", "Well, you know, I mean, where punctuation sets them off.", "Word list, verbatim text only.", lexicon.fillers, lexicon.show_fillers, sentences=True, kinds=lexicon.filler_kinds),
    Signal("hesitations", "words", "per 1,000 words", "Um, uh, er, in the sources whose transcript keeps any.", "Clark and Fox Tree 2002; verbatim text only.", lexicon.hesitations, lexicon.show_hesitations, needs="a transcript that keeps 'um' and 'uh'"),
    Signal("transitions", "words", "share", "Sentences that begin with a word that leads on: so, now, but here's.", "Word list, sentence-initial.", lexicon.transitions, lexicon.show_transitions, sentences=True, kinds=lexicon.transition_kinds),
    Signal("transition_variety", "words", "bits", "How varied the words that lead on are: 1 bit more is twice as many, used alike.", "Shannon entropy with the correction of Miller and Madow 1955.", lexicon.transition_variety, None, sentences=True, needs="two sentences that lead on in a source"),
    Signal("profanity_mild", "words", "per 1,000 words", "Swearing that advertisers take in their stride.", "List; levels after YouTube's guidance for advertisers.", profanity.mild, profanity.show_mild),
    Signal("profanity_moderate", "words", "per 1,000 words", "Swearing that is out of place in a title or an opening.", "List; levels after YouTube's guidance for advertisers.", profanity.moderate, profanity.show_moderate),
    Signal("profanity_strong", "words", "per 1,000 words", "Swearing that costs the advertisements, masked words included.", "List; levels after YouTube's guidance for advertisers.", profanity.strong, profanity.show_strong),
    Signal("specificity", "content", "per 100 words", "Numbers and names.", "Sum of the two counts.", specificity.specificity, specificity.show_specificity, sentences=True, needs="capitals that mark names"),
    Signal("numbers", "content", "per 100 words", "Numbers, in figures or in words.", "Pattern and word list.", specificity.numbers, specificity.show_numbers),
    Signal("units", "content", "per 100 words", "Numbers with a unit, a currency or a percent sign.", "Pattern and word list.", specificity.units, specificity.show_units),
    Signal("names", "content", "per 100 words", "Capitalised words inside sentences; 'New York' is one.", "Pattern.", specificity.names, specificity.show_names, sentences=True, needs="capitals that mark names"),
    Signal("first_hand", "content", "per 1,000 words", "Markers of own experience: I tried, when I was.", "Word list.", specificity.first_hand, specificity.show_first_hand),
    Signal("greeting_words", "structure", "words", "Words of greeting and introduction before the first that says something.", "Pattern list, first 30 words.", openings.greeting_words, openings.show_greeting),
    Signal("words_to_value", "structure", "words", "Words before the first number, name, date, definition or instruction.", "How soon it gets concrete; without any, the length.", openings.words_to_value, openings.show_value),
    Signal("calls_to_action", "structure", "per 1,000 words", "Sentences that ask for a subscription, like, comment, click, purchase.", "Pattern list, nine kinds.", calls.calls_per_1000, calls.show_calls),
    Signal("first_call_position", "structure", "share", "Share of the words before the first call to action.", "Only sources that have one.", calls.first_call_position, calls.show_calls, needs="a call to action"),
    Signal("open_loops", "structure", "per 1,000 words", "Teasers, and opening questions that the next two sentences leave open.", "Loewenstein 1994, information gap.", loops.open_loops, loops.show_loops),
    Signal("closed_loops", "structure", "share", "Open loops that a later sentence takes up.", "Shared rare words or an explicit return.", loops.closed_loops, loops.show_closed, needs="an open loop"),
    Signal("anaphora", "rhetoric", "per 100 sentences", "Successive sentences or clauses that begin with the same words, beyond grammar.", "Lausberg 1960.", rhetoric.anaphora, rhetoric.show_anaphora, sentences=True),
    Signal("analogies", "rhetoric", "per 1,000 words", "Sentences that explain one thing by another, by marker.", "Markers: works like a, think of it as, imagine.", rhetoric.analogies, rhetoric.show_analogies),
    Signal("lists", "rhetoric", "per 1,000 words", "Lists that are counted off or announced.", "First, second; three reasons.", rhetoric.lists, rhetoric.show_lists, sentences=True),
)  # fmt: skip


def measure_all(documents: Sequence[Document], language: str) -> list[SignalRead]:
    """Every signal of the catalogue over the corpus; the same sources give the same numbers in whatever order."""
    ordered = sorted(documents, key=lambda document: document.source_id)
    found = [measure(signal, ordered, language) for signal in CATALOGUE]
    for read in found:
        if read.status != "measured":
            continue
        if read.name == "words_per_minute":
            read.curve = pace.curve(ordered)
        if read.name == "function_words":
            read.parts = favoured_words(ordered, load_background().function_words)
    return found


def measure(signal: Signal, documents: Sequence[Document], language: str) -> SignalRead:
    """The ratio of sums over the sources, with a 95 % bootstrap interval over sources."""
    measured = [(document, pair) for document in documents if (pair := pair_of(signal, document, language))]
    read = SignalRead(
        signal.name, signal.group, None, signal.unit, None, None, 0, 0, [], signal.definition, signal.reference, "not_available"
    )  # fmt: skip
    if not measured:
        read.reason = _why_not(signal, documents, language)
        return read
    pairs = np.array([pair for _, pair in measured], dtype=float)
    value = float(pairs[:, 0].sum() / pairs[:, 1].sum())
    read.status, read.value = "measured", _tidy(value)
    if (bounds := interval(pairs)) is not None:
        read.ci_low, read.ci_high = _tidy(min(bounds[0], value)), _tidy(max(bounds[1], value))
    shown = [document for document, _ in measured]
    read.n_sources, read.n_words = len(shown), sum(len(document.words) for document in shown)
    read.examples = _examples(signal, shown)
    if signal.kinds is not None:
        read.parts = most_used([signal.kinds(document) for document in shown], shown)
    if language == load_background().language:
        read.background = against_background(signal.name, value)
    return read


def pair_of(signal: Signal, document: Document, language: str) -> Measured | None:
    """What the signal measures in one source, once; None where it can't."""
    if not _fits(signal, document, language):
        return None
    if signal.name not in document.memo:
        pair = signal.measure(document)
        document.memo[signal.name] = pair if pair is not None and pair[1] > 0 else None
    found: Measured | None = document.memo[signal.name]
    return found


def spread(signal: Signal, documents: Sequence[Document], language: str) -> tuple[float, float] | None:
    """Mean and standard deviation of the signal over the sources, as a text is compared with them; None for a signal
    that gives no advice."""
    if signal.name not in WORDINGS:
        return None
    pairs = [pair for document in documents if (pair := pair_of(signal, document, language))]
    values = np.array([top / bottom for top, bottom in pairs])
    if len(values) < FEWEST_SOURCES:
        return None
    return float(values.mean()), float(values.std(ddof=1))


def _fits(signal: Signal, document: Document, language: str) -> bool:
    return (
        (language == "en" or not signal.english)
        and (document.punctuated or not signal.sentences)
        and (document.spaced or not signal.spaced)
    )


def _why_not(signal: Signal, documents: Sequence[Document], language: str) -> str:
    if signal.english and language != "en":
        said = "their language can't be told" if language == "und" else f"these sources are in '{language}'"
        return f"It needs English word lists; {said}."
    if signal.spaced and not any(document.spaced for document in documents):
        return "It needs words that are parted by spaces."
    if signal.sentences and not any(document.punctuated for document in documents):
        return "It needs punctuation; the transcripts have none."
    return f"It needs {signal.needs}."


def _examples(signal: Signal, documents: Sequence[Document]) -> list[Evidence]:
    """Up to three quotes, each from another source where there are as many: of a source's quotes the one of middling
    length, as the longest and the first are often odd."""
    if signal.show is None:
        return []
    found: list[Evidence] = []
    shown = [(document, _middling(signal.show(document))) for document in _from_all_over(documents)]
    for most in (1, MOST_EXAMPLES):
        for document, spans in shown:
            if len(found) < MOST_EXAMPLES:
                _add(found, document, spans, most)
    return found


def _middling(spans: Sequence[Span]) -> list[Span]:
    """The spans, those of middling length first."""
    ordered = sorted(spans, key=lambda span: (span.end - span.start, span.start))
    middle = len(ordered) // 2
    return [*ordered[middle:], *ordered[:middle][::-1]]


def _add(found: list[Evidence], document: Document, spans: Sequence[Span], most: int) -> None:
    """Up to *most* of the quotes at the spans, as long as there is room, none in words that are already there."""
    for span in spans:
        quote = evidence(document, span)
        if quote and quote.quote not in {other.quote for other in found}:
            found.append(quote)
            most -= 1
        if not most or len(found) == MOST_EXAMPLES:
            return


def _from_all_over(documents: Sequence[Document]) -> list[Document]:
    """First, middle and last before the others."""
    spread_out = dict.fromkeys((0, len(documents) // 2, len(documents) - 1))
    return [documents[index] for index in dict.fromkeys((*spread_out, *range(len(documents))))]


def _tidy(value: float) -> float:
    """Four significant digits: more would claim a precision that nobody has."""
    return float(f"{value:.4g}")
