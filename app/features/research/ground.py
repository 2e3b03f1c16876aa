"""A version of a source's text as the ground that quotes stand on: page, second, and where a quote went."""

from bisect import bisect_right

from app.db.models import SourceVersion
from app.features.research.schemas import CitationRead
from app.shared.evidence import Evidence, Span, relocate, stands


class Ground:
    def __init__(self, version: SourceVersion) -> None:
        self.number, self.text = version.number, version.text
        timed = [cue for cue in version.cues if cue["start_seconds"] is not None]
        self._starts = [cue["start"] for cue in timed]
        self._seconds = [cue["start_seconds"] for cue in timed]
        self._pages = version.pages

    def holds(self, quote: str | None, span: Span) -> bool:
        return quote is not None and stands(self.text, quote, span)

    def second_at(self, place: int) -> float | None:
        index = bisect_right(self._starts, place) - 1
        return self._seconds[index] if index >= 0 else None

    def page_at(self, place: int) -> int | None:
        index = bisect_right(self._pages, place, key=lambda page: page["start"]) - 1
        return self._pages[index]["number"] if index >= 0 else None

    def place(self, citation: CitationRead) -> None:
        """Fill in page and second."""
        citation.page, citation.start_seconds = self.page_at(citation.span.start), self.second_at(citation.span.start)

    def follow(self, citation: CitationRead) -> None:
        """Let the quote stand in this version of its source's text, or mark it stale."""
        if citation.quote is None:
            return
        old = Evidence(citation.quote, str(citation.source_id), citation.span, citation.start_seconds)
        new = relocate(old, self.text, self.second_at)
        citation.stale = new.stale
        if not new.stale:
            citation.quote, citation.span, citation.source_version = new.quote, new.span, self.number
            self.place(citation)
