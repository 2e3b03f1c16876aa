"""Which part of a page is its content: what is left when menus, footers and the like are gone, and where prose is dense."""

import re
from typing import Any

from app.features.sources.readers.markup import local
from app.features.sources.readers.page_blocks import PageBlock, page_blocks

ASIDE_ELEMENTS = frozenset(("nav", "footer", "aside", "dialog", "menu"))
ASIDE_ROLES = frozenset(["navigation", "banner", "contentinfo", "search", "complementary", "menu", "menubar", "dialog", "alertdialog", "alert", "toolbar", "tablist"])  # fmt: skip
LEAST_SHARE = 0.85
"""Of a page's prose that the content's element has to hold."""
_ASIDE = re.compile(
    r"(?:^|[\s_-])(?:nav|navbar|navigation|navbox|navbar|menu|submenu|sidebar|side-bar|footer|breadcrumbs?|cookies?|consent|gdpr|"
    r"share|sharing|sharedaddy|social|related|recommended|recommendations|newsletter|subscribe|signup|sign-up|promo|promotion|"
    r"adverts?|advertisement|ads?|adsense|sponsored|comments?|comment-?list|disqus|respond|popup|modal|overlay|toc|pagination|pager|"
    r"skip-?link|skip|sr-only|screen-reader-text|visually-hidden|visuallyhidden|editsection|catlinks|printfooter|jump-to-nav|noprint|"
    r"site-header|masthead|toolbar|widget|widgets|tags|taglist|tag-list|post-meta-share|author-bio|outbrain|taboola|paywall|"
    r"login|sitesub|sitenotice|headerlink|anchorjs-link|mw-empty-elt|mbox-small|metadata|ambox|print-only|print)(?=$|[\s_-])",
    re.IGNORECASE,
)
_KEPT = re.compile(r"(?:^|[\s_-])(?:content|article|main|body|post|entry|story|text|page|wrapper|container|has|no|with|without)(?=$|[\s_-])", re.IGNORECASE)  # fmt: skip
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.!?…:;][\"'”’)\]]*(?:\s|$)")


def content_blocks(root: Any) -> list[PageBlock]:
    """The content's blocks, with lists of nothing but links left out."""
    body = next((one for one in root.iter("body")), root)
    dropped = _asides(body)
    prose = _prose_below(body, dropped)
    element = _content_element(body, prose)
    blocks = [block for block in page_blocks(element, dropped) if any(letter.isalnum() for letter in block.text)]
    return _without_menus(_with_title(blocks, body, element, dropped))


def is_prose(block: PageBlock) -> bool:
    long = len(block.text.split()) >= 12 or (len(block.text) > 40 and not block.text.isascii())
    return (
        long and block.linked < 0.6 * len(block.text) and bool(_SENTENCE_END.search(block.text) or "。" in block.text)
    )


def _asides(body: Any) -> set[Any]:
    """What stands beside the content; never what holds most of the page's words itself."""
    lengths = _lengths(body)
    found: set[Any] = set()
    for element in body.iterdescendants():
        if element.getparent() in found or (
            isinstance(element.tag, str)
            and (
                _is_hidden(element) or (_is_aside(element, lengths[element]) and lengths[element] < 0.5 * lengths[body])
            )
        ):
            found.add(element)
    return found


def _is_aside(element: Any, length: int) -> bool:
    name = local(element.tag).lower()
    if name in ASIDE_ELEMENTS or (element.get("role") or "").lower() in ASIDE_ROLES or _is_hidden(element):
        return True
    if name == "header":
        return not any(local(one.tag).lower() in {"article", "main"} for one in element.iterancestors())
    if name in {"body", "main", "article", "h1", "h2", "p", "pre", "code", "tbody", "tr"}:
        return False
    label = f"{element.get('class') or ''} {element.get('id') or ''}"
    return bool(_ASIDE.search(label)) and not (_KEPT.search(label) and length > 1500)


def _is_hidden(element: Any) -> bool:
    if element.get("hidden") is not None or _HIDDEN.search(element.get("style") or ""):
        return True
    return (element.get("aria-hidden") or "").lower() == "true"


def _lengths(body: Any) -> dict[Any, int]:
    """For each element the characters in it and below."""
    lengths: dict[Any, int] = {}
    for element in reversed([body, *body.iterdescendants()]):
        lengths[element] = lengths.get(element, 0) + len((element.text or "").strip())
        if element is not body and (parent := element.getparent()) is not None:
            lengths[parent] = lengths.get(parent, 0) + lengths[element] + len((element.tail or "").strip())
    return lengths


def _prose_below(body: Any, dropped: set[Any]) -> dict[Any, float]:
    """For each element the characters of prose in it and below; links count against it."""
    below: dict[Any, float] = {}
    for element in reversed([body, *body.iterdescendants()]):
        if element in dropped or not isinstance(element.tag, str):
            continue
        name = local(element.tag).lower()
        own = len((element.text or "").strip()) + sum(len((child.tail or "").strip()) for child in element)
        if name in {"script", "style", "noscript", "template", "svg", "select", "option", "button"}:
            own = 0
        weight = 0.0 if name == "a" else 1.0
        below[element] = below.get(element, 0.0) + own * weight
        parent = element.getparent()
        if parent is not None and element is not body and name not in {"script", "style", "noscript", "template"}:
            below[parent] = below.get(parent, 0.0) + below[element]
    return below


def _content_element(body: Any, prose: dict[Any, float]) -> Any:
    """The innermost element that still holds nearly all of the prose."""
    total = prose.get(body, 0.0)
    element = body
    for name in ("main", "article"):
        found = [one for one in body.iter(name) if one in prose]
        if len(found) == 1 and prose[found[0]] > 0.4 * total and prose[found[0]] > 200:
            element, total = found[0], prose[found[0]]
    while True:
        best = max((child for child in element if child in prose), key=lambda child: prose[child], default=None)
        if best is None or prose[best] < LEAST_SHARE * total or local(best.tag).lower() in {"p", "tbody", "ul", "ol"}:
            return element
        element = best


def _with_title(blocks: list[PageBlock], body: Any, element: Any, dropped: set[Any]) -> list[PageBlock]:
    """The page's only first heading belongs to its content, wherever it stands."""
    if any(block.level == 1 for block in blocks):
        return blocks
    titles = [one for one in body.iter("h1") if one not in dropped and not _within(one, element)]
    return [*page_blocks(titles[0], dropped), *blocks] if len(titles) == 1 else blocks


def _within(one: Any, element: Any) -> bool:
    return any(above is element for above in one.iterancestors())


def _without_menus(blocks: list[PageBlock]) -> list[PageBlock]:
    """Runs of three or more short lines that are links through and through lead elsewhere; a heading above them too."""
    kept: list[PageBlock] = []
    run: list[PageBlock] = []
    for block in [*blocks, PageBlock("end")]:
        if (
            not block.level
            and block.text
            and block.linked >= 0.9 * len(block.text.replace(" ", ""))
            and len(block.text.split()) <= 8
        ):
            run.append(block)
            continue
        if len(run) < 3 and run:
            kept += run
        run = []
        kept.append(block)
    return kept[:-1]
