"""The sentences of a script that are whole, with what each rests on."""

import re
from collections.abc import Sequence

from msgspec import Struct

from app.features.scripts.schemas import ScriptCitation, Section
from app.features.scripts.speech import placeholders
from app.shared.evidence import Span
from app.shared.text import sentence_spans, words

_ENDED = re.compile(r"[.!?…][\"'”’)\]»]*$")


class ScriptSentence(Struct, frozen=True):
    """A sentence of a section's narration; `section` is the section's place in the script, from 0. `citations` are those
    that it rests on."""

    section: int
    span: Span
    text: str
    citations: list[ScriptCitation]
    unsupported: bool

    @property
    def words(self) -> int:
        return len(words(self.text))

    @property
    def asks(self) -> bool:
        return "?" in self.text[-3:]

    @property
    def cited(self) -> bool:
        return bool(self.citations) and not self.unsupported


def sentences_of(sections: Sequence[Section]) -> list[ScriptSentence]:
    """In order. What a placeholder cuts a piece out of is no whole sentence and is left out."""
    return [
        ScriptSentence(
            at,
            span,
            " ".join(span.of(section.narration).split()),
            [one for one in section.citations if _touch(one.narration_span, span) and not one.source_deleted],
            any(_touch(one, span) for one in section.unsupported),
        )
        for at, section in enumerate(sections)
        for span in whole_sentences(section.narration)
    ]


def whole_sentences(narration: str) -> list[Span]:
    spans: list[Span] = []
    start = 0
    slots = [slot.span for slot in placeholders(narration)]
    for slot in [*slots, Span(len(narration), len(narration))]:
        found = [
            line for span in sentence_spans(narration, start, slot.start) for line in _lines(narration, span)
        ]  # fmt: skip
        if found and start and not _begins(narration, start, found[0]):
            found = found[1:]
        if found and slot.end > slot.start and not _ends(narration, found[-1], slot.start):
            found = found[:-1]
        spans += [span for span in found if words(span.of(narration))]
        start = slot.end
    return spans


def _lines(narration: str, span: Span) -> list[Span]:
    """A line break ends a sentence too: what has no full stop before it is a heading or an item of a list."""
    lines, at = [], span.start
    for line in span.of(narration).split("\n"):
        bare = line.strip()
        if bare:
            begin = at + line.index(bare)
            lines.append(Span(begin, begin + len(bare)))
        at += len(line) + 1
    return lines


def _begins(narration: str, after: int, span: Span) -> bool:
    """Whether a sentence begins anew after a placeholder."""
    gap = narration[after : span.start]
    return "\n" in gap or narration[span.start].isupper() or (not narration[span.start].isalpha() and bool(gap))


def _ends(narration: str, span: Span, before: int) -> bool:
    """Whether a sentence is over before a placeholder."""
    return "\n" in narration[span.end : before] or bool(_ENDED.search(span.of(narration)))


def _touch(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end
