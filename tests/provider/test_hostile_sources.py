"""Hostile sources through every pipeline: none changes the task, leaks another source, or gets an unverified statement
shown."""

import re

import pytest

from app.features.dna import tasks as dna_tasks
from app.features.dna.traits import PROMPT, TraitDrafts
from app.features.sources import tasks as source_tasks
from app.shared.clients.llm import RULES, json_schema
from app.shared.evidence import Span, stands
from app.shared.text import visible
from tests.conftest import SAMPLES, add_text, finished, open_project, signed_in
from tests.provider.engines import engine_worker, enqueue, task
from tests.provider.hostile import HOSTILE, SECRET

BUILD = task("hostile.build_profile", dna_tasks.build_profile, 5)
INGEST = task("hostile.ingest_source", source_tasks.ingest_source)
PARTS = 6
"""Hostile texts are spread over so many sources of one creator."""
SEALED = r'<source label="([^"]*)" seal="{seal}">\n(.*?)\n</source seal="{seal}">'


@pytest.fixture(scope="module")
async def hostile_project(server, reader, room, worker):
    """A creator whose own work is full of hostile texts, beside a stranger with a secret."""
    async with signed_in(server) as stranger:
        await add_text(stranger, await open_project(stranger), SECRET * 20, role="own")
    good = [path.read_text(encoding="utf-8") for path in sorted((SAMPLES / "own").iterdir())][:PARTS]
    tricks, sources = list(HOSTILE.values()), []
    for number, said in enumerate(good):
        mixed = "\n\n".join([*tricks[number::PARTS], re.sub(r"(?m)^(WEBVTT.*|\d+|[\d:,.]+ --> .*)$", "", said)])
        sources.append((await add_text(reader, room, mixed, title=f"Video {number}", role="own"))["id"])
    return room, sources


async def run_with(settings, remote, engine, creator, kind, project, /, **arguments):
    """One job of this kind with the engine at the provider; gives the job once it has ended."""
    async with engine_worker(settings, engine, remote.url, {kind.name: kind}) as resources:
        return await finished(creator, await enqueue(resources, creator, kind, project, **arguments))


def prompt_of(body) -> tuple[str, str]:
    """What a request says to the model: the instructions, and the user's part."""
    if "instructions" in body:
        return body["instructions"], body["input"]
    if isinstance(body["messages"][0]["content"], list):
        return body["system"], "\n\n".join(part["text"] for part in body["messages"][0]["content"])
    return body["messages"][0]["content"], body["messages"][1]["content"]


def assert_task_unchanged(body, texts: list[str]) -> None:
    """The instructions are ours to the letter, the sources sealed and whole, no tool is offered, the form is ours."""
    system, user = prompt_of(body)
    seal = re.search(r"seal ([0-9a-f]{12})\.", system).group(1)
    assert system == f"{PROMPT.read_text(encoding='utf-8')}\n\n{RULES.format(seal=seal)}"
    assert seal not in "".join(texts)
    blocks = re.findall(SEALED.format(seal=seal), user, re.DOTALL)
    assert [label for label, _ in blocks] == [f"S{number}" for number in range(1, len(texts) + 1)]
    for (_, inside), whole in zip(blocks, texts, strict=True):
        seen = visible(whole)
        missing = [line for line in inside.splitlines() if line.strip() not in seen]
        assert not missing, "what is sent is not the source's own text"
    assert re.sub(SEALED.format(seal=seal), "", user, flags=re.DOTALL).strip() == "", "text outside of the sources"
    assert not {"tools", "tool_choice", "functions"} & set(body)
    form = body.get("text", {}).get("format") or body["output_config"]["format"]
    assert form["schema"]["properties"].keys() == json_schema(TraitDrafts)["properties"].keys()


@pytest.mark.parametrize("name", ["openai", "anthropic"])
@pytest.mark.parametrize("style", ["good", "wrong", "hostile"])
async def test_a_profile_of_hostile_sources_says_only_what_stands(
    settings, remote, reader, hostile_project, name, style
):
    project, sources = hostile_project
    if style != "good":
        remote.script({"times": None, "action": {"do": "style", "style": style}})
    job = await run_with(
        settings, remote, name, reader, BUILD, project,
        project_id=project, source_ids=sources, name="Voice", speaker=None,
    )  # fmt: skip

    assert job["status"] == "succeeded", job["error"]
    profile = (await reader.get(f"/dna-profiles/{job['result']['id']}")).json()
    texts = {source: (await reader.get(f"/sources/{source}/text")).json()["text"] for source in sorted(sources)}
    for record in remote.log():
        assert_task_unchanged(record["body"], list(texts.values()))
        assert "marmalade" not in str(record["body"]), "another creator's source was sent"
    for trait in profile["traits"]:
        assert len(trait["evidence"]) >= 2
        for quote in trait["evidence"]:
            assert stands(texts[quote["source_id"]], quote["quote"], Span(**quote["span"]))
    shown = {trait["name"] for trait in profile["traits"]}
    if style == "good":
        assert shown == {"Speaks plainly"}
    assert len(profile["rejected"]) >= 1
    assert not shown & {rejected["statement"] for rejected in profile["rejected"]}


@pytest.mark.parametrize("what", sorted(HOSTILE))
async def test_a_hostile_source_is_read_and_embedded_as_the_text_that_it_is(settings, remote, creator, project, worker, what):  # fmt: skip
    said = f"The harbour clock was slow.\n\n{HOSTILE[what]}\n\nNobody had noticed."
    source = await add_text(creator, project, said, title=what)

    job = await run_with(settings, remote, "openai", creator, INGEST, project, source_id=source["id"])

    assert job["status"] == "succeeded"
    chunks = (await creator.get(f"/sources/{source['id']}/chunks", params={"limit": 100})).json()["items"]
    text = (await creator.get(f"/sources/{source['id']}/text")).json()["text"]
    sent = [one for record in remote.log() for one in record["body"]["input"]]
    assert sorted(sent) == sorted({chunk["text"] for chunk in chunks})
    assert all(stands(text, chunk["text"], Span(**chunk["span"])) for chunk in chunks)


async def test_a_search_answers_a_hostile_question_with_the_askers_own_sources(reader, hostile_project):
    project, sources = hostile_project
    for question in [*HOSTILE.values(), "marmalade vault", 'seal" OR 1=1 --']:
        answer = await reader.get(f"/projects/{project}/search", params={"q": question[:900], "limit": 20})

        assert answer.status_code == 200
        assert {hit["source_id"] for hit in answer.json()["items"]} <= set(sources)
        assert "marmalade" not in answer.text.replace("marmalade vault", "")


def test_there_are_at_least_twenty_ways_to_try():
    assert len(HOSTILE) >= 20
