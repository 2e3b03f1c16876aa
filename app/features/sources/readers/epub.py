"""EPUB books: the chapters in the order of the spine, without the table of contents."""

import posixpath
from typing import Any
from urllib.parse import unquote

from app.features.sources.readers.archives import Archive
from app.features.sources.readers.composing import Composer, one_line
from app.features.sources.readers.dates import moment
from app.features.sources.readers.decoding import decode
from app.features.sources.readers.limits import encrypted, malformed, no_text
from app.features.sources.readers.markup import html_tree, local, xml_tree
from app.features.sources.readers.model import Reading
from app.features.sources.readers.page_blocks import compose, page_blocks
from app.features.sources.readers.source import SourceFile
from app.shared.text import words

VERSION = "epub-1"
PAGES = frozenset(("application/xhtml+xml", "text/html", "application/xml", "text/xml"))
FONTS_ONLY = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")
"""Ways to hide fonts; a book with nothing else hidden can be read."""


def read(source: SourceFile) -> Reading:
    archive = Archive(source.path, source.limits)
    package_name = _package_name(archive)
    data = archive.read(package_name)
    if data is None:
        raise malformed("The EPUB book lacks its list of contents.")
    package = xml_tree(data, "The EPUB book's list of contents")
    hidden = _hidden(archive)
    composer = Composer(source.limits)
    for name in _chapters(package, posixpath.dirname(package_name)):
        if name in hidden:
            raise encrypted("The EPUB book is protected against copying (DRM).")
        chapter = archive.read(name)
        tree = html_tree(decode(chapter)) if chapter and chapter.strip() else None
        if tree is not None and not _is_contents(tree):
            body = next(tree.iter("body"), tree)
            compose(page_blocks(body, [one for one in body.iter("nav") if _is_list_of_places(one)]), composer)
    if not words(composer.text):
        raise no_text("The EPUB book holds no text; its pages may be pictures. Send a version with text.")
    given = _metadata(package)
    return Reading(
        composer.text, source.media_type, VERSION, headings=composer.headings,
        title=one_line("; ".join(given.get("title", [])[:1])), author=one_line(", ".join(given.get("creator", [])[:5])),
        published_at=next((found for one in given.get("date", []) if (found := moment(one))), None),
    )  # fmt: skip


def _package_name(archive: Archive) -> str:
    if (data := archive.read("META-INF/container.xml")) is not None:
        for one in xml_tree(data, "The EPUB book's container").iter():
            if local(one.tag) == "rootfile" and one.get("full-path"):
                return posixpath.normpath(unquote(one.get("full-path")).lstrip("/"))
    found = next((name for name in archive.names() if name.lower().endswith(".opf")), None)
    if found is None:
        raise malformed("The EPUB book lacks its list of contents.")
    return found


def _chapters(package: Any, folder: str) -> list[str]:
    """Names of the pages in reading order; without a spine, in the order of the manifest."""
    pages: dict[str, str] = {}
    contents: set[str] = set()
    for one in package.iter():
        if local(one.tag) == "item" and one.get("id") and one.get("href") and (one.get("media-type") or "").lower() in PAGES:  # fmt: skip
            path = unquote(one.get("href").partition("#")[0]).lstrip("/")
            pages[one.get("id")] = posixpath.normpath(posixpath.join(folder, path))
            if "nav" in (one.get("properties") or "").split():
                contents.add(one.get("id"))
    spine = [one.get("idref") for one in package.iter() if local(one.tag) == "itemref"]
    order = [key for key in dict.fromkeys(spine) if key in pages] or list(pages)
    return [pages[key] for key in order if key not in contents]


def _hidden(archive: Archive) -> set[str]:
    """Members that are encrypted, fonts apart."""
    data = archive.read("META-INF/encryption.xml")
    found: set[str] = set()
    for one in xml_tree(data, "The EPUB book's encryption list") if data else ():
        method = next((part.get("Algorithm") for part in one.iter() if local(part.tag) == "EncryptionMethod"), None)
        if method not in FONTS_ONLY:
            found |= {unquote(part.get("URI") or "") for part in one.iter() if local(part.tag) == "CipherReference"}
    return found


def _is_contents(tree: Any) -> bool:
    """A page that is nothing but links to the others."""
    said = sum(len(" ".join(one.itertext()).strip()) for one in tree.iter("body"))
    linked = sum(len(" ".join(one.itertext()).strip()) for one in tree.iter("a"))
    return said > 0 and linked > 0.7 * said and len(list(tree.iter("a"))) > 4


def _is_list_of_places(nav: Any) -> bool:
    return any(local(key) in {"type", "epub:type"} or key == "epub:type" for key in nav.attrib)


def _metadata(package: Any) -> dict[str, list[str]]:
    given: dict[str, list[str]] = {}
    metadata = next((one for one in package if local(one.tag) == "metadata"), ())
    for one in metadata:
        if one.text and one.text.strip():
            given.setdefault(local(one.tag).lower(), []).append(one.text)
    return given
