"""`strand doctor`: every setting, server, key and version, and what is wrong with it."""

import asyncio
import platform
import shutil
import socket
import sys
from collections.abc import AsyncIterator

import asyncpg
import asyncpg.exceptions
from msgspec import Struct
from rich.console import Console
from rich.table import Table

from app import VERSION
from app.config import Settings, SettingsError
from app.db import migrate
from app.shared.bell import Bell, build_bell
from app.shared.clients.engines import chosen_engine
from app.shared.clients.storage import open_storage
from app.shared.embedded import embedded_database, with_secrets
from app.shared.resources import open_resources

OLDEST_POSTGRES = 160000
FEWEST_FREE_BYTES = 1_000_000_000


class Finding(Struct, frozen=True):
    what: str
    well: bool
    said: str


def examine(settings: Settings) -> int:
    """Print a table of findings; 1 if anything is wrong."""
    console = Console()
    findings = asyncio.run(_collect(settings))
    table = Table("", "What", "Finding", title=f"Strand {VERSION}", title_justify="left")
    for finding in findings:
        table.add_row("[green]✓[/]" if finding.well else "[red]✗[/]", finding.what, finding.said)
    console.print(table)
    changed = {name: value for name, value in settings.public().items() if value != Settings().public()[name]}
    console.print(
        "Settings that differ from their defaults: " + (", ".join(f"{k}={v}" for k, v in changed.items()) or "none")
    )
    wrong = sum(not finding.well for finding in findings)
    console.print(f"[red]{wrong} to mend[/]" if wrong else "[green]All is well.[/]")
    return 1 if wrong else 0


async def _collect(settings: Settings) -> list[Finding]:
    return [finding async for finding in _findings(settings)]


async def _findings(settings: Settings) -> AsyncIterator[Finding]:
    yield Finding("Python", sys.version_info >= (3, 11), f"{platform.python_version()} on {platform.platform()}")
    home = settings.home
    yield Finding("Home", True, f"{home}{'' if home.exists() else ' (made at the first start)'}")
    parent = next(folder for folder in (home, *home.parents) if folder.exists())
    free = shutil.disk_usage(parent).free
    yield Finding("Disk", free > FEWEST_FREE_BYTES, f"{free / 1e9:.1f} GB free")
    yield _port(settings)
    yield _key(settings)
    try:
        with embedded_database(settings) as ready:
            async for finding in _servers(with_secrets(ready), embedded=not settings.database_url):
                yield finding
    except SettingsError as error:
        yield Finding("Database", False, str(error))


def _port(settings: Settings) -> Finding:
    with socket.socket() as probe:
        taken = probe.connect_ex((settings.host, settings.port)) == 0
    said = f"{settings.port} is in use; stop what uses it, or set PORT" if taken else f"{settings.port} is free"
    return Finding("Port", not taken, said)


def _key(settings: Settings) -> Finding:
    engine = chosen_engine(settings)
    missing = {
        "openai": not settings.openai_api_key and "ENGINE=openai needs OPENAI_API_KEY",
        "compatible": not settings.openai_base_url and "ENGINE=compatible needs OPENAI_BASE_URL",
        "anthropic": not settings.anthropic_api_key and "ENGINE=anthropic needs ANTHROPIC_API_KEY",
    }.get(engine)
    return Finding("Engine", not missing, missing or f"{engine}{' (no key set)' if engine == 'offline' else ''}")


async def _servers(settings: Settings, *, embedded: bool) -> AsyncIterator[Finding]:
    url = settings.database_url or ""
    try:
        connection = await asyncpg.connect(url.replace("+asyncpg", ""), timeout=5)
    except (OSError, TimeoutError, asyncpg.exceptions.PostgresError) as error:
        yield Finding("Database", False, f"can't be reached: {error or type(error).__name__}; check DATABASE_URL")
        return
    try:
        number = int(await connection.fetchval("show server_version_num"))
        said = f"PostgreSQL {await connection.fetchval('show server_version')}{', embedded' if embedded else ''}"
        yield Finding("Database", number >= OLDEST_POSTGRES, said)
        vector = await connection.fetchval("select default_version from pg_available_extensions where name = 'vector'")
        yield Finding("pgvector", vector is not None, vector or "is not installed in the database server")
        known = await connection.fetchval("select to_regclass('public.alembic_version') is not null")
        revision = await connection.fetchval("select version_num from alembic_version") if known else None
        newest = migrate.head()
        said = (
            f"at {revision}"
            if revision == newest
            else f"at {revision or 'nothing'}, the newest is {newest}: run `strand migrate`"
        )
        yield Finding("Schema", revision == newest, said)
    finally:
        await connection.close()
    bell = Bell(build_bell(settings.broker_url or url))
    alive = await bell.alive()
    await bell.close()
    kind = "Redis" if (settings.broker_url or "").startswith("redis") else "PostgreSQL"
    yield Finding(
        "Bell",
        alive,
        f"{kind} answers" if alive else f"{kind} does not answer; jobs start within a second all the same",
    )
    try:
        await open_storage(settings).check()
        yield Finding("Storage", True, settings.public()["STORAGE_URL"] or str(settings.home / "files"))
    except Exception as error:
        yield Finding("Storage", False, f"can't be written: {error}; check STORAGE_URL")
    async with open_resources(settings) as resources:
        yield Finding("Embedder", True, resources.llm.embedding_model)
