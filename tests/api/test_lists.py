"""What every list has in common, whichever feature it is of."""

import asyncio

import httpx
import pytest

ROOT = "/api/v1"


@pytest.fixture(scope="module")
async def lists(server: str) -> dict[str, dict]:
    """The lists of the contract by their paths, with the answers that each may give."""
    async with httpx.AsyncClient(base_url=server) as client:
        document = (await client.get("/schema/openapi.json")).json()
    return {
        path.removeprefix(ROOT): operations["get"]["responses"]
        for path, operations in document["paths"].items()
        if any(one.get("name") == "order_by" for one in operations.get("get", {}).get("parameters", []))
    }


async def test_an_order_that_a_list_has_not_is_refused_with_those_that_it_has(lists, creator, operator, project):
    reachable = [
        path.replace("{project_id}", project) for path in lists if path.count("{") == path.count("{project_id")
    ]
    assert len(reachable) > 12

    for path in reachable:
        client = operator if path == "/users" or path.startswith("/admin") else creator
        refused = await client.get(path, params={"order_by": "password_hash"})
        assert refused.status_code == 400, (path, refused.text)
        (wrong,) = refused.json()["extra"]
        offered = refused.json()["detail"].partition("it can by ")[2].rstrip(".").split(", ")
        assert wrong["field"] == "order_by"
        answers = await asyncio.gather(*(client.get(path, params={"order_by": one}) for one in offered))
        assert [answer.status_code for answer in answers] == [200] * len(offered), path

    assert [path for path, responses in lists.items() if "400" not in responses] == []


async def test_a_page_behind_the_end_is_empty_and_still_tells_how_many_there_are(creator):
    for title in ("One", "Two", "Three"):
        await creator.post("/projects", json={"title": title})

    behind = (await creator.get("/projects", params={"offset": 5})).json()
    last = (await creator.get("/projects", params={"offset": 2, "limit": 2})).json()
    none = (await creator.get("/projects", params={"search": "nowhere"})).json()

    assert (behind["items"], behind["total"]) == ([], 3)
    assert ([item["title"] for item in last["items"]], last["total"]) == (["One"], 3)
    assert (none["items"], none["total"]) == ([], 0)
