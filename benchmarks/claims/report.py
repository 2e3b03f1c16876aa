"""The tables."""

import statistics

from benchmarks.claims.queues import KINDS, MAX_RUNNING, ROWS_AT_ONCE, WANTED, Queue
from benchmarks.claims.rounds import BURST, LIMIT_TRIALS

ROUNDS = 60
NAIVE_ROUNDS = 5
NOTE = (
    "The pages that a claim looks at grow with the depth of the indexes and, up to a batch's worth, with the owners in"
    " line; hardly with the queue. The rest is first touches: at 1,000,000 jobs in the last shape a batch of 10 reads"
    " about 70 pages that PostgreSQL doesn't hold and logs about 40 whole ones, as the first change of a page after a"
    " checkpoint does. The faster the machine, the more that shows: runs of 2026-11-21 gave at most 1.44 for one job and 1.93"
    " for 10, one of 2026-11-22 on twice the pace 1.95 and 2.87. With all pages in memory (`shared_buffers` 4 GB,"
    " warmed) it was 1.20 and 1.25 in the last shape."
)


def report(queues: list[Queue], version: str, refused: int, early: float, late: float) -> str:
    smallest, largest = queues[0].size, queues[-1].size
    first = {queue.shape: queue for queue in queues if queue.size == smallest}
    claims, rest = [], []
    ratios: dict[int, list[float]] = {wanted: [] for wanted in WANTED}
    for queue in queues:
        cells = [f"{queue.size:,}", queue.shape.name]
        claimed = list(cells)
        for wanted in WANTED:
            what = f"claim {wanted}"
            ratio = queue.p50(what) / first[queue.shape].p50(what)
            if queue.size == largest:
                ratios[wanted].append(ratio)
            looked = f"{queue.p50(f'pages {wanted}'):.0f}"
            claimed += [f"{queue.p50(what):.2f} / {queue.p95(what):.2f}", f"{ratio:.2f}", looked]
        claims.append([*claimed, f"{queue.p50('naive'):,.1f}"])
        per_row = queue.fill_seconds / queue.size * 1e6
        rest.append([*cells, f"{queue.p50('settle'):.2f}", f"{queue.p50('add'):.2f}", f"{per_row:.0f}"])
    few = sorted({queue.got[10] for queue in queues if queue.shape.owners(queue.size) == 1})
    said = " and ".join(
        f"{min(of):.2f} to {max(of):.2f} times as long for {wanted} ({'within' if max(of) <= 1.5 else 'above'} the limit of 1.5)"
        for wanted, of in ratios.items()
    )
    return "\n\n".join(
        (
            f"PostgreSQL {version}, embedded; {len(KINDS)} kinds, {MAX_RUNNING} running an owner; {ROUNDS} rounds over"
            f" all queues in turn. Milliseconds; a claim is the statement in its transaction, whose commit took"
            f" {statistics.median(queue.p50('commit') for queue in queues):.2f} ms (median) besides. Each claimed job"
            f" was settled and replaced by a new one. Naive: sorts the queue, as the prototype did, one job,"
            f" {NAIVE_ROUNDS} times. Pages: what one claim looks at, cached or not. One owner alone gets {few[-1]} jobs at a time, whoever asks for 10.",
            f"**{largest:,} against {smallest:,} jobs: the median claim took {said}.**",
            NOTE,
            table(
                ["jobs", "shape", "claim 1: p50 / p95", f"to {smallest:,}", "pages",
                 "claim 10: p50 / p95", f"to {smallest:,}", "pages", "naive 1: p50"], claims,
            ),
            table(["jobs", "shape", "settle one, committed: p50", "add one, committed: p50",
                   f"bulk insertion, {ROWS_AT_ONCE:,} at once, µs a row"], rest),
            f"Two workers that race for an owner who runs 2 of {MAX_RUNNING}: {LIMIT_TRIALS} times no more than"
            f" {MAX_RUNNING} ran ({refused} times the second got nothing), and a job that was added during a claim was"
            f" always found after it.",
            f"A burst of {BURST:,} jobs of as many owners into a queue that was empty at its last `analyze`: {early:.0f} µs"
            f" a row for the first tenth, {late:.0f} for the last.",
        )
    )  # fmt: skip


def table(head: list[str], rows: list[list[str]]) -> str:
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *rows))
