"""What a report quotes from a source follows the source: erased with it, found again in its newest text, or stale."""

import json

import pytest
from sqlalchemy import text

from tests.conftest import add_text, finished
from tests.features.safety.scripts import check, section, write_script

pytestmark = pytest.mark.usefixtures("worker")
SOURCE = (
    "The harbour master kept a book. HMS Beagle carried 22 chronometers when she sailed in 1831. "
    "The marmalade in her store was for the officers only, and it was counted twice a week by the purser."
)
SCRIPT = (
    "HMS Beagle carried 22 chronometers when she sailed in 1851. The marmalade in her store was for the officers only, "
    "and so it went."
)


@pytest.fixture
async def report(creator, project, resources):
    source = await add_text(creator, project, SOURCE, title="The purser's marmalade")
    script = await write_script(resources, creator, project, section(SCRIPT))
    made = await check(creator, script)
    assert {entry["source_id"] for finding in made["findings"] for entry in finding["evidence"]} == {source["id"]}
    return source, made


async def test_a_deleted_source_takes_its_words_out_of_every_report(creator, report):
    source, made = report
    assert (await creator.delete(f"/sources/{source['id']}")).status_code == 204
    after = (await creator.get(f"/safety-checks/{made['id']}")).json()

    left = json.dumps(
        [[one["evidence"], one["rationale"]] for one in after["findings"]]
        + [one["evidence"] for one in after["claims"]]
    )
    assert "in 1831" not in left
    assert "marmalade" not in left
    assert [finding["quote"] for finding in after["findings"]] == [finding["quote"] for finding in made["findings"]]
    assert {finding["rationale"] for finding in after["findings"]} == {"It rested on a source that was deleted since."}
    entries = [entry for claim in after["claims"] for entry in claim["evidence"]]
    assert entries
    assert all(entry["source_deleted"] and entry["quote"] is None for entry in entries)
    assert {claim["status"] for claim in after["claims"]} == {"not_found"}


async def test_quotes_follow_a_source_that_was_read_anew(creator, resources, report):
    source, made = report
    async with resources.db.transaction() as session:
        key = await session.scalar(text("select storage_key from content_sources where id = :id"), {"id": source["id"]})

    async def read_anew(said):
        await resources.storage.put(key, said.encode())
        job = (await creator.post(f"/sources/{source['id']}/ingest")).json()["job"]
        assert (await finished(creator, job))["status"] == "succeeded"
        now = (await creator.get(f"/safety-checks/{made['id']}")).json()
        return [entry for claim in now["claims"] for entry in claim["evidence"]]

    longer = f"A line before all others. {SOURCE}"
    moved = await read_anew(longer)
    stale = await read_anew("Nothing of it is left here, not a word.")

    assert moved
    assert all(longer[entry["span"]["start"] : entry["span"]["end"]] == entry["quote"] for entry in moved)
    assert {entry["source_version"] for entry in moved} == {2}
    assert not any(entry["stale"] for entry in moved)
    assert all(entry["stale"] for entry in stale)
