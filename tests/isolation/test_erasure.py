"""A deleted source is gone from every table, whatever was made of it, but for what stands in scripts as their own words."""

import pytest
from sqlalchemy import text

from app.db.base import Base
from tests.conftest import add_text, finished

pytestmark = pytest.mark.slow

WORDS = "Quillfeather"
SAID = f"""The lighthouse of {WORDS} Point was lit in 1794 by Ada {WORDS} herself. The lamp of {WORDS} Point burned whale oil
until 1861. A keeper of {WORDS} Point climbed 182 steps each night. Ships could see the {WORDS} light from 23 miles away.

Before the {WORDS} lamp was lit, eleven ships were lost on the reef in ten years. After the {WORDS} lamp was lit, one ship was
lost in ten years. The {WORDS} lamp was the first on that coast to turn by clockwork."""


async def tables_that_say(resources, words: str) -> list[str]:
    found = []
    async with resources.db.transaction() as session:
        for table in Base.metadata.sorted_tables:
            said = text(f"select count(*) from {table.name} as one where one::text ilike :words")
            if await session.scalar(said, {"words": f"%{words}%"}):
                found.append(table.name)
    return found


WORDS_OF_SCRIPTS = {"script_versions", "repurposings", "safety_checks"}
"""What a script says stays, without its quotes, and is `unsupported` from then on."""


async def test_no_table_holds_the_words_of_a_source_that_was_deleted(creator, project, worker, resources):
    source = await add_text(creator, project, SAID, "The lighthouse")
    other = "Lighthouses of the coast burned whale oil, then paraffin. A keeper climbed the steps each night."
    await add_text(creator, project, other, "Other lighthouses")

    async def made(path: str, **body) -> dict:
        asked = await creator.post(path, json=body)
        assert asked.status_code == 202, asked.text
        job = await finished(creator, asked.json(), seconds=120)
        assert job["status"] == "succeeded", job
        return job

    asked = "How did the lamp change the ships that were lost?"
    research = (await made(f"/projects/{project}/research", question=asked))["result"]["id"]
    await made(f"/projects/{project}/chat", message="When was the lighthouse lit, and by whom?")
    structure = (await made(f"/projects/{project}/structures", research_id=research))["result"]["id"]
    written = await made(f"/projects/{project}/scripts", structure_id=structure, research_id=research, target_minutes=2)
    script = written["result"]["id"]
    await made(f"/scripts/{script}/safety-checks")
    await made(f"/scripts/{script}/repurposings", format="thread")
    await made(f"/projects/{project}/idea-checks", idea="A video about the lamp on the point")
    before = await tables_that_say(resources, WORDS)

    assert (await creator.delete(f"/sources/{source['id']}")).status_code == 204

    made_of_it = {"source_versions", "job_steps", "research_claims", "structures", "script_versions", "chat_messages"}
    assert made_of_it <= set(before)
    assert set(await tables_that_say(resources, WORDS)) <= WORDS_OF_SCRIPTS
    head = (await creator.get(f"/scripts/{script}")).json()["version"]
    for section in head["sections"]:
        assert all(one["quote"] is None for one in section["citations"] if one["source_id"] == source["id"])
