"""A pipeline is an async function; a step is an async function whose output is remembered under its job."""

import asyncio
import contextlib
import hashlib
import time
from collections.abc import AsyncIterable, Awaitable, Callable
from contextvars import ContextVar
from typing import Any, Concatenate, ParamSpec, TypeVar, get_type_hints

import msgspec

from app.shared.clients.meter import AlreadyStored, CallRefused, Meter, metered
from app.shared.exceptions import AppError, Unavailable
from app.shared.faults import fault
from app.shared.jobs import JobContext
from app.shared.resources import Resources

P = ParamSpec("P")
Output = TypeVar("Output")
Step = Callable[Concatenate[Resources, P], Awaitable[Output]]
Declared = TypeVar("Declared", bound=Callable[..., Any])


class Superseded(BaseException):
    """Another worker has this job now: stop without a word."""


class Cancelled(BaseException):
    """The owner asked for the job to stop."""


class Drained(BaseException):
    """This worker is leaving; the job goes back to the queue as it is."""


class ChangedInput(AppError):
    """A step was remembered for other arguments. Running it again would pay twice, so this is for a person to see."""

    status_code = 409
    code = "step_input_changed"


class StepTooSlow(Unavailable):
    """A step took longer than it is given; what it had paid for is of unknown outcome."""

    code = "step_too_slow"
    most_tries = 3


def step(*, version: int = 1, timeout_seconds: float | None = None) -> Callable[[Declared], Declared]:
    """Say more about a step function: *version* rises with its prompt, so that a job never mixes two; *timeout_seconds*
    replaces the setting for steps."""

    def declare(function: Declared) -> Declared:
        vars(function)["strand_step"] = (version, timeout_seconds)
        return function

    return declare


_DELTA: ContextVar[Callable[[dict[str, Any]], None]] = ContextVar("delta", default=lambda _: None)


async def streamed(pieces: AsyncIterable[str], **where: Any) -> str:
    """The whole text of a stream; each piece goes to the job's followers as a `delta` with *where* it belongs."""
    said: list[str] = []
    tell = _DELTA.get()
    async for piece in pieces:
        said.append(piece)
        tell({**where, "text": piece})
    return "".join(said)


class PipelineRun:
    """One execution of a pipeline for one job."""

    def __init__(self, context: JobContext) -> None:
        self.context = context
        self.resources = context.resources
        self.job = context.job

    def expect(self, steps: int) -> None:
        """Say how many steps this job has in all, where the task could not know; progress counts to it."""
        self.context.expected_steps = max(1, steps)

    async def step(self, step: Step[P, Output], *args: P.args, **kwargs: P.kwargs) -> Output:
        """Run a step, or return what it returned in an earlier run of the job."""
        return await self.branch(step.__name__, step, *args, **kwargs)

    async def branch(self, name: str, step: Step[P, Output], *args: P.args, **kwargs: P.kwargs) -> Output:
        """The same under a name of its own, for a step that runs several times in a pipeline, or beside others in an
        `asyncio.TaskGroup`."""
        version, timeout_seconds = vars(step).get("strand_step", (1, None))
        name = name if version == 1 else f"{name}.v{version}"
        input_hash = _hash(args, kwargs)
        if stored := self.job.steps.get(name):
            return _recall(step, name, stored.input_hash, input_hash, stored.output)
        if self.context.stopping():
            raise Drained
        if not self.context.may_pay():
            raise Superseded
        fault("G")
        started = await self.context.store.start_step(self.job, name, input_hash)
        if started is False:
            raise Superseded
        if started is not True:
            return _recall(step, name, started.input_hash, input_hash, started.output)
        limit = timeout_seconds or self.resources.settings.job_step_seconds
        receipt = asyncio.create_task(self._run_and_save(name, limit, step, args, kwargs))
        self.context.receipts.add(receipt)
        receipt.add_done_callback(self.context.receipts.discard)
        try:
            return await asyncio.shield(receipt)
        except asyncio.CancelledError:
            await self._await_receipt(receipt)
            raise

    async def _await_receipt(self, receipt: asyncio.Task[Any]) -> None:
        """What is on the wire is paid for: give its answer a moment to be stored, however often we are interrupted."""
        give_up = time.monotonic() + self.resources.settings.job_receipt_seconds
        while not receipt.done() and (left := give_up - time.monotonic()) > 0:
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait({receipt}, timeout=left)
        receipt.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait({receipt}, timeout=2)
        if receipt.done() and not receipt.cancelled():
            receipt.exception()  # it is in the books; nobody waits for it any more

    async def _run_and_save(self, name: str, limit: float, step: Step[P, Output], args: Any, kwargs: Any) -> Output:
        job, context = self.job, self.context
        meter = Meter(
            owner_id=job.owner_id, project_id=job.project_id, job_id=job.id, kind=job.kind, step=name, epoch=job.epoch,
            may_pay=context.may_pay,
        )  # fmt: skip
        _DELTA.set(lambda data: self.resources.hints.delta(job.id, {"step": name, **data}))
        with metered(meter):
            try:
                async with asyncio.timeout(limit) as clock:
                    output = await step(self.resources, *args, **kwargs)
            except TimeoutError:
                if clock.expired():
                    raise StepTooSlow(f"The step {name} took longer than {limit:.0f} s.") from None
                raise
            except CallRefused:
                raise Superseded from None
            except AlreadyStored:
                stored = await context.store.stored_step(job, name)
                return _recall(step, name, stored.input_hash, _hash(args, kwargs), stored.output)
        packed = msgspec.json.encode(output).decode()
        fault("E")
        alive = await context.store.save_step(job, name, packed, meter.usage(), context.expected_steps)
        fault("F")
        if not alive:
            raise Superseded
        job.attempt = 0
        return _restore(step, packed)  # as a later run will see it


def _hash(args: Any, kwargs: Any) -> str:
    plain = msgspec.to_builtins([args, kwargs], str_keys=True, order="sorted")
    return hashlib.sha256(msgspec.json.encode(plain, order="sorted")).hexdigest()


def _recall(step: Step[P, Output], name: str, stored_hash: str, input_hash: str, output: str) -> Output:
    if stored_hash != input_hash:
        raise ChangedInput(f"The step {name} was finished for other input than it is given now.")
    return _restore(step, output)


def _restore(step: Step[P, Output], output: str) -> Output:
    remembered: Output = msgspec.json.decode(output, type=get_type_hints(step)["return"])
    return remembered
