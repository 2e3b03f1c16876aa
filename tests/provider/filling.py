"""A value for any JSON schema, made of the words of a request's sources."""

import hashlib
import re
from dataclasses import dataclass
from typing import Any

from tests.provider.request import Request, Source

MOST_ITEMS = 3
DEEPEST = 8
FIXED = (
    "The sea keeps its own clock, and nobody has ever wound it.",
    "A good question costs less than a wrong answer.",
    "Every map leaves something out on purpose.",
    "The harbour was quiet, so the sailors counted stars.",
    "What is measured twice is believed once.",
    "Nobody noticed the lamp until the oil ran out.",
    "The second attempt was slower and much better.",
    "An honest mistake teaches more than a lucky guess.",
)
BY_FORMAT = {
    "date": "2024-05-01",
    "date-time": "2024-05-01T12:00:00Z",
    "time": "12:00:00Z",
    "uuid": "0190f000-0000-7000-8000-000000000001",
    "uri": "https://example.com/",
    "email": "nell@example.com",
}


@dataclass(frozen=True)
class Place:
    """Where the filling takes its words from: the number of a source, and of a sentence in it."""

    source: int = 0
    sentence: int = 0

    def item(self, index: int, sources: int) -> "Place":
        """The place of a list's item: the next source, and after the last one the next sentence."""
        turns, source = divmod(self.source + index, sources)
        return Place(source, self.sentence + turns)


def fill(request: Request) -> Any:
    """A value that fits the request's schema, made of its sources' words."""
    assert request.schema is not None
    return _Filling(request, request.schema).value(request.schema, "", Place(), 0)


def resolve(schema: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    """The schema that a reference names."""
    while "$ref" in schema:
        found: Any = root
        for step in schema["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        schema = found
    return schema


class _Filling:
    def __init__(self, request: Request, root: dict[str, Any]) -> None:
        self._root = root
        self._sources = request.sources or [Source("S1", fixed_sentence(request))]

    def value(self, schema: dict[str, Any], name: str, place: Place, depth: int) -> Any:
        schema = resolve(schema, self._root)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return schema["enum"][place.source % len(schema["enum"])]
        if options := schema.get("anyOf") or schema.get("oneOf"):
            some = [option for option in options if option.get("type") != "null"]
            return self.value(some[0], name, place, depth) if some and depth < DEEPEST else None
        kind = schema.get("type", "object" if "properties" in schema else "string")
        if isinstance(kind, list):
            kind = next(one for one in kind if one != "null")
        match kind:
            case "object":
                parts = schema.get("properties", {})
                return {part: self.value(parts[part], part, place, depth + 1) for part in parts}
            case "array":
                return self._items(schema, name, place, depth)
            case "integer" | "number":
                return _number(schema, place.source + 1 if kind == "integer" else 0.5)
            case "boolean":
                return True
            case "null":
                return None
        return self._string(schema, name, place)

    def _items(self, schema: dict[str, Any], name: str, place: Place, depth: int) -> list[Any]:
        if depth >= DEEPEST:
            return []
        items = schema.get("items") or {"type": "string"}
        if "prefixItems" in schema:
            return [self.value(item, name, place, depth + 1) for item in schema["prefixItems"]]
        wanted = min(len(self._sources), MOST_ITEMS, schema.get("maxItems", MOST_ITEMS))
        count = max(wanted, schema.get("minItems", 0))
        places = [place.item(index, len(self._sources)) for index in range(count)]
        return [self.value(items, name.removesuffix("s"), place, depth + 1) for place in places]

    def _string(self, schema: dict[str, Any], name: str, place: Place) -> str:
        source = self._sources[place.source % len(self._sources)]
        if schema.get("format") in BY_FORMAT:
            return BY_FORMAT[schema["format"]]
        said = sentences(source)
        sentence = said[place.sentence % len(said)]
        if is_label(name):
            return source.label
        if name in {"name", "title", "heading"}:
            sentence = " ".join(sentence.rstrip(".!?").split()[:5])
        return sentence.ljust(schema.get("minLength", 0), ".")[: schema.get("maxLength")]


def is_label(name: str) -> bool:
    return name in {"source", "label"} or name.endswith(("_source", "_label"))


def _number(schema: dict[str, Any], wanted: float) -> float:
    """The number wanted, or the nearest that the schema allows."""
    least = schema.get("minimum", schema.get("exclusiveMinimum", wanted - 1) + 1)
    most = schema.get("maximum", schema.get("exclusiveMaximum", wanted + 1) - (1 if isinstance(wanted, int) else 0))
    return min(max(wanted, least), most)


def sentences(source: Source) -> list[str]:
    """Runs of the source's own characters that end as sentences do, those of a quotable length if there are any."""
    found = [run.strip() for run in re.findall(r"[^.!?\n]+[.!?]*", source.text) if run.strip()]
    quotable = [run for run in found if 25 <= len(run) <= 200]
    return quotable or found or [source.text.strip()[:200] or source.label]


def fixed_sentence(request: Request) -> str:
    hashed = hashlib.sha256(f"{request.instructions}\0{request.prompt}".encode()).digest()
    return FIXED[hashed[0] % len(FIXED)]
