"""The OpenAPI document: what Litestar and msgspec know of the routes, and what holds for all of them, in one."""

from typing import Any

from litestar.handlers import HTTPRouteHandler
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, OpenAPI

from app import VERSION
from app.reference.examples import Examples
from app.reference.operations import Part, add_headers, finish_operation
from app.reference.schemas import HOME, StructSchemas
from app.reference.words import DESCRIPTION, REFUSALS, TAGS
from app.shared.openapi import MEANINGS

BEARER = {
    "token": {
        "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
        "description": "An access token, from `/api/v1/auth/login`.",
    },
    "operator_token": {
        "type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "An access token of an operator.",
    },
    "api_key": {
        "type": "http", "scheme": "bearer",
        "description": "A key for a program, from `/api/v1/users/me/api-keys`. It reads with the scope `read`, and changes "
        "with `write`; it doesn't reach accounts and operations.",
    },
    "ticket": {
        "type": "apiKey", "in": "query", "name": "ticket",
        "description": "For one job's stream, from `/api/v1/jobs/{job_id}/ticket`.",
    },
}  # fmt: skip


class Document(OpenAPI):
    """Litestar's document, which is finished as it is written."""

    finish: Any = None

    def to_schema(self) -> Part:
        document = super().to_schema()
        self.finish(document)
        return document


class Reference(OpenAPIConfig):
    """The configuration of the document. `schemas` is the plugin that it needs."""

    def __init__(self) -> None:
        super().__init__(
            title="Strand",
            version=VERSION,
            description=DESCRIPTION,
            path="/schema",
            components=Components(),
            use_handler_docstrings=True,
            operation_id_creator=self.name,
            render_plugins=[JsonRenderPlugin()],  # an empty list brings pages that load scripts from elsewhere
        )
        self.schemas = StructSchemas()
        self.options: dict[str, Part] = {}
        """By operation: what its handler says of itself with `opt`."""

    def name(self, handler: HTTPRouteHandler, *_: Any) -> str:
        name = handler.fn.__name__
        self.options[name] = dict(handler.opt)
        return name

    def to_openapi_schema(self) -> OpenAPI:
        plain = super().to_openapi_schema()
        document = Document(info=plain.info, components=plain.components, servers=plain.servers, paths={})
        document.finish = self.finish
        return document

    def finish(self, document: Part) -> None:
        self.schemas.resolve(document)
        schemas: Part = document["components"]["schemas"]
        say_types(schemas)
        operations = [
            (method, path, operation) for path, item in document["paths"].items() for method, operation in item.items()
        ]
        for method, path, operation in operations:
            finish_operation(method, path, operation, self.options[operation["operationId"]])
        always_there(schemas, operations)
        add_locations(operations)
        add_examples(document, operations)
        document["components"]["securitySchemes"] = BEARER
        document["security"] = [{"token": []}, {"api_key": []}]
        used = {tag for _, _, operation in operations for tag in operation["tags"]}
        document["tags"] = [{"name": name, "description": said} for name, said in TAGS.items() if name in used]


def say_types(schemas: Part) -> None:
    """Enumerations of words are strings, and a list of anything has items too."""
    for one in schemas.values():
        for schema in (one, *one.get("properties", {}).values()):
            if "enum" in schema and "type" not in schema and all(isinstance(word, str) for word in schema["enum"]):
                schema["type"] = "string"
            if schema.get("type") == "array":
                schema.setdefault("items", {})


def reached(part: Any, schemas: Part, seen: set[str]) -> set[str]:
    """The names of all schemas that this part of the document refers to, itself or through others."""
    if isinstance(part, dict):
        target = part.get("$ref")
        if isinstance(target, str) and target.startswith(HOME) and (name := target.removeprefix(HOME)) not in seen:
            seen.add(name)
            reached(schemas[name], schemas, seen)
        for value in part.values():
            reached(value, schemas, seen)
    elif isinstance(part, list):
        for value in part:
            reached(value, schemas, seen)
    return seen


def always_there(schemas: Part, operations: list[tuple[str, str, Part]]) -> None:
    """In what is only answered every field is there, whether or not it has a default; structs that leave defaults out are
    those that are also taken."""
    taken: set[str] = set()
    for _, _, operation in operations:
        reached(operation.get("requestBody"), schemas, taken)
    for name, schema in schemas.items():
        if name not in taken and schema.get("type") == "object":
            schema["required"] = list(schema.get("properties", {}))
            for one in schema.get("properties", {}).values():
                one.pop("default", None)


def named(content: Part | None) -> str | None:
    """The schema's name of a JSON body."""
    target = (content or {}).get("application/json", {}).get("schema", {}).get("$ref", "")
    return target.removeprefix(HOME) or None


def add_locations(operations: list[tuple[str, str, Part]]) -> None:
    """What makes a resource says where it is, and which operations take its id from there."""
    of_one: dict[str, list[Part]] = {}
    readers: dict[str, Part] = {}
    for method, path, operation in operations:
        own = [one["name"] for one in operation.get("parameters", []) if one["in"] == "path"]
        if len(own) == 1 and path.endswith("}"):
            of_one.setdefault(own[0], []).append(operation)
            if method == "get" and "304" in operation["responses"]:
                readers[named(operation["responses"]["200"].get("content")) or ""] = {"parameter": own[0]}
    for method, path, operation in operations:
        if method != "post":
            continue
        made = operation["responses"].get("201")
        name = named(made.get("content")) if made else None
        if made and name in readers:
            add_headers(made, ["Location", "ETag"], path)
            made["links"] = links(of_one[readers[name]["parameter"]], readers[name]["parameter"], "/id")
        if accepted := operation["responses"].get("202"):
            nested = named(accepted["content"]) == "SourceAccepted"
            accepted["links"] = links(of_one["job_id"], "job_id", "/job/id" if nested else "/id")
            if nested:
                accepted["links"] |= links(of_one["source_id"], "source_id", "/source/id")


def links(operations: list[Part], parameter: str, pointer: str) -> Part:
    return {
        operation["operationId"]: {
            "operationId": operation["operationId"], "parameters": {parameter: f"$response.body#{pointer}"},
        }
        for operation in operations
        if operation["security"] != [{"operator_token": []}]
    }  # fmt: skip


def add_examples(document: Part, operations: list[tuple[str, str, Part]]) -> None:
    """An example beside every JSON body, kept once and referred to."""
    schemas = document["components"]["schemas"]
    made, kept = Examples(schemas), document["components"].setdefault("examples", {})
    for status, (code, detail, extra) in REFUSALS.items():
        body = {"status_code": int(status), "detail": detail, "code": code, "extra": extra}
        kept[f"Refused{status}"] = {"summary": MEANINGS[int(status)], "value": body}
    for _, _, operation in operations:
        answers = operation["responses"].items()
        for status, content in [("", operation.get("requestBody", {})), *answers]:
            name = named(content.get("content"))
            if name is None:
                continue
            key = f"Refused{status}" if name == "ErrorBody" else name
            if key not in kept:
                kept[key] = {"summary": schemas[name].get("description") or name, "value": made.of(name)}
            content["content"]["application/json"]["examples"] = {key: {"$ref": f"#/components/examples/{key}"}}
