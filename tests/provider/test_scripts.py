"""Scripts with a model at a provider on loopback: what is asked of it, and what of its answers is kept."""

import json
import re

import pytest
from sqlalchemy import text

from app.features.scripts.writing import REVIEW, WRITE
from tests.conftest import finished
from tests.features.scripts.writing import citations
from tests.provider.drafting import (
    ENGINES,
    NO_NOTES,
    check,
    flat,
    good,
    material,
    section_of,
    started,
    worker_for,
    wrote,
)
from tests.provider.request import SEALED
from tests.provider.server import provider, written


@pytest.mark.parametrize("name", ENGINES)
async def test_a_model_writes_a_script_that_cites_by_claim(name, settings, reader, stocked):
    async with provider() as server, worker_for(settings, name, server) as resources:
        server.script = [*[good] * 4, written(NO_NOTES)]
        script, job = await wrote(reader, stocked, resources)
        asked = [flat(body) for _, body in server.requests]
        async with resources.db.transaction() as session:
            query = "select manifest from script_versions where script_id = :id"
            manifest = await session.scalar(text(query), {"id": script["id"]})
    version = script["version"]

    check(version, stocked.texts)
    assert version["engine"].startswith(f"{name}:")
    assert len(asked) == 5
    assert {one["claim_id"] for _, one in citations(version)} == {str(claim) for claim in stocked.claims}
    for section, one in citations(version):
        cited = section["narration"][one["narration_span"]["start"] : one["narration_span"]["end"]]
        assert " ".join(one["quote"].split()) == cited
    assert abs(version["word_count"] - 450) <= 45
    assert version["rejected"] == []
    assert [one["visuals"] for one in version["sections"]] == ["A ship at sea."] * 4
    assert [one["on_screen_text"] for one in version["sections"]] == ["1761"] * 4
    assert version["usage"]["input_tokens"] == job["usage"]["input_tokens"] > 0
    assert (manifest["prompts"], manifest["engine"]) == ([WRITE, REVIEW], version["engine"])
    assert [one["calls"] for one in manifest["calls"]] == [5]


async def test_each_section_streams_to_whoever_follows_the_job(settings, reader, stocked):
    async with provider() as server, worker_for(settings, "anthropic", server) as resources:
        server.script = [*[good] * 4, written(NO_NOTES)]
        script, job = await started(reader, stocked, resources)
        told, event = {}, ""
        async with reader.stream("GET", f"/jobs/{job['id']}/events", timeout=60) as stream:
            async for line in stream.aiter_lines():
                event = line.removeprefix("event: ") if line.startswith("event: ") else event
                if line.startswith("data: ") and event == "delta":
                    data = json.loads(line.removeprefix("data: "))
                    told[data["section_id"]] = told.get(data["section_id"], "") + data["text"]
                if line == "event: end":
                    break
        version = (await reader.get(f"/scripts/{script}")).json()["version"]

    assert sorted(told) == ["s1", "s2", "s3", "s4"]
    for section in version["sections"]:
        assert section["narration"][:40] in re.sub(r" \[C\d+\]", "", told[section["id"]])


def made_up(body):
    """A claim that no brief has, one whose sentence says another number, one whose sentence is of something else."""
    sources, count = material(body)
    claims = [label for label in sources if re.fullmatch(r"C\d+", label)]
    paid = next((label for label in claims if "8,750" in sources[label]), "C98")
    said = [
        ("C99", "The watch was stolen by a pirate in 1790."),
        (paid, "The Board of Longitude paid him 9,999 pounds in 1773."),
        (claims[0] if claims else "C97", "Napoleon admired every harbour in Portugal."),
    ]
    return written(section_of(said, count))(body)


async def test_what_a_model_cites_falsely_is_dropped_told_and_marked(settings, reader, stocked):
    async with provider() as server, worker_for(settings, "openai", server) as resources:
        server.script = [good, made_up, good, good, written(NO_NOTES)]
        script, _ = await wrote(reader, stocked, resources)
    version = script["version"]
    section = version["sections"][1]

    check(version, stocked.texts)
    reasons = {one["statement"]: one["reason"] for one in version["rejected"]}
    assert reasons["[C99]"] == "no such claim was given"
    assert "says nothing of it" in reasons["Napoleon admired every harbour in Portugal."]
    assert "9,999" in next(one for one in reasons if "pounds" in one)
    assert section["citations"] == []
    unsupported = [section["narration"][one["start"] : one["end"]] for one in section["unsupported"]]
    assert "The watch was stolen by a pirate in 1790." in unsupported
    assert "The Board of Longitude paid him 9,999 pounds in 1773." in unsupported


async def test_a_deleted_source_leaves_nothing_in_what_was_rejected(settings, creator, shelf):
    async with provider() as server, worker_for(settings, "openai", server) as resources:
        server.script = [good, made_up, good, good, written(NO_NOTES)]
        script, _ = await wrote(creator, shelf, resources)
    await creator.delete(f"/sources/{shelf.sources['Clocks']['id']}")

    again = (await creator.get(f"/scripts/{script['id']}")).json()["version"]
    assert "8,750 pounds in 1773" in json.dumps(script["version"]["rejected"])
    assert "8,750" not in json.dumps(again["rejected"])
    assert len(again["rejected"]) == len(script["version"]["rejected"])


async def test_a_section_of_the_wrong_length_is_asked_for_once_more_with_the_reason(settings, reader, stocked):
    async with provider() as server, worker_for(settings, "openai", server) as resources:
        server.script = [good, written("Too short."), good, good, good, written(NO_NOTES)]
        script, _ = await wrote(reader, stocked, resources)
        asked = [flat(body) for _, body in server.requests]

    assert len(asked) == 6
    assert "it has 2 words" in asked[2]
    assert "Too short." not in script["version"]["sections"][1]["narration"]


async def test_a_model_that_never_keeps_to_the_length_still_gives_a_script_of_the_length(settings, reader, stocked):
    async with provider() as server, worker_for(settings, "compatible", server) as resources:
        wordy = written("Is this ever going to end, do you think? " * 200)
        server.script = [written("Too short."), written("Short."), wordy, wordy, good, good, written(NO_NOTES)]
        script, _ = await wrote(reader, stocked, resources)

    assert abs(script["version"]["word_count"] - 450) <= 45
    assert "[your words: " in script["version"]["sections"][0]["narration"]


async def test_the_creators_rules_are_sent_and_what_comes_back_against_them_is_flagged(settings, creator, shelf):
    await creator.post("/preferences", json={"rule": "never say 'delve'"})
    await creator.post("/preferences", json={"rule": "Call viewers 'folks'"})

    def against(body):
        _, count = material(body)
        return written(section_of([("", "Dear viewers, why delve into it?")], count).replace(" []", ""))(body)

    async with provider() as server, worker_for(settings, "anthropic", server) as resources:
        server.script = [against, against, good, good, good, written(NO_NOTES)]
        script, _ = await wrote(creator, shelf, resources)
        asked = [body for _, body in server.requests]
    version = script["version"]

    assert all("never say 'delve'" in flat(body) for body in asked[:5])
    assert all("Call viewers 'folks'" in flat(body["system"]) for body in asked[:5])
    assert "Your rule 'never say 'delve''" in flat(asked[1])
    (note,) = [one for one in version["notes"] if one["kind"] == "preference"]
    said = version["sections"][0]["narration"]
    assert said[note["span"]["start"] : note["span"]["end"]] == "delve"
    assert "Dear folks, why delve into it?" in said


async def test_whom_the_project_is_for_is_told_in_sealed_words(settings, creator, shelf):
    await creator.patch(f"/projects/{shelf.project}", json={"audience": "evening classes of bookbinders"})
    async with provider() as server, worker_for(settings, "openai", server) as resources:
        server.script = [*[good] * 4, written(NO_NOTES)]
        await wrote(creator, shelf, resources)
        asked = [body for _, body in server.requests]

    for body in asked[:4]:
        assert "evening classes of bookbinders" in body["input"]
        assert "bookbinders" not in body["instructions"] + SEALED.sub("", body["input"])


async def test_the_creators_material_is_sealed_and_our_words_are_not(settings, reader, stocked):
    async with provider() as server, worker_for(settings, "openai", server) as resources:
        server.script = [*[good] * 4, written(NO_NOTES)]
        await wrote(reader, stocked, resources, instructions="Begin gently.")
        asked = [body for _, body in server.requests]

    for body in asked:
        outside = SEALED.sub("", body["input"])
        assert "8,750" not in body["instructions"] + outside
        assert "lost five seconds" not in body["instructions"] + outside
    assert "The creator asked: Begin gently." in SEALED.sub("", asked[0]["input"])
    assert {"HOOK", "BEFORE", "STORY", "C1"} <= {label for body in asked for label in material(body)[0]}


@pytest.mark.parametrize("style", ["wrong", "hostile"])
async def test_whatever_a_model_says_no_citation_is_false(settings, remote, reader, stocked, style):
    remote.script({"times": None, "action": {"do": "style", "style": style}})
    async with worker_for(settings, "openai", remote) as resources:
        script, job = await started(reader, stocked, resources)
        ended = await finished(reader, job)
        read = (await reader.get(f"/scripts/{script}")).json()

    assert ended["status"] in {"succeeded", "failed"}
    assert (read["version"] is None) == (ended["status"] == "failed")
    if read["version"]:
        check(read["version"], stocked.texts)


async def test_a_source_that_is_deleted_while_the_model_writes_is_not_quoted(settings, creator, shelf):
    gone = shelf.sources["Moon"]["id"]

    async def deleting(body):
        assert (await creator.delete(f"/sources/{gone}")).status_code == 204
        return good(body)

    async with provider() as server, worker_for(settings, "openai", server) as resources:
        server.script = [good, good, deleting, *[good] * 3, written(NO_NOTES)]
        script, _ = await wrote(creator, shelf, resources)

    told = [one for _, one in citations(script["version"]) if one["source_id"] == gone]
    assert all(one["quote"] is None and one["source_deleted"] for one in told)
    check(script["version"], shelf.texts)


async def test_a_project_whose_text_may_not_leave_is_written_here(settings, creator, shelf):
    await creator.patch(f"/projects/{shelf.project}", json={"allow_external_models": False})
    async with provider() as server, worker_for(settings, "openai", server) as resources:
        script, _ = await wrote(creator, shelf, resources)

    assert script["version"]["engine"] == "offline"
    assert server.requests == []


async def test_a_reviews_notes_are_kept_where_their_quotes_stand(settings, reader, stocked):
    notes = [
        {"section": "s2", "kind": "repeated", "quote": "A pendulum does not keep time", "message": "Say it once."},
        {"section": "s2", "kind": "open_promise", "quote": "Nobody ever wrote this.", "message": "Keep it."},
    ]
    async with provider() as server, worker_for(settings, "openai", server) as resources:
        server.script = [*[good] * 4, written(json.dumps({"notes": notes}))]
        script, _ = await wrote(reader, stocked, resources)

    told = [one["message"] for one in script["version"]["notes"]]
    assert "Say it once." in told
    assert "Keep it." not in told
