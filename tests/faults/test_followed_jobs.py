"""Cell 15: event streams that are dropped and resumed."""

import signal

import httpx
import pytest

from tests.faults.harness import Stage
from tests.faults.invariants import check


def one_event(stage: Stage, job_id: str, after: int) -> dict[str, str] | None:
    """The first event after this one; the stream is dropped as soon as it came."""
    event: dict[str, str] = {}
    with stage.client.stream("GET", f"/jobs/{job_id}/events", headers={"Last-Event-ID": str(after)}) as stream:
        for line in stream.iter_lines():
            if not line and "id" in event:
                return event
            if ": " in line:
                name, value = line.split(": ", 1)
                event[name] = value
            elif not line:
                event = {}
    return None


def test_15_a_stream_dropped_at_every_event_gives_each_of_them_once(stage: Stage):
    stage.slow(0.2)
    stage.start_worker()
    job_id = stage.ask()
    seen: list[dict[str, str]] = []
    while not seen or seen[-1]["event"] != "end":
        event = one_event(stage, job_id, len(seen))
        assert event is not None
        seen.append(event)

    assert [int(event["id"]) for event in seen] == list(range(1, len(seen) + 1))
    assert stage.events(job_id) == seen
    check(stage)


def test_15_a_stream_goes_on_where_it_was_after_the_api_was_restarted(stage: Stage):
    stage.slow(0.4)
    stage.start_worker()
    job_id = stage.ask()
    seen = []
    for _ in range(3):
        seen.append(one_event(stage, job_id, len(seen)))
    stage.stop(stage.api, signal.SIGKILL)
    stage.api = stage.start_api(stage.port)

    rest = stage.events(job_id, after=3)

    assert [int(event["id"]) for event in [*seen, *rest]] == list(range(1, len(seen) + len(rest) + 1))
    assert rest[-1]["event"] == "end"
    check(stage)


def test_15_a_stream_without_redis_gives_every_event(stage: Stage):
    if stage.redis is None:
        pytest.skip("there is no Redis on this stage")
    stage.redis.kill()
    try:
        stage.start_worker()
        events = stage.events(stage.ask())
    finally:
        stage.redis.start()

    assert [int(event["id"]) for event in events] == list(range(1, len(events) + 1))
    assert events[-1]["event"] == "end"
    check(stage)


def test_15_events_that_were_missed_are_replayed_from_any_number(stage: Stage):
    stage.start_worker()
    job_id = stage.ask()
    stage.ended(job_id)
    whole = stage.events(job_id)

    for after in range(len(whole)):
        assert stage.events(job_id, after) == whole[after:]


def test_15_deltas_come_by_hint_alone_and_carry_no_id(stage: Stage):
    stage.provider.script({"times": None, "action": {"do": "drip", "seconds": 1.0}})
    stage.start_worker()
    job_id = stage.ask(sections=2, manner="streamed")
    said, numbered = "", []
    with httpx.stream("GET", f"{stage.client.base_url}jobs/{job_id}/events", headers=stage.client.headers, timeout=30) as stream:  # fmt: skip
        event: dict[str, str] = {}
        for line in stream.iter_lines():
            if ": " in line:
                name, value = line.split(": ", 1)
                event[name] = value
            elif not line and event:
                if event.get("event") == "delta":
                    assert "id" not in event
                    said += event["data"]
                elif "id" in event:
                    numbered.append(int(event["id"]))
                event = {}

    assert "section" in said
    assert numbered == list(range(1, len(numbered) + 1))
    assert stage.ended(job_id)["status"] == "succeeded"
