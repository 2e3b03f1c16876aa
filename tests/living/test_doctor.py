"""`strand doctor` names what is wrong, with what to do about it, and lets pass what only looks so."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import asyncpg
import msgspec
import pytest
from uuid_utils.compat import uuid7

from app.db.models import Job, User
from app.db.session import Database, plain_url
from app.doctor import _collect
from app.supervisor import prepare_database
from tests.conftest import in_a_thread
from tests.living.databases import new_database


async def add_a_waiting_job(url):
    database, long_ago = Database(url, 1), datetime.now(UTC) - timedelta(hours=1)
    async with database.transaction() as session:
        owner = User(email="nell@example.com", password_hash="-", display_name="Nell")
        session.add(owner)
        await session.flush()
        session.add(
            Job(
                id=uuid7(),
                code_version="1",
                owner_id=owner.id,
                kind="sources.ingest_source",
                input={},
                run_at=long_ago,
                deadline_at=long_ago,
                max_attempts=3,
            )
        )
    await database.close()


@pytest.fixture
async def chosen(settings, tmp_path):
    url = new_database(settings, "doctor")
    chosen = msgspec.structs.replace(
        settings, database_url=url, strand_home=str(tmp_path), secret_key=None, port=1, engine="offline"
    )
    in_a_thread(lambda: prepare_database(chosen))
    return chosen


async def found(settings):
    return {finding.what: finding for finding in await _collect(settings)}


async def test_a_queue_that_nobody_works_on_a_broken_index_and_a_readable_key_are_wrong(chosen, tmp_path):
    well = await found(chosen)
    assert {finding.what for finding in well.values() if finding.level == "wrong"} == set()

    await add_a_waiting_job(chosen.database_url)
    connection = await asyncpg.connect(plain_url(chosen.database_url))
    await connection.execute("insert into paused_kinds (kind) values ('dna.build_profile'), ('research.ask')")
    with suppress(asyncpg.UniqueViolationError):
        await connection.execute("create unique index concurrently ix_half_made on paused_kinds ((kind = kind))")
    await connection.close()
    (tmp_path / "secret_key").chmod(0o644)
    ill = await found(chosen)

    wrong = {finding.what for finding in ill.values() if finding.level == "wrong"}
    assert wrong == {"Workers", "Indexes", "Secret key"}
    assert "Start one: `strand worker`" in ill["Workers"].said
    assert "ix_half_made" in ill["Indexes"].said
    assert "chmod 600" in ill["Secret key"].said
    assert "`strand jobs drain --off`" in ill["Paused"].said


async def test_an_older_schema_is_to_be_migrated_and_a_newer_one_is_noted(chosen):
    connection = await asyncpg.connect(plain_url(chosen.database_url))
    await connection.execute("update alembic_version set version_num = '0001'")
    old = await found(chosen)
    await connection.execute("update alembic_version set version_num = '9999'")
    new = await found(chosen)
    await connection.close()

    assert (old["Schema"].level, "run `strand migrate`" in old["Schema"].said) == ("wrong", True)
    assert new["Schema"].level == "note"
