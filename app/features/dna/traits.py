"""What is said about a voice in words, each statement with two or more quotes that stand in the sources."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

from msgspec import Meta, Struct

from app.features.dna import address, lexicon, rhythm, specificity
from app.features.dna.corpus import Document, evidence
from app.features.dna.signals import SignalRead
from app.shared.clients.llm import Prompt, Source
from app.shared.evidence import Evidence, Span, anchor

FEWEST_QUOTES = 2
MOST_QUOTES = 4
EXCERPT_CHARACTERS = 9000
MOST_SOURCES = 12
PROMPT = Path(__file__).parent / "prompts/traits.v2.md"


class Trait(Struct):
    name: str
    description: str
    evidence: list[Evidence]


class Rejected(Struct):
    """A statement that was not kept, and why."""

    statement: str
    reason: str


class Written(Struct):
    """The traits that stand, and what was discarded."""

    traits: list[Trait]
    rejected: list[Rejected]
    engine: str
    prompt: str | None


class QuoteDraft(Struct, forbid_unknown_fields=True):
    source: Annotated[str, Meta(description="The label of the source, such as S1.")]
    quote: Annotated[str, Meta(description="Copied from the source word for word, 5 to 40 words.")]


class TraitDraft(Struct, forbid_unknown_fields=True):
    name: Annotated[str, Meta(description="Two to five words.")]
    description: Annotated[str, Meta(description="One or two sentences to the creator, as 'you'.")]
    quotes: Annotated[list[QuoteDraft], Meta(description="Two to four quotes that show it.")]


class TraitDrafts(Struct, forbid_unknown_fields=True):
    """What a model is asked for."""

    traits: list[TraitDraft]


class _Rule(Struct, frozen=True):
    """A trait that a measured signal carries: from which value on, what it says, which sentences show it."""

    signal: str
    least: float
    name: str
    says: str
    show: Callable[[Document], list[Span]]


RULES = (
    _Rule("questions", 0.04, "Asks, then answers", "{percent} of your sentences are questions, and you take most of them up at once.", address.show_answers),
    _Rule("second_person", 20, "Talks to one viewer", "You say 'you' {value:.0f} times in 1,000 words: the viewer is in the room.", address.show_you),
    _Rule("commands", 0.03, "Gives the viewer something to do", "{percent} of your sentences are instructions.", address.show_commands),
    _Rule("comparisons", 0.8, "Explains by comparison", "You reach for something familiar {value:.1f} times in 1,000 words.", lexicon.show_comparisons),
    _Rule("numbers", 1.5, "Puts a number on it", "You give {value:.1f} numbers in 100 words.", specificity.show_numbers),
    _Rule("first_hand", 0.4, "Was there, tried it", "You speak from your own experience {value:.1f} times in 1,000 words.", specificity.show_first_hand),
    _Rule("short_sentences", 0.15, "Lands on short sentences", "{percent} of your sentences have five words or fewer.", rhythm.show_alternation),
    _Rule("hedges", 12, "Says how sure it is", "You soften {value:.0f} times in 1,000 words rather than overclaim.", lexicon.show_hedges),
)  # fmt: skip


def describe(signals: Sequence[SignalRead], documents: Sequence[Document]) -> Written:
    """Traits that the measured signals carry, in our words; a trait without two quotes is not said."""
    values = {signal.name: signal.value for signal in signals if signal.value is not None}
    traits, rejected = [], []
    for rule in RULES:
        value = values.get(rule.signal)
        if value is None or value < rule.least:
            continue
        quotes = _quotes(documents, rule.show)
        if len(quotes) < FEWEST_QUOTES:
            rejected.append(Rejected(rule.name, f"only {len(quotes)} quote shows it; {FEWEST_QUOTES} are needed"))
            continue
        traits.append(Trait(rule.name, rule.says.format(value=value, percent=f"{value:.0%}"), quotes))
    return Written(traits, rejected, "offline", None)


def ask_for_traits(documents: Sequence[Document]) -> Prompt:
    """The prompt with the creator's own words, each source under a label."""
    sources = tuple(
        Source(f"S{number}", document.own_text[:EXCERPT_CHARACTERS])
        for number, document in enumerate(documents[:MOST_SOURCES], 1)
    )
    return Prompt(PROMPT.name, PROMPT.read_text(encoding="utf-8"), sources)


def check(drafts: Sequence[TraitDraft], documents: Sequence[Document], engine: str) -> Written:
    """Keep what two or more quotes carry that stand in the creator's own turns; count the rest as rejected."""
    labelled = {f"S{number}": document for number, document in enumerate(documents[:MOST_SOURCES], 1)}
    traits, rejected = [], []
    for draft in drafts:
        found: list[Evidence] = []
        for quote in draft.quotes:
            document = labelled.get(quote.source.strip().strip("[]"))
            span = anchor(document.text, quote.quote) if document else None
            if document is None or span is None or not _own(document, span):
                rejected.append(Rejected(quote.quote, f"not in the creator's words in {quote.source}"))
            elif kept := evidence(document, span):
                found.append(kept)
        if len(found) >= FEWEST_QUOTES:
            traits.append(Trait(draft.name, draft.description, found[:MOST_QUOTES]))
        else:
            rejected.append(Rejected(draft.name, f"{len(found)} of its quotes stand; {FEWEST_QUOTES} are needed"))
    return Written(traits, rejected, engine, PROMPT.name)


def _own(document: Document, span: Span) -> bool:
    return any(turn.start <= span.start and span.end <= turn.end for turn in document.turns)


def _quotes(documents: Sequence[Document], show: Callable[[Document], list[Span]]) -> list[Evidence]:
    """One from each source first, so that a trait is of the voice and not of one video."""
    shown = [(document, show(document)) for document in documents]
    found: list[Evidence] = []
    for rank in range(MOST_QUOTES):
        for document, spans in shown:
            if len(found) < MOST_QUOTES and len(spans) > rank and (quote := evidence(document, spans[rank])):
                found.append(quote)
    return found
