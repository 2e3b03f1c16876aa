"""A script in another form with a model at a provider on loopback: what is sent, and what of the answer is kept."""

import json

import pytest
from sqlalchemy import text

from app.features.repurposing import tasks
from app.features.repurposing.writing import FORMS, PIECE
from tests.conftest import finished
from tests.features.repurposing.test_repurposing import LOST, MOON, WATCH, sections_from
from tests.features.safety.scripts import write_script
from tests.provider.engines import engine_worker, enqueue, task
from tests.provider.server import provider, written

MAKE = task("pieces.repurpose_script", tasks.repurpose_script, 4)
ENGINES = ["anthropic", "openai"]
FORMS_MADE = ["shorts", "blog", "newsletter", "thread"]


@pytest.fixture
async def script(resources, creator, project, shelf):
    return await write_script(resources, creator, project, *sections_from(shelf), title="Where are we?")


def piece(*parts, title="Lost at sea"):
    return json.dumps(
        {"title": title, "parts": [{"title": "", "text": one, "on_screen_text": ""} for one in parts]}
    )  # fmt: skip


def saying(*parts, **more):
    return written(piece(*parts, **more))


def flat(body) -> str:
    if isinstance(body, dict):
        return "\n".join(flat(one) for one in body.values())
    if isinstance(body, list):
        return "\n".join(flat(one) for one in body)
    return str(body)


async def made(resources, creator, project, script, form):
    job = await enqueue(resources, creator, MAKE, project, script_id=script, version=1, form=form)
    ended = await finished(creator, job)
    assert ended["status"] == "succeeded", ended["error"]
    return (await creator.get(f"/repurposings/{ended['result']['id']}")).json(), ended


def worker_for(settings, name, server, **change):
    return engine_worker(settings, name, server.url, {MAKE.name: MAKE}, **change)


def check(made, shelf):
    for part in made["parts"]:
        for one in part["citations"]:
            source = shelf.texts[one["source_id"]]
            assert source[one["source_span"]["start"] : one["source_span"]["end"]] == one["quote"]
            assert 0 <= one["span"]["start"] < one["span"]["end"] <= len(part["text"])


@pytest.mark.parametrize("name", ENGINES)
async def test_a_models_piece_is_kept_as_far_as_the_script_carries_it(name, settings, creator, project, shelf, script):
    await creator.post("/preferences", json={"rule": "Call viewers 'folks'"})
    audience = await creator.post("/audiences", json={"name": "Landlubbers", "knows": "the compass"})
    await creator.patch(f"/projects/{project}", json={"audience_id": audience.json()["id"]})
    answer = (
        "How do you know where you are, dear viewers?",
        f"John Harrison finished H4 in 1759. [C1] {LOST} [C2] Napoleon bought 7,000 of them in 1801.",
        "Harrison said: “I have beaten the moon at last.” A navigator needed five hours of arithmetic for one position. [C3]",
        "Which one would you have trusted?",
    )
    async with provider() as server, worker_for(settings, name, server) as resources:
        server.script = [saying(*answer), saying(*answer)]
        read, job = await made(resources, creator, project, script, "shorts")
        sent = [flat(record["body"]) for record in server.log.records]

    check(read, shelf)
    assert read["engine"].startswith(f"{name}:")
    assert [part["text"] for part in read["parts"]] == [
        "How do you know where you are, dear folks?",
        f"John Harrison finished H4 in 1759. {LOST}",
        "Which one would you have trusted?",
    ]
    assert [one["quote"] for one in read["parts"][1]["citations"]] == [WATCH, LOST]
    reasons = {one["statement"]: one["reason"] for one in read["rejected"]}
    assert "'7000'" in reasons["Napoleon bought 7,000 of them in 1801."]
    assert "beaten the moon" in reasons["Harrison said: “I have beaten the moon at last.”"]
    assert "differs" in reasons["A navigator needed five hours of arithmetic for one position."]
    assert len(sent) == 2
    assert "Your last draft was not good enough" in sent[1]
    assert "Call viewers 'folks'" in sent[0]
    assert "Landlubbers\nThey know: the compass" in sent[0]
    async with resources.db.transaction() as session:
        manifest = await session.scalar(text("select manifest from repurposings where id = :id"), {"id": read["id"]})
    assert manifest["prompts"] == [PIECE, FORMS["shorts"]]
    assert manifest["calls"][0]["model"] == read["engine"]
    assert job["usage"]["output_tokens"] > 0


@pytest.mark.parametrize("form", FORMS_MADE)
async def test_each_form_is_asked_for_with_its_own_prompt_and_a_good_answer_is_asked_for_once(
    form, settings, creator, project, shelf, script
):
    async with provider() as server, worker_for(settings, "openai", server) as resources:
        server.script = [
            saying("Where are you at sea?", f"{WATCH} [C1]", f"{MOON} [C3]", "Which would you have trusted?")
        ]
        read, _ = await made(resources, creator, project, script, form)
        (record,) = server.log.records

    check(read, shelf)
    assert read["format"] == form
    assert WATCH in read["text"]
    assert MOON in read["text"]
    told = flat(record["body"])
    assert "The form is a" in told
    assert told.count("The form is a") == 1
    assert f"{WATCH} [C1] {LOST} [C2] It made the Spanish king jealous in 1801." in told
    assert "your words" not in told


@pytest.mark.parametrize("style", ["wrong", "hostile"])
async def test_a_model_that_misbehaves_leaves_only_what_the_script_says(
    style, settings, creator, project, shelf, script
):
    async with provider() as server, worker_for(settings, "openai", server) as resources:
        server.script = [{"times": None, "action": {"do": "style", "style": style}}]
        read, _ = await made(resources, creator, project, script, "thread")

    check(read, shelf)
    assert read["parts"]
    assert "HACKED" not in read["text"]


async def test_a_model_that_says_nothing_of_the_script_gives_way_to_the_scripts_own_sentences(
    settings, creator, project, shelf, script
):
    async with provider() as server, worker_for(settings, "anthropic", server) as resources:
        server.script = [saying("Napoleon sold 7,000 watches."), saying("Napoleon sold 7,000 watches.")]
        read, _ = await made(resources, creator, project, script, "blog")

    assert read["engine"] == "offline"
    assert WATCH in read["text"]
    assert "Napoleon sold 7,000 watches." in {one["statement"] for one in read["rejected"]}
