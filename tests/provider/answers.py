"""What the model says: for the schemas of `ANSWERS` what is written here, for every other one a filling that fits it,
without a schema two sentences. Each answer is a function of the request's body alone."""

import json
import re
from collections.abc import Callable
from typing import Any

from tests.provider.filling import fill, fixed_sentence, sentences
from tests.provider.request import Request, Source
from tests.provider.styles import Style, cut, restyle, restyle_text


def answer_text(request: Request, style: Style = "good") -> str:
    """The text of the model's answer to this request."""
    if request.schema is None:
        text = restyle_text(prose(request), request, style)
    else:
        make = answer_for(request)
        value = make(request) if make else fill(request)
        text = json.dumps(restyle(value, request.schema, request, style), ensure_ascii=False)
    return cut(text) if style == "malformed" else text


def answer_for(request: Request) -> Callable[[Request], Any] | None:
    """The entry of `ANSWERS` by the schema's name, or by its properties where it has no name."""
    if request.schema_name:
        return ANSWERS.get(request.schema_name)
    properties = frozenset((request.schema or {}).get("properties", {}))
    return ANSWERS.get(NAMES_BY_PROPERTIES.get(properties, ""))


def prose(request: Request) -> str:
    """Two sentences of the sources, of two where there are two; without sources a fixed one."""
    if not request.sources:
        return fixed_sentence(request)
    first, *others = request.sources
    second = sentences(others[0])[0] if others else sentences(first)[1 % len(sentences(first))]
    return f"{sentences(first)[0]} {second}"


def traits_from(sources: list[Source]) -> list[dict[str, Any]]:
    """One trait with two quotes that stand, one with a quote that was never said, one with too few."""
    if not sources:
        return []
    quotes = [{"source": source.label, "quote": _short_quote(source)} for source in sources[:2]]
    invented = {"source": sources[0].label, "quote": "Nobody ever said this sentence in any of the videos."}
    return [
        {"name": "Speaks plainly", "description": "You speak plainly.", "quotes": quotes},
        {"name": "Made up", "description": "You never said this.", "quotes": [invented, quotes[0]]},
        {"name": "Too thin", "description": "One quote is not enough.", "quotes": quotes[:1]},
    ]


ANSWERS: dict[str, Callable[[Request], Any]] = {
    "TraitDrafts": lambda request: {"traits": traits_from(request.sources)},
}
"""What is answered to a schema of this name (or title)."""
NAMES_BY_PROPERTIES: dict[frozenset[str], str] = {frozenset({"traits"}): "TraitDrafts"}
"""The name of a schema that came without one, by the names of its properties."""


def _short_quote(source: Source) -> str:
    found = re.findall(r"[^.!?\n]{25,90}[.!?]", source.text)
    return found[0].strip() if found else sentences(source)[0]
