"""What must hold after every fault: one function, called at the end of each cell."""

from collections import Counter, defaultdict
from typing import Any

import msgspec

from tests.faults.harness import Stage
from tests.faults.product import sentence

ENDED = {"succeeded", "failed", "cancelled"}
MOST_KEYS = 12
"""Of SAQ's own in Redis: its statistics, its locks, and the last messages."""


def check(
    stage: Stage,
    *,
    repeats: int = 0,
    exactly: int | None = None,
    failed: int = 0,
    attempts: bool = False,
    bad_answers: int = 0,
) -> None:
    """*repeats*: how many calls were on the wire at hard kills, each of which may be made again; *exactly*: how many
    were; *failed*: how many jobs may fail; *attempts*: whether tasks failed by themselves and used attempts;
    *bad_answers*: how many answers fitted nothing, so that their calls are made again."""
    stage.all_ended()
    open_ = "select 1 from model_calls where state = 'sent' and job_id = any($1::uuid[])"
    stage.until(lambda: not stage.sql(open_, stage.accepted), "the last receipts are in the books", 20)
    jobs = stage.sql("select * from jobs where id = any($1::uuid[])", stage.accepted)
    steps = stage.sql("select * from job_steps where job_id = any($1::uuid[])", stage.accepted)
    calls = stage.sql("select * from model_calls where job_id = any($1::uuid[])", stage.accepted)
    events = stage.sql("select * from job_events where job_id = any($1::uuid[]) order by job_id, seq", stage.accepted)
    asked = [record for record in stage.provider.log() if record["idempotency_key"]]
    everything_ended(stage, jobs, failed)
    told_once(jobs, events)
    outputs_are_right(jobs, steps)
    nothing_after_a_checkpoint(steps, calls)
    repeats_are_known(calls, asked, repeats, exactly, bad_answers)
    books_equal_the_log(calls, asked)
    if not attempts:
        assert {job["attempt"] for job in jobs} <= {0}, "an attempt was used although no task failed"
    if (redis := stage.redis) is not None:
        stage.until(lambda: len(redis.keys()) <= MOST_KEYS, "Redis is as empty as before", 5)


def everything_ended(stage: Stage, jobs: list[dict[str, Any]], failed: int) -> None:
    assert len(jobs) == len(set(stage.accepted)), "a job whose POST was answered is gone"
    assert {job["status"] for job in jobs} <= ENDED
    assert sum(job["status"] == "failed" for job in jobs) <= failed, [job["error"] for job in jobs if job["error"]]
    left = stage.sql("select id, status from jobs where status in ('queued', 'running')")
    assert left == [], "a job is left over"


def told_once(jobs: list[dict[str, Any]], events: list[dict[str, Any]]) -> None:
    """Events are numbered without gaps; exactly one ending, and it is the last."""
    by_job: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    for event in events:
        by_job[event["job_id"]].append(event)
    for job in jobs:
        told = by_job[job["id"]]
        assert [event["seq"] for event in told] == list(range(1, len(told) + 1)), "events have a gap"
        assert told[-1]["type"] == "end", "the last event is no ending"
        endings = [event["seq"] for event in told if event["type"] == "end"]
        retries = [event["seq"] for event in told if '"queued"' in event["data"] and event["seq"] > endings[0]]
        assert len(endings) == 1 + bool(retries), "a job was told to have ended twice"
        assert job["event_seq"] == len(told)


def outputs_are_right(jobs: list[dict[str, Any]], steps: list[dict[str, Any]]) -> None:
    """Each stored step says what a run without faults would have said, and a job that succeeded has all of them."""
    done: Counter[Any] = Counter()
    inputs = {job["id"]: msgspec.json.decode(job["input"]) for job in jobs}
    for step in steps:
        if step["status"] != "done":
            continue
        done[step["job_id"]] += 1
        given, output = inputs[step["job_id"]], msgspec.json.decode(step["output"])
        if step["name"].startswith("section_"):
            assert output == {"text": sentence(given["title"], int(step["name"].removeprefix("section_")))}
        elif step["name"] == "bind_essay":
            assert output == f"{given['title']}: {given['sections']}"
    for job in jobs:
        if job["status"] == "succeeded":
            given = inputs[job["id"]]
            assert done[job["id"]] == given["sections"] + 1 + (given["manner"] == "stubborn")


def _step_of(record: dict[str, Any]) -> tuple[str, str]:
    job, step, *_ = record["idempotency_key"].split(":")
    return job, step


def _call_of(record: dict[str, Any]) -> tuple[str, str, str]:
    """A step may make several calls; each has its number."""
    job, step, number, *_ = record["idempotency_key"].split(":")
    return job, step, number


def nothing_after_a_checkpoint(steps: list[dict[str, Any]], calls: list[dict[str, Any]]) -> None:
    """No call is booked for a step that is stored, and nothing is sent without being booked."""
    finished = {(step["job_id"], step["name"]): step["finished_at"] for step in steps if step["status"] == "done"}
    for call in calls:
        checkpoint = finished.get((call["job_id"], call["step"]))
        late = checkpoint is not None and call["sent_at"] > checkpoint
        assert not late, f"{call['step']} of {call['job_id']} was paid for after it was stored"


def repeats_are_known(
    calls: list[dict[str, Any]], asked: list[dict[str, Any]], most: int, exactly: int | None, bad_answers: int
) -> None:
    """A step is asked for once, and once more for each try that the provider is known to have failed or declined, and
    for each whose outcome is unknown."""
    tries: Counter[tuple[str, str, str]] = Counter(_call_of(record) for record in asked)
    excused: Counter[tuple[str, str]] = Counter()
    unknown: Counter[tuple[str, str]] = Counter()
    for call in calls:
        step = str(call["job_id"]), call["step"]
        excused[step] += call["state"] == "failed" or bool(call["error"])
        unknown[step] += call["state"] == "unknown" and not call["error"]
    again = {call: count - 1 - excused[call[:2]] for call, count in tries.items()}
    repeated = {call: count for call, count in again.items() if count > 0}
    if bad_answers:
        assert sum(repeated.values()) <= bad_answers
        return
    for call, count in repeated.items():
        assert count <= unknown[call[:2]], f"{call} was made again without an unknown outcome before"
    total = sum(repeated.values())
    assert total <= most, f"{total} repeats, at most {most} calls were on the wire: {repeated}"
    assert exactly is None or total == exactly, f"{total} repeats, {exactly} expected"


def books_equal_the_log(calls: list[dict[str, Any]], asked: list[dict[str, Any]]) -> None:
    """Each request has its row, each row that is done its answer, and tokens add up to the provider's own count."""
    jobs = {str(call["job_id"]) for call in calls}
    asked = [record for record in asked if _step_of(record)[0] in jobs]
    assert len(asked) <= len(calls), "a request that is not in the books"
    done = {call["request_id"]: call for call in calls if call["state"] == "done"}
    answered = {record["response_id"]: record for record in asked if record.get("status") == 200}
    assert set(done) <= set(answered), "the books know an answer that was never given"
    lost = sum(call["state"] in {"unknown", "failed"} for call in calls)
    assert len(answered) - len(done) <= lost, "an answer that is not in the books"
    for name in ("input_tokens", "output_tokens"):
        known = sum(call[name] for call in done.values())
        assert known == sum(answered[request_id][name] for request_id in done)
    assert not [call for call in calls if call["state"] == "sent"], "a call is still open in the books"
