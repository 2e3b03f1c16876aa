"""Every route of the OpenAPI document, and what it can be filled with."""

from typing import Any, NamedTuple

import httpx
from litestar.openapi.spec import OpenAPI

from app.config import Settings
from app.main import create_app
from tests.isolation.bodies import least, resolved
from tests.isolation.rows import Row

FOR_OPERATORS = {"get /api/v1/users", "patch /api/v1/users/{user_id}"}
"""And everything under /admin."""

METHODS = ("get", "post", "put", "patch", "delete")
NOBODYS_ID = "01890000-0000-7000-8000-000000000000"
PUBLIC = {
    "get /api/v1/health",
    "get /api/v1/health/live",
    "get /api/v1/health/ready",
    "post /api/v1/auth/login",
    "post /api/v1/auth/logout",
    "post /api/v1/auth/password-reset",
    "post /api/v1/auth/password-reset/confirm",
    "post /api/v1/auth/refresh",
    "post /api/v1/auth/register",
    "post /api/v1/auth/verify",
    "post /api/v1/auth/verify/request",
    "put /api/v1/uploads/{upload_id}/content",
}
"""What needs no token. The last wants an address that we signed; tests/features/uploads shows that nobody else can."""


class Operation(NamedTuple):
    method: str
    path: str
    spec: dict[str, Any]

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def is_for_operators(self) -> bool:
        return self.name in FOR_OPERATORS or self.path.startswith("/api/v1/admin")

    def names(self) -> list[str]:
        """Of the parameters of its path."""
        return [one["name"] for one in self._parameters("path")]

    def _parameters(self, where: str) -> list[dict[str, Any]]:
        return [one for one in self.spec.get("parameters", []) if one["in"] == where]

    def takes_an_id(self) -> bool:
        (parameter,) = self._parameters("path")
        return parameter["schema"].get("format") == "uuid"

    def query(self) -> dict[str, Any]:
        """The least that it takes."""
        needed = [one for one in self._parameters("query") if one.get("required")]
        return {one["name"]: least(one["schema"], DOCUMENT) for one in needed}

    def body(self) -> dict[str, Any]:
        content = self.spec.get("requestBody", {}).get("content", {})
        if "application/json" in content:
            return {"json": least(content["application/json"]["schema"], DOCUMENT)}
        if "multipart/form-data" in content:
            fields = resolved(content["multipart/form-data"]["schema"], DOCUMENT)
            needed = [name for name in fields.get("required", []) if name != "file"]
            plain = {name: least(fields["properties"][name], DOCUMENT) for name in needed}
            subtitles = b"WEBVTT\n\n00:00.000 --> 00:02.000\nTides\n"
            return {"data": plain, "files": {"file": ("a.vtt", subtitles, "text/vtt")}}
        return {}

    async def ask(self, client: httpx.AsyncClient, ids: dict[str, Any], **more: Any) -> httpx.Response:
        path = self.path
        for name in self.names():
            path = path.replace(f"{{{name}}}", str(ids.get(name, 1 if name == "number" else NOBODYS_ID)))
        return await client.request(self.method, path, params=self.query(), **{**self.body(), **more})


def schema() -> dict[str, Any]:
    document: OpenAPI = create_app(Settings()).openapi_schema
    return document.to_schema()


DOCUMENT = schema()
OPERATIONS = [
    Operation(method, path, spec)
    for path, operations in DOCUMENT["paths"].items()
    for method, spec in operations.items()
    if method in METHODS
]
CLOSED = [one for one in OPERATIONS if one.name not in PUBLIC]
WITH_IDS = [one for one in CLOSED if one.names()]
WITH_BODIES = [one for one in CLOSED if "application/json" in one.spec.get("requestBody", {}).get("content", {})]


def likely(name: str, rows: dict[str, Row]) -> list[str]:
    """Tables with ids that are called as the parameter is; where none is, all that have ids."""
    every = [table for table, row in rows.items() if "id" in row]
    return [table for table in every if name.removesuffix("_id") in table] or every
