"""`strand doctor`: every setting, server, key and version, and what is wrong with it."""

import asyncio
import platform
import shutil
import socket
import sys
import time
from collections.abc import AsyncIterator, Iterator
from http import HTTPStatus
from typing import Literal
from urllib.parse import urlsplit

import asyncpg
import asyncpg.exceptions
import httpx
from msgspec import Struct
from redis.exceptions import RedisError
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from app import VERSION
from app.config import MIN_SECRET_KEY, Settings, SettingsError
from app.db import migrate
from app.db.session import plain_url
from app.features.operations.service import alive_seconds
from app.features.search import vector_index
from app.features.sources.readers.sniffing import reads_media
from app.shared.bell import Bell, build_bell
from app.shared.broker import is_redis, open_redis
from app.shared.clients.engines import chosen_engine
from app.shared.clients.storage import open_storage
from app.shared.embedded import embedded_database, with_secrets
from app.shared.keys import key_id
from app.shared.resources import open_resources

OLDEST_POSTGRES = 160000
FEWEST_FREE_BYTES = 1_000_000_000
MOST_SKEW_SECONDS = 5
LONGEST_WAIT_SECONDS = 600
"""Of a job that could begin, while none begins at all: limits per owner hold back theirs, never everybody's."""

Level = Literal["well", "note", "wrong"]
MARKS = {"well": "[green]✓[/]", "note": "[yellow]![/]", "wrong": "[red]✗[/]"}

SERVER = """
select current_setting('server_version_num')::int as number, current_setting('server_version') as version,
  extract(epoch from clock_timestamp())::float8 as clock, pg_size_pretty(pg_database_size(current_database())) as size,
  current_setting('max_connections')::int as most, (select count(*) from pg_stat_activity)::int as taken,
  (select default_version from pg_available_extensions where name = 'vector') as vector,
  (select coalesce(max(extract(epoch from now() - xact_start)), 0)::int from pg_stat_activity
   where datname = current_database() and state <> 'idle' and backend_type = 'client backend') as longest,
  array(select indexrelid::regclass::text from pg_index where not indisvalid) as broken
"""
LINE = """
select (select count(*) from jobs where status = 'queued')::int as queued,
  (select coalesce(extract(epoch from now() - min(run_at)), 0)::int from jobs
   where status = 'queued' and run_at <= now()
     and not exists (select from paused_kinds where paused_kinds.kind in (jobs.kind, '*'))) as waited,
  (select coalesce(extract(epoch from now() - max(started_at)), 1000000)::int from jobs) as began,
  (select count(*) from worker_processes where seen_at > now() - make_interval(secs => $1))::int as alive,
  array(select kind from paused_kinds order by kind) as paused,
  array(select provider || coalesce(' ' || nullif(model, ''), '') || ': ' || reason from provider_lanes
        where paused_until > now()) as lanes,
  (select count(*) from model_calls where state = 'unknown' and sent_at > now() - interval '1 day')::int as unknown,
  (select count(*) from jobs where status = 'failed' and error ->> 'code' = 'gave_up'
   and finished_at > now() - interval '1 day')::int as given_up
"""


class Finding(Struct, frozen=True):
    what: str
    level: Level
    said: str


def judged(what: str, well: bool, said: str) -> Finding:
    return Finding(what, "well" if well else "wrong", said)


def examine(settings: Settings) -> int:
    """Print a table of findings; 1 if anything is wrong. What is only noted can wait."""
    console = Console(width=None if sys.stdout.isatty() else 160)
    findings = asyncio.run(_collect(settings))
    table = Table("", "What", "Finding", title=f"Strand {VERSION}", title_justify="left")
    for finding in findings:
        table.add_row(MARKS[finding.level], finding.what, escape(finding.said))
    console.print(table)
    changed = {name: value for name, value in settings.public().items() if value != Settings().public()[name]}
    console.print(
        "Settings that differ from their defaults: " + (", ".join(f"{k}={v}" for k, v in changed.items()) or "none")
    )
    wrong = sum(finding.level == "wrong" for finding in findings)
    console.print(f"[red]{wrong} to mend[/]" if wrong else "[green]All is well.[/]")
    return 1 if wrong else 0


async def _collect(settings: Settings) -> list[Finding]:
    return [finding async for finding in _findings(settings)]


async def _findings(settings: Settings) -> AsyncIterator[Finding]:
    yield judged("Python", sys.version_info >= (3, 11), f"{platform.python_version()} on {platform.platform()}")
    home = settings.home
    yield judged("Home", True, f"{home}{'' if home.exists() else ' (made at the first start)'}")
    parent = next(folder for folder in (home, *home.parents) if folder.exists())
    free = shutil.disk_usage(parent).free
    enough = free > FEWEST_FREE_BYTES
    yield judged("Disk", enough, f"{free / 1e9:.1f} GB free{'' if enough else f'; make room below {parent}'}")
    yield judged("Recordings", True, "are read" if reads_media() else "are refused; strand[media] brings their reader")
    yield _port(settings)
    yield _engine(settings)
    yield _secret(settings)
    yield _mail(settings)
    try:
        with embedded_database(settings) as ready:
            async for finding in _servers(with_secrets(ready), embedded=not settings.database_url):
                yield finding
    except SettingsError as error:
        yield judged("Database", False, str(error))


def _port(settings: Settings) -> Finding:
    with socket.socket() as probe:
        taken = probe.connect_ex((settings.host, settings.port)) == 0
    if not taken:
        return Finding("Port", "well", f"{settings.port} is free")
    try:
        address = f"http://{settings.host}:{settings.port}/api/v1/health/live"
        served = httpx.get(address, timeout=3).status_code == HTTPStatus.OK
    except httpx.HTTPError:
        served = False
    said = "is served by Strand" if served else "is in use; stop what uses it, or set PORT"
    return judged("Port", served, f"{settings.port} {said}")


def _secret(settings: Settings) -> Finding:
    """The key's id stands in a backup's manifest too."""
    kept = settings.home / "secret_key"
    if not settings.secret_key and kept.exists() and kept.stat().st_mode & 0o077:
        return Finding("Secret key", "wrong", f"others may read {kept}; chmod 600 {kept}, and change the key")
    key = settings.secret_key or (kept.read_text().strip() if kept.exists() else "")
    if not key:
        return Finding("Secret key", "well", "made at the first start")
    older = f", and {len(settings.older_keys)} older that still verify" if settings.older_keys else ""
    if len(key) < MIN_SECRET_KEY:
        return Finding("Secret key", "note", f"id {key_id(key)}{older}; shorter than {MIN_SECRET_KEY} characters, which production refuses")  # fmt: skip
    return Finding("Secret key", "well", f"id {key_id(key)}{older}")


def _engine(settings: Settings) -> Finding:
    engine = chosen_engine(settings)
    missing = {
        "openai": not settings.openai_api_key and "ENGINE=openai needs OPENAI_API_KEY",
        "compatible": not settings.openai_base_url and "ENGINE=compatible needs OPENAI_BASE_URL",
        "anthropic": not settings.anthropic_api_key and "ENGINE=anthropic needs ANTHROPIC_API_KEY",
    }.get(engine)
    return judged("Engine", not missing, missing or f"{engine}{' (no key set)' if engine == 'offline' else ''}")


def _mail(settings: Settings) -> Finding:
    """Where mails go; nothing is sent to find out."""
    if settings.smtp_url:
        server = urlsplit(settings.smtp_url)
        return judged("Mail", True, f"by {server.scheme}://{server.hostname}, from {settings.mail_from}")
    missed = settings.production and settings.require_verified_email
    said = "REQUIRE_VERIFIED_EMAIL needs SMTP_URL; mails are only written" if missed else "written"
    return judged("Mail", not missed, f"{said} to {settings.home / 'mail'} (SMTP_URL is not set)")


async def _servers(settings: Settings, *, embedded: bool) -> AsyncIterator[Finding]:
    url = settings.database_url or ""
    try:
        connection = await asyncpg.connect(plain_url(url), timeout=5)
    except (OSError, TimeoutError, asyncpg.exceptions.PostgresError) as error:
        yield judged("Database", False, f"can't be reached: {error or type(error).__name__}; check DATABASE_URL")
        return
    try:
        before = time.time()
        found = await connection.fetchrow(SERVER)
        skew = found["clock"] - (before + time.time()) / 2
        known = await connection.fetchval("select to_regclass('public.alembic_version') is not null")
        revision = await connection.fetchval("select version_num from alembic_version") if known else None
        for finding in (*_database(found, skew, embedded=embedded), _schema(revision)):
            yield finding
        if revision == migrate.head():
            line = await connection.fetchrow(LINE, alive_seconds(settings.job_beat_seconds))
            for finding in _jobs(line, embedded=embedded):
                yield finding
            index = await vector_index.status(connection, settings.vector_index)
            broken = index.kind is not None and not index.valid
            yield judged(
                "Vector index", not broken, f"{index.kind or 'none'} over {index.chunks:,} chunks. {index.advice}"
            )
    finally:
        await connection.close()
    bell = Bell(build_bell(settings.broker_url or url))
    alive = await bell.alive()
    await bell.close()
    redis = is_redis(settings.broker_url)
    kind = "Redis" if redis else "PostgreSQL"
    if alive:
        yield Finding("Bell", "well", f"{kind} answers")
    else:
        yield Finding(
            "Bell", "wrong", f"{kind} does not answer; jobs start within a second all the same; check BROKER_URL"
        )
    if alive and redis:
        yield await _redis(settings.broker_url or "")
    try:
        await open_storage(settings).check()
        yield judged("Storage", True, settings.public()["STORAGE_URL"] or str(settings.home / "files"))
    except Exception as error:
        yield judged("Storage", False, f"can't be written: {error}; check STORAGE_URL")
    async with open_resources(settings) as resources:
        yield judged("Embedder", True, resources.llm.embedding_model)


def _database(found: asyncpg.Record, skew: float, *, embedded: bool) -> Iterator[Finding]:
    said = f"PostgreSQL {found['version']}{', embedded' if embedded else ''}, {found['size']}"
    yield judged("Database", found["number"] >= OLDEST_POSTGRES, said)
    yield judged("pgvector", found["vector"] is not None, found["vector"] or "is not installed in the database server")
    close = abs(skew) <= MOST_SKEW_SECONDS
    yield judged("Clocks", close, f"the database's is {skew:+.1f} s from this machine's{'' if close else '; tokens and signed addresses would end too early or late: set both by NTP'}")  # fmt: skip
    if found["taken"] > 0.8 * found["most"]:
        yield Finding("Connections", "note", f"{found['taken']} of {found['most']} are taken; lower DATABASE_POOL_SIZE, or raise max_connections")  # fmt: skip
    if found["longest"] > 3600:
        yield Finding("Transactions", "note", f"one has been open for {found['longest'] // 60} minutes, and keeps PostgreSQL from tidying up; look for it in pg_stat_activity")  # fmt: skip
    if found["broken"]:
        yield Finding("Indexes", "wrong", f"not valid, as their making was broken off: {', '.join(found['broken'])}; drop each (`drop index concurrently`) and make it again")  # fmt: skip


def _schema(revision: str | None) -> Finding:
    newest = migrate.head()
    if revision == newest:
        return Finding("Schema", "well", f"at {revision}")
    if revision is not None and not migrate.knows(revision):
        return Finding("Schema", "note", f"at {revision}, which a newer version made; this one ({newest}) still works on it if it is the version before")  # fmt: skip
    return Finding("Schema", "wrong", f"at {revision or 'nothing'}, the newest is {newest}: run `strand migrate`")


def _jobs(line: asyncpg.Record, *, embedded: bool) -> Iterator[Finding]:
    """What waits, and who works on it. An embedded database that we look at alone has no workers, and is well."""
    waits = f"{line['queued']} wait, the longest of those that could begin for {line['waited']} s"
    if not line["alive"]:
        level: Level = "wrong" if line["queued"] and not embedded else "note"
        yield Finding("Workers", level, f"none is alive; {waits}. Start one: `strand worker`, or `strand run`")
    else:
        stuck = min(line["waited"], line["began"]) > LONGEST_WAIT_SECONDS and not line["lanes"]
        yield judged("Workers", not stuck, f"{line['alive']} alive; {waits}{'; see `strand jobs list --status queued` and `strand jobs why ID`' if stuck else ''}")  # fmt: skip
    if line["paused"]:
        yield Finding(
            "Paused",
            "note",
            f"no job of {', '.join(line['paused']).replace('*', 'any kind')} begins; `strand jobs drain --off` ends that",
        )
    if line["lanes"]:
        yield Finding("Providers", "note", f"paused: {'; '.join(line['lanes'])}")
    if line["unknown"]:
        yield Finding("Paid calls", "note", f"{line['unknown']} of the last day have an unknown outcome: workers were killed while calls were out")  # fmt: skip
    if line["given_up"]:
        yield Finding("Failed jobs", "note", f"{line['given_up']} gave up in the last day; see `strand jobs list --status failed`, and `strand jobs retry ID`")  # fmt: skip


async def _redis(url: str) -> Finding:
    redis = open_redis(url, socket_timeout=5, socket_connect_timeout=5)
    try:
        memory, lasting = await redis.info("memory"), await redis.info("persistence")
    except RedisError as error:
        return Finding("Redis", "note", f"does not tell of its settings: {error}")
    finally:
        await redis.aclose()
    policy = memory.get("maxmemory_policy", "unknown")
    said = f"{policy}, {memory.get('used_memory_human')} used, AOF {'on' if lasting.get('aof_enabled') else 'off'}"
    if policy != "noeviction" and memory.get("maxmemory"):
        return Finding(
            "Redis", "wrong", f"{said}; set maxmemory-policy noeviction, or limits are forgotten when it fills"
        )
    if lasting.get("aof_last_write_status", "ok") != "ok" or lasting.get("rdb_last_bgsave_status", "ok") != "ok":
        return Finding("Redis", "wrong", f"{said}; it can't write to its disk: see its log")
    if not lasting.get("aof_enabled"):
        return Finding("Redis", "note", f"{said}; with `appendonly yes` limits and counts outlive its restart")
    return Finding("Redis", "well", said)
