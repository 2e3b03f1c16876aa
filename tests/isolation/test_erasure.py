"""What was deleted is gone: a source from whatever was made of it but for scripts' own words, an account from every table
and every file."""

import asyncio
import io
import json
import re
import zipfile
from contextlib import suppress
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest
from pgvector.sqlalchemy import VECTOR
from sqlalchemy import text

from app.db.base import Base
from app.features.accounts.leaving import LINGERS, look_again
from app.shared.jobs import Task
from tests.conftest import PASSWORD, add_text, finished, sign_up, working
from tests.isolation.rows import a_row_of_everything

pytestmark = pytest.mark.slow

WORDS = "Vandermoor"
SAID = f"""The lighthouse of {WORDS} Point was lit in 1794 by Ada {WORDS} herself. The lamp of {WORDS} Point burned whale oil
until 1861. A keeper of {WORDS} Point climbed 182 steps each night. Ships could see the {WORDS} light from 23 miles away.

Before the {WORDS} lamp was lit, eleven ships were lost on the reef in ten years. After the {WORDS} lamp was lit, one ship was
lost in ten years. The {WORDS} lamp was the first on that coast to turn by clockwork."""

OUTLIVES = {
    "erased_accounts": "the id alone, until nothing can arrive any more",
    "audit_events": "that it was there and did something, without from where and what exactly",
}
"""Tables that may name an account after its erasure, and what they may say."""


async def tables_that_say(resources, *words: str) -> list[str]:
    """By their rows as text; vectors are numbers and say nothing."""
    found, pattern = [], "|".join(map(re.escape, words))
    async with resources.db.transaction() as session:
        for table in Base.metadata.sorted_tables:
            columns = ", ".join(f'"{one.name}"' for one in table.columns if not isinstance(one.type, VECTOR))
            said = text(f"select exists (select from {table.name} where concat_ws(' ', {columns}) ~* :pattern)")
            if await session.scalar(said, {"pattern": pattern}):
                found.append(table.name)
    return found


def files_that_say(home: Path, *words: str) -> list[str]:
    """By their names or by their bytes."""
    found = []
    for one in (home / "files").rglob("*"):
        said = str(one).encode() + (one.read_bytes() if one.is_file() else b"")
        if any(word.encode() in said for word in words):
            found.append(str(one))
    return found


async def count_rows(resources) -> dict[str, int]:
    async with resources.db.transaction() as session:
        return {
            table.name: await session.scalar(text(f"select count(*) from {table.name}")) or 0
            for table in Base.metadata.sorted_tables
        }


async def gone(resources, *words: str) -> None:
    """Files are deleted once the erasure is committed, and the answer doesn't wait for it."""
    for _ in range(250):
        with suppress(FileNotFoundError):  # it is being deleted while we look
            if not files_that_say(resources.settings.home, *words):
                return
        await asyncio.sleep(0.02)
    raise AssertionError(files_that_say(resources.settings.home, *words))


WORDS_OF_SCRIPTS = {"script_versions", "repurposings", "safety_checks"}
"""What a script says stays, without its quotes, and is `unsupported` from then on."""


async def test_a_journey_is_exported_in_open_forms_then_its_source_leaves_only_scripts_own_words_then_its_account_nothing(
    creator, project, worker, resources
):
    """One journey for three properties, as it is what takes the time."""
    source = await add_text(creator, project, SAID, "The lighthouse")
    other = "Lighthouses of the coast burned whale oil, then paraffin. A keeper climbed the steps each night."
    await add_text(creator, project, other, "Other lighthouses")

    async def made(path: str, **body) -> dict:
        asked = await creator.post(path, json=body)
        assert asked.status_code == 202, asked.text
        job = await finished(creator, asked.json(), seconds=120)
        assert job["status"] == "succeeded", job
        return job

    asked = "How did the lamp change the ships that were lost?"
    research = (await made(f"/projects/{project}/research", question=asked))["result"]["id"]
    await made(f"/projects/{project}/chat", message="When was the lighthouse lit, and by whom?")
    structure = (await made(f"/projects/{project}/structures", research_id=research))["result"]["id"]
    written = await made(f"/projects/{project}/scripts", structure_id=structure, research_id=research, target_minutes=2)
    script = written["result"]["id"]
    await made(f"/scripts/{script}/safety-checks")
    await made(f"/scripts/{script}/repurposings", format="thread")
    await made(f"/projects/{project}/idea-checks", idea="A video about the lamp on the point")
    before = await tables_that_say(resources, WORDS)

    export = (await made("/users/me/exports"))["result"]["id"]
    archive = zipfile.ZipFile(io.BytesIO((await creator.get(f"/users/me/exports/{export}")).content))
    assert json.loads(archive.read("manifest.json"))["unwritten"] == []
    (brief,) = [name for name in archive.namelist() if "/research/" in name and name.endswith(".md")]
    assert asked in archive.read(brief).decode()
    assert f"> The lamp of {WORDS} Point" in archive.read(brief).decode()
    assert json.loads(archive.read(brief.replace(".md", ".json")))["id"] == research
    (readable,) = [name for name in archive.namelist() if name.endswith("/script.md")]
    assert archive.read(readable).startswith(b"# ")
    assert json.loads(archive.read(readable.replace("script.md", "version-1.json")))["sections"]
    said = {name: WORDS.encode() in archive.read(name) for name in archive.namelist()}
    assert {f"records/{table}.json" for table in before} - {"records/search_postings.json"} <= {
        name for name, says in said.items() if says or name == "records/retrievable_text.json"
    }

    assert (await creator.delete(f"/sources/{source['id']}")).status_code == 204

    made_of_it = {"source_versions", "job_steps", "research_claims", "structures", "script_versions", "chat_messages"}
    assert made_of_it <= set(before)
    assert set(await tables_that_say(resources, WORDS)) <= WORDS_OF_SCRIPTS
    head = (await creator.get(f"/scripts/{script}")).json()["version"]
    for section in head["sections"]:
        assert all(one["quote"] is None for one in section["citations"] if one["source_id"] == source["id"])

    owner = (await creator.get("/users/me")).json()["id"]
    assert files_that_say(resources.settings.home, owner)
    erased = await creator.request("DELETE", "/users/me", json={"password": PASSWORD})
    assert erased.status_code == 204
    await gone(resources, owner)
    assert set(await tables_that_say(resources, WORDS, owner, project, script, research)) <= set(OUTLIVES)


async def test_an_erased_account_leaves_no_row_no_vector_no_file_and_no_job_that_runs(server, resources):
    """It has a row in every table, files of every kind, and a job that would never end."""
    runs, ended = asyncio.Event(), asyncio.Event()

    async def hang(_) -> None:
        runs.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    never_end = Task("isolation.never_end", hang, 600, 1)
    counts = await count_rows(resources)
    async with httpx.AsyncClient(base_url=f"{server}/api/v1", timeout=30) as leaver:
        account = await sign_up(leaver, f"{uuid4().hex}@erasure.example.com")
        leaver.headers["Authorization"] = f"Bearer {account['access_token']}"
        owner = UUID(account["id"])
        async with resources.db.transaction() as session:
            rows = await a_row_of_everything(session, owner)
            await session.execute(
                text(
                    "insert into jobs (id, owner_id, kind, input, status, max_attempts, code_version)"
                    " values (:id, :owner, :kind, jsonb_build_object(), 'queued', 6, '0')"
                ),
                {"id": uuid4(), "owner": owner, "kind": never_end.name},
            )
        filled = await count_rows(resources)
        assert all(filled[table] > counts[table] for table in rows), "every table has something to lose"
        names = ("a/original", "a/poster", "a/waveform", "a/subtitles", "b/original", "b/arriving-1", "c/d.zip")
        for place in ("sources", "exports"):
            for name in names:
                await resources.storage.put(f"{place}/{owner}/{name}", f"{WORDS} {owner}".encode())
            (resources.settings.home / "files" / place / str(owner) / "b/original#1").write_text(WORDS)  # cut off

        async with working(resources.settings, resources, {never_end.name: never_end}):
            await asyncio.wait_for(runs.wait(), 20)
            wrong = await leaver.request("DELETE", "/users/me", json={"password": "not the password"})
            assert wrong.status_code == 403
            assert await leaver.get("/users/me")
            erased = await leaver.request("DELETE", "/users/me", json={"password": PASSWORD})
            assert erased.status_code == 204
            await asyncio.wait_for(ended.wait(), 20)
        assert (await leaver.get("/users/me")).status_code == 401

    await gone(resources, str(owner))
    ids = {str(value) for row in rows.values() for value in row.values() if isinstance(value, UUID)}
    ids.remove(str(rows["model_calls"]["id"]))  # the receipt's own
    assert set(await tables_that_say(resources, account["email"], account["email"].partition("@")[0], *ids)) <= set(
        OUTLIVES
    )
    left = await count_rows(resources)
    books = {"model_calls", *OUTLIVES}
    assert {table for table in rows if left[table] > counts[table]} <= books


async def test_what_a_crash_left_of_an_erased_account_or_came_after_it_is_deleted_by_upkeep(resources):
    owner = uuid4()

    async def erased(seconds_ago: float) -> None:
        async with resources.db.transaction() as session:
            await session.execute(
                text(
                    "insert into erased_accounts (account_id, erased_at)"
                    " values (:id, now() - make_interval(secs => :ago)) on conflict (account_id)"
                    " do update set erased_at = excluded.erased_at"
                ),
                {"id": owner, "ago": seconds_ago},
            )

    await erased(0)
    await resources.storage.put(f"sources/{owner}/a/original", b"left by a crash")
    await look_again(resources)
    assert not files_that_say(resources.settings.home, str(owner))
    assert await tables_that_say(resources, str(owner)) == ["erased_accounts"]

    await erased(LINGERS.total_seconds() + 1)
    await resources.storage.put(f"sources/{owner}/b/original", b"sent to an address that still took it")
    await look_again(resources)
    assert not files_that_say(resources.settings.home, str(owner))
    assert await tables_that_say(resources, str(owner)) == []
