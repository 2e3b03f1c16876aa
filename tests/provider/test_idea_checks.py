"""Judging an idea with a model at a provider on loopback."""

import json
import re

import pytest

from tests.conftest import add_text, finished
from tests.provider.engines import enqueue
from tests.provider.outlining import CHECK, briefed, worker_for
from tests.provider.server import provider, written


def judgement(**change):
    return {
        "aspects": [
            {"question": "What is longitude?", "labels": ["R1", "R99"]},
            {"question": "Who paid for it?", "labels": []},
            {"question": "<b>Who</b> won?", "labels": ["R1"]},
        ],
        "audience_fit": 7.5,
        "audience_reason": "You explain it the way that swimmers think.",
        "gaps": [{"question": "Who paid for it?", "advice": "Look for the accounts of the Board."}],
        **change,
    }  # fmt: skip


@pytest.fixture
async def research(creator, project, worker, resources):
    return await briefed(creator, project, resources)


@pytest.mark.parametrize("name", ["anthropic", "openai"])
async def test_an_idea_is_judged_by_a_model_on_passages_that_were_given(name, settings, creator, project, research):
    await creator.patch(f"/projects/{project}", json={"audience": "swimmers"})
    async with provider() as server, worker_for(settings, name, server) as resources:
        server.script = [written(json.dumps(judgement()))]
        job = await enqueue(resources, creator, CHECK, project, project_id=project, idea="Who found the longitude?")
        ended = await finished(creator, job)
        check = (await creator.get(f"/projects/{project}/idea-checks")).json()["items"][0]

    assert ended["status"] == "succeeded", ended["error"]
    assert check["engine"].startswith(f"{name}:")
    assert (check["coverage"], check["audience_fit"], check["novelty"]) == (0.5, 1, 1)
    assert check["gaps"] == [{"question": "Who paid for it?", "advice": "Look for the accounts of the Board."}]
    assert check["explanation"][2]["text"] == "You explain it the way that swimmers think."


async def test_without_an_audience_a_model_invents_none(settings, creator, project, research):
    async with provider() as server, worker_for(settings, "openai", server) as resources:
        server.script = [written(json.dumps(judgement()))]
        job = await enqueue(resources, creator, CHECK, project, project_id=project, idea="Who found the longitude?")
        await finished(creator, job)
        check = (await creator.get(f"/projects/{project}/idea-checks")).json()["items"][0]

    assert check["audience_fit"] is None
    assert "names no audience" in check["explanation"][2]["text"]


@pytest.mark.parametrize("style", ["good", "wrong", "hostile"])
async def test_an_idea_check_shows_nothing_of_a_hostile_answer(settings, remote, creator, project, research, style):
    await add_text(creator, project, "I spoke about longitude before. It is east and west. " * 5, role="own")
    if style != "good":
        remote.script({"times": None, "action": {"do": "style", "style": style}})
    async with worker_for(settings, "openai", remote) as resources:
        job = await enqueue(resources, creator, CHECK, project, project_id=project, idea="Who found the longitude?")
        ended = await finished(creator, job)
        check = (await creator.get(f"/projects/{project}/idea-checks")).json()["items"][0]

    assert ended["status"] == "succeeded", ended["error"]
    assert not re.search(r"Ignore all|<script|https?://|You judge an idea|No end in sight", json.dumps(check))
    assert "longitude" in check["similar"][0]["quote"]
    assert 0 <= check["coverage"] <= 1
