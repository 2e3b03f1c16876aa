"""Alembic's environment: our tables only, over an asyncpg connection."""

import asyncio
import os
from typing import Any, Literal

from alembic import context
from sqlalchemy import Connection, pool
from sqlalchemy.ext.asyncio import create_async_engine

import app.db.models  # noqa: F401  fills the metadata
from app.db.base import Base
from app.db.session import engine_url

LONGEST_WAIT = "5s"
"""For a lock: whoever waits for one holds up all that come after it, so a migration rather fails, and is run again."""
PLAIN = {
    "GUID": "sa.Uuid()",
    "DateTimeUTC": "sa.DateTime(timezone=True)",
    "JsonB": "postgresql.JSONB()",
    "Embedding": "VECTOR(1536)",
}


def render_item(kind: str, item: Any, autogen_context: Any) -> str | Literal[False]:
    """Migrations name plain types, so that they outlive our own classes."""
    if kind == "type" and (plain := PLAIN.get(type(item).__name__)):
        if plain.startswith("postgresql"):
            autogen_context.imports.add("from sqlalchemy.dialects import postgresql")
        if plain.startswith("VECTOR"):
            autogen_context.imports.add("from pgvector.sqlalchemy import VECTOR")
        return plain
    return False


def ours(thing: Any, name: str | None, kind: str, reflected: bool, compared: Any) -> bool:  # noqa: ARG001
    """An operator's command makes the index over vectors, as one on an empty table is useless."""
    return not (kind == "index" and reflected and (name or "").startswith("ix_retrievable_text_embedding"))


def migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        compare_type=True,
        compare_server_default=False,
        render_item=render_item,
        include_object=ours,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


async def connect_and_migrate() -> None:
    url = context.config.get_main_option("sqlalchemy.url") or os.environ["DATABASE_URL"]
    engine = create_async_engine(
        engine_url(url.replace("%%", "%")),
        poolclass=pool.NullPool,
        connect_args={"server_settings": {"lock_timeout": LONGEST_WAIT, "application_name": "migrations"}},
    )
    async with engine.connect() as connection:
        await connection.run_sync(migrate)
        await connection.commit()
    await engine.dispose()


asyncio.run(connect_and_migrate())
