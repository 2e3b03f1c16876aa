"""A process adds what it counted to everybody's figures, as long as it lives."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.shared.resources import Resources

log = logging.getLogger(__name__)

EVERY_SECONDS = 10


@asynccontextmanager
async def reported(resources: Resources) -> AsyncIterator[None]:
    """For the API; a worker's tick does it."""

    async def go_on() -> None:
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            try:
                await resources.metrics.write(resources.db)
            except Exception as error:
                log.debug("What was counted waits for the database: %r", error)

    writing = asyncio.create_task(go_on())
    try:
        yield
    finally:
        writing.cancel()
        with contextlib.suppress(Exception):
            async with asyncio.timeout(2):
                await resources.metrics.write(resources.db)
