"""Structures through the API."""

from tests.conftest import finished


async def made(client, project, **body):
    """The options of one job, in the order in which they are offered."""
    posted = await client.post(f"/projects/{project}/structures", json=body)
    assert posted.status_code == 202, posted.text
    job = await finished(client, posted.json())
    assert job["status"] == "succeeded", job["error"]
    listed = (await client.get(f"/projects/{project}/structures", params={"limit": 100})).json()["items"]
    options = [one for one in listed if one["job_id"] == job["id"]]
    assert job["result"] == {"type": "structures", "id": options[0]["id"]}
    return options
