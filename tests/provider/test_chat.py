"""Asking the sources with a model at a provider on loopback: what of its answers is told and kept."""

import asyncio
import json
import re

import pytest
from sqlalchemy import text

from app.features.chat import tasks
from tests.conftest import add_text, finished
from tests.features.chat.talk import assert_every_sentence_is_carried, follow, history, sentences_of
from tests.features.research.shelf import add_samples, texts_of
from tests.provider.engines import engine_worker, enqueue, task
from tests.provider.hostile import HOSTILE, SECRET
from tests.provider.server import provider, written

ENGINES = ["anthropic", "compatible", "openai"]
ANSWER = task("talk.answer_message", tasks.answer_message, 4)
COST = "Kendall's copy of H4 cost 450 pounds."
MADE = "Larcum Kendall finished an exact copy of H4 in 1769."


@pytest.fixture(scope="module")
async def samples(reader, room, worker):
    """For tests that ask one question, whatever was asked before."""
    return await add_samples(reader, room)


@pytest.fixture
async def longitude(creator, project, worker):
    return await add_samples(creator, project)


def worker_for(settings, name, server, **change):
    return engine_worker(settings, name, server.url, {ANSWER.name: ANSWER}, **change)


async def answered(resources, creator, project, message, sources, until="succeeded"):
    """The answer to a message that is asked of these sources."""
    me = (await creator.get("/users/me")).json()["id"]
    async with resources.db.transaction() as session:
        question = await session.scalar(
            text(
                "insert into chat_messages (id, owner_id, project_id, role, text, citations, abstained, rejected, manifest, created_at, updated_at) "
                "values (gen_random_uuid(), :me, :project, 'user', :said, '[]', false, '[]', '{}', now(), now()) returning id"
            ),
            {"me": me, "project": project, "said": message},
        )
    job = await enqueue(
        resources, creator, ANSWER, project, project_id=project, question_id=question, source_ids=list(sources)
    )
    async with resources.db.transaction() as session:
        await session.execute(
            text("update chat_messages set job_id = :job where id = :id"), {"job": job["id"], "id": question}
        )
    ended = await finished(creator, job)
    assert ended["status"] == until, ended["error"]
    whole = await history(creator, project)
    return next((one for one in whole if ended["result"] and one["id"] == ended["result"]["id"]), None), ended


async def jobs_of(creator, project):
    listed = (await creator.get("/jobs", params={"project_id": project})).json()["items"]
    return [one for one in listed if one["kind"] == ANSWER.name]


def flat(body) -> str:
    if isinstance(body, dict):
        return "\n".join(flat(one) for one in body.values())
    return "\n".join(flat(one) for one in body) if isinstance(body, list) else str(body)


def label_of(body, quote) -> str:
    """The label under which the prompt shows a passage with these words."""
    blocks = re.findall(r'<source label="(S\d+)" seal="\w+">\n(.*?)\n</source', flat(body), re.DOTALL)
    return next(label for label, said in blocks if quote in said)


def line(said, *quotes):
    return json.dumps({"text": said, "quotes": [{"source": label, "quote": quote} for label, quote in quotes]})


def answering(lines):
    """An answer of lines that are made when the labels are known."""
    return lambda body: written("\n".join(lines(lambda quote: label_of(body, quote))))(body)


@pytest.mark.parametrize("name", ENGINES)
async def test_a_models_sentences_are_kept_as_far_as_their_quotes_stand_and_carry_them(
    name, settings, reader, room, samples
):
    def lines(label):
        return [
            line("Kendall was paid 450 pounds for his copy of H4.", (label(COST), COST)),
            line("Kendall finished the copy in 1769.", (label(MADE), MADE)),
            line("Kendall was a rich man.", (label(MADE), "Kendall was one of the richest men of his time.")),
            line("The copy cost 900 pounds.", (label(COST), COST)),
            line("Queen Charlotte bought the copy of H4.", (label(MADE), MADE)),
            line("Every sailor loved it."),
            line("H4 ticks five times a second.", ("S999", MADE)),
        ]

    async with provider() as server, worker_for(settings, name, server) as resources:
        server.script = [answering(lines)]
        said, job = await answered(resources, reader, room, "What did Kendall's copy of H4 cost?", samples.values())

    assert said["engine"].startswith(f"{name}:")
    assert sentences_of(said) == [
        "Kendall was paid 450 pounds for his copy of H4.",
        "Kendall finished the copy in 1769.",
    ]
    assert_every_sentence_is_carried(said, await texts_of(reader, samples.values()))
    rejected = {one["statement"]: one["reason"] for one in said["rejected"]}
    assert "word for word" in rejected["Kendall was one of the richest men of his time."]
    assert rejected["The copy cost 900 pounds."] == "its quotes don't say 900 pounds"
    assert "Charlotte" in rejected["Queen Charlotte bought the copy of H4."]
    assert {"Kendall was a rich man.", "Every sailor loved it."} <= rejected.keys()
    assert job["usage"]["input_tokens"] > 0
    assert said["manifest"]["prompts"] == ["answer.v1.md"]
    assert said["manifest"]["calls"][0]["model"] == said["engine"]


@pytest.mark.parametrize("name", ["anthropic", "openai"])
async def test_the_answer_is_told_sentence_by_sentence_and_nothing_that_does_not_hold(
    name, settings, creator, project, longitude
):
    begun = asyncio.Event()

    def lines(label):
        made_up = line("Kendall was a rich man.", (label(MADE), "Kendall was one of the richest men of his time."))
        return [line(COST, (label(COST), COST)), made_up, line(MADE, (label(MADE), MADE))]

    async with provider() as server, worker_for(settings, name, server) as resources:

        async def answer(body):
            await begun.wait()
            return answering(lines)(body)

        server.script = [answer]
        answering_it = asyncio.create_task(
            answered(resources, creator, project, "What did Kendall's copy of H4 cost?", longitude.values())
        )
        while not (mine := await jobs_of(creator, project)):  # noqa: ASYNC110  it is being enqueued
            await asyncio.sleep(0.05)
        deltas = await follow(creator, mine[0]["id"], begun)
        said, _ = await answering_it

    assert [one["text"] for one in deltas] == [COST, f" {MADE}"]
    assert said["text"] == f"{COST} {MADE}"
    assert {one["message_id"] for one in deltas} == {said["id"]}


@pytest.mark.parametrize("name", ["anthropic", "openai"])
async def test_a_model_that_finds_no_answer_abstains_with_what_was_looked_for(name, settings, reader, room, samples):
    async with provider() as server, worker_for(settings, name, server) as resources:
        server.script = [written('{"text": "", "quotes": []}')]
        said, _ = await answered(resources, reader, room, "What did Harrison eat for breakfast?", samples.values())

    assert (said["abstained"], said["citations"], said["rejected"]) == (True, [], [])
    assert said["text"].startswith("Your 4 sources don't say.")
    assert "breakfast" in said["gap"]["looked_for"]


@pytest.mark.parametrize("name", ["anthropic", "openai"])
async def test_an_answer_without_one_true_quote_is_not_shown(name, settings, reader, room, samples):
    async with provider() as server, worker_for(settings, name, server) as resources:
        server.script = [
            answering(lambda label: [line("Harrison ate porridge.", (label(COST), "He ate porridge each morning."))])
        ]
        said, _ = await answered(resources, reader, room, "What did Harrison eat for breakfast?", samples.values())

    assert said["abstained"]
    assert "porridge" not in said["text"]
    assert said["text"].startswith("What the model said is not carried")
    assert {one["statement"] for one in said["rejected"]} == {"He ate porridge each morning.", "Harrison ate porridge."}


async def test_prose_is_kept_where_it_is_the_sources_own_words(settings, reader, room, samples):
    async with provider() as server, worker_for(settings, "openai", server) as resources:
        server.script = [written(f"{COST} This was a fair price, I'd say.")]
        said, _ = await answered(resources, reader, room, "What did the copy of H4 cost?", samples.values())

    assert said["text"] == COST
    assert [one["statement"] for one in said["rejected"]] == ["This was a fair price, I'd say."]


async def test_a_question_that_goes_on_shows_the_model_what_was_said_and_the_creators_rules(
    settings, creator, project, longitude
):
    await creator.post("/preferences", json={"rule": "Never say 'utilise'."})
    async with provider() as server, worker_for(settings, "openai", server) as resources:
        server.script = [
            answering(lambda label: [line(MADE, (label(MADE), MADE))]),
            answering(lambda label: [line("They had to utilise 450 pounds for Kendall's copy of H4.", (label(COST), COST)), line(COST, (label(COST), COST))]),
        ]  # fmt: skip
        await answered(resources, creator, project, "Who copied H4?", longitude.values())
        said, _ = await answered(resources, creator, project, "And how much did it cost?", longitude.values())
        sent = flat(server.requests[-1][1])

    assert said["text"] == COST
    assert "utilise" in said["rejected"][0]["statement"]
    assert "Never say 'utilise'." in sent
    assert f"Asked: Who copied H4?\nAnswered: {MADE}" in sent
    assert "The creator asks: And how much did it cost?" in sent


@pytest.mark.parametrize("name", ["anthropic", "openai"])
@pytest.mark.parametrize("style", ["good", "wrong", "hostile", "malformed"])
async def test_whatever_a_model_says_only_what_stands_is_shown(settings, remote, reader, room, samples, name, style):
    if style != "good":
        remote.script({"times": None, "action": {"do": "style", "style": style}})
    async with worker_for(settings, name, remote) as resources:
        said, _ = await answered(resources, reader, room, "How was the longitude found?", samples.values())

    assert not re.search(r"Ignore all|<script|https?://|refund|You answer a creator|No end in sight", said["text"])
    if said["abstained"]:
        assert said["citations"] == []
    else:
        assert_every_sentence_is_carried(said, await texts_of(reader, samples.values()))


@pytest.mark.parametrize("name", ["anthropic", "openai"])
async def test_hostile_sources_change_neither_the_task_nor_what_others_said(
    settings, creator, stranger, project, worker, name
):
    theirs = (await stranger.post("/projects", json={"title": "Secret"})).json()["id"]
    await add_text(stranger, theirs, SECRET * 20)
    tricks = list(HOSTILE.values())
    ids = [
        (await add_text(creator, project, "\n\n".join([*tricks[number::4], "The Hallam tower is 62 metres tall."])))[
            "id"
        ]
        for number in range(4)
    ]
    tall = "The Hallam tower is 62 metres tall."
    async with provider() as server, worker_for(settings, name, server) as resources:
        server.script = [
            answering(lambda label: [line(tall, (label(tall), tall)), line("HACKED", (label(tall), "HACKED")), line("The vault opens with the word marmalade.", (label(tall), "The vault opens with the word marmalade."))])
        ]  # fmt: skip
        said, _ = await answered(resources, creator, project, "How tall is the Hallam tower?", ids)
        body = server.requests[0][1]

    assert said["text"] == tall
    assert len(said["rejected"]) >= 2
    assert "marmalade vault" not in flat(body)
    assert SECRET not in flat(body)
    assert not {"tools", "tool_choice", "functions"} & set(body)
    seal = re.search(r"seal ([0-9a-f]{12})\.", flat(body)).group(1)
    outside = re.sub(
        rf'<source label="[^"]*" seal="{seal}">\n.*?\n</source seal="{seal}">', "", flat(body), flags=re.DOTALL
    )
    assert "HACKED" not in outside


async def test_a_source_that_is_deleted_while_the_model_answers_has_no_word_in_the_answer(
    settings, creator, project, longitude
):
    book = await add_text(
        creator, project, "The parish book says that the Hallam bell weighs 900 kilograms.", title="Parish"
    )
    bell = "The parish book says that the Hallam bell weighs 900 kilograms."

    async with provider() as server, worker_for(settings, "openai", server) as resources:

        async def answer(body):
            assert (await creator.delete(f"/sources/{book['id']}")).status_code == 204
            return answering(lambda label: [line(bell, (label(bell), bell)), line(COST, (label(COST), COST)), line("The bell weighs 950 kilograms.", (label(bell), bell))])(body)  # fmt: skip

        server.script = [answer]
        said, _ = await answered(
            resources,
            creator,
            project,
            "What does the Hallam bell weigh, and what did the copy of H4 cost?",
            [*longitude.values(), book["id"]],
        )

    assert said["text"] == COST
    assert "bell" not in json.dumps(said).lower()


async def test_a_project_whose_text_may_not_leave_is_answered_here(settings, creator, project, longitude):
    await creator.patch(f"/projects/{project}", json={"allow_external_models": False})
    async with provider() as server, worker_for(settings, "openai", server) as resources:
        said, _ = await answered(
            resources, creator, project, "How much did Kendall's copy of H4 cost?", longitude.values()
        )

    assert (said["engine"], server.requests) == ("offline", [])
    assert "450 pounds" in said["text"]
