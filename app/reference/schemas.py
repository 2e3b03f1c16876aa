"""The document's schemas, written by msgspec: what checks a body also says what it may be."""

import re
from typing import Any

import msgspec
from litestar.datastructures import UploadFile
from litestar.openapi.spec import Schema
from litestar.plugins import OpenAPISchemaPlugin
from litestar.typing import FieldDefinition
from msgspec import Struct

HOME = "#/components/schemas/"
PENDING = "pending-"


class StructSchemas(OpenAPISchemaPlugin):
    """Leaves a mark for every struct that the routes take or give; `resolve` puts a reference to msgspec's schema there. Litestar's own schemas know neither closed structs, nor tagged unions, nor
    docstrings."""

    def __init__(self) -> None:
        self.types: list[Any] = []

    def is_plugin_supported_field(self, field_definition: FieldDefinition) -> bool:
        return not field_definition.is_union and field_definition.is_subclass_of(Struct)

    def to_openapi_schema(self, field_definition: FieldDefinition, schema_creator: Any) -> Any:  # noqa: ARG002
        annotation = field_definition.annotation
        if annotation not in self.types:
            self.types.append(annotation)
        return Schema(title=f"{PENDING}{self.types.index(annotation)}")

    def resolve(self, document: dict[str, Any]) -> None:
        """Put the schemas into the document, under names that a person can read."""
        roots, found = msgspec.json.schema_components(self.types, schema_hook=_hook, ref_template=HOME + "{name}")
        schemas: dict[str, Any] = document["components"].setdefault("schemas", {})
        schemas.update(found)
        moved = {HOME + name: HOME + readable_name(name) for name in schemas}
        document["components"]["schemas"] = {
            readable_name(name): schema | ({"title": readable_name(name)} if "title" in schema else {})
            for name, schema in sorted(schemas.items(), key=lambda one: readable_name(one[0]))
        }
        _place(document, [moved[root["$ref"]] for root in roots], moved)
        for item in document["paths"].values():
            for operation in item.values():
                for content in operation.get("requestBody", {}).get("content", {}).values():
                    _name_union(content, document["components"]["schemas"])


def readable_name(name: str) -> str:
    """`Page_JobRead_` is a `JobReadPage`; of two structs of one name each is named after its feature too."""
    if generic := re.fullmatch(r"Page_(?:.*\.)?(\w+?)_", name):
        return f"{generic.group(1)}Page"
    if qualified := re.fullmatch(r"app\.features\.(\w+)\..*?(\w+)", name):
        return f"{qualified.group(1).title().replace('_', '')}{qualified.group(2)}"
    return name


def _hook(given: type) -> dict[str, Any]:
    if given is UploadFile:
        return {"type": "string", "format": "binary", "contentMediaType": "application/octet-stream"}
    raise NotImplementedError  # so msgspec is told that a type has no schema of ours, and names it


def _place(part: Any, places: list[str], moved: dict[str, str]) -> None:
    """Put references where marks are, and let those that there are, and discriminators, point to where the schemas are."""
    if isinstance(part, dict):
        if str(part.get("title", "")).startswith(PENDING):
            target = places[int(part["title"].removeprefix(PENDING))]
            part.clear()
            part["$ref"] = target
        for name, value in part.items():
            if isinstance(value, str) and value in moved:
                part[name] = moved[value]
            else:
                _place(value, places, moved)
    elif isinstance(part, list):
        for value in part:
            _place(value, places, moved)


def _name_union(content: dict[str, Any], schemas: dict[str, Any]) -> None:
    """A body that may be one of several structs gets a name, and says by which property they are told apart."""
    names = [one.get("$ref", "").removeprefix(HOME) for one in content["schema"].get("oneOf", [])]
    if not names or not all(names):
        return
    tag = next(tag for tag in schemas[names[0]]["properties"] if "enum" in schemas[names[0]]["properties"][tag])
    mapping = {schemas[name]["properties"][tag]["enum"][0]: HOME + name for name in names}
    last_words = {re.findall(r"[A-Z][a-z]*", name)[-1] for name in names}
    union = f"Any{last_words.pop()}" if len(last_words) == 1 else "Or".join(names)
    schemas[union] = {
        "title": union,
        "description": f"Told apart by `{tag}`.",
        "oneOf": [{"$ref": HOME + name} for name in names],
        "discriminator": {"propertyName": tag, "mapping": mapping},
    }
    content["schema"] = {"$ref": HOME + union}
