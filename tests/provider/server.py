"""A provider on loopback that speaks what the OpenAI and Anthropic SDKs call, answers by script, and logs each request.

Without a script it answers well: what `answers` makes of the sources it was sent, vectors from the words of each text.
"""

import asyncio
import inspect
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import uvicorn

from tests.provider import script, streams, wire
from tests.provider.answers import answer_text
from tests.provider.connection import Connection, Cut, Receive, Send
from tests.provider.request import REQUIRED, Request, Unreadable, read_request
from tests.provider.request_log import RequestLog
from tests.provider.script import Action, Answer, Item, Reply
from tests.provider.side_routes import JSON, side_answer
from tests.provider.styles import cut
from tests.provider.usage import PromptCache, Usage, tokens_of
from tests.provider.wire import Said


@dataclass
class Provider:
    """`script` holds what the next requests get, first to last: rules, and callables that act once on whatever comes;
    after it the good answer."""

    url: str = ""
    requests: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    script: list[Item] = field(default_factory=list)
    log: RequestLog = field(default_factory=RequestLog)
    cache: PromptCache = field(default_factory=PromptCache)


@dataclass
class Prepared:
    """An answer ready to be sent; a stream's pieces are its events."""

    status: int
    headers: dict[str, str]
    pieces: list[bytes]
    response_id: str | None = None
    usage: Usage = field(default_factory=Usage)


def status(code: int, **headers: str) -> Answer:
    """The provider's error of this status."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _: script.Status(code, named, message=f"scripted {code}")


def written(text: str) -> Answer:
    """A model's answer with just this text."""
    return lambda _: script.Text(text)


class ProviderApp:
    """The ASGI application."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        async with Connection(receive, send) as connection:
            try:
                raw = await connection.body()
            except Cut:
                return
            if scope["path"].startswith("/_"):
                await _send_all(connection, self._control(scope["method"], scope["path"], raw))
                return
            headers = {name.decode().lower(): value.decode("latin-1") for name, value in scope["headers"]}
            await self._serve(scope["method"], scope["path"], headers, raw, connection)

    async def _serve(self, method: str, path: str, headers: dict[str, str], raw: bytes, connection: Connection) -> None:
        number = next(self._provider.log.numbers)
        refused = chosen = None
        try:
            request = read_request(method, path, headers, raw, number)
            refused = _refusal(request)
        except Unreadable as error:
            request = Request(method, path, headers, raw, {}, number=number)
            refused = _error(request, 400, message=str(error))
        if refused is None:
            chosen = script.take(self._provider.script, request)
        record = self._provider.log.received(request, script.as_logged(chosen))
        self._provider.requests.append((path, request.body))
        try:
            answer = refused or await self._act(request, chosen, connection)
            await _send_all(connection, answer)
            self._provider.log.answered(record, answer.status, answer.response_id, answer.usage)
        except Cut as why:
            self._provider.log.cut(record, str(why))
        except asyncio.CancelledError:
            self._provider.log.cut(record, "the provider stopped")
            raise

    async def _act(self, request: Request, chosen: Action | Answer | None, connection: Connection) -> Prepared:
        """The answer, or what is left to send of it."""
        if chosen is not None and not isinstance(chosen, Action):
            given = chosen(request.body)
            chosen = await given if inspect.isawaitable(given) else given
            if not isinstance(chosen, Action):
                return _as_given(chosen)
        match chosen:
            case script.Status(code, extra, kind, error_code, message):
                refusal = _error(request, code, kind, error_code, message)
                refusal.headers |= extra
                return refusal
            case script.TooLong():
                code, body = wire.too_long(request, tokens_of(*(piece.text for piece in request.pieces)))
                return Prepared(code, _headers(request, JSON), [body])
            case script.Unsupported(what):
                code, body = wire.unsupported(request, what)
                return Prepared(code, _headers(request, JSON), [body])
            case script.Garbage(content_type):
                page = b"<html><body><h1>It works!</h1></body></html>"
                return Prepared(200, _headers(request, content_type), [page])
            case script.Hang(seconds):
                await connection.wait(seconds)
        answer = await self._answer(request, chosen)
        match chosen:
            case script.Drip(seconds):
                await connection.start(answer.status, answer.headers)
                await connection.drip(answer.pieces, seconds)
                answer.pieces = []
            case script.Reset(after):
                await _send_share(connection, answer, after)
                await connection.reset()
                raise Cut("reset by script")
        return answer

    async def _answer(self, request: Request, chosen: Action | None) -> Prepared:
        """The good answer, or the one that the action makes of it."""
        if not request.asks_for_text:
            try:
                kind, body, usage = await side_answer(request, silent=isinstance(chosen, script.Silence))
            except Unreadable as error:
                return _error(request, 400, message=str(error))
            answer = Prepared(200, _headers(request, kind), [body], usage=usage)
            answer.response_id = json.loads(body).get("id") if kind == JSON else None
            answer.response_id = answer.response_id or wire.request_id(request)
            return answer
        said = _say(request, chosen)
        sent = "" if request.of_anthropic and said.refused else said.text
        usage = self._provider.cache.charge(request, sent)
        identity = wire.response_id(request)
        if request.streams:
            kind, pieces = "text/event-stream; charset=utf-8", streams.events(request, said, usage, identity)
        else:
            kind, pieces = JSON, [wire.as_json(wire.answer_body(request, said, usage, identity))]
        return Prepared(200, _headers(request, kind), pieces, identity, usage)

    def _control(self, method: str, path: str, raw: bytes) -> Prepared:
        """The routes for whoever runs the test; they are not logged."""
        provider, code = self._provider, 200
        match method, path:
            case "POST", "/_script":
                try:
                    given = json.loads(raw)
                    provider.script += script.read_rules(given if isinstance(given, list) else [given])
                    body: Any = {"rules": len(provider.script)}
                except (ValueError, msgspec.ValidationError) as error:
                    code, body = 400, {"error": str(error)}
            case "DELETE", "/_script":
                provider.script.clear()
                body = {"rules": 0}
            case "GET", "/_log":
                body = provider.log.records
            case "DELETE", "/_log":
                provider.log.clear()
                provider.requests.clear()
                body = []
            case "GET", "/_health":
                body = {"status": "ok"}
            case _:
                code, body = 404, {"error": "There are /_script, /_log and /_health."}
        return Prepared(code, {"content-type": JSON}, [wire.as_json(body)])


def _say(request: Request, chosen: Action | None) -> Said:
    """What the model writes and how it ends."""
    match chosen:
        case script.Text(text):
            return Said(text)
        case script.Refuse(message):
            return Said(message, "refusal")
        case script.Speak(style):
            return Said(answer_text(request, style))
        case script.Invalid():
            return Said(cut(answer_text(request)))
        case script.Truncate():
            text = answer_text(request)
            return Said(text[: len(text) // 2], "length")
    return Said(answer_text(request))


def _refusal(request: Request) -> Prepared | None:
    """What the provider says to a request that isn't one of its own."""
    if request.path not in REQUIRED:
        return _error(request, 404, "invalid_request_error", "unknown_url", f"Unknown request URL: {request.path}.")
    missing = [name for name in REQUIRED[request.path] if name not in request.body]
    return _error(request, 400, message=f"Missing required parameter: '{missing[0]}'.") if missing else None


def _error(
    request: Request, code: int, kind: str | None = None, error_code: str | None = None, message: str | None = None
) -> Prepared:
    return Prepared(code, _headers(request, JSON), [wire.error_body(request, code, kind, error_code, message)])


def _headers(request: Request, kind: str) -> dict[str, str]:
    return {"content-type": kind, _request_header(request): wire.request_id(request)}


def _request_header(request: Request) -> str:
    return "request-id" if request.of_anthropic else "x-request-id"


def _as_given(reply: Reply) -> Prepared:
    """A test's own reply, sent as it is."""
    code, headers, content = reply
    return Prepared(code, {"content-type": JSON, **headers}, [content])


async def _send_all(connection: Connection, answer: Prepared) -> None:
    if answer.pieces:
        if "event-stream" not in answer.headers["content-type"]:
            answer.headers["content-length"] = str(sum(map(len, answer.pieces)))
        await connection.start(answer.status, answer.headers)
        for piece in answer.pieces:
            await connection.write(piece)
    await connection.finish()


async def _send_share(connection: Connection, answer: Prepared, share: float) -> None:
    """The beginning of an answer; nothing at all at 0."""
    if share > 0:
        whole = b"".join(answer.pieces)
        await connection.start(answer.status, answer.headers)
        await connection.write(whole[: int(len(whole) * share)])


def listen(port: int = 0) -> socket.socket:
    """A socket on loopback; 0 is any free port."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    return listener


def build_server(state: Provider) -> uvicorn.Server:
    config = uvicorn.Config(
        ProviderApp(state), log_level="warning", lifespan="off", ws="none", access_log=False,
        timeout_graceful_shutdown=1,
    )  # fmt: skip
    return uvicorn.Server(config)


@asynccontextmanager
async def provider(log: Path | None = None) -> AsyncIterator[Provider]:
    """A provider in this process."""
    with listen() as listener:
        state = Provider(f"http://127.0.0.1:{listener.getsockname()[1]}", log=RequestLog(log))
        server = build_server(state)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started:
            assert not serving.done(), "the provider did not start"
            await asyncio.sleep(0.01)
        try:
            yield state
        finally:
            server.should_exit = True
            await serving
