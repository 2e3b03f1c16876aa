"""Parts put together of a script's own sentences, with the evidence that each sentence carries."""

from collections.abc import Sequence

from app.features.repurposing.schemas import Part, PartCitation
from app.features.scripts.exports.sentences import ScriptSentence
from app.features.scripts.schemas import ScriptCitation
from app.shared.evidence import Span


def part_of(
    kind: str,
    title: str,
    sentences: Sequence[ScriptSentence],
    *,
    on_screen_text: str = "",
    breaks: Sequence[int] = (),
) -> Part:
    """The sentences in one text, a space between two; before those at *breaks* a new paragraph begins."""
    part = Part(kind, title, "", on_screen_text)
    for at, sentence in enumerate(sentences):
        gap = "" if not at else "\n\n" if at in breaks else " "
        begin = len(part.text) + len(gap)
        span = Span(begin, begin + len(sentence.text))
        part.text += gap + sentence.text
        part.citations += [cited(one, span) for one in once(sentence.citations)]
        if sentence.unsupported:
            part.unsupported.append(span)
    return part


def cited(citation: ScriptCitation, span: Span) -> PartCitation:
    """The citation of a script's sentence as one of these words of a part."""
    return PartCitation(
        citation.claim_id, span, citation.source_id, citation.source_version, citation.source_span, citation.quote,
        citation.page, citation.start_seconds, citation.stale, citation.source_deleted,
    )  # fmt: skip


def once(citations: Sequence[ScriptCitation]) -> list[ScriptCitation]:
    """Each passage of a source once."""
    return list({(one.claim_id, one.source_id, one.source_version, one.source_span): one for one in citations}.values())


def shifted(part: Part, prefix: str) -> Part:
    """The part with a prefix before its text, its spans moved along."""
    by = len(prefix)

    def move(span: Span) -> Span:
        return Span(span.start + by, span.end + by)

    part.text = prefix + part.text
    for one in part.citations:
        one.span = move(one.span)
    for note in part.notes:
        note.span = move(note.span) if note.span else None
    part.unsupported = [move(span) for span in part.unsupported]
    return part
