"""How the parts of a script hang together: promises, terms, repetitions. Code first; a model may see more."""

import re
from collections.abc import Sequence
from typing import Annotated, Literal

from msgspec import Meta, Struct

from app.features.dna.corpus import plain_document
from app.features.dna.loops import find_loops
from app.features.memory.preferences import Rule, violations
from app.features.research.quantities import content_stems
from app.features.scripts.schemas import Note, Section
from app.features.scripts.speech import PLACEHOLDER
from app.shared.evidence import Span, anchor
from app.shared.text import sentence_spans

SAME_POINT = 0.75
FEWEST_STEMS = 5
MOST_NOTES = 30
UNFINISHED = frozenset(("of", "the", "a", "an", "in", "on", "for", "to", "and", "or", "by", "at", "from", "with", "as"))
"""What ends with one of these is not the whole of a term."""
_INTRODUCED = re.compile(
    r"\b(?:called|known as|named|so-called)\s+(?:the |a |an )?[\"“'‘]?(?P<term>[A-Za-z][\w\-]+(?:\s[A-Za-z][\w\-]+)?)|"
    r"^(?:an?|the)\s+(?P<thing>[a-z][\w\-]+(?:\s[a-z][\w\-]+)?)\s+(?:is|was)\s+(?:an?|the)\b",
    re.IGNORECASE,
)


class NoteDraft(Struct, forbid_unknown_fields=True):
    section: Annotated[str, Meta(description="The label of the section.")]
    kind: Literal["open_promise", "used_before_introduced", "repeated"]
    quote: Annotated[str, Meta(description="3 to 25 words copied from the section.")]
    message: Annotated[str, Meta(description="One plain sentence that says what to do.")]


class Review(Struct, forbid_unknown_fields=True):
    """What a model is asked for."""

    notes: list[NoteDraft]


def review(sections: Sequence[Section], rules: Sequence[Rule]) -> list[Note]:
    """What code sees: repeated points, promises that are not kept, terms that come before their explanation, and rules of
    the creator that were not obeyed."""
    return [*_repeated(sections), *_promises(sections), *_terms(sections), *_rules(sections, rules)][:MOST_NOTES]


def kept(drafts: Sequence[NoteDraft], sections: Sequence[Section]) -> tuple[list[Note], int]:
    """A model's notes whose quote stands in their section, and how many had none."""
    known = {section.id: section for section in sections}
    notes = []
    for draft in drafts:
        section = known.get(draft.section.strip(" []"))
        span = anchor(section.narration, draft.quote) if section else None
        if section and span:
            notes.append(Note(draft.kind, draft.message, section.id, span))
    return notes, len(drafts) - len(notes)


def _repeated(sections: Sequence[Section]) -> list[Note]:
    seen: list[tuple[set[str], Section]] = []
    notes = []
    for section in sections:
        for span in _sentences(section):
            stems = set(content_stems(span.of(section.narration)))
            if len(stems) < FEWEST_STEMS:
                continue
            earlier = next((one for known, one in seen if len(known & stems) / len(known | stems) >= SAME_POINT), None)
            if earlier is not None:
                where = "above" if earlier.id == section.id else f"in '{earlier.title}'"
                notes.append(Note("repeated", f"This was said {where} already; say it once.", section.id, span))
            seen.append((stems, section))
    return notes


def _promises(sections: Sequence[Section]) -> list[Note]:
    text, starts = _whole(sections)
    notes = []
    for loop in find_loops(plain_document(text)):
        if loop.closed_at is None and loop.kind != "question" and (place := _place(loop.span, starts, sections)):
            section, span = place
            notes.append(
                Note(
                    "open_promise",
                    "This is promised and not taken up again; keep it or leave it out.",
                    section.id,
                    span,
                )
            )
    return notes


def _terms(sections: Sequence[Section]) -> list[Note]:
    """A term is introduced where a sentence says what it is; used in an earlier section, it comes too soon."""
    notes = []
    told: set[str] = set()
    for number, section in enumerate(sections):
        for span in _sentences(section):
            for match in _INTRODUCED.finditer(span.of(section.narration)):
                term = (match["term"] or match["thing"] or "").strip()
                if len(term) < 4 or term.lower() in told or term.split()[-1].lower() in UNFINISHED:
                    continue
                told.add(term.lower())
                use = re.compile(rf"\b{re.escape(term)}\b", re.IGNORECASE)
                for earlier in sections[:number]:
                    if found := use.search(PLACEHOLDER.sub(lambda one: " " * len(one.group()), earlier.narration)):
                        message = f"'{term}' is used here and explained only in '{section.title}'."
                        notes.append(Note("used_before_introduced", message, earlier.id, Span(*found.span())))
                        break
    return notes


def _rules(sections: Sequence[Section], rules: Sequence[Rule]) -> list[Note]:
    return [
        Note("preference", found.message, section.id, found.span)
        for section in sections
        for found in violations(section.narration, rules)
    ]


def _sentences(section: Section) -> list[Span]:
    reserved = [Span(*match.span()) for match in PLACEHOLDER.finditer(section.narration)]
    return [
        span
        for span in sentence_spans(section.narration)
        if not any(span.start < one.end and one.start < span.end for one in reserved)
    ]


def _whole(sections: Sequence[Section]) -> tuple[str, list[int]]:
    starts, text = [], ""
    for section in sections:
        starts.append(len(text))
        text += section.narration + "\n\n"
    return text, starts


def _place(span: Span, starts: Sequence[int], sections: Sequence[Section]) -> tuple[Section, Span] | None:
    for section, start in zip(reversed(sections), reversed(starts), strict=True):
        if span.start >= start:
            inner = Span(span.start - start, min(span.end - start, len(section.narration)))
            return (section, inner) if inner.start < inner.end else None
    return None
