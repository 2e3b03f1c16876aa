"""Two versions of a script beside each other, word by word, and taking single changes back."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from msgspec.structs import replace

from app.features.scripts.citing import carry, settled
from app.features.scripts.schemas import LostCitation, Operation, ScriptCitation, Section, SectionDiff

FIELDS = ("title", "narration", "visuals", "on_screen_text")
MOST_PAIRS = 1_000_000
"""Of equal words in two narrations that are compared word by word; beyond, all between their common ends is one change."""
_TOKEN = re.compile(r"\s+|\d+(?:[.,:]\d+)*(?!\w)|\w+(?:['’\-]\w+)*|[^\w\s]")
Code = tuple[str, int, int, int, int]


def diff(before: Sequence[Section], after: Sequence[Section]) -> list[SectionDiff]:
    """By section, in the new order, what was removed at its old place's end."""
    old = {section.id: section for section in before}
    new = {section.id for section in after}
    found = [_of_section(old.get(section.id), section) for section in after]
    found += [_of_section(section, None) for section in before if section.id not in new]
    return found


def _of_section(before: Section | None, after: Section | None) -> SectionDiff:
    shown = after or before
    assert shown is not None
    operations = list(operate(shown.id, before.narration if before else "", after.narration if after else ""))
    if before is None or after is None:
        status = "removed" if after is None else "added"
    else:
        same = all(getattr(before, field) == getattr(after, field) for field in FIELDS)
        status = "same" if same else "changed"
    return SectionDiff(shown.id, shown.title, status, operations)  # type: ignore[arg-type]


def operate(section_id: str, before: str, after: str) -> Iterator[Operation]:
    """The narration as runs of words: the equal and deleted ones make the old text, the equal and inserted ones the new."""
    old, new = _TOKEN.findall(before), _TOKEN.findall(after)
    for tag, i, j, k, m in _opcodes(old, new):
        gone, come = "".join(old[i:j]), "".join(new[k:m])
        if tag == "equal":
            if gone:
                yield Operation("equal", gone)
            continue
        change_id = hashlib.sha256(f"{section_id}\x00{i}\x00{k}\x00{gone}\x00{come}".encode()).hexdigest()[:16]
        if gone:
            yield Operation("delete", gone, change_id)
        if come:
            yield Operation("insert", come, change_id)


def _opcodes(old: Sequence[str], new: Sequence[str]) -> Iterator[Code]:
    """White space is equal only beside words that are: what changes in one go is one change."""
    most = min(len(old), len(new))
    head = next((place for place in range(most) if old[place] != new[place]), most)
    tail = next((place for place in range(most - head) if old[-1 - place] != new[-1 - place]), most - head)
    a, b = old[head : len(old) - tail], new[head : len(new) - tail]
    counts = Counter(b)
    if sum(counts[token] for token in a if not token.isspace()) <= MOST_PAIRS:
        inner: list[Code] = list(SequenceMatcher(str.isspace, a, b, autojunk=False).get_opcodes())
    else:
        inner = [("replace", 0, len(a), 0, len(b))]
    yield "equal", 0, head, 0, head
    for tag, i, j, k, m in inner:
        yield tag, head + i, head + j, head + k, head + m
    yield "equal", len(old) - tail, len(old), len(new) - tail, len(new)


def change_ids(found: Sequence[SectionDiff]) -> set[str]:
    return {one.change_id for section in found for one in section.operations if one.change_id}


def without_changes(before: Sequence[Section], after: Sequence[Section], rejected: set[str]) -> list[Section]:
    """The new version's sections with these changes taken back. A section that was added and is rejected as a whole goes;
    one that was removed comes back after the section that it followed."""
    old = {section.id: section for section in before}
    kept: list[Section] = []
    for section in after:
        earlier = old.get(section.id)
        operations = list(operate(section.id, earlier.narration if earlier else "", section.narration))
        ids = {one.change_id for one in operations if one.change_id}
        if earlier is None and ids and ids <= rejected:
            continue
        kept.append(replace(section, narration=_back(operations, rejected)) if ids & rejected else section)
    here = {section.id for section in after}
    for number, section in enumerate(before):
        if section.id not in here:
            ids = {one.change_id for one in operate(section.id, section.narration, "") if one.change_id}
            if ids and ids <= rejected:
                earlier_ids = {one.id for one in before[:number]}
                place = max((at for at, one in enumerate(kept, 1) if one.id in earlier_ids), default=0)
                kept.insert(place, section)
    return kept


def _back(operations: Sequence[Operation], rejected: set[str]) -> str:
    return "".join(
        one.text for one in operations if one.op == "equal" or (one.op == "delete") == (one.change_id in rejected)
    )


def with_citations(
    before: Sequence[Section], after: Sequence[Section], wanted: Sequence[Section]
) -> tuple[list[Section], list[LostCitation]]:
    """The wanted sections with the citations of whichever version's words they have: the new one's first, then those of the
    old one that the new one had lost."""
    old, new = {one.id: one for one in before}, {one.id: one for one in after}
    found: list[Section] = []
    lost: list[LostCitation] = []
    for section in wanted:
        kept: list[ScriptCitation] = []
        gone: list[LostCitation] = []
        for was in (new.get(section.id), old.get(section.id)):
            if was is None:
                continue
            carried, missing = carry(section.id, was.narration, was.citations, section.narration)
            known = {(one.claim_id, one.source_id, one.narration_span) for one in kept}
            kept.extend(one for one in carried if (one.claim_id, one.source_id, one.narration_span) not in known)
            if was is new.get(section.id):
                gone = missing
        again = {(one.claim_id, one.source_id) for one in kept}
        lost.extend(one for one in gone if (one.claim_id, one.source_id) not in again)
        known_words = any(
            was and was.narration == section.narration for was in (new.get(section.id), old.get(section.id))
        )
        voice_match = section.voice_match if known_words else None
        found.append(settled(replace(section, citations=kept, voice_match=voice_match)))
    return found, lost
