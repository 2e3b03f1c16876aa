"""An example of every schema: from the structs' own examples, and from what their fields are called."""

import hashlib
from typing import Any

Schema = dict[str, Any]

WORDS = {
    "text": "In 1714 Parliament offered a prize for finding the longitude at sea.",
    "title": "How sailors found their longitude",
    "quote": "offered a prize for finding the longitude",
    "email": "nell@example.com",
    "display_name": "Nell Harrow",
    "detail": "There is no such project.",
    "code": "not_found",
    "field": "title",
    "message": "is missing",
    "engine": "offline",
    "language": "en",
    "media_type": "text/plain",
    "filename": "longitude.txt",
    "stage": "draft_section",
    "url": "https://example.com/longitude",
    "upload_url": "https://storage.example.com/uploads/0197a3c0?signature=...",
    "method": "PUT",
    "author": "Nell Harrow",
    "summary": "Sailors had no clock that kept time at sea until Harrison built one.",
    "question": "Why could sailors not find their longitude?",
    "narration": "In 1714 Parliament offered a prize for finding the longitude at sea.",
    "visuals": "A chart, and a ship far from where it believes to be.",
    "on_screen_text": "1714",
    "key": "strand_key_...",
    "prefix": "strand_key_4f",
    "access_token": "eyJhbGciOiJIUzI1NiJ9...",
    "refresh_token": "4Yc0zv...",
    "ticket": "eyJqb2IiOi...",
    "user_agent": "curl/8.5.0",
    "address": "203.0.113.7",
    "framework": "problem-solution",
    "version": "0.1.0",
    "model": "gpt-5.4-mini",
    "provider": "openai",
    "rationale": "It begins with what goes wrong at sea, and ends with the clock.",
    "explanation": "Two sources date the prize differently.",
    "reason": "the quote does not stand in the source",
    "kind": "scripts.write_script",
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "statement": "The prize was never paid.",
    "speaker": "SPEAKER_00",
    "note": "Said so on purpose.",
}
"""By the field's name, where its schema has no example."""

CHOICES = {
    "running",
    "ready",
    "reference",
    "creator",
    "supported",
    "full",
    "clear",
    "standard",
    "auto",
    "open",
    "generated",
}
"""Which word of an enumeration to show, where it isn't the first."""

NUMBERS = {
    "start": 8, "end": 49, "progress": 0.4, "total": 1, "limit": 20, "offset": 0, "status_code": 404, "attempts": 1, "word_count": 1480,
    "estimated_seconds": 592.0, "expires_in": 900, "size_bytes": 5120, "target_minutes": 12.0, "version": 1, "number": 1,
    "score": 0.87, "confidence": 0.9, "voice_match": 81.0,
}  # fmt: skip
DEEPEST = 12


class Examples:
    """Made once for each schema, so that an id is the same wherever it stands."""

    def __init__(self, schemas: Schema) -> None:
        self.schemas = schemas
        self._known: dict[str, Any] = {}

    def of(self, name: str) -> Any:
        """An example of the schema of this name."""
        if name not in self._known:
            self._known[name] = self._value(self.schemas[name], name, ())
        return self._known[name]

    def _value(self, schema: Schema, name: str, above: tuple[str, ...]) -> Any:
        if "$ref" in schema:
            target = schema["$ref"].rpartition("/")[2]
            return None if target in above else self._value(self.schemas[target], name, (*above, target))
        if given := schema.get("examples"):
            return given[0]
        if "const" in schema or "enum" in schema:
            chosen = schema.get("const") or schema["enum"][0]
            return next((word for word in schema.get("enum", []) if word in CHOICES), chosen)
        for alternatives in ("anyOf", "oneOf"):
            if alternatives in schema:
                return self._value(schema[alternatives][0], name, above)
        kind = schema.get("type")
        if "default" in schema and kind != "string":
            return schema["default"]
        if kind == "object":
            return self._object(schema, above)
        if kind == "array":
            item = self._value(schema["items"], name.removesuffix("s"), above) if "items" in schema else None
            return [] if item is None else [item] * max(1, schema.get("minItems", 1))
        if kind in {"integer", "number"}:
            number = max(NUMBERS.get(name, 1), schema.get("minimum", 0))
            return number if kind == "number" else int(number)
        return False if kind == "boolean" else _text(schema, name)

    def _object(self, schema: Schema, above: tuple[str, ...]) -> Any:
        said = {name: self._value(one, name, above) for name, one in schema.get("properties", {}).items()}
        if not said and isinstance(schema.get("additionalProperties"), dict) and schema["additionalProperties"]:
            return {"name": self._value(schema["additionalProperties"], "name", above)}
        return said


def _text(schema: Schema, name: str) -> Any:
    if schema.get("type") != "string":
        return {} if not schema else None
    match schema.get("format"):
        case "uuid":
            return an_id(name)
        case "date-time":
            return "2026-03-14T09:26:53Z"
        case "date":
            return "2026-03-14"
        case "decimal":
            return "0.0042"
        case "binary":
            return "(the file's bytes)"
    said = WORDS.get(name, name.replace("_", " "))
    return said[: schema.get("maxLength", len(said))].ljust(schema.get("minLength", 0), ".")


def an_id(name: str) -> str:
    """A UUID of version 7, always the same for this name."""
    digest = hashlib.sha256(name.encode()).hexdigest()
    return f"0197a3c0-{digest[:4]}-7{digest[4:7]}-8{digest[7:10]}-{digest[10:22]}"
