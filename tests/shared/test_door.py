"""What every request meets: an id, a line in the log, packing, HEAD, and an end to patience."""

import asyncio
import gzip
import io
import json
import logging
import sys
from uuid import uuid4

import httpx
import msgspec
import pytest
import uvicorn
from litestar import get

from app.main import create_app
from app.serving import server_config
from app.shared.logs import configure_logs
from tests.conftest import free_port

NASTY = 'Mozilla\x1b[2J {"level":"critical"}'


@get("/broken", opt={"public": True})
async def broken() -> None:
    def deeper(depth: int) -> None:
        deeper(depth - 1) if depth else int("postgresql://strand:hunter2-hunter2@db/x " * 2000)

    deeper(60)


@pytest.fixture
def lines(settings):
    """The log of this process as production writes it, as it comes."""
    root = logging.getLogger()
    before, level, hook = root.handlers[:], root.level, sys.excepthook
    root.handlers[:] = []
    configure_logs(
        msgspec.structs.replace(settings, app_env="production", secret_key="a-known-key-of-thirty-two-letters")
    )
    written = io.StringIO()
    root.handlers[0].setStream(written)
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    root.handlers[:] = before
    root.setLevel(level)
    sys.excepthook = hook
    logging.captureWarnings(False)


async def test_a_request_has_one_id_in_its_answer_and_in_its_log_line_and_only_a_well_formed_one_is_taken(
    creator, lines
):
    mine = uuid4().hex
    trace = f"00-{'ab' * 16}-{'cd' * 8}-01"

    known = await creator.get("/projects", headers={"X-Request-ID": mine, "traceparent": trace})
    forged = await creator.get("/projects", headers={"X-Request-ID": 'x" level="error'})
    nowhere = await creator.get(f"/nothing/{mine}?ticket=secret-in-the-query")

    assert known.headers["x-request-id"] == mine
    assert forged.headers["x-request-id"] not in {"", 'x" level="error'}
    first, second, third = (line for line in lines() if line["event"] == "request")
    assert (first["request_id"], first["route"], first["status"], first["method"]) == (
        mine,
        "/api/v1/projects",
        200,
        "GET",
    )
    assert first["trace_id"] == "ab" * 16
    assert first["user_id"]
    assert second["request_id"] == forged.headers["x-request-id"]
    assert second["trace_id"] != first["trace_id"]
    assert (third["route"], third["status"], nowhere.status_code) == ("other", 404, 404)
    assert "secret-in-the-query" not in json.dumps(third)


async def test_nothing_that_is_sent_makes_a_second_line_or_reaches_the_terminal(creator, project, lines):
    evil = "a\r\n2026 CRITICAL root  forged\u2028\u202e\x9b31m"
    await creator.get(f"/projects/{'%0A%1B[31m%E2%80%A8%C2%9B'}forged", headers={"User-Agent": NASTY.encode()})
    made = await creator.post(f"/projects/{project}/sources/file", files={"file": (evil, b"x" * 40, "text/plain")}, data={"role": "own", "title": evil})  # fmt: skip
    logging.getLogger("app.test").warning("Title %s", evil)

    written = lines()
    assert made.status_code in {202, 400, 422}
    assert [line["event"] for line in written if line["logger"] in {"app.test", "strand.access"}][-1] == "Title %s"
    assert written[-1]["message"] == f"Title {evil}"
    raw = logging.getLogger().handlers[0].stream.getvalue()
    assert not any(
        (ord(one) < 32 and one != "\n") or 127 <= ord(one) < 160 or one in "\u2028\u2029\u202e" for one in raw
    )
    assert "forged" in raw


async def test_a_failure_of_ours_tells_the_request_and_the_log_has_its_trace_in_one_bounded_line(hasty, lines):
    async with httpx.AsyncClient(base_url=hasty[1]) as client:
        answer = await client.get("/broken")

    assert answer.status_code == 500
    assert answer.headers["x-request-id"] in answer.json()["detail"]
    (failed,) = [line for line in lines() if "exception" in line]
    assert failed["request_id"] == answer.headers["x-request-id"]
    assert len(failed["exception"]) < 13_000
    assert "ValueError" in failed["exception"]
    assert "hunter2" not in json.dumps(failed)
    (access,) = [line for line in lines() if line["event"] == "request"]
    assert (access["level"], access["status"]) == ("error", 500)


SECRETS = [
    "postgresql://strand:hunter2-hunter2@db:5432/strand", "redis://:hunter2-hunter2@cache/0",
    "Authorization: Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJodW50ZXIyIn0.hunter2hunter2", "Basic aHVudGVyMjpodW50ZXIy",
    "sk-proj-hunter2hunter2hunter2", "strand_hunter2hunter2hunter2hunter2", "whsec_hunter2hunter2==",
    "$argon2id$v=19$m=65536,t=3,p=4$hunter2$hunter2", "https://s3/x?X-Amz-Signature=hunter2hunter2&a=1",
    "/api/v1/jobs/1/events?ticket=hunter2hunter2", "password='hunter2-hunter2'", '{"refresh_token": "hunter2hunter2"}',
    "a-known-key-of-thirty-two-letters", "Login(email='x', password='correct hunter2 battery')",
    r'b"{\"password\": \"correct hunter2 battery\"}"', "authorization: Bearer hunter2hunter2hunter2",
]  # fmt: skip


@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_is_masked_wherever_it_stands(lines, secret):
    logging.getLogger("somebody.elses").error("It failed: %s", f"could not open {secret} today", extra={"more": secret})

    (line,) = lines()
    assert "hunter2" not in json.dumps(line)
    assert "aHVudGVyMjpodW50ZXIy" not in json.dumps(line)
    assert "a-known-key" not in json.dumps(line)
    assert "today" in line["message"]


@pytest.mark.parametrize("host", ["a:b", "[::1", "a:99999"])
async def test_a_host_that_is_none_is_told_so(anonymous, host):
    refused = await anonymous.get("/health", headers={"Host": host})
    assert refused.status_code == 400
    assert "Host" in refused.json()["detail"]


async def test_head_answers_as_get_does_without_the_body_and_a_stream_ends(creator, project):
    read = await creator.get(f"/projects/{project}")
    head = await creator.head(f"/projects/{project}")
    unchanged = await creator.head(f"/projects/{project}", headers={"If-None-Match": read.headers["etag"]})
    wrong = await creator.head("/projects", params={"limit": 0})
    post_only = await creator.head("/auth/login")
    added = await creator.post(f"/projects/{project}/sources", json={"title": "T", "role": "own", "kind": "text", "text": "Words. " * 50})  # fmt: skip
    stream = await creator.head(f"/jobs/{added.json()['job']['id']}/events")

    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["etag"] == read.headers["etag"]
    assert head.headers["content-length"] == read.headers["content-length"]
    assert [unchanged.status_code, wrong.status_code, post_only.status_code] == [304, 400, 405]
    assert (stream.status_code, stream.headers["content-type"].partition(";")[0]) == (200, "text/event-stream")


async def test_what_is_read_is_packed_and_what_holds_secrets_or_streams_is_not(creator, project, server):
    await creator.patch(f"/projects/{project}", json={"creative_brief": "The same again. " * 200})
    await creator.post("/users/me/api-keys", json={"name": "n" * 90, "scopes": ["read"]})

    packed = await creator.get("/projects")
    plain = await creator.get("/projects", headers={"Accept-Encoding": "identity, gzip;q=0"})
    changed = await creator.patch(f"/projects/{project}", json={"title": "T"})
    small = await creator.get("/health/live")
    keys = [await creator.get(path) for path in ("/users/me/api-keys", "/users/me/sessions", "/users/me")]
    key = await creator.post("/users/me/api-keys", json={"name": "k" * 90, "scopes": ["read"]})
    async with (
        httpx.AsyncClient(base_url=server, timeout=60) as client,
        client.stream("GET", "/schema/openapi.json") as raw,
    ):
        sent = b"".join([piece async for piece in raw.aiter_raw()])
    contract = gzip.decompress(sent)

    assert packed.headers["content-encoding"] == "gzip"
    assert "Accept-Encoding" in packed.headers["vary"]
    assert packed.json() == plain.json() | {}
    for one in (plain, changed, small, *keys, key):
        assert "content-encoding" not in one.headers, one.url
    assert "Accept-Encoding" in plain.headers["vary"]
    assert json.loads(contract)["openapi"].startswith("3.1")
    assert len(sent) < len(contract) / 4


@pytest.fixture(scope="module")
async def hasty(settings):
    """A server as it is run, with little patience: its application and its address."""
    port = free_port()
    impatient = msgspec.structs.replace(
        settings, json_body_limit_bytes=2000, headers_seconds=0.3, requests_at_once=2, host="127.0.0.1", port=port
    )
    app = create_app(impatient)
    app.register(broken)
    server = uvicorn.Server(server_config(impatient, app))
    server.install_signal_handlers = lambda: None
    serve = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  it has no event to wait for
        await asyncio.sleep(0.02)
    yield app, f"http://127.0.0.1:{port}"
    server.should_exit = True
    await serve


async def test_a_body_without_a_length_stops_at_the_limit_and_one_that_drips_is_cut(hasty):
    async def endless():
        yield b'{"title": "'
        for _ in range(50):
            yield b"x" * 1000

    async def dripping():
        yield b'{"email":'
        await asyncio.sleep(2)

    async with httpx.AsyncClient(base_url=f"{hasty[1]}/api/v1") as client:
        sent = {"Content-Type": "application/json"}
        big = await client.post("/auth/login", content=endless(), headers=sent)
        slow = await client.post("/auth/login", content=dripping(), headers=sent)

    assert (big.status_code, big.json()["code"]) == (413, "too_large")
    assert (slow.status_code, slow.json()["code"]) == (408, "too_slow")


async def test_more_requests_than_there_is_room_for_are_told_when_to_come_back(hasty):
    app, address = hasty
    app.state.door.inside += 2
    async with httpx.AsyncClient(base_url=f"{address}/api/v1") as client:
        refused, alive = await client.get("/projects"), await client.get("/health/live")
    app.state.door.inside -= 2

    assert (refused.status_code, refused.json()["code"], refused.headers["retry-after"]) == (503, "overloaded", "2")
    assert refused.headers["x-content-type-options"] == "nosniff"
    assert alive.status_code == 200


async def test_a_connection_that_never_finishes_its_headers_is_closed_and_none_carries_a_banner(hasty):
    host, port = hasty[1].removeprefix("http://").split(":")

    async def closed(start: bytes) -> bytes:
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(start)
        async with asyncio.timeout(10):
            answer = await reader.read()
        writer.close()
        return answer

    silent, halfway, endless = await asyncio.gather(
        closed(b""), closed(b"GET / HTTP/1.1\r\nHost: x\r\nX-A:"), closed(b"GET / HTTP/1.1\r\nX-A: " + b"a" * 70_000)
    )
    async with httpx.AsyncClient(base_url=hasty[1]) as client:
        answer = await client.get("/api/v1/health/live")

    assert [silent, halfway, endless] == [b"", b"", b""]
    assert answer.status_code == 200
    assert "server" not in answer.headers
    assert "set-cookie" not in answer.headers
