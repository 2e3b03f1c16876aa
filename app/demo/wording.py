"""What the report calls things, and how it writes numbers."""

import math
from collections.abc import Mapping
from typing import Any

GROUPS = {
    "pace": "Pace",
    "rhythm": "Rhythm",
    "address": "How viewers are addressed",
    "words": "Choice of words",
    "content": "What it is made of",
    "structure": "How it is built",
    "rhetoric": "Figures of speech",
}
NAMES = {
    "sentence_length_mean": "Sentence length, mean",
    "sentence_length_sd": "Sentence length, spread",
    "sentence_length_p10": "Sentence length, shortest tenth",
    "sentence_length_p50": "Sentence length, middle",
    "sentence_length_p90": "Sentence length, longest tenth",
    "sentence_alternation": "Change between neighbouring sentences",
    "sentence_autocorrelation": "Long after long, or in turns",
    "reading_grade": "Reading grade, by syllables",
    "letter_grade": "Reading grade, by letters",
    "first_person": "I",
    "second_person": "You",
    "together": "We",
    "you_ratio": "You among I, you and we",
    "answered_questions": "Questions answered at once",
    "lexical_richness": "Different words in 100",
    "lexical_run": "Run of varied words",
    "lexical_sample": "Different words in a draw of 42",
    "function_words": "Words of grammar",
    "letter_surprise": "Unexpected letters",
    "hedges": "Softening words",
    "boosters": "Stressing words",
    "transitions": "Sentences that lead on",
    "transition_variety": "Variety of words that lead on",
    "profanity_mild": "Swearing, mild",
    "profanity_moderate": "Swearing, moderate",
    "profanity_strong": "Swearing, strong",
    "specificity": "Numbers and names",
    "units": "Numbers with a unit",
    "first_hand": "Own experience",
    "greeting_words": "Words of greeting",
    "words_to_value": "Words before it gets concrete",
    "calls_to_action": "Calls to action",
    "first_call_position": "Place of the first call to action",
    "closed_loops": "Open loops that are closed",
    "anaphora": "Repeated beginnings",
}
UNITS = {"words/min": "words a minute", "pauses/min": "pauses a minute"}
BEATS = {"segment": "Segments", "call": "Call to action"}
PLACES = {"opening": "mostly at the beginning", "ending": "mostly at the end", "throughout": "throughout"}
ROLES = {
    "own": "One of the videos that the profile was built from",
    "reference": "A document about the topic",
    "story": "A story that was not in the profile",
}
VERDICTS = {
    "yours": "The same voice",
    "not_yours": "Another voice",
    "unsure": "Unsure: too few words, or too near the border",
    "register_refused": "Declined: another kind of text than the voice was compared with",
}


def plain(name: str) -> str:
    """'bold_claim' as 'Bold claim'."""
    return name.replace("_", " ").strip().capitalize()


def signal_name(name: str) -> str:
    return NAMES.get(name, plain(name))


def number(value: float) -> str:
    """Three digits that count, with a real minus."""
    if not math.isfinite(value):
        return "–"
    written = f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}" if abs(value) >= 1e-4 else "0"
    return written.replace("-", "−")


def percent(share: float) -> str:
    """One decimal under ten, as 2% and 3% may be 2.4% and 2.6%."""
    hundredth = 100 * share
    decimals = 1 if 0 < abs(hundredth) < 9.95 else 0
    return f"{hundredth:.{decimals}f}%".replace("-", "−")


def in_unit(value: float, unit: str) -> str:
    """The bare value as its unit asks: a share in percent."""
    return percent(value) if unit == "share" else number(value)


def unit_words(unit: str) -> str:
    return "" if unit == "share" else UNITS.get(unit, unit)


def clock(seconds: float) -> str:
    """Minutes and seconds; hours before them where there are any."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def standing(percentile: int) -> str:
    """The percentile as a person says it."""
    if percentile >= 99:
        return "more than nearly all"
    if percentile <= 1:
        return "less than nearly all"
    return f"more than {percentile} of 100" if percentile >= 50 else f"less than {100 - percentile} of 100"


def counted(count: int, one: str, more: str | None = None) -> str:
    return f"{count:,} {one if count == 1 else more or one + 's'}"


def beginning(text: str, most: int) -> str:
    """At most that many characters, cut between words."""
    if len(text) <= most:
        return text
    cut = text.rfind(" ", 1, most + 1)
    return text[: cut if cut > 0 else most].rstrip()


def place(page: int | None, seconds: float | None, span: Mapping[str, Any]) -> str:
    """Where in a source: its page or time as far as it has them, and always the characters."""
    parts = [f"page {page}" if page is not None else "", f"at {clock(seconds)}" if seconds is not None else ""]
    return ", ".join([*filter(None, parts), f"characters {span['start']:,} to {span['end']:,}"])
