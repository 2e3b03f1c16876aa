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
from app.shared.job_store import StoredStep
from app.shared.jobs import JobContext
from app.shared.resources import Resources
from app.shared.tracing import traced

MOMENT_SECONDS = 0.02

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
        limit = timeout_seconds or self.resources.settings.job_step_seconds
        receipt = asyncio.create_task(self._run_and_save(name, input_hash, limit, step, args, kwargs))
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

    async def _run_and_save(
        self, name: str, input_hash: str, limit: float, step: Step[P, Output], args: Any, kwargs: Any
    ) -> Output:
        job, context = self.job, self.context
        began = time.monotonic()
        beginning = Beginning(lambda: context.store.start_step(job, name, input_hash, began))
        meter = Meter(
            owner_id=job.owner_id, project_id=job.project_id, job_id=job.id, kind=job.kind, step=name, epoch=job.epoch,
            may_pay=context.may_pay, before_paying=beginning.before_paying,
        )  # fmt: skip
        _DELTA.set(lambda data: self.resources.hints.delta(job.id, {"step": name, **data}))
        called = step.__name__
        with metered(meter), traced(f"step {called}", "internal", {"strand.step": name, "strand.job.id": str(job.id)}):
            try:
                async with asyncio.timeout(limit) as clock:
                    output = await step(self.resources, *args, **kwargs)
            except CallRefused:
                raise Superseded from None
            except AlreadyStored:
                stored = await context.store.stored_step(job, name)
                return _recall(step, name, stored.input_hash, input_hash, stored.output)
            except Exception as error:
                if await beginning.said() is False:
                    raise Superseded from error
                if isinstance(error, TimeoutError) and clock.expired():
                    raise StepTooSlow(f"The step {name} took longer than {limit:.0f} s.") from None
                raise
            finally:
                beginning.cancel()
                took = time.monotonic() - began
                self.resources.metrics.observe("strand_step_seconds", took, kind=job.kind, step=called)
        if beginning.under_way:
            told = await beginning.said()
            if told is False:
                raise Superseded
            if told is not True:
                return _recall(step, name, told.input_hash, input_hash, told.output)
        packed = msgspec.json.encode(output).decode()
        fault("E")
        unsaid = None if beginning.under_way else took
        alive = await context.store.save_step(
            job, name, input_hash, packed, meter.usage(), context.expected_steps, unsaid
        )
        fault("F")
        if not alive:
            raise Superseded
        job.attempt = 0
        return _restore(step, packed)  # as a later run will see it


class Beginning:
    """That a step has begun. It is said once the step has taken a moment, or is about to pay, or has failed; of a step that
    ends sooner, its end says both, in one statement instead of two."""

    def __init__(self, say: Callable[[], Awaitable[bool | StoredStep]]) -> None:
        self._say = say
        self._saying: asyncio.Task[bool | StoredStep] | None = None
        self._timer = asyncio.get_running_loop().call_later(MOMENT_SECONDS, self._begin)

    @property
    def under_way(self) -> bool:
        return self._saying is not None

    def cancel(self) -> None:
        self._timer.cancel()

    async def said(self) -> bool | StoredStep:
        """What `JobStore.start_step` answers: True, False for a run that has lost its job, or what was stored meanwhile."""
        return await asyncio.shield(self._begin())

    async def before_paying(self) -> None:
        told = await self.said()
        if told is False:
            raise CallRefused
        if told is not True:
            raise AlreadyStored

    def _begin(self) -> asyncio.Task[bool | StoredStep]:
        if self._saying is None:
            self._saying = asyncio.create_task(self._tell())
            self._saying.add_done_callback(
                lambda task: task.cancelled() or task.exception()
            )  # heard, if by nobody else
        return self._saying

    async def _tell(self) -> bool | StoredStep:
        return await self._say()


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
