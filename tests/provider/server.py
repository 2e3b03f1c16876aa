"""A provider on loopback that speaks what the OpenAI and Anthropic SDKs call, answers by script, and logs each request.

Without a script it answers well: traits from the quotes that stand in the material it was sent, vectors from the words
of each text.
"""

import asyncio
import base64
import inspect
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import uvicorn

from app.shared.clients.embeddings import hash_texts
from tests.conftest import free_port

Reply = tuple[int, dict[str, str], bytes]
Answer = Callable[[dict[str, Any]], Reply | Awaitable[Reply]]


@dataclass
class Provider:
    """`script` holds what the next requests get, first to last; after it the good answer."""

    url: str
    requests: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    script: list[Answer] = field(default_factory=list)


def status(code: int, **headers: str) -> Answer:
    body = json.dumps({"error": {"message": f"scripted {code}", "type": "scripted"}}).encode()
    return lambda _: (code, {name.replace("_", "-"): value for name, value in headers.items()}, body)


def written(text: str) -> Answer:
    """A model's answer with just this text."""
    return lambda request: (200, {}, _wrap(request, text))


@asynccontextmanager
async def provider() -> AsyncIterator[Provider]:
    port = free_port()
    state = Provider(f"http://127.0.0.1:{port}")

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        request = json.loads(body)
        state.requests.append((scope["path"], request))
        answer = state.script.pop(0) if state.script else good
        given = answer(request)
        code, headers, content = await given if inspect.isawaitable(given) else given
        raw = [(b"content-type", b"application/json"), *((k.encode(), v.encode()) for k, v in headers.items())]
        await send({"type": "http.response.start", "status": code, "headers": raw})
        await send({"type": "http.response.body", "body": content})

    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning", lifespan="off"))
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  uvicorn has a flag, no event
        await asyncio.sleep(0.01)
    yield state
    server.should_exit = True
    await serving


def good(request: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
    if "dimensions" in request:
        vectors = hash_texts(request["input"])
        data = [{"object": "embedding", "index": i, "embedding": _embedding(request, v)} for i, v in enumerate(vectors)]
        usage = {"prompt_tokens": 7 * len(data), "total_tokens": 7 * len(data)}
        return (
            200,
            {},
            json.dumps({"object": "list", "data": data[::-1], "model": request["model"], "usage": usage}).encode(),
        )
    return 200, {}, _wrap(request, json.dumps({"traits": traits_from(material(request))}))


def material(request: dict[str, Any]) -> str:
    """What the request carries between the marks."""
    sent = request.get("input") or request["messages"][0]["content"]
    return re.search(r"<material>\n(.*)\n</material>", sent, re.DOTALL).group(1)


def traits_from(text: str) -> list[dict[str, Any]]:
    """One trait with two quotes that stand, one with a quote that was never said, one with too few."""
    sources = re.findall(r"\[(S\d+)\]\n(.*?)(?=\n\n\[S\d+\]|\Z)", text, re.DOTALL)
    quotes = [
        {"source": label, "quote": re.findall(r"[^.!?\n]{25,90}[.!?]", said)[0].strip()} for label, said in sources[:2]
    ]
    invented = {"source": sources[0][0], "quote": "Nobody ever said this sentence in any of the videos."}
    return [
        {"name": "Speaks plainly", "description": "You speak plainly.", "quotes": quotes},
        {"name": "Made up", "description": "You never said this.", "quotes": [invented, quotes[0]]},
        {"name": "Too thin", "description": "One quote is not enough.", "quotes": quotes[:1]},
    ]


def _wrap(request: dict[str, Any], text: str) -> bytes:
    if "messages" in request:
        return json.dumps({
            "id": "msg_1", "type": "message", "role": "assistant", "model": request["model"], "stop_reason": "end_turn",
            "stop_sequence": None, "content": [{"type": "text", "text": text}],
            "usage": {"input_tokens": 110, "output_tokens": 12},
        }).encode()  # fmt: skip
    return json.dumps({
        "id": "resp_1", "object": "response", "created_at": 1, "model": request["model"], "status": "completed",
        "output": [{"type": "message", "id": "m", "role": "assistant", "status": "completed",
                    "content": [{"type": "output_text", "text": text, "annotations": []}]}],
        "parallel_tool_calls": False, "tool_choice": "none", "tools": [],
        "usage": {"input_tokens": 100, "output_tokens": 10, "total_tokens": 110,
                  "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
                  "output_tokens_details": {"reasoning_tokens": 0}},
    }).encode()  # fmt: skip


def _embedding(request: dict[str, Any], vector: np.ndarray) -> Any:
    if request.get("encoding_format") == "base64":
        return base64.b64encode(vector.astype("<f4").tobytes()).decode()
    return vector.tolist()
