"""What the tests of structures share."""

import json

import pytest
from sqlalchemy import text

from tests.conftest import SAMPLES, add_file, finished
from tests.features.structures.briefs import a_brief
from tests.features.structures.making import made

MANIFEST = json.loads((SAMPLES / "manifest.json").read_text())


@pytest.fixture(scope="module")
async def shelf(reader, worker, resources):
    """What the tests share: a project with the samples, their voice, and a research brief."""
    sent = {"title": "How sailors found their longitude", "target_minutes": 12}
    project = (await reader.post("/projects", json=sent)).json()["id"]
    accepted = [
        (await add_file(reader, project, one["file"], (SAMPLES / one["file"]).read_bytes(), one["role"])).json()
        for one in MANIFEST["sources"]
    ]
    for answer in accepted:
        assert (await finished(reader, answer["job"]))["status"] == "succeeded"
    built = (await reader.post(f"/projects/{project}/dna-profiles", json={})).json()
    assert (await finished(reader, built))["status"] == "succeeded"
    me = (await reader.get("/users/me")).json()["id"]
    async with resources.db.transaction() as session:
        research = await a_brief(session, me, project)
        rows = await session.execute(
            text("select id, text from research_claims where brief_id = :id order by ordinal"), {"id": research}
        )
        claims = {str(row.id): row.text for row in rows}
    sources = (await reader.get(f"/projects/{project}/sources", params={"limit": 100})).json()["items"]
    return {
        "project": project, "research": research, "claims": claims, "sources": {one["id"]: one for one in sources},
        "options": await made(reader, project),
    }  # fmt: skip
