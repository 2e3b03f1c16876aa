"""The least body that a schema of the OpenAPI document takes, and where in it ids may stand."""

from collections.abc import Iterator
from typing import Any

Schema = dict[str, Any]


def resolved(schema: Schema, document: Schema) -> Schema:
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    return schema


def least(schema: Schema, document: Schema) -> Any:
    """A value that is valid: required properties alone, the first of alternatives."""
    schema = resolved(schema, document)
    for alternatives in ("oneOf", "anyOf"):
        if alternatives in schema:
            return least(schema[alternatives][0], document)
    if examples := schema.get("examples"):
        return examples[0]["value"] if isinstance(examples[0], dict) and "value" in examples[0] else examples[0]
    if "const" in schema or "enum" in schema:
        return schema.get("const", (schema.get("enum") or [None])[0])
    kind = schema.get("type")
    match kind[0] if isinstance(kind, list) else kind:
        case "object":
            wanted = schema.get("required", [])
            return {
                name: least(schema["properties"][name], document) for name in wanted if name in schema["properties"]
            }
        case "array":
            return [least(schema["items"], document)] * schema.get("minItems", 0)
        case "string" if schema.get("format") == "uuid":
            return "01890000-0000-7000-8000-000000000000"
        case "string":
            return "a string that is long enough"[: schema.get("maxLength", 100)].ljust(schema.get("minLength", 0), "x")
        case "integer" | "number":
            return max(schema.get("minimum", 1), 1)
        case "boolean":
            return False
    return None


def ids_in(schema: Schema, document: Schema) -> Iterator[tuple[str, bool]]:
    """Properties of an object that hold an id, and whether they hold a list of them."""
    schema = resolved(schema, document)
    for alternatives in ("oneOf", "anyOf", "allOf"):
        for one in schema.get(alternatives, []):
            yield from ids_in(one, document)
    for name, given in schema.get("properties", {}).items():
        kinds = [resolved(kind, document) for kind in (given.get("oneOf") or given.get("anyOf") or [given])]
        for kind in kinds:
            if kind.get("format") == "uuid":
                yield name, False
            elif kind.get("type") == "array" and resolved(kind["items"], document).get("format") == "uuid":
                yield name, True
