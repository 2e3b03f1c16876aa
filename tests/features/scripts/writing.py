"""Scripts through the API, and what must hold of them."""

from tests.conftest import finished


async def write(client, shelf, **body):
    sent = {"structure_id": str(shelf.structure), "target_minutes": 3, **body}
    answer = await client.post(f"/projects/{shelf.project}/scripts", json=sent)
    assert answer.status_code == 202, answer.text
    job = await finished(client, answer.json())
    assert job["status"] == "succeeded", job
    return (await client.get(f"/scripts/{job['result']['id']}")).json()


def citations(version):
    return [(section, one) for section in version["sections"] for one in section["citations"]]


def check(version, texts):
    """What must hold of every version that is ever read."""
    for section, one in citations(version):
        span = one["narration_span"]
        assert 0 <= span["start"] < span["end"] <= len(section["narration"])
        if one["quote"] is not None:
            source = one["source_span"]
            assert texts[one["source_id"]][source["start"] : source["end"]] == one["quote"]
    for section in version["sections"]:
        for span in section["unsupported"]:
            assert section["narration"][span["start"] : span["end"]].strip()


async def revise(client, script, **body):
    answer = await client.post(f"/scripts/{script['id']}/revisions", json=body)
    assert answer.status_code == 202, answer.text
    return await finished(client, answer.json())
