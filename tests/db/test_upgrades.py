"""Upgrades with data in the database: what was written at an older schema is there at the newest, and is served."""

import httpx
import msgspec
import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory
from uuid_utils.compat import uuid7

from app.backup import write
from app.db import migrate
from app.db.base import Base
from app.db.session import Database
from app.main import create_app
from app.restore import restore
from app.shared.archive import writing
from tests.conftest import PASSWORD, in_a_thread, serving, sign_up
from tests.isolation.rows import _needed, _value
from tests.living.databases import at_once, new_database

HEAD = migrate.head()
BEFORE = ScriptDirectory.from_config(migrate.config()).get_revision(HEAD).down_revision
GONE: dict[str, set[str]] = {}
"""Columns by table that a later migration dropped, with what they held moved elsewhere."""


async def _fill(url, email, password_hash):
    """A row of every table as this schema has it: values by the models, as far as the columns are there."""
    database, old, owner = Database(url, 1), sa.MetaData(), uuid7()
    rows = {}
    async with database.engine.begin() as connection:
        await connection.run_sync(lambda sync: old.reflect(sync, only=lambda name, _: not name.startswith("saq")))
        for table in Base.metadata.sorted_tables:
            if table.name not in old.tables:
                continue
            there = old.tables[table.name].columns
            values = {
                column.name: _value(table, column, rows, owner)
                for column in table.columns
                if column.name in there and (_needed(column) or not (there[column.name].nullable or there[column.name].server_default))
            }  # fmt: skip
            if table.name == "users":
                values |= {"id": owner, "email": email, "password_hash": password_hash}
            rows[table.name] = values
            await connection.execute(sa.insert(old.tables[table.name]).values(values))
    await database.close()
    return set(old.tables) - {"alembic_version"}


async def _texts(url, columns):
    """Every row of these tables, these columns of it, as PostgreSQL writes it."""
    database = Database(url, 1)
    async with database.engine.connect() as connection:
        found = {
            table: {
                tuple(row) for row in await connection.execute(sa.text("select " + ", ".join(f'"{n}"::text' for n in names) + f' from "{table}"'))
            }
            for table, names in columns.items()
        }  # fmt: skip
    await database.close()
    return found


async def _columns(url):
    database = Database(url, 1)
    async with database.engine.connect() as connection:
        listed = await connection.execute(
            sa.text(
                "select table_name, column_name from information_schema.columns where table_schema = 'public'"
                " and table_name not like 'saq%' and table_name <> 'alembic_version' and is_generated = 'NEVER'"
            )
        )
        found = {}
        for table, column in listed:
            found.setdefault(table, []).append(column)
    await database.close()
    return found


@pytest.fixture(params=[BEFORE, "0001"])
async def old(settings, server, request):
    """A database at an older schema, with rows in each of its tables."""
    url = new_database(settings, f"old_{request.param}")
    in_a_thread(lambda: migrate.upgrade(url, request.param))
    known = await _registered(server)
    hashed = at_once(settings.database_url, f"select password_hash from users where email = '{known}'")[0]
    email = f"old.{known}"
    await _fill(url, email, hashed)
    columns = await _columns(url)
    return url, email, columns, await _texts(url, columns), request.param


async def _registered(server):
    async with httpx.AsyncClient(base_url=f"{server}/api/v1") as client:
        return (await sign_up(client))["email"]


async def _served(settings, url, email):
    """The old account signs in, and sees its project."""
    async with (
        serving(create_app(msgspec.structs.replace(settings, database_url=url))) as address,
        httpx.AsyncClient(base_url=f"{address}/api/v1", timeout=30) as client,
    ):
        pair = await client.post("/auth/login", json={"email": email, "password": PASSWORD})
        assert pair.status_code == 200, pair.text
        client.headers["Authorization"] = f"Bearer {pair.json()['access_token']}"
        projects = (await client.get("/projects")).json()["items"]
        sources = (await client.get(f"/projects/{projects[0]['id']}/sources")).json()
        assert (await client.get("/health/ready")).status_code == 200
        return projects, sources["total"]


async def test_rows_of_an_older_schema_are_whole_and_served_at_the_newest_and_a_backup_of_them_is_brought_up(
    old, settings, tmp_path
):
    url, email, columns, before, revision = old
    assert all(before.values()), "a table without a row shows nothing"
    chosen = msgspec.structs.replace(settings, database_url=url, storage_url=f"file://{tmp_path / 'files'}")
    path = tmp_path / "old.tar"
    with writing(str(path)) as archive:
        await write(chosen, archive)
    in_a_thread(lambda: migrate.upgrade(url))
    at_newest = await _columns(url)
    kept = {table: [n for n in names if n in at_newest.get(table, ())] for table, names in columns.items()}
    lost = {table: gone for table, names in columns.items() if (gone := set(names) - set(kept[table]) - GONE.get(table, set()))}  # fmt: skip
    if revision == BEFORE:
        assert lost == {}, "the version before this one still reads it"
        assert await _texts(url, columns) == before
        in_a_thread(lambda: migrate.downgrade(url, BEFORE))
        assert await _texts(url, columns) == before
        in_a_thread(lambda: migrate.upgrade(url))
        assert await _texts(url, columns) == before
    else:
        there = await _texts(url, kept)
        assert {table: len(rows) for table, rows in there.items()} == {t: len(rows) for t, rows in before.items()}
    in_a_thread(lambda: migrate.check(url))
    at_the_newest = await _texts(url, kept)
    projects, sources = await _served(settings, url, email)
    assert (len(projects), sources) == (1, 1)

    anew = new_database(settings, f"anew_{revision}")
    other = msgspec.structs.replace(chosen, database_url=anew, storage_url=f"file://{tmp_path / 'anew'}")
    assert in_a_thread(lambda: restore(other, path)) == 0
    assert await _texts(anew, kept) == at_the_newest
    assert at_once(anew, "select version_num from alembic_version") == [HEAD]
