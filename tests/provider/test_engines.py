"""The real SDKs against a provider on loopback."""

import asyncio
import time
from uuid import UUID

import numpy as np
import pytest
from sqlalchemy import text

from app.features.dna import tasks as dna_tasks
from app.features.sources import tasks as source_tasks
from app.shared.clients.embeddings import hash_texts
from tests.conftest import SAMPLES, add_file, add_text, finished
from tests.provider import engines
from tests.provider.engines import enqueue, task
from tests.provider.server import provider, status, written

ENGINES = ["anthropic", "compatible", "openai"]
BUILD = task("engines.build_profile", dna_tasks.build_profile, 5)
INGEST = task("engines.ingest_source", source_tasks.ingest_source)


def engine_worker(settings, name, url, **change):
    return engines.engine_worker(settings, name, url, {one.name: one for one in (BUILD, INGEST)}, **change)


async def add_own(creator, project):
    accepted = [
        (await add_file(creator, project, path.name, path.read_bytes(), "own")).json()
        for path in sorted((SAMPLES / "own").iterdir())[:3]
    ]
    for answer in accepted:
        assert (await finished(creator, answer["job"]))["status"] == "succeeded"
    return [answer["source"]["id"] for answer in accepted]


@pytest.fixture
async def own_sources(creator, project, worker):
    return await add_own(creator, project)


@pytest.fixture(scope="module")
async def samples(reader, room, worker):
    """The same for tests that leave them as they were."""
    return await add_own(reader, room)


async def build(resources, creator, project, sources):
    return await enqueue(
        resources, creator, BUILD, project, project_id=project, source_ids=sources, name="Voice", speaker=None
    )


async def calls_of(resources, job):
    query = "select provider, model, purpose, state, step, input_tokens, output_tokens from model_calls where job_id = :id order by id"
    async with resources.db.transaction() as session:
        return (await session.execute(text(query), {"id": job["id"]})).mappings().all()


@pytest.mark.parametrize("name", ENGINES)
async def test_a_models_traits_are_kept_only_as_far_as_their_quotes_stand(name, settings, reader, room, samples):
    async with provider() as server, engine_worker(settings, name, server.url) as resources:
        job = await build(resources, reader, room, samples)
        ended = await finished(reader, job)
        profile = (await reader.get(f"/dna-profiles/{ended['result']['id']}")).json()
        calls = await calls_of(resources, job)

    assert [trait["name"] for trait in profile["traits"]] == ["Speaks plainly"]
    assert len(profile["traits"][0]["evidence"]) == 2
    assert {rejected["statement"] for rejected in profile["rejected"]} == {
        "Made up", "Too thin", "Nobody ever said this sentence in any of the videos.",
    }  # fmt: skip
    assert profile["engine"].startswith(f"{name}:")
    async with resources.db.transaction() as session:
        manifest = await session.scalar(text("select manifest from dna_profiles where id = :id"), {"id": profile["id"]})
    assert (manifest["engine"], manifest["prompt"]) == (profile["engine"], "traits.v2.md")
    assert {source["source_id"] for source in manifest["sources"]} == set(samples)
    assert [(used["model"], used["input_tokens"]) for used in manifest["calls"]] == [
        (profile["engine"], calls[0]["input_tokens"])
    ]
    assert [(call["provider"], call["purpose"], call["state"], call["step"]) for call in calls] == [
        (name, "generate", "done", "write_traits.v2")
    ]
    assert ended["usage"]["input_tokens"] == calls[0]["input_tokens"] >= 100
    step = next(step for step in ended["steps"] if step["name"] == "write_traits.v2")
    assert step["usage"]["output_tokens"] == calls[0]["output_tokens"]


async def test_an_answer_that_does_not_fit_is_repaired_once_with_the_error_shown(settings, reader, room, samples):
    async with provider() as server, engine_worker(settings, "openai", server.url) as resources:
        server.script = [written('{"traits": "none"}')]
        job = await build(resources, reader, room, samples)
        ended = await finished(reader, job)
        calls = await calls_of(resources, job)

    assert ended["status"] == "succeeded"
    assert [call["state"] for call in calls] == ["done", "done"]
    assert "Your last answer was refused" in server.requests[1][1]["input"]


async def test_a_busy_provider_is_waited_for_and_paid_steps_are_not_repeated(settings, reader, room, samples):
    async with provider() as server, engine_worker(settings, "anthropic", server.url) as resources:
        server.script = [status(429, retry_after="0.2"), status(529)]
        began = time.monotonic()
        job = await build(resources, reader, room, samples)
        ended = await finished(reader, job)
        calls = await calls_of(resources, job)

    assert ended["status"] == "succeeded"
    assert time.monotonic() - began >= 0.2
    assert [call["state"] for call in calls] == ["failed", "failed", "done"]
    assert {step["name"]: step["attempts"] for step in ended["steps"]}["train_fingerprint"] == 1
    assert len(server.requests) == 3


async def test_a_refused_key_pauses_the_lane_and_the_job_goes_on_when_the_key_works_again(
    settings, creator, project, own_sources
):
    async with provider() as server, engine_worker(settings, "openai", server.url) as resources:
        server.script = [status(401)]
        job = await build(resources, creator, project, own_sources)
        waiting = await eventually(
            lambda: creator.get(f"/jobs/{job['id']}"), lambda one: "provider" in (one["stage"] or "")
        )
        lanes = await lanes_of(resources)
        ended = await finished(creator, job)

    assert waiting["status"] == "queued"
    assert "until" in waiting["stage"]
    assert lanes == [("openai", "", "provider_key_refused")]
    assert ended["status"] == "succeeded"
    assert "sk-test" not in str(waiting) + str(ended)
    assert len(server.requests) == 2
    assert await lanes_of(resources) == []


async def eventually(read, good, seconds=15):
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up:
        if good(answer := (await read()).json()):
            return answer
        await asyncio.sleep(0.02)
    raise AssertionError(answer)


async def lanes_of(resources):
    async with resources.db.transaction() as session:
        rows = await session.execute(text("select provider, model, code from provider_lanes order by 1, 2"))
        return [tuple(row) for row in rows]


async def test_sources_are_embedded_in_batches_in_the_right_order(settings, creator, project, own_sources):
    async with provider() as server, engine_worker(settings, "openai", server.url) as resources:
        job = await enqueue(resources, creator, INGEST, project, source_id=own_sources[0])
        ended = await finished(creator, job)
        query = "select text, embedding from retrievable_text where source_id = :id order by ordinal"
        async with resources.db.transaction() as session:
            rows = (await session.execute(text(query), {"id": own_sources[0]})).all()
            model = await session.scalar(
                text("select distinct embedding_model from retrievable_text where source_id = :id"),
                {"id": own_sources[0]},
            )

    assert ended["status"] == "succeeded"
    assert model == "text-embedding-3-small"
    assert [len(request["input"]) for path, request in server.requests] == [len(rows)]
    stored = np.array([np.asarray(row.embedding.to_numpy()) for row in rows])
    assert np.allclose(stored, hash_texts([row.text for row in rows]), atol=1e-6)


async def test_a_call_is_in_the_books_before_it_is_sent(settings, creator, project, own_sources):
    """While the provider hangs, the row is there, and says so."""
    async with provider() as server, engine_worker(settings, "openai", server.url) as resources:
        seen: list[str] = []

        async def slow(request):
            await asyncio.sleep(0.5)
            return written('{"traits": []}')(request)

        server.script = [slow]
        job = await build(resources, creator, project, own_sources)
        for _ in range(400):
            seen += [call["state"] for call in await calls_of(resources, job)]
            if "done" in seen:
                break
            await asyncio.sleep(0.01)

    assert seen[0] == "sent"
    assert seen[-1] == "done"


async def test_a_cancelled_job_sends_no_second_call(settings, reader, room, samples):
    """The first answer needs a repair; the cancel comes while it is on the wire."""
    async with provider() as server, engine_worker(settings, "openai", server.url) as resources:
        job: dict[str, str] = {}

        async def cancel_meanwhile(request):
            await asyncio.sleep(1.5)
            return written('{"traits": "none"}')(request)

        server.script = [cancel_meanwhile]
        job = await build(resources, reader, room, samples)
        while not server.requests:  # noqa: ASYNC110  the provider keeps a list
            await asyncio.sleep(0.01)
        assert (await reader.post(f"/jobs/{job['id']}/cancel")).status_code == 202
        ended = await finished(reader, job)
        await asyncio.sleep(1.5)
        calls = await calls_of(resources, job)

    assert ended["status"] == "cancelled"
    assert len(server.requests) == 1
    assert [call["state"] for call in calls] == ["done"]


async def test_a_used_up_budget_pauses_the_job_and_a_raised_one_lets_it_go_on(
    settings, creator, operator, project, own_sources
):
    me = (await creator.get("/users/me")).json()["id"]
    await operator.patch(f"/users/{me}", json={"monthly_budget_usd": "0.001"})
    async with provider() as server, engine_worker(settings, "openai", server.url) as resources:
        job = await build(resources, creator, project, own_sources)
        waiting = await eventually(
            lambda: creator.get(f"/jobs/{job['id']}"), lambda one: "budget" in (one["stage"] or "")
        )
        sent = len(server.requests)
        story = (await operator.get(f"/admin/jobs/{job['id']}")).json()
        raised = await operator.patch(f"/users/{me}", json={"monthly_budget_usd": "5"})
        ended = await finished(creator, job)

    assert (waiting["status"], sent) == ("queued", 0)
    assert story["job"]["waits_for"] == "budget"
    assert story["job"]["attempt"] == 0
    assert story["job"]["deadline_at"] > story["job"]["run_at"]
    assert raised.status_code == 200
    assert ended["status"] == "succeeded"
    usage = (await creator.get("/usage", params={"group_by": "kind"})).json()
    assert [item["key"] for item in usage["items"]] == ["engines.build_profile"]
    assert usage["total"]["cost_usd"] == ended["usage"]["cost_usd"]


async def test_a_failed_job_costs_the_budget_nothing(settings, creator, operator, project, own_sources):
    me = (await creator.get("/users/me")).json()["id"]
    await operator.patch(f"/users/{me}", json={"monthly_budget_usd": "5"})
    async with provider() as server, engine_worker(settings, "openai", server.url) as resources:
        server.script = [written("{"), written("{"), status(400)]
        job = await build(resources, creator, project, own_sources)
        ended = await finished(creator, job)
        usage = (await creator.get("/usage")).json()

    assert ended["status"] == "failed"
    assert float(ended["usage"]["cost_usd"]) > 0
    assert float(usage["total"]["cost_usd"]) > 0
    assert float(usage["budget"]["spent_usd"]) == 0


async def test_a_project_that_keeps_its_text_to_itself_sends_nothing(settings, creator, project, own_sources):
    changed = await creator.patch(f"/projects/{project}", json={"allow_external_models": False})
    assert changed.status_code == 200
    async with provider() as server, engine_worker(settings, "openai", server.url) as resources:
        ended = await finished(creator, await build(resources, creator, project, own_sources))
        profile = (await creator.get(f"/dna-profiles/{ended['result']['id']}")).json()

    assert ended["status"] == "succeeded"
    assert profile["engine"] == "offline"
    assert server.requests == []


async def test_the_same_text_of_one_owner_is_embedded_once(settings, creator, project, worker):
    said = "The tide comes in twice a day, and leaves as often. " * 60
    first, second = [await add_text(creator, project, said, title=title) for title in ("One", "Two")]
    async with provider() as server, engine_worker(settings, "openai", server.url) as resources:
        for source in (first, second):
            job = await enqueue(resources, creator, INGEST, project, source_id=source["id"])
            assert (await finished(creator, job))["status"] == "succeeded"
        query = "select count(*) from retrievable_text where source_id = any(:ids) and embedding_model = 'text-embedding-3-small'"  # fmt: skip
        async with resources.db.transaction() as session:
            embedded = await session.scalar(text(query), {"ids": [UUID(first["id"]), UUID(second["id"])]})

    sent = [one for _, request in server.requests for one in request["input"]]
    assert len(sent) == len(set(sent))
    assert embedded > len(sent)


async def test_a_project_may_choose_another_engine_than_the_usual_one(settings, creator, project, own_sources):
    await creator.patch(f"/projects/{project}", json={"engine": "compatible"})
    async with provider() as server, engine_worker(settings, "openai", server.url) as resources:
        ended = await finished(creator, await build(resources, creator, project, own_sources))
        profile = (await creator.get(f"/dna-profiles/{ended['result']['id']}")).json()

    assert profile["engine"].startswith("compatible:")


async def test_an_engine_that_is_not_set_up_here_is_said_so(settings, creator, project, own_sources):
    await creator.patch(f"/projects/{project}", json={"engine": "anthropic"})
    async with provider() as server, engine_worker(settings, "openai", server.url, anthropic_api_key=None) as resources:
        ended = await finished(creator, await build(resources, creator, project, own_sources))

    assert (ended["status"], ended["error"]["code"]) == ("failed", "engine_not_configured")
    assert server.requests == []
