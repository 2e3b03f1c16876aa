"""A page's elements as a flat row of headings and paragraphs; the lines of lists and tables are paragraphs too."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import Struct

from app.features.sources.readers.composing import Composer
from app.features.sources.readers.markup import local

_BLANKS = re.compile(r"\s+")
HEADINGS = {f"h{level}": level for level in range(1, 7)}
BREAKING = frozenset((
    "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "dialog", "dir",
    "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "header", "hgroup", "hr", "html",
    "legend", "li", "main", "menu", "nav", "ol", "p", "pre", "section", "summary", "table", "tbody", "tfoot",
    "thead", "tr", "ul", "optgroup",
))  # fmt: skip
UNSEEN = frozenset((
    "script", "style", "noscript", "template", "svg", "math", "iframe", "object", "embed", "applet", "canvas",
    "audio", "video", "picture", "source", "track", "button", "input", "select", "textarea", "datalist", "head",
    "link", "meta", "title", "base", "area", "map", "rp", "rt", "frame", "frameset", "noframes",
))  # fmt: skip
CELLS = frozenset(("td", "th"))
LONGEST_CELL = 2000


class PageBlock(Struct):
    """A paragraph, its level where it is a heading, and how many of its characters are links."""

    text: str
    level: int = 0
    linked: int = 0
    listed: bool = False


def page_blocks(root: Any, skipped: Iterable[Any] = ()) -> list[PageBlock]:
    """What stands in *root*, in order, without what nobody sees and without *skipped*."""
    return list(_Walk(set(skipped)).blocks(root))


def compose(blocks: Iterable[PageBlock], composer: Composer) -> None:
    for block in blocks:
        if block.level:
            composer.heading(block.text, block.level)
        else:
            composer.add(block.text)


class _Walk:
    """One pass over the tree without recursion, as pages may be nested without end."""

    def __init__(self, skipped: set[Any]) -> None:
        self.skipped = skipped
        self.words: list[str] = []
        self.level = self.linked = self.links = self.items = self.kept = 0
        self.rows: list[list[int]] = []

    def blocks(self, root: Any) -> Iterator[PageBlock]:
        stack: list[tuple[Any, Iterator[Any]]] = []
        yield from self._enter(root)
        stack.append((root, iter(root)))
        while stack:
            element, children = stack[-1]
            child = next(children, None)
            if child is None:
                stack.pop()
                yield from self._leave(element)
                if stack:
                    self._say(element.tail)
            elif local(child.tag).lower() in UNSEEN or child in self.skipped or not isinstance(child.tag, str):
                self._say(f" {child.tail or ''}" if local(child.tag).lower() == "script" else child.tail)
            else:
                yield from self._enter(child)
                stack.append((child, iter(child)))
        yield from self._flush()

    def _enter(self, element: Any) -> Iterator[PageBlock]:
        name = local(element.tag).lower()
        if name == "tr" and not self._inside_row(element):
            yield from self._flush()
            self.rows.append([])
        elif name in CELLS and self.rows:
            if self.rows[-1] and "".join(self.words).strip():
                self.words.append(" | ")
            self.rows[-1].append(len(self.words))
        elif name in HEADINGS or name in BREAKING:
            if self.rows and self.rows[-1]:
                self.words.append(" ")  # a cell stays in its row's line
            else:
                yield from self._flush()
                self.level = HEADINGS.get(name, 0)
        elif name == "br":
            self.words.append("\n" if not self.level else " ")
        self.items += name == "li"
        self.links += name == "a"
        self.kept += name == "pre"
        self._say(element.text)

    def _leave(self, element: Any) -> Iterator[PageBlock]:
        name = local(element.tag).lower()
        if name == "tr" and self.rows and not self._inside_row(element):
            yield from self._flush()
            self.rows.pop()
        elif name in HEADINGS or name in BREAKING:
            if self.rows and self.rows[-1]:
                self.words.append(" ")
            else:
                yield from self._flush()
        self.items -= name == "li"
        self.links -= name == "a"
        self.kept -= name == "pre"

    def _inside_row(self, element: Any) -> bool:
        """A table for layout holds whole articles: its rows are no lines."""
        cells = [one for one in element if local(one.tag).lower() in CELLS]
        long = (cell for cell in cells if len("".join(cell.itertext())) > LONGEST_CELL // 4)
        return len(cells) <= 1 or any(
            local(one.tag).lower() in {"p", "table", "article", "h1", "h2", "h3"}
            for cell in long
            for one in cell.iterdescendants()
        )

    def _say(self, text: str | None) -> None:
        if text:
            said = text if self.kept else _BLANKS.sub(" ", text)
            self.words.append(said)
            self.linked += len(said.strip()) if self.links else 0

    def _flush(self) -> Iterator[PageBlock]:
        text = "".join(self.words).strip(" |\n\t")
        if text:
            yield PageBlock(text, self.level, self.linked, self.items > 0)
        self.words, self.linked, self.level = [], 0, 0
