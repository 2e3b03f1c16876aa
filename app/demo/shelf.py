"""The sources as the report knows them, and the quotes that it takes from them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from app.demo.wording import place


@dataclass(frozen=True, slots=True)
class Shelf:
    """Title and text of each source by its id."""

    titles: Mapping[str, str]
    texts: Mapping[str, str]

    def holds(self, quote: Mapping[str, Any]) -> bool:
        """Whether the newest text of the source says it at the span."""
        text = self.texts.get(quote["source_id"])
        span = quote["span"]
        return text is not None and not quote.get("stale") and text[span["start"] : span["end"]] == quote["quote"]

    def quote(self, quote: Mapping[str, Any]) -> str:
        """The quote with its source and time; nothing where it doesn't stand: the page shows no other."""
        if not self.holds(quote):
            return ""
        return (
            f'<figure class="quote"><blockquote>“{escape(quote["quote"])}”</blockquote>'
            f"<figcaption>{escape(self._where(quote, quote['span']))}</figcaption></figure>"
        )

    def noted(self, citation: Mapping[str, Any], span: Mapping[str, int]) -> str:
        """A citation as it stands in a note, which may be inside of a paragraph; *span* points into its source."""
        where = self._where(citation, span)
        return f'<q>{escape(citation["quote"])}</q><span class="small">{escape(where)}</span>'

    def quotes(self, quotes: Iterable[Mapping[str, Any]], most: int | None = None) -> str:
        shown = [html for quote in quotes if (html := self.quote(quote))]
        return "".join(shown[:most])

    def _where(self, quote: Mapping[str, Any], span: Mapping[str, int]) -> str:
        title = self.titles.get(quote["source_id"], "A source")
        return f"{title}, {place(quote.get('page'), quote.get('start_seconds'), span)}"
