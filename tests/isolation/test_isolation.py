"""Every method of every route of the OpenAPI document: with the ids of somebody else's things, as an operator, with a key
that may only read, and without a token."""

from collections.abc import Iterator
from itertools import product
from typing import Any, NamedTuple
from uuid import UUID

import httpx
import pytest
from litestar.routes import HTTPRoute
from sqlalchemy import Text, cast, func, literal, literal_column, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from app.config import Settings
from app.db.base import Base
from app.db.ownership import owned_by
from app.main import create_app
from tests.conftest import sign_up
from tests.isolation.bodies import ids_in
from tests.isolation.routes import (
    CLOSED,
    DOCUMENT,
    FOR_OPERATORS,
    OPERATIONS,
    PUBLIC,
    WITH_BODIES,
    WITH_IDS,
    Operation,
    likely,
)
from tests.isolation.rows import Row, a_row_of_everything
from tests.isolation.walls import no_row_holds

pytestmark = pytest.mark.slow
SEEN_BY_OPERATORS = {"get /api/v1/users/{user_id}"}
"""What a creator sees of itself, and operators of everybody."""

CHANGES_BY_ITSELF = {"user_sessions", "refresh_tokens", "job_lines", "audit_events"}
"""Tables in which an account's own signing in and asking leaves traces."""


class Household(NamedTuple):
    client: httpx.AsyncClient
    rows: dict[str, Row]

    def ids(self) -> set[UUID]:
        return {row["id"] for row in self.rows.values() if "id" in row}


@pytest.fixture(scope="module")
async def households(server, resources):
    """Two creators, each with a row of everything. What is the first's is the same to the letter in the end."""
    made: list[Household] = []
    for _ in range(2):
        client = httpx.AsyncClient(base_url=server, timeout=30)
        async with httpx.AsyncClient(base_url=f"{server}/api/v1") as stranger:
            account = await sign_up(stranger)
        client.headers["Authorization"] = f"Bearer {account['access_token']}"
        async with resources.db.transaction() as session:
            made.append(Household(client, await a_row_of_everything(session, UUID(account["id"]))))
    before = await everything_of(resources, made[0])
    yield made
    assert await everything_of(resources, made[0]) == before
    for household in made:
        await household.client.aclose()


async def everything_of(resources, household: Household) -> dict[str, str | None]:
    """Every table's rows that are the account's, as text, but for what its own signing in and reading change."""
    owner, told = household.rows["users"]["id"], {}
    async with resources.db.transaction() as session:
        for table in Base.metadata.sorted_tables:
            condition = owned_by(table, owner)
            if condition is not None and table.name not in CHANGES_BY_ITSELF:
                row = cast(literal_column(table.name), Text)
                whole = select(func.string_agg(row, aggregate_order_by(literal("\n"), row))).select_from(table)
                told[table.name] = await session.scalar(whole.where(condition))
    return told


@pytest.fixture(scope="module")
async def kinds(households):
    """By name of a path's parameter: the table whose ids it takes, as the route that reads such a thing tells. None where
    no route does."""
    owner, known = households[0], {}
    for one in OPERATIONS:
        if one.method != "get" or len(one.names()) != 1 or "/admin/" in one.path:
            continue
        (name,) = one.names()
        if not one.path.endswith(f"/{{{name}}}") or not one.takes_an_id():
            continue
        for table in dict.fromkeys((*likely(name, owner.rows), *likely("", owner.rows))):
            answer = await one.ask(owner.client, {name: owner.rows[table]["id"]})
            if answer.status_code != 404:  # a row that was filled without its meaning may be found and not be readable
                known[name] = table
                break
        assert name in known, f"nobody can read {one.path}, so that it is refused to strangers means nothing"
    return known


def fillings(operation: Operation, kinds: dict[str, str], *of: Household) -> Iterator[dict[str, Any]]:
    """Ids for the operation's path, of each household's things in turn; of every table where its kind isn't known."""
    choices = [
        [
            {name: household.rows[table]["id"]}
            for household in of
            for table in ([kinds[name]] if name in kinds else likely(name, household.rows))
        ]
        for name in operation.names()
        if name != "number"
    ]
    for chosen in product(*choices):
        yield {name: value for one in chosen for name, value in one.items()}


def named(operations: list[Operation]) -> Any:
    return pytest.mark.parametrize("operation", operations, ids=[one.name for one in operations])


def test_every_route_and_method_is_in_the_document_that_is_walked():
    there = {
        f"{method.lower()} {route.path_format}"
        for route in create_app(Settings()).routes
        if isinstance(route, HTTPRoute) and route.path_format.startswith("/api/v1")
        for method in route.methods - {"OPTIONS", "HEAD"}
    }

    assert there == {one.name for one in OPERATIONS}
    assert {one.name for one in OPERATIONS} >= PUBLIC | FOR_OPERATORS | SEEN_BY_OPERATORS


@named(WITH_IDS)
async def test_the_ids_of_anothers_things_are_unknown_at_every_route_and_no_row_of_them_leaves_the_database(
    households, kinds, resources, operation
):
    """One foreign id is enough, beside ids of one's own as well."""
    owner, stranger = households
    foreign = owner.ids()
    refused = 403 if operation.is_for_operators else 404
    with no_row_holds(foreign, resources.db.engine.sync_engine) as told:
        for ids in fillings(operation, kinds, owner, stranger):
            if foreign.isdisjoint(ids.values()):
                continue
            answer = await operation.ask(stranger.client, ids)
            assert answer.status_code == refused, f"{ids}: {answer.status_code} {answer.text[:300]}"
    assert not told


@named(WITH_BODIES)
async def test_anothers_ids_in_a_body_are_taken_nowhere(households, kinds, operation):
    owner, stranger = households
    content = operation.spec["requestBody"]["content"]["application/json"]["schema"]
    for name, is_list in dict(ids_in(content, DOCUMENT)).items():
        of = name.removesuffix("s") if is_list else name
        tables = [kinds[of]] if of in kinds else likely(of, owner.rows)
        for foreign in [str(owner.rows[table]["id"]) for table in tables]:
            sent = operation.body()["json"] | {name: [foreign] if is_list else foreign}
            for ids in fillings(operation, kinds, stranger):
                answer = await operation.ask(stranger.client, ids, json=sent)
                assert 400 <= answer.status_code < 500, f"{name}: {answer.status_code} {answer.text[:300]}"


async def test_what_is_read_with_ids_of_ones_own_holds_nothing_of_anothers(households, kinds, resources):
    """By what leaves the database as well as by what is answered: of rows that were filled without their meaning some can't
    be told."""
    owner, stranger = households
    foreign = owner.ids()
    with no_row_holds(foreign, resources.db.engine.sync_engine) as told:
        for one in CLOSED:
            if one.method == "get" and not one.path.endswith("/events") and not one.is_for_operators:
                for ids in fillings(one, {name: kinds.get(name, "users") for name in one.names()}, stranger):
                    answer = await one.ask(stranger.client, ids)
                    assert not [identity for identity in foreign if str(identity) in answer.text], one.path
    assert not told


async def test_an_operator_reads_accounts_and_operations_and_nothing_that_creators_own(households, kinds, operator):
    owner, _ = households
    operator.base_url = owner.client.base_url
    for one in WITH_IDS:
        if one.is_for_operators or one.name in SEEN_BY_OPERATORS:
            continue
        for ids in fillings(one, kinds, owner):
            answer = await one.ask(operator, ids)
            assert answer.status_code == 404, f"{one.name} {ids}: {answer.status_code} {answer.text[:300]}"
    words = {row["title"] for row in owner.rows.values() if isinstance(row.get("title"), str)}
    for one in OPERATIONS:
        if one.method == "get" and one.is_for_operators:
            for ids in fillings(one, {**kinds, "provider": "users"}, owner):
                answer = await one.ask(operator, ids)
                assert answer.status_code in {200, 404}, f"{one.name}: {answer.text[:300]}"
                assert not [word for word in words if word in answer.text], one.name


async def test_operators_routes_are_closed_to_creators(households):
    _, stranger = households
    for one in OPERATIONS:
        if one.is_for_operators:
            answer = await one.ask(stranger.client, {})
            assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), one.name


async def test_a_key_that_may_only_read_writes_nowhere_and_no_key_reaches_the_account(households, kinds):
    owner, _ = households
    client, keys = owner.client, {}
    for scope in ("read", "write"):
        made = await client.post("/api/v1/users/me/api-keys", json={"name": scope, "scopes": [scope]})
        keys[scope] = made.json()
    for one in CLOSED:
        for ids in fillings(one, {name: kinds.get(name, "users") for name in one.names()}, owner):
            wrong = "write" if one.method == "get" else "read"
            given = await one.ask(client, ids, headers={"Authorization": f"Bearer {keys[wrong]['key']}"})
            assert (given.status_code, given.json()["code"]) == (403, "missing_scope"), (
                f"{one.name}: {given.text[:200]}"
            )
            if one.path.startswith("/api/v1/users/me") or one.is_for_operators:
                right = keys["read" if one.method == "get" else "write"]
                given = await one.ask(client, ids, headers={"Authorization": f"Bearer {right['key']}"})
                assert (given.status_code, given.json()["code"]) == (403, "not_for_keys"), one.name
    for key in keys.values():
        assert (await client.delete(f"/api/v1/users/me/api-keys/{key['id']}")).status_code == 204


async def test_without_a_token_every_route_is_closed_but_those_that_are_public_by_name(server):
    async with httpx.AsyncClient(base_url=server, timeout=30) as nobody:
        for one in CLOSED:
            answer = await one.ask(nobody, {})
            assert answer.status_code == 401, f"{one.name}: {answer.status_code} {answer.text[:200]}"
            assert answer.headers["www-authenticate"] == "Bearer"
        for one in OPERATIONS:
            if one.name in PUBLIC:
                assert one.spec.get("security") in ([{}], []), f"{one.name} is public, and the document must say so"
