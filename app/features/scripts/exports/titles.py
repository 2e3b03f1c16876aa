"""Title options from what a script says itself: its own sentences and its parts, each of another kind."""

import re

from msgspec import Struct

from app.features.scripts.exports.chapters import short
from app.features.scripts.exports.document import ExportScript, beats_of, title_of
from app.features.scripts.exports.sentences import ScriptSentence

LONGEST = 100
FEWEST = 5
FEWEST_WORDS, MOST_WORDS = 3, 15
ASIDE = ("call_to_action", "cta", "outro", "sponsor")

_NUMBER = re.compile(r"\d|\b(?:two|three|four|five|six|seven|eight|nine|ten|dozen|hundred|thousand|million|billion)\b", re.IGNORECASE)  # fmt: skip
_CONTRAST = re.compile(r"\b(?:but|not|never|instead|nobody|nothing|without|until|except|rather|wrong|only)\b", re.IGNORECASE)  # fmt: skip
_LEANING = re.compile(
    r"^(?:it|they|he|she|this|that|these|those|and|but|so|or|because|then|there|here|which|who|such|both|him|her|his|"
    r"their|its|yes|no|that's|it's)\b(?! (?:is the|was the) )",
    re.IGNORECASE,
)
"""A sentence that begins so leans on the one before it."""
FRAMES = (
    (("myth", "misconception", "belief"), "{topic}: the myths and what is true"),
    (("step",), "{topic}, step by step"),
    (("problem", "solution"), "{topic}: the problem and its solution"),
    (("criteria", "option", "compar"), "{topic}, compared"),
)


class TitleOption(Struct, frozen=True):
    """`kind`: working, question, number, contrast, statement, framework, part, parts, length,
    explained or closer."""

    kind: str
    text: str


def titles_of(script: ExportScript, sentences: list[ScriptSentence]) -> list[TitleOption]:
    """At least five, none longer than 100 characters, no two the same."""
    topic = short(script.title, 70).rstrip(" .")
    options = [TitleOption("working", short(script.title, LONGEST))]
    options += _from_sentences(script, sentences)
    options += _from_parts(script, topic)
    seen: set[str] = set()
    kept = []
    for option in options:
        if option.text and len(option.text) <= LONGEST and option.text.casefold() not in seen:
            seen.add(option.text.casefold())
            kept.append(option)
    return kept


def _from_sentences(script: ExportScript, sentences: list[ScriptSentence]) -> list[TitleOption]:
    """What nothing carries is no title, but a question states nothing."""
    usable = [
        one
        for one in sentences
        if FEWEST_WORDS <= one.words <= MOST_WORDS
        and len(one.text) <= LONGEST
        and script.sections[one.section].type not in ASIDE
    ]
    alone = [one for one in usable if not _LEANING.match(one.text)]
    carried = [one for one in alone if not one.unsupported and not one.asks]
    kinds = (
        ("question", [one for one in alone if one.asks]),
        ("number", [one for one in carried if one.cited and _NUMBER.search(one.text)]),
        ("contrast", [one for one in carried if _CONTRAST.search(one.text)]),
        ("statement", sorted(carried, key=lambda one: (one.section > 0, abs(one.words - 8)))),
    )
    options: list[TitleOption] = []
    taken: set[str] = set()
    for kind, found in kinds:
        if (one := next((one for one in found if one.text not in taken), None)) is not None:
            taken.add(one.text)
            options.append(TitleOption(kind, short(one.text, LONGEST).rstrip(".")))
    return options


def _from_parts(script: ExportScript, topic: str) -> list[TitleOption]:
    types = [section.type.lower() for section in script.sections]
    options = [
        TitleOption("framework", frame.format(topic=topic))
        for known, frame in FRAMES
        if any(word in kind for kind in types for word in known)
    ][:1]
    middle = [section for section in script.sections if section.type not in (*ASIDE, "hook", "intro")]
    if middle or script.sections:
        longest = max(middle or script.sections, key=lambda section: len(section.narration))
        options.append(TitleOption("part", short(f"{topic}: {title_of(longest)}", LONGEST)))
    if len(script.sections) > 1:
        options.append(TitleOption("parts", f"{topic}, in {len(script.sections)} parts"))
    beats = beats_of(script)
    minutes = max(1, round(beats[-1].end / 60)) if beats else 1
    options.append(TitleOption("length", f"{topic}, in {minutes} minute{'s' if minutes > 1 else ''}"))
    options.append(TitleOption("explained", f"{topic}, explained"))
    return options if len(options) >= FEWEST - 1 else [*options, TitleOption("closer", f"{topic}: a closer look")]
