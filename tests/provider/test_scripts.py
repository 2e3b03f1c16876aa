"""Scripts with a model at a provider on loopback: what is asked of it, and what of its answers is kept."""

import json
import re
from uuid import UUID

import pytest
from sqlalchemy import text

from app.db.models import Project
from app.features.scripts import tasks
from app.features.scripts.revising import Target
from app.features.scripts.revision import Order
from app.features.scripts.schemas import ScriptCreate
from app.features.scripts.service import ScriptService
from app.features.scripts.writing import REVIEW, WRITE
from app.shared.evidence import Span
from tests.conftest import finished
from tests.features.scripts.shelves import stock
from tests.provider.engines import engine_worker, enqueue, task
from tests.provider.request import SEALED
from tests.provider.server import provider, written

ENGINES = ["anthropic", "compatible", "openai"]
WRITING = task("drafts.write_script", tasks.write_script, 10)
REVISING = task("drafts.revise_script", tasks.revise_script, 3)
FILLERS = ["What would you have done out there?", "Take a moment with that, and then come along.", "Isn't that strange?", "Stay with me, friend."]  # fmt: skip
NO_NOTES = '{"notes": []}'


@pytest.fixture
async def shelf(resources, creator, project, worker):
    return await stock(resources, creator, project)


def flat(body):
    if isinstance(body, dict):
        return "\n".join(flat(one) for one in body.values())
    return "\n".join(flat(one) for one in body) if isinstance(body, list) else str(body)


def material(body):
    """The sealed sources of a prompt by their labels, and how many words are asked for."""
    said = flat(body)
    wanted = re.search(r"Write (\d+) words", said)
    return {label: words for label, _, words in SEALED.findall(said)}, int(wanted[1]) if wanted else 0


def section_of(cited, count):
    """A section that says each claim with its mark, and questions up to the length."""
    said = " ".join(f"{words} [{label}]" for label, words in cited)
    number = 0
    while len(said.split()) < count - 4:
        said += f" {FILLERS[number % len(FILLERS)]}"
        number += 1
    return f"{said}\n\nVISUALS: A ship at sea.\nON SCREEN: 1761"


def good(body):
    sources, count = material(body)
    claims = [(label, words.split("\nQuote:")[0]) for label, words in sources.items() if re.fullmatch(r"C\d+", label)]
    return written(section_of(claims, count))(body)


def worker_for(settings, name, server, **change):
    return engine_worker(settings, name, server.url, {one.name: one for one in (WRITING, REVISING)}, **change)


async def started(creator, shelf, resources, **body):
    """A script's row, as the route makes it, and the job that this test's worker takes."""
    wanted = ScriptCreate(structure_id=shelf.structure, target_minutes=3, **body)
    async with resources.db.transaction() as session:
        project = await session.get_one(Project, UUID(shelf.project))
        script = (await ScriptService(session).start(project, wanted)).id
    return script, await enqueue(resources, creator, WRITING, shelf.project, script_id=script)


async def wrote(creator, shelf, resources, **body):
    script, job = await started(creator, shelf, resources, **body)
    ended = await finished(creator, job)
    assert ended["status"] == "succeeded", ended
    return (await creator.get(f"/scripts/{script}")).json(), ended


def citations(version):
    return [(section, one) for section in version["sections"] for one in section["citations"]]


def check(version, texts):
    """What must hold of every version, whatever a model said."""
    for section, one in citations(version):
        span, source = one["narration_span"], one["source_span"]
        assert 0 <= span["start"] < span["end"] <= len(section["narration"])
        assert one["quote"] is None or texts[one["source_id"]][source["start"] : source["end"]] == one["quote"]
    assert not any(re.search(r"\[C\d+", section["narration"]) for section in version["sections"])


@pytest.mark.parametrize("name", ENGINES)
async def test_a_model_writes_a_script_that_cites_by_claim(name, settings, creator, shelf):
    async with provider() as server, worker_for(settings, name, server) as resources:
        server.script = [*[good] * 4, written(NO_NOTES)]
        script, job = await wrote(creator, shelf, resources)
        asked = [flat(body) for _, body in server.requests]
        async with resources.db.transaction() as session:
            query = "select manifest from script_versions where script_id = :id"
            manifest = await session.scalar(text(query), {"id": script["id"]})
    version = script["version"]

    check(version, shelf.texts)
    assert version["engine"].startswith(f"{name}:")
    assert len(asked) == 5
    assert {one["claim_id"] for _, one in citations(version)} == {str(claim) for claim in shelf.claims}
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


async def test_each_section_streams_to_whoever_follows_the_job(settings, creator, shelf):
    async with provider() as server, worker_for(settings, "anthropic", server) as resources:
        server.script = [*[good] * 4, written(NO_NOTES)]
        script, job = await started(creator, shelf, resources)
        told, event = {}, ""
        async with creator.stream("GET", f"/jobs/{job['id']}/events", timeout=60) as stream:
            async for line in stream.aiter_lines():
                event = line.removeprefix("event: ") if line.startswith("event: ") else event
                if line.startswith("data: ") and event == "delta":
                    data = json.loads(line.removeprefix("data: "))
                    told[data["section_id"]] = told.get(data["section_id"], "") + data["text"]
                if line == "event: end":
                    break
        version = (await creator.get(f"/scripts/{script}")).json()["version"]

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


async def test_what_a_model_cites_falsely_is_dropped_told_and_marked(settings, creator, shelf):
    async with provider() as server, worker_for(settings, "openai", server) as resources:
        server.script = [good, made_up, good, good, written(NO_NOTES)]
        script, _ = await wrote(creator, shelf, resources)
    version = script["version"]
    section = version["sections"][1]

    check(version, shelf.texts)
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


async def test_a_section_of_the_wrong_length_is_asked_for_once_more_with_the_reason(settings, creator, shelf):
    async with provider() as server, worker_for(settings, "openai", server) as resources:
        server.script = [good, written("Too short."), good, good, good, written(NO_NOTES)]
        script, _ = await wrote(creator, shelf, resources)
        asked = [flat(body) for _, body in server.requests]

    assert len(asked) == 6
    assert "it has 2 words" in asked[2]
    assert "Too short." not in script["version"]["sections"][1]["narration"]


async def test_a_model_that_never_keeps_to_the_length_still_gives_a_script_of_the_length(settings, creator, shelf):
    async with provider() as server, worker_for(settings, "compatible", server) as resources:
        wordy = written("Is this ever going to end, do you think? " * 200)
        server.script = [written("Too short."), written("Short."), wordy, wordy, good, good, written(NO_NOTES)]
        script, _ = await wrote(creator, shelf, resources)

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


async def test_the_creators_material_is_sealed_and_our_words_are_not(settings, creator, shelf):
    async with provider() as server, worker_for(settings, "openai", server) as resources:
        server.script = [*[good] * 4, written(NO_NOTES)]
        await wrote(creator, shelf, resources, instructions="Begin gently.")
        asked = [body for _, body in server.requests]

    for body in asked:
        outside = SEALED.sub("", body["input"])
        assert "8,750" not in body["instructions"] + outside
        assert "lost five seconds" not in body["instructions"] + outside
    assert "The creator asked: Begin gently." in SEALED.sub("", asked[0]["input"])
    assert {"HOOK", "BEFORE", "STORY", "C1"} <= {label for body in asked for label in material(body)[0]}


@pytest.mark.parametrize("style", ["wrong", "hostile"])
async def test_whatever_a_model_says_no_citation_is_false(settings, remote, creator, shelf, style):
    remote.script({"times": None, "action": {"do": "style", "style": style}})
    async with worker_for(settings, "openai", remote) as resources:
        script, job = await started(creator, shelf, resources)
        ended = await finished(creator, job)
        read = (await creator.get(f"/scripts/{script}")).json()

    assert ended["status"] in {"succeeded", "failed"}
    assert (read["version"] is None) == (ended["status"] == "failed")
    if read["version"]:
        check(read["version"], shelf.texts)


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


async def revised(creator, shelf, resources, script, target, base=1):
    order = Order(UUID(script["id"]), base, "Make it friendlier.", "other", False, target)
    job = await enqueue(resources, creator, REVISING, shelf.project, order=order)
    return await finished(creator, job), (await creator.get(f"/scripts/{script['id']}")).json()


@pytest.mark.parametrize("name", ENGINES)
async def test_a_revised_selection_leaves_every_other_byte(name, settings, creator, shelf):
    async with provider() as server, worker_for(settings, name, server) as resources:
        server.script = [*[good] * 4, written(NO_NOTES), written("Well, friend, it did lose five seconds in 81 days on the voyage to Jamaica in 1761 [C2]. And [C99] so.")]  # fmt: skip
        script, _ = await wrote(creator, shelf, resources)
        was = script["version"]["sections"][1]["narration"]
        start, end = was.index("The Board"), was.index("A pendulum")
        job, read = await revised(creator, shelf, resources, script, Target(["s2"], Span(start, end)))
    version = read["version"]
    now = version["sections"][1]

    assert job["status"] == "succeeded", job
    check(version, shelf.texts)
    assert (version["origin"], version["number"], version["parent"]) == ("revised", 2, 1)
    assert now["narration"].startswith(was[:start])
    assert now["narration"].endswith(was[end:])
    assert "Well, friend" in now["narration"]
    assert version["rejected"] == [{"statement": "[C99]", "reason": "no such claim was given"}]
    assert [one["was"] for one in version["lost_citations"]] == [
        "The Board of Longitude paid him 8,750 pounds in 1773."
    ]
    for before, after in zip(script["version"]["sections"], version["sections"], strict=True):
        if after["id"] != "s2":
            assert before == after


async def test_a_revision_that_touches_locked_text_fails_with_no_new_version(settings, creator, shelf):
    async with provider() as server, worker_for(settings, "openai", server) as resources:
        server.script = [*[good] * 4, written(NO_NOTES), *[written("All new.")] * 4]
        script, _ = await wrote(creator, shelf, resources)
        sections = script["version"]["sections"]
        sections[1]["locked"] = True
        await creator.post(f"/scripts/{script['id']}/versions", json={"base_version": 1, "sections": sections})
        job, read = await revised(creator, shelf, resources, script, Target(["s2", "s3"]), base=2)
        versions = (await creator.get(f"/scripts/{script['id']}/versions")).json()

    assert (job["status"], job["error"]["code"]) == ("failed", "revision_out_of_bounds")
    assert (read["head"], versions["total"]) == (2, 2)
    assert read["version"]["sections"][1]["narration"] == sections[1]["narration"]


async def test_an_empty_answer_to_a_revision_is_no_version(settings, creator, shelf):
    async with provider() as server, worker_for(settings, "openai", server) as resources:
        server.script = [*[good] * 4, written(NO_NOTES), written("VISUALS: none")]
        script, _ = await wrote(creator, shelf, resources)
        job, read = await revised(creator, shelf, resources, script, Target(["s3"]))

    assert (job["status"], job["error"]["code"], read["head"]) == ("failed", "empty_revision", 1)


async def test_a_reviews_notes_are_kept_where_their_quotes_stand(settings, creator, shelf):
    notes = [
        {"section": "s2", "kind": "repeated", "quote": "A pendulum does not keep time", "message": "Say it once."},
        {"section": "s2", "kind": "open_promise", "quote": "Nobody ever wrote this.", "message": "Keep it."},
    ]
    async with provider() as server, worker_for(settings, "openai", server) as resources:
        server.script = [*[good] * 4, written(json.dumps({"notes": notes}))]
        script, _ = await wrote(creator, shelf, resources)

    told = [one["message"] for one in script["version"]["notes"]]
    assert "Say it once." in told
    assert "Keep it." not in told
