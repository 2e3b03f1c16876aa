"""XML and HTML as trees. Entities are never expanded, nothing is loaded, and a document that defines any is refused."""

import re
from typing import Any

from lxml import etree, html

from app.features.sources.readers.limits import malformed, too_large

_DEFINES = re.compile(r"<!ENTITY\s", re.IGNORECASE)
_DECLARATION = re.compile(r"\A\s*<\?xml[^>]*\?>")
_CLOSED_AT_ONCE = re.compile(
    r"<(?!(?:area|base|br|col|embed|hr|img|input|link|meta|param|source|track|wbr)\b)([a-zA-Z][\w:-]*+)([^<>]{0,2000}?)/>"
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def xml_tree(data: bytes, what: str) -> Any:
    """The root element. *what* names the part in the sentence for a person."""
    parser = etree.XMLParser(
        resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        if "ENTIT" in str(error).upper() or "amplification" in str(error):
            raise expanding() from None
        raise malformed(f"{what} is damaged.") from None
    if root is None:
        raise malformed(f"{what} is empty.")
    dtd = root.getroottree().docinfo.internalDTD
    if dtd is not None and next(dtd.iterentities(), None) is not None:
        raise expanding()
    return root


def html_tree(text: str) -> Any:
    """The root element of a page, whatever state it is in; None where nothing is left of it."""
    if _DEFINES.search(text[:200_000]):
        raise expanding()
    if strict := _DECLARATION.match(text):
        text = _CLOSED_AT_ONCE.sub(r"<\1\2></\1>", text[strict.end() :])
    parser = html.HTMLParser(remove_comments=True, remove_pis=True, no_network=True, huge_tree=False, encoding="utf-8")
    try:
        return html.document_fromstring(_CONTROL.sub("", text).encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return None


def expanding() -> Exception:
    return too_large(
        "It defines entities, which can grow without end, and no document needs them.", "Save it again without them."
    )


def local(tag: Any) -> str:
    """An element's name without its namespace; comments and the like have none."""
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""
