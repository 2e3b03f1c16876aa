"""What becomes of answers when what they rest on, or the conversation itself, is deleted."""

import asyncio

import pytest
from sqlalchemy import text

from tests.conftest import add_file, add_text, finished
from tests.features.chat.talk import (
    TOWER,
    ask,
    assert_every_sentence_is_carried,
    assert_spans_hold,
    history,
    sentences_of,
)

pytestmark = pytest.mark.usefixtures("worker")


async def test_a_deleted_source_leaves_none_of_its_words(creator, project, resources):
    guide = await add_text(creator, project, TOWER, title="A guide to Hallam")
    await add_text(creator, project, "The parish book says that the Hallam bell weighs 900 kilograms.", title="A book")
    tall = await ask(creator, project, "How tall is the Hallam tower?")
    bell = await ask(creator, project, "How much does the Hallam bell weigh?")
    assert (await creator.delete(f"/sources/{guide['id']}")).status_code == 204
    after = {one["id"]: one for one in await history(creator, project)}
    async with resources.db.transaction() as session:
        stored = await session.scalar(
            text("select string_agg(m::text, ' ') from chat_messages m where project_id = :id and role = 'assistant'"),
            {"id": project},
        )

    assert "62 metres" not in stored
    assert "Edith Crane" not in stored
    assert "A guide to Hallam" not in stored
    gone = after[tall["id"]]
    assert gone["text"].startswith("[This sentence went with its source")
    assert {(one["quote"], one["source_deleted"]) for one in gone["citations"]} == {(None, True)}
    assert all(gone["text"][one["text_span"]["start"] : one["text_span"]["end"]] for one in gone["citations"])
    assert after[bell["id"]]["text"] == bell["text"]


async def test_a_sentence_that_another_source_carries_takes_that_ones_words(creator, project):
    first = await add_text(creator, project, TOWER, title="A guide")
    second = await add_text(
        creator, project, "According to the parish book, the Hallam tower is 62 metres tall.", title="A book"
    )
    said = await ask(creator, project, "How tall is the Hallam tower?")
    assert {one["source_id"] for one in said["citations"]} == {first["id"], second["id"]}
    main = sentences_of(said)[0]
    gone, left = (second, first) if "parish" in main else (first, second)
    await creator.delete(f"/sources/{gone['id']}")
    after = (await history(creator, project))[-1]

    kept = [one["quote"] for one in after["citations"] if one["source_id"] == left["id"]]
    assert sentences_of(after)[0] in kept
    assert_spans_hold(after)


async def test_quotes_follow_a_source_that_is_read_anew_or_are_stale(creator, project, resources):
    added = (await add_file(creator, project, "tower.txt", TOWER.encode())).json()
    await finished(creator, added["job"])
    source = added["source"]["id"]
    before = await ask(creator, project, "How tall is the Hallam tower?")
    async with resources.db.transaction() as session:
        key = await session.scalar(text("select storage_key from content_sources where id = :id"), {"id": source})
    await resources.storage.put(key, f"A note before all others stands here now.\n\n{TOWER}".encode())
    await finished(creator, (await creator.post(f"/sources/{source}/ingest")).json()["job"])
    moved = (await history(creator, project))[-1]
    now = (await creator.get(f"/sources/{source}/text")).json()["text"]
    await resources.storage.put(key, b"Nothing of the old text is left in here at all.")
    await finished(creator, (await creator.post(f"/sources/{source}/ingest")).json()["job"])
    stale = (await history(creator, project))[-1]

    assert moved["citations"][0]["span"]["start"] > before["citations"][0]["span"]["start"]
    assert_every_sentence_is_carried(moved, {source: now})
    assert {one["stale"] for one in moved["citations"]} == {False}
    assert {one["stale"] for one in stale["citations"]} == {True}


async def test_a_conversation_deleted_meanwhile_gets_no_answer(creator, project, resources):
    await add_text(creator, project, TOWER)
    sent = await asyncio.gather(
        *(creator.post(f"/projects/{project}/chat", json={"message": f"How tall is tower {n}?"}) for n in range(8))
    )
    await creator.delete(f"/projects/{project}/chat")
    ended = [await finished(creator, one.json()) for one in sent]
    left = await history(creator, project)

    assert {one["status"] for one in ended} <= {"succeeded", "failed"}
    assert {one["error"]["code"] for one in ended if one["error"]} <= {"conversation_deleted"}
    assert left == []


async def test_an_answer_that_is_being_stored_while_its_conversation_is_deleted_goes_with_it(
    creator, project, resources
):
    await add_text(creator, project, TOWER)
    await ask(creator, project, "How tall is the tower?")
    question, answer = "role = 'user' and project_id = :project", "role = 'assistant' and project_id = :project"
    async with resources.db.transaction() as storing:
        await storing.execute(text(f"select 1 from chat_messages where {question} for update"), {"project": project})
        await storing.execute(text(f"delete from chat_messages where {answer}"), {"project": project})
        deleting = asyncio.create_task(creator.delete(f"/projects/{project}/chat"))
        await until_somebody_waits(resources)
        columns = "owner_id, project_id, job_id, text, citations, rejected, manifest, abstained, created_at, updated_at"
        await storing.execute(
            text(
                f"insert into chat_messages (id, role, {columns}) select gen_random_uuid(), 'assistant', {columns}"
                f" from chat_messages where {question}"
            ),
            {"project": project},
        )
    assert (await deleting).status_code == 204

    assert await history(creator, project) == []


async def until_somebody_waits(resources):
    waits = text(
        "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query ilike '%chat_messages%'"
    )
    async with asyncio.timeout(20):
        while True:
            async with resources.db.transaction() as session:
                if await session.scalar(waits):
                    return
            await asyncio.sleep(0.02)
