"""Every route of the OpenAPI document, with the ids of somebody else's things."""

from collections import defaultdict
from itertools import product
from typing import Any
from uuid import UUID

import httpx
import pytest
from litestar.openapi.spec import OpenAPI

from app.config import Settings
from app.main import create_app
from tests.conftest import sign_up
from tests.isolation.bodies import ids_in, least, resolved
from tests.isolation.rows import Row, a_row_of_everything

pytestmark = pytest.mark.slow
METHODS = ("get", "post", "put", "patch", "delete")
SIGNED = {"put /api/v1/uploads/{upload_id}/content"}
"""Whoever has the signed address may write; tests/features/uploads shows that nobody else can."""


def schema() -> dict[str, Any]:
    document: OpenAPI = create_app(Settings()).openapi_schema
    return document.to_schema()


DOCUMENT = schema()
OPERATIONS = [
    (method, path, operation)
    for path, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
    if method in METHODS
]
WITH_IDS = [
    pytest.param(method, path, operation, id=f"{method} {path}")
    for method, path, operation in OPERATIONS
    if "{" in path and f"{method} {path}" not in SIGNED
]
WITH_BODIES = [
    pytest.param(method, path, operation, id=f"{method} {path}")
    for method, path, operation in OPERATIONS
    if "application/json" in operation.get("requestBody", {}).get("content", {})
    and not path.startswith(("/api/v1/auth", "/api/v1/admin"))
]


@pytest.fixture(scope="module")
async def households(server, resources):
    """Two creators, each with a row of everything: (client, rows) of the first and of the second."""
    made: list[tuple[httpx.AsyncClient, dict[str, Row]]] = []
    for _ in range(2):
        client = httpx.AsyncClient(base_url=server, timeout=30)
        account = await sign_up(httpx.AsyncClient(base_url=f"{server}/api/v1"))
        client.headers["Authorization"] = f"Bearer {account['access_token']}"
        async with resources.db.transaction() as session:
            made.append((client, await a_row_of_everything(session, UUID(account["id"]))))
    yield made
    for client, _ in made:
        await client.aclose()


@pytest.fixture(scope="module")
async def own_ids(households):
    """By name of a path's parameter: the second creator's ids that it may be, all where no route tells."""
    _, (client, rows) = households
    every = [row["id"] for row in rows.values() if "id" in row]
    known: dict[str, list[Any]] = {"number": [1]}
    for method, path, operation in OPERATIONS:
        names = [one["name"] for one in parameters(operation, "path")]
        if method == "get" and len(names) == 1 and path.endswith(f"/{{{names[0]}}}") and "/admin/" not in path:
            read = [one for one in every if (await client.get(address(path, {names[0]: one}))).status_code == 200]
            known.setdefault(names[0], read)
    return defaultdict(lambda: every, {name: ids for name, ids in known.items() if ids})


def address(path: str, ids: dict[str, Any]) -> str:
    for name, value in ids.items():
        path = path.replace(f"{{{name}}}", str(value))
    return path


def parameters(operation: dict[str, Any], where: str) -> list[dict[str, Any]]:
    return [one for one in operation.get("parameters", []) if one["in"] == where]


def query(operation: dict[str, Any]) -> dict[str, Any]:
    """The least that the route's query takes."""
    needed = [one for one in parameters(operation, "query") if one.get("required")]
    return {one["name"]: least(one["schema"], DOCUMENT) for one in needed}


def body(operation: dict[str, Any]) -> dict[str, Any]:
    content = operation.get("requestBody", {}).get("content", {})
    if "application/json" in content:
        return {"json": least(content["application/json"]["schema"], DOCUMENT)}
    if "multipart/form-data" in content:
        fields = resolved(content["multipart/form-data"]["schema"], DOCUMENT)
        plain = {
            name: least(fields["properties"][name], DOCUMENT) for name in fields.get("required", []) if name != "file"
        }
        return {"data": plain, "files": {"file": ("a.vtt", b"WEBVTT\n\n00:00.000 --> 00:02.000\nTides\n", "text/vtt")}}
    return {}


def is_for_operators(operation: dict[str, Any]) -> bool:
    return "403" in operation["responses"]


@pytest.mark.parametrize(("method", "path", "operation"), WITH_IDS)
async def test_the_ids_of_anothers_things_are_unknown_at_every_route(households, method, path, operation):
    (_, theirs), (stranger, _) = households
    names = [one["name"] for one in parameters(operation, "path")]
    for table, row in theirs.items():
        if "id" not in row:
            continue
        filled = {name: 1 if name == "number" else row["id"] for name in names}
        answer = await stranger.request(method, address(path, filled), params=query(operation), **body(operation))
        refused = {404, 403} if is_for_operators(operation) else {404}
        assert answer.status_code in refused, f"{table}: {answer.status_code} {answer.text[:300]}"


async def test_a_row_of_everything_is_read_by_its_owner_so_the_refusals_mean_something(households):
    (owner, rows), _ = households
    read = set()
    for method, path, operation in OPERATIONS:
        names = [one["name"] for one in parameters(operation, "path")]
        if method != "get" or len(names) != 1 or path.startswith("/api/v1/admin"):
            continue
        for row in rows.values():
            if "id" not in row or path.endswith("/events"):
                continue
            answer = await owner.get(address(path, {names[0]: row["id"]}), params=query(operation))
            if answer.status_code != 404:  # a row that was filled without its meaning may be found and not be readable
                read.add(path)

    of_things = {
        path for method, path, operation in OPERATIONS
        if method == "get" and path.count("{") == 1 and path.endswith("_id}") and not path.startswith("/api/v1/admin")
        and parameters(operation, "path")[0]["schema"].get("format") == "uuid"
    }  # fmt: skip
    assert of_things <= read


@pytest.mark.parametrize(("method", "path", "operation"), WITH_BODIES)
async def test_anothers_ids_in_a_body_are_taken_nowhere(households, own_ids, method, path, operation):
    (_, theirs), (stranger, _) = households
    content = operation["requestBody"]["content"]["application/json"]["schema"]
    names = [one["name"] for one in parameters(operation, "path")]
    for property_name, is_list in dict(ids_in(content, DOCUMENT)).items():
        for foreign in [str(row["id"]) for row in theirs.values() if "id" in row]:
            sent = body(operation)["json"] | {property_name: [foreign] if is_list else foreign}
            for values in product(*(own_ids[name] for name in names)):
                filled = dict(zip(names, values, strict=True))
                answer = await stranger.request(method, address(path, filled), params=query(operation), json=sent)
                assert 400 <= answer.status_code < 500, f"{property_name}: {answer.status_code} {answer.text[:300]}"


async def test_lists_hold_nothing_of_anothers(households, creator):
    (_, theirs), _ = households
    foreign = {str(row["id"]) for row in theirs.values() if "id" in row}
    for method, path, operation in OPERATIONS:
        if method != "get" or path.startswith(("/api/v1/admin", "/api/v1/health")) or "{" in path:
            continue
        answer = await creator.get(path.removeprefix("/api/v1"), params=query(operation))
        assert answer.status_code in {200, 403}, f"{path}: {answer.text[:200]}"
        assert not [one for one in foreign if one in answer.text], path
