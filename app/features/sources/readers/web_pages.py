"""HTML: the main content of a page, by two extractors of which the better result is kept."""

import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import trafilatura
from msgspec import Struct

from app.features.sources.readers.composing import Composer, one_line
from app.features.sources.readers.dates import moment
from app.features.sources.readers.decoding import decode
from app.features.sources.readers.limits import malformed, no_text
from app.features.sources.readers.markup import html_tree, local
from app.features.sources.readers.model import Reading
from app.features.sources.readers.page_blocks import HEADINGS, PageBlock, compose
from app.features.sources.readers.page_content import content_blocks, is_prose
from app.features.sources.readers.source import SourceFile
from app.shared.text import normalise, words

VERSION = "html-1"
MISSED_SHARE = 0.08
"""Of the prose that our own pass finds; when trafilatura misses more, ours is kept."""

SHINGLE = 16
"""Letters; short enough for one changed word not to matter, long enough to be no chance."""
LONGEST_FOR_TRAFILATURA = 4_000_000

_DECLARED = re.compile(rb"<meta[^>]{0,300}?charset\s*=\s*[\"']?\s*([\w.:-]{2,40})|<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]{2,40})", re.IGNORECASE)  # fmt: skip
_EDIT_MARK = re.compile(r"^§\s*|\s*(?:\[edit\]|[#¶§])\s*$")
_SITE = re.compile(r"\s+[|–—·»-]\s+[^|–—·»]{2,60}$")


class PageFacts(Struct):
    title: str | None = None
    author: str | None = None
    published_at: datetime | None = None


def read(source: SourceFile) -> Reading:
    data = source.data()
    found = _DECLARED.search(data[:4096])
    declared = (found.group(1) or found.group(2)).decode("ascii") if found else None
    text = normalise(decode(data, declared=declared))
    root = html_tree(text)
    if root is None:
        raise malformed("The page has nothing in it.")
    facts = page_facts(root)
    composer = Composer(source.limits)
    for block in (blocks := main_blocks(root, text)):
        block.text = _EDIT_MARK.sub("", block.text) if block.level else block.text
    compose(blocks, composer)
    if not words(composer.text):
        raise no_text(
            "The page holds no text of its own; if a script writes it, save the page as PDF or copy its text."
        )
    title = facts.title or next((heading.title for heading in composer.headings), None)
    return Reading(
        composer.text, source.media_type, VERSION, headings=composer.headings, title=title, author=facts.author,
        published_at=facts.published_at,
    )  # fmt: skip


def main_blocks(root: Any, text: str) -> list[PageBlock]:
    """Trafilatura's content, unless it misses prose that our own pass has."""
    own = content_blocks(root)
    theirs = _trafilatura_blocks(text)
    if not theirs:
        return own
    seen = {key for block in theirs for key in _keys(block.text)}
    prose = [block for block in own if is_prose(block)]
    size = sum(len(block.text) for block in prose)
    missed = sum(len(block.text) for block in prose if not _mostly(block.text, seen))
    if size and (missed > MISSED_SHARE * size or _lost_headings(own, theirs)):
        return own
    top = [block for block in own[:1] if block.level == 1 and not _mostly(block.text, seen)]
    return [*top, *theirs]


def _lost_headings(own: list[PageBlock], theirs: list[PageBlock]) -> bool:
    """Whether most headings are none any more in a result that otherwise holds about the same."""
    kept = {_letters(block.text) for block in theirs if block.level}
    headings = [_letters(block.text) for block in own if block.level > 1]
    lost = sum(heading not in kept for heading in headings)
    return 2 * lost > len(headings) and sum(len(block.text) for block in own) < 1.3 * sum(
        len(block.text) for block in theirs
    )


def _letters(text: str) -> str:
    return "".join(character for character in text.lower() if character.isalnum())


def _keys(text: str) -> set[str]:
    letters = _letters(text)
    return {letters[start : start + SHINGLE] for start in range(max(1, len(letters) - SHINGLE + 1))}


def _mostly(text: str, seen: set[str]) -> bool:
    letters = _letters(text)
    places = range(0, max(1, len(letters) - SHINGLE + 1), SHINGLE // 2)
    return sum(letters[start : start + SHINGLE] in seen for start in places) >= 0.6 * len(places)


def _trafilatura_blocks(text: str) -> list[PageBlock]:
    """Its result as blocks; empty where it finds nothing, gives up or would take too long."""
    if len(text) > LONGEST_FOR_TRAFILATURA:
        return []
    try:
        found = trafilatura.bare_extraction(
            text, include_comments=False, include_tables=True, include_formatting=False, with_metadata=False,
            favor_recall=True,
        )  # fmt: skip
    except (RecursionError, ValueError, TypeError, AttributeError, KeyError, IndexError):
        return []  # a page odd enough to break it is still read by our own pass
    body = getattr(found, "body", None)
    return [] if body is None else list(_their_blocks(body))


def _their_blocks(body: Any) -> Iterator[PageBlock]:
    """Its own small vocabulary: head, p, item, row, quote, code, lb."""
    inside: set[Any] = set()
    for element in body.iter():
        name = local(element.tag)
        if element.getparent() in inside:
            inside.add(element)
        elif name in {"head", "p", "item", "row", "quote", "code", "ab", "fw"} and not _holds_blocks(element, name):
            inside.add(element)
            said = _said(element, name)
            if said:
                rank = (element.get("rend") or "h2").lower()
                yield PageBlock(said, HEADINGS.get(rank, 2) if name == "head" else 0)
        elif element.text and element.text.strip() and name not in {"table", "list"}:
            yield PageBlock(" ".join(element.text.split()))
        if element.tail and element.tail.strip() and element.getparent() not in inside and element is not body:
            yield PageBlock(" ".join(element.tail.split()))


def _holds_blocks(element: Any, name: str) -> bool:
    return name in {"item", "quote"} and any(local(one.tag) in {"p", "list", "item", "table", "head"} for one in element.iterdescendants())  # fmt: skip


def _said(element: Any, name: str) -> str:
    if name == "row":
        cells = (" ".join(" ".join(cell.itertext()).split()) for cell in element)
        return " | ".join(cell for cell in cells if cell)
    if name == "code":
        return "".join(element.itertext()).strip("\n")
    for line in element.iter("lb"):
        line.tail = f"\n{line.tail or ''}"
    return "".join(element.itertext()).strip()


def page_facts(root: Any) -> PageFacts:
    """Title, author and date: what the page says to machines (JSON-LD, meta elements), then what stands in it."""
    meta: dict[str, str] = {}
    for one in root.iter("meta"):
        key = (one.get("property") or one.get("name") or one.get("itemprop") or "").lower()
        if key and (one.get("content") or "").strip():
            meta.setdefault(key, one.get("content"))
    linked = _linked_data(root)
    heading = _text_of(next((one for one in root.iter("h1") if _text_of(one)), None))
    page_title = _text_of(next(root.iter("title"), None))
    title = _first(
        linked.get("headline"), meta, "og:title", "twitter:title", "dc.title", "citation_title", "parsely-title"
    )
    if not title and page_title and heading and heading in page_title:
        title = heading
    title = title or (_SITE.sub("", page_title) if page_title else None) or heading
    author = _first(_name_of(linked.get("author")), meta, "author", "article:author", "dc.creator", "citation_author", "parsely-author", "byl", "twitter:data1")  # fmt: skip
    if author and author.startswith("http"):
        author = None
    author = author or _marked_author(root)
    stamp = _first(linked.get("datePublished"), meta, "article:published_time", "date", "dc.date", "dc.date.issued", "citation_publication_date", "datepublished", "pubdate", "publish-date", "parsely-pub-date", "og:published_time")  # fmt: skip
    published = moment(stamp.replace("/", "-")) if stamp else None
    if published is None:
        times = (one.get("datetime") for one in root.iter("time") if one.get("datetime"))
        published = next((found for one in times if (found := moment(one))), None)
    return PageFacts(one_line(title), _byline(one_line(author)), published)


def _first(found: Any, meta: dict[str, str], *keys: str) -> str | None:
    given = [found] if isinstance(found, str) else []
    return next((one for one in [*given, *(meta.get(key) for key in keys)] if one and one.strip()), None)


def _linked_data(root: Any) -> dict[str, Any]:
    """The first JSON-LD object that says when or by whom it was written."""
    for script in root.iter("script"):
        if (script.get("type") or "").lower() == "application/ld+json":
            try:
                given = json.loads(script.text or "")
            except (ValueError, RecursionError):
                continue
            for one in _objects(given):
                if "headline" in one or "datePublished" in one or ("author" in one and "name" in one):
                    return one
    return {}


def _objects(given: Any) -> Iterator[dict[str, Any]]:
    if isinstance(given, dict):
        yield given
        yield from _objects(given.get("@graph"))
    elif isinstance(given, list):
        for one in given[:50]:
            if isinstance(one, dict):
                yield one


def _name_of(author: Any) -> str | None:
    if isinstance(author, list):
        return ", ".join(name for one in author[:10] if (name := _name_of(one))) or None
    if isinstance(author, dict):
        author = author.get("name")
    return author if isinstance(author, str) else None


def _marked_author(root: Any) -> str | None:
    for one in root.iter("a", "span", "p", "div", "address", "cite"):
        marked = one.get("rel") == "author" or one.get("itemprop") == "author"
        label = (one.get("class") or "").lower().split()
        if marked or {"author", "byline", "author-name", "byline-name", "p-author"} & set(label):
            name = _text_of(one)
            if name and 2 <= len(name) <= 80 and len(name.split()) <= 8:
                return name
    return None


def _byline(name: str | None) -> str | None:
    return (
        re.sub(r"^(?:(?:written |posted )?by|von|par|por|di|av)[:\s]+", "", name, flags=re.IGNORECASE) if name else None
    )


def _text_of(element: Any) -> str:
    return "" if element is None else " ".join("".join(element.itertext()).split())
