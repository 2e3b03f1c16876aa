"""Everything that an account owns, as one ZIP: complete, of one moment, safe to unpack, and gone after its days."""

import asyncio
import hashlib
import io
import json
import random
import zipfile
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest
from sqlalchemy import text
from uuid_utils.compat import uuid7

from app.db.base import Base
from app.db.ownership import owned_by
from app.features.exports import pipelines
from app.features.exports.archive import Archive
from app.features.exports.records import LEFT_OUT_COLUMNS, LEFT_OUT_TABLES, SECRET, given_columns, owned_tables
from app.features.exports.upkeep import delete_expired, delete_unknown
from app.shared.belongings import folder
from app.shared.resources import Resources
from tests.conftest import add_file, finished
from tests.isolation.rows import a_row_of_everything

NOBODYS = {
    "attempts": "counts under hashes, for minutes",
    "chores": "when workers did what",
    "erased_accounts": "accounts that are no more",
    "metric_totals": "counts of the installation",
    "paused_kinds": "what operators paused",
    "provider_lanes": "which provider is paused",
    "worker_processes": "workers that live",
}
"""Tables whose rows are no account's. A table that is in neither list fails the test that names them."""


async def me(client: httpx.AsyncClient) -> UUID:
    return UUID((await client.get("/users/me")).json()["id"])


async def exported(client: httpx.AsyncClient) -> tuple[str, zipfile.ZipFile]:
    """A new export, made and fetched: gives its id and the ZIP."""
    asked = await client.post("/users/me/exports")
    assert asked.status_code == 202, asked.text
    assert asked.headers["location"] == f"/api/v1/jobs/{asked.json()['id']}"
    job = await finished(client, asked.json())
    assert job["status"] == "succeeded", job
    assert job["result"]["type"] == "export"
    fetched = await client.get(f"/users/me/exports/{job['result']['id']}")
    assert fetched.status_code == 200, fetched.text
    assert fetched.headers["content-type"] == "application/zip"
    assert fetched.headers["content-disposition"].startswith('attachment; filename="strand-export-')
    assert fetched.headers["etag"] == f'"{hashlib.sha256(fetched.content).hexdigest()}"'
    return job["result"]["id"], zipfile.ZipFile(io.BytesIO(fetched.content))


def plain(value: Any) -> Any:
    """A database value as JSON has it."""
    return msgspec.json.decode(msgspec.json.encode(value))


def test_every_table_is_in_an_export_or_left_out_by_name_with_a_reason():
    nobody = UUID(int=0)
    owned = {table.name for table in Base.metadata.sorted_tables if owned_by(table, nobody) is not None}

    assert {table.name for table in Base.metadata.sorted_tables} - owned == set(NOBODYS)
    assert {table.name for table in owned_tables()} == owned - set(LEFT_OUT_TABLES)
    assert set(LEFT_OUT_TABLES) <= owned
    assert {name.partition(".")[0] for name in LEFT_OUT_COLUMNS} <= owned


async def test_an_export_holds_every_row_of_every_table_and_no_secret(creator, stranger, worker, resources):
    owner, other = await me(creator), await me(stranger)
    async with resources.db.transaction() as session:
        rows = await a_row_of_everything(session, owner)
        theirs = await a_row_of_everything(session, other)
        await session.execute(
            text("update users set password_hash = 'a-marker-of-a-hash' where id = :id"), {"id": owner}
        )

    _, archive = await exported(creator)

    everything = b"\n".join(archive.read(name) for name in archive.namelist()).decode()
    for table in owned_tables():
        found = json.loads(archive.read(f"records/{table.name}.json"))
        expected = {column.name: rows[table.name][column.name] for column in given_columns(table)}
        changed = {"updated_at", "password_hash", "status", "revision", "event_seq", "turn_at", "running"}
        fits = [
            row for row in found if all(row[name] == plain(expected[name]) for name in expected if name not in changed)
        ]
        assert fits or table.name == "job_lines", table.name
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            if SECRET.search(column.name) and table.name in rows:
                assert str(rows[table.name][column.name]) not in everything, f"{table.name}.{column.name}"
    assert "a-marker-of-a-hash" not in everything
    assert not [row["id"] for row in theirs.values() if "id" in row and str(row["id"]) in everything]
    assert str(other) not in everything
    left_out = json.loads(archive.read("manifest.json"))["left_out"]
    assert {"users.password_hash", "api_keys.key_hash", "refresh_tokens"} <= set(left_out)


async def test_an_export_names_every_file_with_its_checksum_and_holds_originals_as_they_were_sent(
    creator, project, worker
):
    sent = b"WEBVTT\n\n00:00.000 --> 00:02.000\n<v Nell>Tides lag behind the moon.\n"
    added = (await add_file(creator, project, "Tides & moon (final).VTT", sent)).json()
    await finished(creator, added["job"])

    _, archive = await exported(creator)

    manifest = json.loads(archive.read("manifest.json"))
    told = {one["name"]: one for one in manifest["files"]}
    assert set(archive.namelist()) == {*told, "manifest.json"}
    for name, one in told.items():
        content = archive.read(name)
        assert (one["size_bytes"], one["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
    assert manifest["missing"] == manifest["unwritten"] == []
    place = f"projects/how-sailors-found-their-longit-{project}"
    source = f"{place}/sources/{folder('Tides & moon (final).VTT', UUID(added['source']['id']))}"
    assert archive.read(f"{source}/original-tides-moon-final.vtt") == sent
    assert "Tides lag behind the moon." in archive.read(f"{source}/text.txt").decode()
    assert json.loads(archive.read(f"{source}/cues.json"))[0]["end_seconds"] == 2
    assert json.loads(archive.read(f"{place}/project.json"))["title"] == "How sailors found their longitude"
    assert json.loads(archive.read("account.json"))["display_name"] == "Nell"
    assert "records/" in archive.read("README.txt").decode()


async def test_an_export_is_not_there_before_it_is_ready_nor_after_it_was_deleted_and_a_key_never_reaches_it(
    creator, stranger, resources: Resources
):
    """No worker takes it here: the job is written as one that nobody knows."""
    owner = await me(creator)
    key = {"Idempotency-Key": "once"}
    async with resources.db.transaction() as session:
        await session.execute(text("insert into paused_kinds (kind) values ('exports.export_account')"))
    try:
        first = await creator.post("/users/me/exports", headers=key)
        again = await creator.post("/users/me/exports", headers=key)
        assert first.json()["id"] == again.json()["id"]
        (listed,) = (await creator.get("/users/me/exports")).json()["items"]
        assert (listed["status"], listed["job_id"]) == ("pending", first.json()["id"])
        address = f"/users/me/exports/{listed['id']}"

        waiting = await creator.get(address)
        assert (waiting.status_code, waiting.json()["status"]) == (202, "pending")
        assert waiting.headers["location"] == f"/api/v1/jobs/{first.json()['id']}"
        assert (await stranger.get(address)).status_code == (await stranger.delete(address)).status_code == 404
        made = await creator.post("/users/me/api-keys", json={"name": "program", "scopes": ["read", "write"]})
        program = httpx.AsyncClient(
            base_url=creator.base_url, headers={"Authorization": f"Bearer {made.json()['key']}"}
        )
        async with program:
            asked = [await program.post("/users/me/exports"), await program.get(address)]
        assert [one.status_code for one in asked] == [403, 403]

        for _ in range(4):
            assert (await creator.post("/users/me/exports")).status_code == 202
        assert (await creator.post("/users/me/exports")).json()["code"] == "too_many_exports"

        assert (await creator.delete(address)).status_code == 204
        assert (await creator.get(address)).status_code == 404
        assert (await creator.get(f"/jobs/{first.json()['id']}")).json()["status"] == "cancelled"
    finally:
        async with resources.db.transaction() as session:
            await session.execute(text("delete from paused_kinds where kind = 'exports.export_account'"))
            await session.execute(text("delete from jobs where owner_id = :id"), {"id": owner})


async def test_a_run_that_was_cut_off_leaves_nothing_and_days_that_are_over_take_the_file_along(
    creator, worker, resources: Resources
):
    owner = await me(creator)
    kept, _ = await exported(creator)
    home = resources.settings.home / "files/exports" / str(owner) / kept

    cut_off = await pipelines.write_archive(resources, owner, UUID(kept))  # its worker died before it could say so
    (home / "killed.zip#1").write_bytes(b"half")
    assert len(list(home.iterdir())) == 3
    later = await pipelines.write_archive(resources, owner, UUID(kept))
    await pipelines.publish_archive(resources, owner, UUID(kept), later)
    assert cut_off.key != later.key
    await delete_unknown(resources, for_seconds=-1)
    assert [one.name for one in home.iterdir()] == [later.key.rpartition("/")[2]]
    fetched = await creator.get(f"/users/me/exports/{kept}")
    assert hashlib.sha256(fetched.content).hexdigest() == later.sha256
    assert len(fetched.content) == later.size_bytes

    async with resources.db.transaction() as session:
        await session.execute(text("update account_exports set expires_at = now() where id = :id"), {"id": kept})
    assert (await creator.get(f"/users/me/exports/{kept}")).status_code == 404
    assert await delete_expired(resources) == 1
    assert not home.exists()


async def test_an_export_that_was_deleted_while_it_was_made_leaves_no_file(creator, resources: Resources):
    owner, export_id = await me(creator), uuid7()
    made = await pipelines.write_archive(resources, owner, export_id)

    with pytest.raises(pipelines.NotFound):
        await pipelines.publish_archive(resources, owner, export_id, made)

    assert await resources.storage.size(made.key) is None


async def test_a_large_file_goes_through_in_parts_and_a_lost_one_is_named(creator, project, resources: Resources):
    owner = await me(creator)
    size = 32 * 1024 * 1024
    async with resources.db.transaction() as session:
        for title, key in (("Long", f"sources/{owner}/long/original"), ("Lost", f"sources/{owner}/lost/original")):
            await session.execute(
                text(
                    "insert into content_sources (id, owner_id, project_id, title, role, kind, status, size_bytes,"
                    " storage_key, media_type, version, word_count, chunk_count, created_at, updated_at)"
                    " values (:id, :owner, :project, :title, 'own', 'file', 'ready', 1, :key, 'video/mp4', 0, 0, 0,"
                    " now(), now())"
                ),
                {"id": uuid7(), "owner": owner, "project": project, "title": title, "key": key},
            )
    await resources.storage.put(f"sources/{owner}/long/original", random.Random(7).randbytes(size))

    packing = pipelines.Packing(resources, Archive(datetime.now(UTC)), owner)
    begun = io.BytesIO()
    await packing.write_rows(begun)
    parts = [part async for part in packing.parts(begun)]

    assert max(map(len, parts)) < size / 2
    whole = b"".join(parts)
    assert (packing.size_bytes, packing.sha256.digest()) == (len(whole), hashlib.sha256(whole).digest())
    archive = zipfile.ZipFile(io.BytesIO(whole))
    assert archive.testzip() is None
    assert sum(one.file_size == size for one in archive.infolist()) == 1
    (lost,) = json.loads(archive.read("manifest.json"))["missing"]
    assert "/sources/lost-" in lost


async def test_rows_are_of_one_moment_though_more_are_written_meanwhile(creator, resources: Resources):
    """The export waits at a table that another holds; a project that is begun meanwhile is not in it."""
    names = [table.name for table in owned_tables()]
    packing = pipelines.Packing(resources, Archive(datetime.now(UTC)), await me(creator))
    rows = io.BytesIO()
    async with resources.db.transaction() as session:
        await session.execute(text("lock table preferences in access exclusive mode"))
        writing = asyncio.create_task(packing.write_rows(rows))
        waits = text("select exists(select from pg_locks where not granted and relation = 'preferences'::regclass)")
        while not await session.scalar(waits):  # noqa: ASYNC110  another process of the database waits
            await asyncio.sleep(0.02)
        assert (await creator.post("/projects", json={"title": "Begun too late for it"})).status_code == 201
    await writing

    assert names.index("users") < names.index("preferences") < names.index("projects")
    archive = zipfile.ZipFile(io.BytesIO(b"".join([part async for part in packing.parts(rows)])))
    assert not [name for name in archive.namelist() if "project" in name]
