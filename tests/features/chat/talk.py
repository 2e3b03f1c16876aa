"""A conversation with the sources, as a test holds one."""

import asyncio
import json

import httpx

from tests.conftest import finished

TOWER = "The Hallam tower is 62 metres tall. It was built in 1871 by the mason Edith Crane."


async def ask(creator, project, message, **more):
    """The answer to a message, once it is there."""
    sent = await creator.post(f"/projects/{project}/chat", json={"message": message, **more})
    assert sent.status_code == 202, sent.text
    job = await finished(creator, sent.json())
    assert job["status"] == "succeeded", job["error"]
    assert job["result"]["type"] == "chat_message"
    return next(one for one in await history(creator, project) if one["id"] == job["result"]["id"])


async def history(creator, project):
    """The whole conversation, the oldest message first."""
    page = await creator.get(f"/projects/{project}/chat", params={"limit": 100, "sort_order": "asc"})
    assert page.status_code == 200, page.text
    return page.json()["items"]


def assert_every_sentence_is_carried(answer, texts):
    """Each sentence of the answer has a quote, and each quote stands in its source."""
    assert answer["citations"]
    for one in answer["citations"]:
        span = one["span"]
        assert texts[one["source_id"]][span["start"] : span["end"]] == one["quote"]
    covered = set()
    for one in answer["citations"]:
        covered |= set(range(one["text_span"]["start"], one["text_span"]["end"]))
    assert all(place in covered or character == " " for place, character in enumerate(answer["text"]))


def sentences_of(answer):
    """The sentences of an answer by the places that its citations give."""
    spans = sorted({(one["text_span"]["start"], one["text_span"]["end"]) for one in answer["citations"]})
    return [answer["text"][start:end] for start, end in spans]


async def follow(client: httpx.AsyncClient, job_id, begun: asyncio.Event):
    """The data of all delta events of a job, until its end; sets *begun* when it is being followed."""
    deltas = []
    async with client.stream("GET", f"/jobs/{job_id}/events", timeout=60) as stream:
        kind = ""
        async for line in stream.aiter_lines():
            begun.set()
            if line.startswith("event:"):
                kind = line.removeprefix("event:").strip()
            elif line.startswith("data:") and kind == "delta":
                deltas.append(json.loads(line.removeprefix("data:")))
    return deltas


def assert_spans_hold(answer):
    for one in answer["citations"]:
        assert answer["text"][one["text_span"]["start"] : one["text_span"]["end"]].strip()
