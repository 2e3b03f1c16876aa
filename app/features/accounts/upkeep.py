"""Counts of tries that are over."""

from app.shared.resources import Resources


async def keep_up(resources: Resources) -> int:
    await resources.attempts.forget()
    return 0
