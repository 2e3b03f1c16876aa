"""A paid detector that fails for good is left out of the report, and named."""

import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Concatenate, ParamSpec

import msgspec

from app.features.safety.plan import Outcome
from app.features.safety.schemas import DetectorSkipped
from app.shared.exceptions import AppError
from app.shared.pipeline import PipelineRun
from app.shared.resources import Resources

P = ParamSpec("P")
log = logging.getLogger(__name__)

PATIENCE_SECONDS = 600
"""How long a check waits for a provider that can't be reached before it goes on without it."""
NO_MODEL = "No model is set up for this project, so what only a model can see was not looked for."


async def attempt(
    run: PipelineRun,
    name: str,
    detector: str,
    step: Callable[Concatenate[Resources, P], Awaitable[Outcome]],
    *args: P.args,
    **kwargs: P.kwargs,
) -> Outcome:
    """Run a paid step; where it fails for good, the report goes on and says so. That it did is remembered, so that a later
    run of the job doesn't change its mind."""
    given_up = f"{name}_given_up"
    if stored := run.job.steps.get(given_up):
        return msgspec.json.decode(stored.output, type=Outcome)
    try:
        return await run.branch(name, step, *args, **kwargs)
    except AppError as error:
        if not _for_good(run, error):
            raise
        log.warning("The detector %s is left out of job %s: %s", detector, run.job.id, error.error_code)
        return await run.branch(given_up, give_up, detector, error.message)


def _for_good(run: PipelineRun, error: AppError) -> bool:
    """Whether waiting or trying again is over. A budget is waited for: its owner decides."""
    if not error.transient:
        return True
    if error.waits_for == "budget":
        return False
    if error.waits_for == "provider":
        return (datetime.now(UTC) - run.job.created_at).total_seconds() > PATIENCE_SECONDS
    return run.job.attempt + 1 >= min(run.job.max_attempts, error.most_tries or run.job.max_attempts)


async def give_up(resources: Resources, detector: str, reason: str) -> Outcome:  # noqa: ARG001  a step
    return Outcome(skipped=[DetectorSkipped(detector, reason)])
