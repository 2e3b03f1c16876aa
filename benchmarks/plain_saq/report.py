"""The table, and its place in `docs/reliability.md`."""

import os
import platform
import re
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.plain_saq.faults import FAULTS
from benchmarks.plain_saq.lane import MOST_SECONDS, STEP_SECONDS, Outcome
from benchmarks.plain_saq.tasks import SECTIONS
from tests.faults.harness import LEASE_SECONDS, SHORT

PAGE = Path(__file__).parents[2] / "docs/reliability.md"
BEGIN, END = "<!-- plain saq -->", "<!-- /plain saq -->"


def cell(name: str, outcome: Outcome | str | None) -> str:
    if outcome is None:
        return "no Redis" if name == "redis" else "not run: a kill alone loses them"
    if isinstance(outcome, str):
        return "not measured"
    said = [f"{outcome.lost} lost", f"{outcome.twice} twice", f"{outcome.again} again ({outcome.after_done})"]
    if outcome.failed:
        said.insert(1, f"{outcome.failed} failed")
    if outcome.waiting:
        said.insert(1, f"{outcome.waiting} not ended after {MOST_SECONDS} s")
    if outcome.in_flight and outcome.restart is not None:
        said.append(f"on after {outcome.restart:.1f} s")
    if outcome.left is not None:
        said.append(f"left in {outcome.left:.1f} s")
    if outcome.not_cancelled is not None:
        said += [f"{outcome.not_cancelled} not cancelled", f"{outcome.after_cancel} calls after"]
    return ", ".join(said)


def table(lanes: list[str], found: dict[str, dict[str, Outcome | str | None]]) -> str:
    rows = [f"| fault | {' | '.join(lanes)} |", f"|{' --- |' * (len(lanes) + 1)}"]
    for name, (words, _, _) in FAULTS.items():
        if any(name in found[lane] for lane in lanes):
            cells = [cell(name, found[lane][name]) if name in found[lane] else "" for lane in lanes]
            rows.append(f"| {words} | {' | '.join(cells)} |")
    return "\n".join(rows)


def in_all(lanes: list[str], found: dict[str, dict[str, Outcome | str | None]]) -> str:
    said = []
    for lane in lanes:
        measured = [outcome for outcome in found[lane].values() if isinstance(outcome, Outcome)]
        lost, twice, after_done, jobs = (
            sum(getattr(outcome, name) for outcome in measured) for name in ("lost", "twice", "after_done", "jobs")
        )
        said.append(f"{lane}: {lost} of {jobs} lost, {twice} run twice, {after_done} calls for steps that were done")
    return "; ".join(said)


def page(rows: str, versions: str, summary: str) -> str:
    return f"""{BEGIN}
## What plain SAQ does

{datetime.now(UTC):%Y-%m-%d}, `python -m benchmarks.plain_saq` on {os.cpu_count()} shared cores, {platform.system()} {platform.machine()}, all columns at once; {versions}.

The same jobs of {SECTIONS} paid steps, {STEP_SECONDS} s each unless said, in the same faults: as a plain SAQ task, whose row is committed, then enqueued under its id, and gets its result at the end; and in Strand on the Redis bell. Best settings: 10 retries, a heartbeat limit of 3 s that the task keeps up every 0.4 s, a timeout of 120 s, a sweep every 5 s, 3 s of grace. Strand has the fault suite's settings: a lease of {LEASE_SECONDS:.0f} s, a tick of {SHORT["JOB_TICK_SECONDS"]} s, {SHORT["JOB_GRACE_SECONDS"]} s of grace. Every worker has 10 slots. A fault is watched until nothing happens any more, for {MOST_SECONDS} s at most.

- *lost*: jobs that never ended, and that nothing would run any more
- *twice*: jobs that ran to their end more than once; in Strand, jobs with more than one ending
- *again*: calls of a step beyond its first, counted in the provider's log; in brackets those made after the step had been answered, the others repeat a call that was cut or on the wire, also one that was answered to a worker that stood still
- *on after*: until the last of the jobs that the worker held, and that went on, made its next call
- *calls after*: made after the cancel was answered

{rows}

In all, {summary}.
{END}"""


def write(section: str) -> None:
    old = PAGE.read_text(encoding="utf-8") if PAGE.exists() else f"# Reliability\n\n{BEGIN}\n{END}\n"
    new = re.sub(f"{BEGIN}.*?{END}", lambda _: section, old, flags=re.DOTALL)
    if new == old and section not in old:
        new = f"{old.rstrip()}\n\n{section}\n"
    PAGE.write_text(new, encoding="utf-8")
