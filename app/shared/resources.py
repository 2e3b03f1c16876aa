"""What a process opens once and shares: the database, the files, and the outside world."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Self

from sqlalchemy import text

from app import VERSION
from app.config import Settings, SettingsError
from app.db.session import Database
from app.shared.attempts import Attempts
from app.shared.clients.courier import Courier
from app.shared.clients.engines import Engines
from app.shared.clients.ledger import Ledger
from app.shared.clients.limits import Limiter
from app.shared.clients.llm import LLM
from app.shared.clients.prices import Prices, load_prices
from app.shared.clients.storage import Storage, open_storage
from app.shared.clients.web import Web, WebLimits
from app.shared.clients.web_answers import user_agent
from app.shared.hints import Hints, open_wire
from app.shared.keys import Keys
from app.shared.metrics import Metrics
from app.shared.reads import Reads
from app.shared.tracing import tracer

MOST_OF_A_PAGE = 20 * 1024 * 1024
LIVING = "select count(*) from worker_processes where seen_at > now() - make_interval(secs => :within)"


@dataclass(frozen=True, slots=True)
class Resources:
    settings: Settings
    keys: Keys
    db: Database
    reads: Reads
    storage: Storage
    engines: Engines
    prices: Prices
    metrics: Metrics
    hints: Hints
    web: Web
    courier: Courier
    attempts: Attempts
    llm: LLM

    def with_engine(self, choice: str | None, *, external: bool = True) -> Self:
        """The same for a project that chose its engine."""
        return replace(self, llm=self.engines.of(choice, external=external))


@asynccontextmanager
async def open_resources(settings: Settings) -> AsyncIterator[Resources]:
    """Open what both doors need, and close it on the way out."""
    if settings.database_url is None:
        raise SettingsError("DATABASE_URL is not set and no embedded database was started.")
    async with AsyncExitStack() as stack:
        db = Database(settings.database_url, settings.database_pool_size)
        stack.push_async_callback(db.close)
        reads = Reads(settings.database_url, settings.database_pool_size)
        stack.push_async_callback(reads.close)
        if (sending := tracer()) is not None:
            sending.watch(db.engine.sync_engine)

        async def workers() -> int:
            within = max(10.0, 5 * settings.job_beat_seconds)
            async with db.transaction() as session:
                return await session.scalar(text(LIVING), {"within": within}) or 0

        limiter = Limiter(settings, workers)
        stack.push_async_callback(limiter.close)
        hints = Hints(open_wire(settings))
        stack.push_async_callback(hints.close)
        metrics, prices = Metrics(), load_prices(settings.prices_file)
        engines = Engines(settings, Ledger(db, settings, prices, limiter, metrics))
        storage = open_storage(settings)
        limits = WebLimits(page_bytes=min(settings.file_limit_bytes, MOST_OF_A_PAGE))
        agent = user_agent(VERSION, settings.web_contact)
        web = Web(agent, limits)
        courier = Courier(agent, private=settings.webhook_allow_private)
        attempts = Attempts(db, settings)
        stack.push_async_callback(attempts.close)
        yield Resources(
            settings,
            Keys.of(settings),
            db,
            reads,
            storage,
            engines,
            prices,
            metrics,
            hints,
            web,
            courier,
            attempts,
            engines.usual,
        )
