"""The API while its servers are taken away in turn, and while it is told to leave: no 500, and nothing acknowledged is lost."""

import contextlib
import itertools
import signal
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import httpx
import pytest

from tests.faults.harness import Stage

AWAY_SECONDS = 2.5
WRITERS = 3


@pytest.fixture(scope="module")
def servers():
    opened = Stage("redis")
    try:
        yield opened
    finally:
        opened.close()


class Load:
    """Creators who write and read without a pause, and take 503 for what it says."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.over = threading.Event()
        self.statuses: dict[tuple[str, int], int] = {}
        self.promised: list[tuple[str, dict]] = []
        """What was acknowledged: where it can be read, and what must stand there."""
        self.jobs: list[str] = []
        self.broken: list[str] = []
        self._lock = threading.Lock()

    def run(self, number: int) -> None:
        try:
            with httpx.Client(base_url=self.stage.client.base_url, timeout=40) as client:
                client.headers["Authorization"] = self.stage.client.headers["Authorization"]
                for turn in itertools.count():
                    if self.over.is_set():
                        return
                    self._turn(client, f"{number}.{turn}")
        except Exception as error:
            self.broken.append(repr(error))

    def _turn(self, client: httpx.Client, name: str) -> None:
        project = f"/projects/{self.stage.project}"
        if made := self._send(client, "POST", "/projects", {"title": name}):
            self.promised.append((f"/projects/{made['id']}", {"title": name}))
        said = f"The {name} stars of the north were known to every sailor. " * 5 + name
        text = {"title": name, "role": "reference", "kind": "text", "text": said}
        if made := self._send(client, "POST", f"{project}/sources", text, key=uuid4().hex):
            self._expect_source(made, said)
        form = {"files": {"file": (f"{name}.txt", said.encode())}, "data": {"role": "reference"}}
        if made := self._send(client, "POST", f"{project}/sources/file", key=uuid4().hex, **form):
            self._expect_source(made, said)
        if made := self._send(client, "POST", f"{project}/essays", {"title": name, "sections": 1}, key=uuid4().hex):
            self.jobs.append(made["id"])
        for path in ("/projects", f"{project}/sources", "/jobs", "/users/me", "/health"):
            self._send(client, "GET", path)

    def _expect_source(self, made: dict, said: str) -> None:
        self.promised.append((f"/sources/{made['source']['id']}", {"title": made["source"]["title"]}))
        self.promised.append((f"/sources/{made['source']['id']}/original", {"text": said}))
        self.jobs.append(made["job"]["id"])

    def _send(self, client: httpx.Client, method: str, path: str, json=None, key=None, **more) -> dict | None:
        """Try until it is taken, with the same key: that is what 503 asks for."""
        headers = {"Idempotency-Key": key} if key else {}
        while True:
            answer = client.request(method, path, json=json, headers=headers, **more)
            with self._lock:
                at = (method, answer.status_code)
                self.statuses[at] = self.statuses.get(at, 0) + 1
            if answer.status_code == 503:
                if "retry-after" not in answer.headers:
                    self.broken.append(f"{method} {path} is 503 without Retry-After")
                if path == "/health" or self.over.is_set():
                    return None
                time.sleep(0.2)
                continue
            if not answer.is_success:
                self.broken.append(f"{method} {path}: {answer.status_code} {answer.text[:300]}")
                return None
            return answer.json()


def test_redis_postgresql_and_the_storage_go_in_turn_under_load_without_a_500_or_a_lost_write(stage: Stage):
    stage.start_worker()
    stage.workers_up(1)
    files, away = stage.home / "files", stage.home / "elsewhere"
    load = Load(stage)

    def count(status: int) -> int:
        return sum(count for (_, code), count in load.statuses.items() if code == status)

    with ThreadPoolExecutor(WRITERS) as pool:
        running = [pool.submit(load.run, number) for number in range(WRITERS)]
        try:
            stage.until(lambda: len(load.jobs) >= 6, "the load runs")
            for leave, come_back, refuses in (
                (stage.redis.kill, stage.redis.start, False),
                (stage.postgres.crash, stage.postgres.start, True),
                (lambda: files.rename(away), lambda: away.rename(files), True),
            ):
                written, refused = len(load.promised), count(503)
                leave()
                time.sleep(AWAY_SECONDS)
                if refuses:
                    stage.until(lambda refused=refused: count(503) > refused, "what can't be done is refused", 20)
                come_back()
                stage.until(lambda written=written: len(load.promised) > written + 6, "it goes on without a restart")
        finally:
            load.over.set()
        for one in running:
            one.result()

    assert load.broken == []
    assert {code for _, code in load.statuses} <= {200, 201, 202, 503}
    stage.accepted = list(load.jobs)
    assert {job["status"] for job in stage.all_ended()} == {"succeeded"}
    for path, expected in load.promised:
        answer = stage.client.get(path)
        assert answer.status_code == 200, (path, answer.text)
        there = (
            {"text": answer.text} if path.endswith("/original") else {name: answer.json()[name] for name in expected}
        )
        assert there == expected
    titles = [row["title"] for row in stage.sql("select title from content_sources")]
    assert len(titles) == len(set(titles)), "what was sent twice under one key is there once"
    stage.until(lambda: stage.client.get("/health").json()["status"] == "healthy", "it is well by itself")


def refuses(port: int) -> bool:
    """Whether nobody answers there any more: the socket is closed a look (0.1 s) after the signal came."""
    try:
        httpx.get(f"http://127.0.0.1:{port}/api/v1/health/live")
    except httpx.TransportError as error:
        return isinstance(error, httpx.ConnectError)  # else it was let in and thrown out as the socket closed
    return False


def test_an_api_told_to_leave_ends_what_it_does_sends_followers_elsewhere_and_takes_nothing_new(stage: Stage):
    """The last of this stage: nothing serves afterwards. No worker runs, so the job would be followed for ever."""
    job = stage.ask()
    followed, ended = [], threading.Event()
    signed_in = {"Authorization": stage.client.headers["Authorization"]}

    def follow() -> None:
        with httpx.stream(
            "GET", f"http://127.0.0.1:{stage.port}/api/v1/jobs/{job}/events", headers=signed_in, timeout=30
        ) as answer:
            followed.extend(answer.iter_lines())
        ended.set()

    following = threading.Thread(target=follow)
    following.start()

    body = b'{"title": "Sent while it leaves"}'
    head = (
        f"POST /api/v1/projects HTTP/1.1\r\nHost: 127.0.0.1:{stage.port}\r\nContent-Type: application/json\r\n"
        f"Authorization: {signed_in['Authorization']}\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode()
    with contextlib.closing(socket.create_connection(("127.0.0.1", stage.port), timeout=20)) as slow:
        slow.sendall(head + body[:9])
        stage.until(lambda: any(line.startswith("id:") for line in followed), "it is followed")
        stage.api.send_signal(signal.SIGTERM)
        assert ended.wait(5), "the stream did not end"
        stage.until(lambda: refuses(stage.port), "nothing new is taken", 5)
        assert stage.api.poll() is None, "it left before its answers were out"
        slow.sendall(body[9:])
        answer = slow.recv(65536)
    following.join()
    assert answer.startswith(b"HTTP/1.1 201"), answer
    assert stage.api.wait(10) in {0, -signal.SIGTERM}
    assert [line for line in followed if line.startswith("event: end")] == []
    assert [line for line in followed[-4:] if line.startswith(("retry:", ": "))], followed[-4:]
