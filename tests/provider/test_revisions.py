"""Revising a script with a model at a provider on loopback."""

import pytest

from app.features.scripts.revising import Target
from app.shared.evidence import Span
from tests.provider.drafting import ENGINES, NO_NOTES, check, good, revised, worker_for, wrote
from tests.provider.server import provider, written


@pytest.mark.parametrize("name", ENGINES)
async def test_a_revised_selection_leaves_every_other_byte(name, settings, reader, stocked):
    async with provider() as server, worker_for(settings, name, server) as resources:
        server.script = [*[good] * 4, written(NO_NOTES), written("Well, friend, it did lose five seconds in 81 days on the voyage to Jamaica in 1761 [C2]. And [C99] so.")]  # fmt: skip
        script, _ = await wrote(reader, stocked, resources)
        was = script["version"]["sections"][1]["narration"]
        start, end = was.index("The Board"), was.index("A pendulum")
        job, read = await revised(reader, stocked, resources, script, Target(["s2"], Span(start, end)))
    version = read["version"]
    now = version["sections"][1]

    assert job["status"] == "succeeded", job
    check(version, stocked.texts)
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


async def test_a_revision_that_touches_locked_text_fails_with_no_new_version(settings, reader, stocked):
    async with provider() as server, worker_for(settings, "openai", server) as resources:
        server.script = [*[good] * 4, written(NO_NOTES), *[written("All new.")] * 4]
        script, _ = await wrote(reader, stocked, resources)
        sections = script["version"]["sections"]
        sections[1]["locked"] = True
        await reader.post(f"/scripts/{script['id']}/versions", json={"base_version": 1, "sections": sections})
        job, read = await revised(reader, stocked, resources, script, Target(["s2", "s3"]), base=2)
        versions = (await reader.get(f"/scripts/{script['id']}/versions")).json()

    assert (job["status"], job["error"]["code"]) == ("failed", "revision_out_of_bounds")
    assert (read["head"], versions["total"]) == (2, 2)
    assert read["version"]["sections"][1]["narration"] == sections[1]["narration"]


async def test_an_empty_answer_to_a_revision_is_no_version(settings, reader, stocked):
    async with provider() as server, worker_for(settings, "openai", server) as resources:
        server.script = [*[good] * 4, written(NO_NOTES), written("VISUALS: none")]
        script, _ = await wrote(reader, stocked, resources)
        job, read = await revised(reader, stocked, resources, script, Target(["s3"]))

    assert (job["status"], job["error"]["code"], read["head"]) == ("failed", "empty_revision", 1)
