"""Which request a rule acts on, what the log holds, and the two ways to run the provider."""

import json
import os
import signal
import subprocess
import sys

import httpx
import openai
import pytest

from tests.provider.asking import GOOD, SOURCES, Clients
from tests.provider.process import ROOT, ProviderProcess
from tests.provider.script import Refuse, Rule, Status
from tests.provider.server import provider, status, written


async def codes(clients: Clients, kind: str, times: int, **more: object) -> list[int]:
    """The statuses of so many requests in a row."""
    found = []
    for _ in range(times):
        try:
            await clients.ask(kind, **more)
            found.append(200)
        except (openai.APIStatusError, httpx.HTTPStatusError) as error:
            found.append(error.status_code)
    return found


async def test_rules_act_in_order_each_as_often_as_it_says(remote, clients):
    remote.script(Rule(Status(429), times=2), Rule(Status(500)))

    assert await codes(clients, "responses", 4) == [429, 429, 500, 200]


async def test_a_rule_acts_only_on_its_path_and_on_what_it_is_to_contain(remote, clients):
    remote.script(
        Rule(Status(429), path="/v1/embeddings", times=None),
        Rule(Status(500), contains="harbour clock", path="/v1/chat/completions"),
        Rule(Status(503), contains="key-7"),
    )

    assert await codes(clients, "responses", 1) == [200]
    assert await codes(clients, "chat", 2) == [500, 200]
    assert await codes(clients, "responses", 1, key="step:key-7") == [503]


async def test_a_rule_lets_as_many_pass_as_it_skips(remote, clients):
    remote.script(Rule(Status(500), skip=2), Rule(Status(429)))

    assert await codes(clients, "chat", 4) == [429, 200, 500, 200]


async def test_a_share_of_the_requests_is_the_same_one_in_every_run(remote, clients):
    runs = []
    for _ in range(2):
        remote.clear()
        remote.script(Rule(Status(500), share=0.4, seed=3, times=None))
        runs.append(await codes(clients, "chat", 30))

    assert runs[0] == runs[1]
    assert 5 <= runs[0].count(500) <= 20


async def test_a_rule_ends_when_its_time_is_over(remote, clients):
    remote.script(Rule(Status(500), until=0.0, times=None))

    assert await codes(clients, "chat", 1) == [200]


async def test_a_rule_that_can_not_be_read_is_refused_with_the_reason(remote):
    with pytest.raises(ValueError, match="explode"):
        remote.script({"action": {"do": "explode"}})
    with pytest.raises(ValueError, match="tmes"):
        remote.script({"action": {"do": "refuse"}, "tmes": 2})


async def test_a_request_is_in_the_file_when_it_came_and_when_it_was_answered(remote, clients):
    before = len(remote.settled())
    remote.script(Rule(Refuse()))
    answer = await clients.ask("responses", key="job-1")
    received, answered = remote.settled()[before:]

    assert received["received"] == answered["answered"]
    assert (received["path"], received["model"]) == ("/v1/responses", "gpt-5.4-mini")
    assert received["idempotency_key"] == "job-1"
    assert received["action"] == {"do": "refuse"}
    assert (len(received["authorization"]), len(received["body_sha256"])) == (12, 64)
    assert (answered["status"], answered["response_id"]) == (200, answer.id)
    assert answered["input_tokens"] == answer.usage.input_tokens
    assert answered["output_tokens"] == answer.usage.output_tokens
    assert (answered["cached_tokens"], answered["cache_write_tokens"]) == (0, 0)
    assert "sk-provider" not in remote.log_file.read_text()


async def test_the_log_has_one_record_a_request_with_its_body(remote, clients):
    await clients.ask("chat")
    await clients.ask("messages")
    assert (await clients.openai._client.get(f"{remote.url}/_health")).status_code == 200
    chat, message = remote.log()

    assert chat["body"]["messages"][1]["content"] == SOURCES
    assert (chat["state"], chat["status"], chat["action"]) == ("answered", 200, None)
    assert message["n"] == chat["n"] + 1
    assert message["authorization"] == chat["authorization"]
    assert message["cache_write_tokens"] + message["cached_tokens"] > 0
    remote.clear()
    assert remote.log() == []


async def test_what_is_no_request_of_the_provider_is_refused_in_its_own_shape(remote):
    async with httpx.AsyncClient(base_url=remote.url) as client:
        unknown = await client.post("/v1/unknown", json={})
        broken = await client.post("/v1/messages", content=b"{")
        missing = await client.post("/v1/responses", json={"model": "m"})

    assert (unknown.status_code, broken.status_code, missing.status_code) == (404, 400, 400)
    assert broken.json()["type"] == "error"
    assert "input" in missing.json()["error"]["message"]


async def test_in_a_tests_own_process_callables_and_rules_are_mixed():
    async with provider() as here, Clients(here.url) as clients:
        here.script = [status(429, retry_after="1"), {"action": {"do": "refuse"}}, written("{}"), Rule(Status(500))]
        with pytest.raises(openai.RateLimitError) as limited:
            await clients.ask("responses")
        refused = await clients.ask("responses")
        said = await clients.say("messages")
        failed = await codes(clients, "responses", 1)
        good = await clients.say("chat")

    assert limited.value.response.headers["retry-after"] == "1"
    assert refused.output[0].content[0].type == "refusal"
    assert (said, failed, json.loads(good)) == ("{}", [500], GOOD)
    assert [path for path, _ in here.requests] == [
        "/v1/responses", "/v1/responses", "/v1/messages", "/v1/responses", "/v1/chat/completions",
    ]  # fmt: skip
    assert here.script == []


def test_a_stopped_provider_comes_back_at_its_address_and_goes_on_in_its_log(tmp_path):
    with ProviderProcess(tmp_path / "log.jsonl") as running:
        first = running.url
        httpx.get(f"{first}/v1/models").raise_for_status()
        running.settled()
        running.stop()
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{first}/_health")
        running.start()
        httpx.get(f"{running.url}/v1/models").raise_for_status()

        assert running.url == first
        assert len(running.settled()) == 4


def test_a_provider_ends_with_the_process_that_started_it():
    code = (
        "import os, tests.provider.process as p; s = p.ProviderProcess().start(); print(s.url, flush=True); os._exit(9)"
    )
    url = subprocess.run([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True).stdout.strip()
    for _ in range(100):
        try:
            httpx.get(f"{url}/_health")
        except httpx.TransportError:
            return
    pytest.fail("the provider outlived the process that started it")


def run(*command: str, **env: str) -> "subprocess.Popen[str]":
    start = [sys.executable, "-m", "tests.provider", "run", "--", *command]
    return subprocess.Popen(start, cwd=ROOT, env=os.environ | env, stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize(("engine", "expected"), [("", "openai"), ("offline", "openai"), ("anthropic", "anthropic")])
def test_a_command_finds_the_provider_in_its_environment_and_its_exit_code_is_handed_on(engine, expected):
    code = """
import os, sys, urllib.request
print(os.environ["ENGINE"], os.environ["OPENAI_API_KEY"], os.environ["ANTHROPIC_API_KEY"], flush=True)
for url in os.environ["OPENAI_BASE_URL"] + "/models", os.environ["ANTHROPIC_BASE_URL"] + "/v1/models":
    assert urllib.request.urlopen(url).status == 200
sys.exit(7)
"""
    child = run(sys.executable, "-c", code, ENGINE=engine)
    said, _ = child.communicate(timeout=20)

    assert said.split() == [expected, "sk-provider", "sk-provider"]
    assert child.returncode == 7


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_goes_to_the_command_and_the_provider_serves_it_to_its_end(number):
    code = f"""
import os, signal, sys, time, urllib.request
def leave(*_):
    assert urllib.request.urlopen(os.environ["PROVIDER_URL"] + "/_health").status == 200
    sys.exit(5)
signal.signal({int(number)}, leave)
print("ready", flush=True)
time.sleep(20)
"""
    child = run(sys.executable, "-c", code)
    assert child.stdout is not None
    assert child.stdout.readline().strip() == "ready"
    child.send_signal(number)

    assert child.wait(10) == 5
