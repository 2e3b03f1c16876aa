"""A model that outlines, and the jobs that ask it."""

import json
import re

import pytest

from app.features.structures import tasks
from app.features.structures.frameworks import blueprints
from tests.conftest import SAMPLES, add_file, finished
from tests.features.structures.briefs import DISPUTED, SAID, a_brief
from tests.provider.engines import engine_worker, enqueue, task
from tests.provider.server import written

ENGINES = ["anthropic", "compatible", "openai"]
MAKE = task("outlines.make_structures", tasks.make_structures)
CHECK = task("outlines.check_idea", tasks.check_idea, 4)
FRAMEWORK = "myth-busting"


async def briefed(creator, project, resources):
    """A brief with the claims of `SAID`; gives its id and the label of each claim."""
    await creator.patch(
        f"/projects/{project}", json={"target_minutes": 10, "creative_brief": "SECRET-BRIEF for swimmers"}
    )
    for path in sorted((SAMPLES / "reference").iterdir()):
        answer = (await add_file(creator, project, path.name, path.read_bytes())).json()
        assert (await finished(creator, answer["job"]))["status"] == "succeeded"
    me = (await creator.get("/users/me")).json()["id"]
    async with resources.db.transaction() as session:
        return await a_brief(session, me, project)


@pytest.fixture
async def research(creator, project, worker, resources):
    return await briefed(creator, project, resources)


def labels(body) -> dict[str, str]:
    """Of each claim that the prompt shows, by its text."""
    sent = json.loads(json.dumps(body, ensure_ascii=False))
    return {
        said: label
        for label, said in re.findall(r'label="(C\d+)" seal="\w+">\\?n?\n?(.*?)(?:\\n|\n)Standing', flat(sent))
    }


def flat(body) -> str:
    if isinstance(body, dict):
        return "\n".join(flat(one) for one in body.values())
    if isinstance(body, list):
        return "\n".join(flat(one) for one in body)
    return str(body)


def outlines_by(draft):
    """An answer that is made when the labels are known."""

    def answer(body):
        return written(json.dumps({"outlines": draft(labels(body))}))(body)

    return answer


def outline(label, framework=FRAMEWORK, **change):
    """One that holds, for a framework of six beats."""
    claim = [label[said] for said, _ in SAID]
    beats = blueprints()[framework].beats
    places = [[], [claim[1]], [claim[DISPUTED[0]], claim[DISPUTED[1]]], [claim[2]], [], []]
    return {
        "framework": framework,
        "title": "The watch and its myths",
        "reasons": [{"text": "Your sources tell two stories of one voyage.", "labels": [claim[9], claim[10]]}],
        "hooks": [
            {"text": "What would you trust more at sea, a clock or the sky?", "labels": []},
            {"text": "H4 ticks five times a second. Can you hear it?", "labels": [claim[8]]},
        ],
        "sections": [
            {"title": f"Part {beat.type}", "purpose": "It goes on.", "share": 0.5, "labels": given}
            for beat, given in zip(beats, places, strict=False)
        ],
        **change,
    }  # fmt: skip


async def made(resources, creator, project, research, framework=FRAMEWORK):
    job = await enqueue(
        resources, creator, MAKE, project, project_id=project, research_id=research, framework=framework
    )
    ended = await finished(creator, job)
    assert ended["status"] == "succeeded", ended["error"]
    return (await creator.get(f"/projects/{project}/structures", params={"limit": 3})).json()["items"], ended


def worker_for(settings, name, server, **change):
    return engine_worker(settings, name, server.url, {one.name: one for one in (MAKE, CHECK)}, **change)
