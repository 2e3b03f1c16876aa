"""What a process opens once and shares: the database, the files, and the outside world."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from app.config import Settings, SettingsError
from app.db.session import Database
from app.shared.clients.embeddings import Embedder
from app.shared.clients.engines import open_embedder, open_llm
from app.shared.clients.llm import LLM
from app.shared.clients.storage import Storage, open_storage


@dataclass(frozen=True, slots=True)
class Resources:
    settings: Settings
    db: Database
    storage: Storage
    llm: LLM
    embedder: Embedder


@asynccontextmanager
async def open_resources(settings: Settings) -> AsyncIterator[Resources]:
    """Open what both doors need, and close it on the way out."""
    if settings.database_url is None:
        raise SettingsError("DATABASE_URL is not set and no embedded database was started.")
    db = Database(settings.database_url, settings.database_pool_size)
    try:
        yield Resources(settings, db, open_storage(settings), open_llm(settings, db), open_embedder(settings, db))
    finally:
        await db.close()
