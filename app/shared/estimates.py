"""What a job would take before it is begun: each feature says what its jobs read and write."""

from collections.abc import Awaitable, Callable
from typing import Any

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import Project
from app.shared.clients.llm import LLM


class Work(Struct, frozen=True):
    """Tokens that a job will send and get at least and at most, and what for; seconds of code besides."""

    purpose: str
    input_tokens: tuple[int, int]
    output_tokens: tuple[int, int] = (0, 0)
    seconds: tuple[float, float] = (1.0, 5.0)


Estimator = Callable[[AsyncSession, LLM, Project, dict[str, Any]], Awaitable[list[Work]]]
"""Given the job's own body as it was sent; raises an AppError where the job itself would be refused."""
