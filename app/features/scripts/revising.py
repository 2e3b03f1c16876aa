"""Revisions: what an instruction asks for, what code can do of it without a model, and the proof that nothing else changed."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from app.features.dna.corpus import plain_document
from app.features.dna.rhythm import reading_grade
from app.features.research.factual import states_a_fact
from app.features.scripts import citing
from app.features.scripts.budget import Narration, with_less_reserved, without
from app.features.scripts.plainer import plainer
from app.features.scripts.schemas import LostCitation, Section, Selection
from app.features.scripts.speech import count_words, placeholders
from app.shared.evidence import Span
from app.shared.exceptions import Conflict, Unprocessable
from app.shared.text import sentence_spans, words

Kind = Literal["shorten", "simplify", "reorder", "new_hook", "other"]
KEPT_WHEN_SHORTENED = 0.7
NEAREST_FIRST = ((0.9, 1.0), (0.6, 1.1))
"""Of the length that is wanted: no sentence goes that would leave less than the one, and none once it is down to the other;
what is still too long then is cut more freely."""
KEPT_FIELDS = ("title", "type", "visuals", "on_screen_text", "locked")
"""Of a section: what no revision changes."""
HOOK_TYPES = {"hook", "opening", "engage"}
LONGEST_ORDER = 400
"""Characters of an instruction that moves sections; a longer one is for a model."""
_SHORTEN = re.compile(r"\b(?:shorten|shorter|cut (?:it|this|that)? ?(?:down)?|trim|tighten|condense|more concise|too long|briefer)\b", re.IGNORECASE)  # fmt: skip
_SIMPLIFY = re.compile(r"\b(?:simplif\w*|simpler|plainer|plain (?:english|language|words)|easier (?:to|words)|less (?:technical|complicated|jargon))\b", re.IGNORECASE)  # fmt: skip
_HOOK = re.compile(r"\b(?:(?:new|another|different|other|better|stronger) (?:hook|opening)|(?:change|replace|swap) the (?:hook|opening))\b", re.IGNORECASE)  # fmt: skip
_REORDER = re.compile(r"\b(?:re-?order|rearrange)\b", re.IGNORECASE)
_SHARE = re.compile(r"(?:by|to)\s+(?:about\s+)?(\d{1,2})\s*(?:%|percent)", re.IGNORECASE)
_HALF = re.compile(r"\b(?:by half|in half|half as long|to half)\b", re.IGNORECASE)
_NAMED = r"[\"“'‘]?(?:the )?(?:section |part )?[\"“'‘]?(?P<{name}>.+?)[\"”'’]?(?: section| part)?"
_BEFORE = re.compile(rf"\b(?:move|put) {_NAMED.format(name='what')} (?P<where>before|after) {_NAMED.format(name='place')}[.!]?$", re.IGNORECASE)  # fmt: skip
_ENDS = re.compile(rf"\b(?:move|put) {_NAMED.format(name='what')} (?:to the )?(?P<where>first|last|start|beginning|end|top|bottom)[.!]?$", re.IGNORECASE)  # fmt: skip
_SWAP = re.compile(
    rf"\bswap {_NAMED.format(name='what')} (?:and|with) {_NAMED.format(name='place')}[.!]?$", re.IGNORECASE
)
HOW_TO_REORDER = (
    "Say it as 'move A before B', 'move A after B', 'put A first', 'put A last' or 'swap A and B', with section titles."
)


NEEDS_MODEL = (
    "Without a model a script can be shortened, simplified, reordered, or given another hook; say one of these, or choose an "
    "engine with a model for the project."
)


class Target(Struct, frozen=True):
    """What may change: these sections, and of a selection this span only."""

    section_ids: list[str]
    span: Span | None = None


def kind_of(instruction: str) -> Kind:
    """What code can do itself; `other` takes a model."""
    if _HOOK.search(instruction):
        return "new_hook"
    if len(instruction) <= LONGEST_ORDER and (
        any(order.search(instruction) for order in (_BEFORE, _ENDS, _SWAP)) or _REORDER.search(instruction)
    ):
        return "reorder"
    if _SHORTEN.search(instruction):
        return "shorten"
    return "simplify" if _SIMPLIFY.search(instruction) else "other"


def chosen_kind(instruction: str, sections: Sequence[Section], selection: Selection | None, *, writes: bool) -> Kind:
    """What is to be done, by code or by a model that *writes*; `Unprocessable` where neither can. Sections are moved and
    hooks exchanged as wholes, so within a selection it takes a model."""
    kind = kind_of(instruction)
    if selection is not None and kind in {"reorder", "new_hook"}:
        kind = "other"
    if kind == "reorder":
        try:
            reordered(sections, instruction)
        except Unprocessable as refused:
            if not writes or refused.error_code != "unknown_section":
                raise
            kind = "other"  # 'put a question before the second paragraph' is for a model
    if kind == "other" and not writes:
        raise Unprocessable(NEEDS_MODEL, code="needs_model")
    return kind


def hook_target(sections: Sequence[Section]) -> Target:
    """A new hook is the matter of the section that has one, whatever else was meant."""
    hook = next((one for one in sections if one.type in HOOK_TYPES), sections[0])
    if hook.locked:
        raise Unprocessable(f"'{hook.title}' is locked; unlock it, then ask for another hook.", code="locked")
    return Target([hook.id])


def target_of(sections: Sequence[Section], section_ids: Sequence[str] | None, selection: Selection | None) -> Target:
    """The sections that an instruction is about; `Unprocessable` where it can't be carried out."""
    known = {section.id: section for section in sections}
    if selection is not None:
        section = known.get(selection.section_id)
        if section is None:
            raise Unprocessable(
                f"There is no section '{selection.section_id}' in the head version.", code="unknown_section"
            )
        span = selection.span
        if not 0 <= span.start < span.end <= len(section.narration):
            raise Unprocessable(
                f"The selection {span.start} to {span.end} is not inside the section's narration, which has "
                f"{len(section.narration)} characters.",
                code="selection_outside",
            )
        if not span.of(section.narration).strip():
            raise Unprocessable("The selection holds no words; select what is to change.", code="selection_empty")
        if section.locked:
            raise Unprocessable(f"'{section.title}' is locked; unlock it, then revise it.", code="locked")
        return Target([section.id], span)
    wanted = list(section_ids) if section_ids else list(known)
    if missing := [one for one in wanted if one not in known]:
        raise Unprocessable(f"There is no section '{missing[0]}' in the head version.", code="unknown_section")
    free = [one for one in wanted if not known[one].locked]
    if not free:
        raise Unprocessable("Everything that you chose is locked; unlock a section, then revise it.", code="locked")
    return Target(free)


def changed_only(before: Sequence[Section], after: Sequence[Section], target: Target, *, order: bool = False) -> None:
    """Raise `Conflict` where anything but the target's narration is no longer the same, byte for byte, or where it is locked;
    *order*: the sections may stand in another one."""
    old, new = {one.id: one for one in before}, {one.id: one for one in after}
    same_order = [one.id for one in before] == [one.id for one in after]
    if set(old) != set(new) or len(after) != len(before) or not (order or same_order):
        raise Conflict("The revision lost or moved a section; nothing was stored.", code="revision_out_of_bounds")
    for section_id, was in old.items():
        now = new[section_id]
        same = all(getattr(was, name) == getattr(now, name) for name in KEPT_FIELDS)
        if was.locked or section_id not in target.section_ids:
            same = same and was.narration == now.narration and was.citations == now.citations
        elif target.span is not None:
            same = same and _outside(was.narration, target.span, now.narration)
        if not same:
            raise Conflict(
                f"The revision changed '{was.title}' where it was not asked to; nothing was stored.",
                code="revision_out_of_bounds",
            )


def _outside(was: str, span: Span, now: str) -> bool:
    """Whether all before and after the span is as it was."""
    head, tail = was[: span.start], was[span.end :]
    return len(now) >= len(head) + len(tail) and now.startswith(head) and now.endswith(tail)


def spliced(section: Section, span: Span, replacement: Narration) -> tuple[Section, list[LostCitation]]:
    """The section with this span of its narration replaced; citations before and after it keep their words."""
    head, tail = section.narration[: span.start], section.narration[span.end :]
    narration = head + replacement.text + tail
    by = len(replacement.text) - (span.end - span.start)
    kept, touched = [], []
    for one in section.citations:
        place = one.narration_span
        if place.end <= span.start:
            kept.append(one)
        elif place.start >= span.end:
            kept.extend(citing.shift([one], by))
        else:
            touched.append(one)
    carried, lost = citing.carry(section.id, section.narration, touched, narration)
    fresh = citing.shift(replacement.citations, span.start)
    known = {(one.claim_id, one.source_id, one.narration_span) for one in fresh}
    carried = [one for one in carried if (one.claim_id, one.source_id, one.narration_span) not in known]
    again = {(one.claim_id, one.source_id) for one in fresh}
    lost = [one for one in lost if (one.claim_id, one.source_id) not in again]
    citations = sorted([*kept, *carried, *fresh], key=lambda one: (one.narration_span.start, one.narration_span.end))
    return citing.settled(replace(section, narration=narration, citations=citations)), lost


def shortened(text: Narration, instruction: str) -> Narration:
    """Places that are the creator's reserve less; then whole sentences leave, those first that state nothing and whose words
    are said elsewhere, until the wanted share is left; the first sentence stays."""
    share = _kept_share(instruction)
    most = round(count_words(text.text) * share)
    less = with_less_reserved(text, share)
    cited = [one.narration_span for one in less.citations]
    reserved = [one.span for one in placeholders(less.text)]
    spans = [span for span in sentence_spans(less.text) if not any(_touch(span, one) for one in reserved)]
    said = Counter(word.lower() for word in words(less.text))

    def worth(span: Span) -> tuple[int, float]:
        own = [word.lower() for word in words(span.of(less.text))]
        central = sum(said[word] > 1 and len(word) > 3 for word in own) / max(1, len(own))
        return (2 if any(_touch(span, one) for one in cited) else int(states_a_fact(span.of(less.text)))), central

    gone: list[Span] = []
    left = count_words(less.text)
    for least, enough in NEAREST_FIRST:
        for span in sorted(spans[1:], key=worth):
            size = count_words(span.of(less.text))
            if left > most * enough and span not in gone and left - size >= most * least:
                gone.append(span)
                left -= size
    result = without(less, gone)
    if result.text == text.text:
        raise Unprocessable(
            "There is no sentence that could go; to shorten it takes a model or your own hand.",
            code="nothing_to_shorten",
        )
    return result


def _touch(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end


def simplified(text: Narration) -> Narration:
    """Plainer words and shorter sentences; `Unprocessable` where that doesn't bring the reading grade down."""
    result = plainer(text)
    before, after = grade(text.text), grade(result.text)
    if before is None or after is None or after >= before - 0.05:
        raise Unprocessable(
            "Code finds no longer words or sentences to make plainer here; a model may.", code="nothing_to_simplify"
        )
    return result


def grade(text: str) -> float | None:
    """Flesch-Kincaid, of a whole text."""
    pair = reading_grade(plain_document(text))
    return pair[0] / pair[1] if pair and pair[1] else None


def reordered(sections: Sequence[Section], instruction: str) -> list[Section]:
    """The sections as the instruction moves them; locked ones may not be the ones that are moved."""
    order = list(sections)
    if found := _SWAP.search(instruction):
        first, second = _titled(order, found["what"]), _titled(order, found["place"])
        order[first], order[second] = order[second], order[first]
        moved = [sections[first], sections[second]]
    elif found := _BEFORE.search(instruction):
        what = order.pop(_titled(order, found["what"]))
        place = _titled(order, found["place"])
        order.insert(place + (found["where"].lower() == "after"), what)
        moved = [what]
    elif found := _ENDS.search(instruction):
        what = order.pop(_titled(order, found["what"]))
        first_place = found["where"].lower() in {"first", "start", "beginning", "top"}
        order.insert(0 if first_place else len(order), what)
        moved = [what]
    else:
        raise Unprocessable(f"Which section goes where? {HOW_TO_REORDER}", code="unclear_order")
    if locked := next((one for one in moved if one.locked), None):
        raise Unprocessable(f"'{locked.title}' is locked; unlock it, then move it.", code="locked")
    if [one.id for one in order] == [one.id for one in sections]:
        raise Unprocessable("That is the order they are in already.", code="nothing_to_reorder")
    return order


def _titled(sections: Sequence[Section], name: str) -> int:
    """The section that is called so, by title, type or number."""
    wanted = name.strip(" .\"'“”‘’").lower()
    for match in (
        lambda one: one.title.lower() == wanted,
        lambda one: one.id.lower() == wanted or one.type.lower().replace("_", " ") == wanted,
        lambda one: wanted in one.title.lower(),
    ):
        for index, section in enumerate(sections):
            if match(section):
                return index
    if wanted.isdigit() and 1 <= int(wanted) <= len(sections):
        return int(wanted) - 1
    names = ", ".join(f"'{section.title}'" for section in sections)
    raise Unprocessable(f"There is no section called '{name.strip()}'; there are {names}.", code="unknown_section")


def _kept_share(instruction: str) -> float:
    if _HALF.search(instruction):
        return 0.5
    if found := _SHARE.search(instruction):
        share = int(found[1]) / 100
        return max(0.1, share if found[0].lower().startswith("to") else 1 - share)
    return KEPT_WHEN_SHORTENED
