"""Another embedding model: old vectors serve until the new ones are complete."""

import pytest
from sqlalchemy import text

from app.features.search.tasks import reembed_project
from tests.conftest import add_text, finished
from tests.provider.engines import engine_worker, enqueue, task

REEMBED = task("engines.reembed_project", reembed_project)
SAID = "The harbour clock was wrong by nine minutes that year. A ship three weeks out had no idea where it was. "


@pytest.fixture
async def library(creator, project, worker):
    for number in range(3):
        await add_text(creator, project, f"{SAID * 4} Shelf {number} is full of maps. " * 6, f"Shelf {number}")
    return project


async def models(resources, project):
    query = "select embedding_model, next_embedding_model, count(*) from retrievable_text where project_id = :id group by 1, 2"
    async with resources.db.transaction() as session:
        return [tuple(row) for row in await session.execute(text(query), {"id": project})]


async def test_a_project_changes_its_model_and_is_found_all_the_while(settings, remote, creator, library):
    async with engine_worker(settings, "openai", remote.url, {REEMBED.name: REEMBED}) as resources:
        before = await models(resources, library)
        job = await enqueue(resources, creator, REEMBED, library, project_id=library)
        ended = await finished(creator, job)
        after = await models(resources, library)
        hits = (await creator.get(f"/projects/{library}/search", params={"q": "harbour clock"})).json()["items"]

    chunks = before[0][2]
    assert ended["status"] == "succeeded", ended["error"]
    assert before == [("strand-hashing-2", None, chunks)]
    assert after == [("text-embedding-3-small", None, chunks)]
    assert ended["usage"]["input_tokens"] > 0
    assert len(hits) > 0


async def test_until_the_new_vectors_are_complete_the_old_ones_serve(settings, remote, creator, library):
    """The provider fails for good after the first batch."""
    remote.script({"path": "/v1/embeddings", "times": None, "action": {"do": "status", "status": 400}})
    async with engine_worker(settings, "openai", remote.url, {REEMBED.name: REEMBED}) as resources:
        ended = await finished(creator, await enqueue(resources, creator, REEMBED, library, project_id=library))
        after = await models(resources, library)
    found = await creator.get(f"/projects/{library}/search", params={"q": "harbour clock", "mode": "semantic"})

    assert ended["status"] == "failed"
    assert [row[0] for row in after] == ["strand-hashing-2"]
    assert found.json()["items"]


async def test_what_was_embedded_already_by_the_new_model_is_not_paid_again(settings, remote, creator, library):
    second = (await creator.post("/projects", json={"title": "The same again"})).json()["id"]
    for number in range(3):
        await add_text(creator, second, f"{SAID * 4} Shelf {number} is full of maps. " * 6, f"Shelf {number}")
    async with engine_worker(settings, "openai", remote.url, {REEMBED.name: REEMBED}) as resources:
        first = await finished(creator, await enqueue(resources, creator, REEMBED, library, project_id=library))
        asked = len(remote.log())
        again = await finished(creator, await enqueue(resources, creator, REEMBED, second, project_id=second))
        after = await models(resources, second)

    assert (first["status"], again["status"]) == ("succeeded", "succeeded")
    assert len(remote.log()) == asked
    assert [row[0] for row in after] == ["text-embedding-3-small"]


async def test_a_project_that_its_engines_model_embedded_has_nothing_to_embed_anew(creator, stranger, library):
    answer = await creator.post(f"/projects/{library}/reembed", json={})
    theirs = await stranger.post(f"/projects/{library}/reembed", json={})

    assert (answer.status_code, answer.json()["code"]) == (409, "nothing_to_reembed")
    assert theirs.status_code == 404
