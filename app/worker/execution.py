"""One execution of one job under one epoch, and what its end means for the row."""

import asyncio
import logging
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import msgspec

from app.config import Settings
from app.db.session import unreachable
from app.shared.exceptions import AppError, Unavailable
from app.shared.faults import fault
from app.shared.job_store import ClaimedJob, JobStore
from app.shared.jobs import JobContext, Task
from app.shared.logs import bind, unbind_all
from app.shared.pipeline import Cancelled, Drained, Superseded
from app.shared.resources import Resources
from app.shared.tracing import Value, entered

log = logging.getLogger(__name__)

LONGEST_BACKOFF_SECONDS = 300
LONGEST_STAGE = 200


class Host(Protocol):
    """What a run needs of its worker."""

    settings: Settings
    resources: Resources
    store: JobStore
    tasks: dict[str, Task[Any]]
    stopping: bool

    def may_pay(self) -> bool: ...

    async def end(self, job: ClaimedJob, status: str, **change: Any) -> str | None: ...

    async def tell(self, job_id: Any) -> None: ...


class TooLate(Exception):
    """The run took longer than its task or its job's deadline allows."""


def weightiest(error: BaseException) -> BaseException:
    """Of a group of errors from parallel branches the one that decides; any other error itself."""
    if not isinstance(error, BaseExceptionGroup):
        return error
    inside = [weightiest(one) for one in error.exceptions]

    def weight(one: BaseException) -> int:
        if isinstance(one, Superseded | Cancelled | Drained):
            return (Superseded, Cancelled, Drained).index(type(one))
        if isinstance(one, AppError):
            return 5 if one.transient and one.waits_for == "retry" else 4 if one.transient else 3
        return 6

    return min(inside, key=weight)


class Run:
    """One execution of one job, under one epoch."""

    def __init__(self, host: Host, job: ClaimedJob) -> None:
        self.host, self.job = host, job
        self._why: type[BaseException] | None = None
        self._task: asyncio.Task[Any] | None = None
        self._ending: asyncio.Task[None] | None = None

    def interrupt(self, why: type[BaseException]) -> None:
        if self._why is None and self._task is not None:
            self._why = why
            self._task.cancel()
            if why is Cancelled:  # the row says so at once; a receipt on its way is awaited after that
                self._ending = asyncio.create_task(self._settle("cancelled"))

    async def go(self) -> None:
        job = self.job
        unbind_all()
        bind(job_id=str(job.id), kind=job.kind, user_id=str(job.owner_id))
        about: dict[str, Value | None] = {
            "strand.job.id": str(job.id), "strand.job.kind": job.kind, "strand.job.epoch": job.epoch,
            "strand.job.age_seconds": (datetime.now(UTC) - job.created_at).total_seconds(), "user.id": str(job.owner_id),
        }  # fmt: skip
        with entered(f"job {job.kind}", "consumer", job.traceparent, about) as self.span:
            await self._run()

    async def _run(self) -> None:
        host, job = self.host, self.job
        task = host.tasks[job.kind]
        log.info("Job %s starts: %s, epoch %d", job.id, job.kind, job.epoch)
        self._task = asyncio.create_task(self._call(task))
        try:
            async with asyncio.timeout(self._seconds_left(task.timeout_seconds)) as limit:
                result = await self._task
            fault("H")
            await self._settle("succeeded", result=msgspec.to_builtins(result) if result else None)
            fault("I")
        except TimeoutError as error:
            await self._end_by(TooLate() if limit.expired() else error)
        except asyncio.CancelledError:
            await self._interrupted()
        except BaseException as error:
            await self._end_by(error)

    async def _call(self, task: Task[Any]) -> Any:
        host, job = self.host, self.job
        resources = host.resources.with_engine(job.engine, external=job.external)
        stopping: Callable[[], bool] = lambda: host.stopping  # noqa: E731  read anew at each step
        return await task.call(JobContext(job, resources, host.store, stopping, host.may_pay, task.steps))

    def _seconds_left(self, timeout_seconds: float) -> float:
        """The task's own limit, or what the job's deadline leaves of it."""
        if self.job.deadline_at is None:
            return timeout_seconds
        return max(0.0, min(timeout_seconds, (self.job.deadline_at - datetime.now(UTC)).total_seconds()))

    async def _end_by(self, error: BaseException) -> None:
        """Settle by what went wrong; of several branches' errors, by the weightiest."""
        error = weightiest(error)
        if isinstance(error, Superseded):
            await self._superseded()
        elif isinstance(error, Cancelled):
            await self._settle("cancelled")
        elif isinstance(error, Drained):
            await self._give_back()
        elif isinstance(error, TooLate):
            expired = self.job.deadline_at is not None and self.job.deadline_at <= datetime.now(UTC)
            code, what = ("deadline", "by its deadline") if expired else ("too_slow", "in the time that it is given")
            await self._fail(code, f"The job was not done {what}.", retryable=True)
        elif unreachable(error):
            await self._give_back(wait_seconds=1.0)
        elif isinstance(error, AppError) and not error.transient:
            await self._fail(error.error_code, error.message, retryable=error.retryable)
        elif isinstance(error, Unavailable) and error.waits_for != "retry":
            await self._wait_for(error)
        elif isinstance(error, Exception):
            if not isinstance(error, AppError):
                log.error("Job %s failed on our side", self.job.id, exc_info=error)
            await self._try_later(error)
        else:
            raise error

    async def _superseded(self) -> None:
        """Another worker has it and nothing is to be said; or it is still ours, cancelled or without a sign of life."""
        asked = await self.host.store.still_mine(self.job)
        if asked is not None:
            await (self._settle("cancelled") if asked else self._give_back())

    async def _interrupted(self) -> None:
        if self._why is Cancelled:
            if self._ending:
                await self._ending
        elif self._why is Drained:
            await self._give_back()
        elif self._why is None:
            current = asyncio.current_task()
            if current is not None and current.cancelling():
                await self._give_back()
                raise asyncio.CancelledError
            await self._try_later(RuntimeError("a step was cancelled from within"))

    async def _give_back(self, wait_seconds: float | None = None) -> None:
        await self._settle("queued", stage="waiting for a worker", wait_seconds=wait_seconds)

    async def _wait_for(self, error: Unavailable) -> None:
        """For a provider's lane or the owner's budget: the slot is freed, no attempt is used, the row says until when."""
        wait = error.retry_after_seconds * random.uniform(1.0, 1.1) + random.uniform(0.01, 0.1)
        until = datetime.now(UTC) + timedelta(seconds=wait)
        stage = f"waiting for the {error.waits_for} until {until:%Y-%m-%d %H:%M:%S} UTC: {error.message}"
        deadline = self.host.settings.job_deadline_seconds if error.waits_for == "budget" else None
        await self._settle(
            "queued", stage=stage[:LONGEST_STAGE], wait_seconds=wait, waits_for=error.waits_for, deadline_seconds=deadline
        )  # fmt: skip
        fault("K")

    async def _try_later(self, error: Exception) -> None:
        """Backoff min(2^n, 300) seconds with jitter, or what the provider asked for; then it gives up."""
        attempt, known = self.job.attempt + 1, isinstance(error, AppError)
        message = error.message if isinstance(error, AppError) else "Something went wrong on our side."
        most = self.job.max_attempts
        if isinstance(error, AppError) and error.most_tries is not None:
            most = min(most, error.most_tries)
        if attempt >= most:
            code = error.error_code if isinstance(error, AppError) and error.most_tries else "gave_up"
            await self._fail(code, f"{message} It was tried {attempt} times.", retryable=True, attempt=attempt)
            return
        backoff = min(self.host.settings.job_backoff_seconds * 2 ** (attempt - 1), LONGEST_BACKOFF_SECONDS)
        wait = backoff * random.uniform(0.5, 1)
        if isinstance(error, Unavailable):
            wait = max(wait, error.retry_after_seconds)
        self.host.resources.metrics.count("strand_job_retries_total", 1, kind=self.job.kind)
        stage = f"trying again in {wait:.0f} s: {message}" if known else f"trying again in {wait:.0f} s"
        await self._settle("queued", stage=stage[:LONGEST_STAGE], wait_seconds=wait, attempt=attempt, waits_for="retry")
        fault("K")

    async def _fail(self, code: str, message: str, *, retryable: bool, attempt: int | None = None) -> None:
        error = {"code": code, "message": message, "retryable": retryable}
        await self._settle("failed", error=error, attempt=attempt)

    async def _settle(self, status: str, **change: Any) -> None:
        over = status in {"failed", "cancelled"}
        settled = await (self.host.end if over else self.host.store.settle)(self.job, status, **change)
        if settled is None:
            return
        log.info("Job %s is %s", self.job.id, settled)
        self.span.set({"strand.job.status": settled})
        if settled == "failed":
            self.span.fail((change.get("error") or {}).get("code", "failed"))
        metrics = self.host.resources.metrics
        if settled != "queued":
            metrics.count("strand_jobs_ended_total", 1, kind=self.job.kind, status=settled)
            took = (datetime.now(UTC) - self.job.created_at).total_seconds()
            metrics.observe("strand_job_seconds", max(0.0, took), kind=self.job.kind)
        if settled in {"failed", "cancelled"}:
            await self.host.tell(self.job.id)
