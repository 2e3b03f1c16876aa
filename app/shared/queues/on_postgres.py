import logging
from typing import ClassVar

from psycopg_pool import AsyncConnectionPool
from saq.queue.postgres import PostgresQueue

from app.db.session import plain_url
from app.shared.queues.quiet import QUEUE, Quiet

log = logging.getLogger(__name__)


class PostgresBell(Quiet, PostgresQueue):
    dequeue_seconds: ClassVar[float] = 10

    async def schedule(self, lock: int = 1) -> list[str]:
        try:
            found: list[str] = await super().schedule(lock)
            return found
        except Exception as error:
            log.warning("The bell can't be polled: %r", error)
            return []

    async def sweep(self, lock: int = 60, abort: float = 5.0) -> list[str]:  # noqa: ARG002
        """Drop litter only, such as the messages of a worker that was killed."""
        try:
            async with self.pool.connection() as connection:
                await connection.execute(
                    "delete from saq_jobs where queue = %s and scheduled < extract(epoch from now()) - 60", (self.name,)
                )
        except Exception as error:
            log.warning("The bell can't be swept: %r", error)
        return []


def postgres_bell(url: str, connections: int, patience_seconds: float) -> PostgresBell:
    """With tables in a schema of their own."""
    pool = AsyncConnectionPool(
        plain_url(url),
        open=False,
        timeout=patience_seconds,
        reconnect_timeout=60,
        kwargs={"options": "-c search_path=saq", "application_name": "strand-bell", "connect_timeout": 3},
        check=AsyncConnectionPool.check_connection,
    )
    return PostgresBell(pool=pool, name=QUEUE, min_size=1, max_size=connections, manage_pool_lifecycle=True)
