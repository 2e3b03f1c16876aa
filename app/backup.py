"""`strand backup FILE`: the database as it was at one moment, and the files, while the service runs."""

import asyncio
import sys
import tempfile
from datetime import UTC, datetime
from typing import IO

import asyncpg
from asyncpg.exceptions import PostgresError

from app import VERSION
from app.config import Settings, SettingsError
from app.db.session import plain_url
from app.shared.archive import FILES, LISTED, PIECE, ArchiveWriter, Manifest, Parts, Table, Unfit, listed, writing
from app.shared.clients.storage import PROBES, Storage, open_storage
from app.shared.embedded import embedded_database, with_secrets
from app.shared.exceptions import AppError, NotFound
from app.shared.keys import key_id

OURS = """
select class.relname as name, array(
    select attname::text from pg_attribute
    where attrelid = class.oid and attnum > 0 and not attisdropped and attgenerated = '' order by attnum) as columns
from pg_class class
where class.relnamespace = 'public'::regnamespace and class.relkind = 'r' and class.relname <> 'alembic_version'
  and class.relname not like 'saq\\_%' and class.relname not like 'strand\\_saq%'
  and not exists (select from pg_depend where objid = class.oid and deptype = 'e')
order by class.relname
"""
"""Every table but the bell's, which holds nothing that lasts, and those of extensions. A table that no model knows is
among them."""
SEQUENCES = """
select sequencename as name, last_value from pg_sequences
where schemaname = 'public' and last_value is not null and sequencename not like 'saq\\_%'
"""
NAMED = "select storage_key from content_sources where storage_key is not null"


def backup(settings: Settings, to: str) -> int:
    """Write the archive; what was done is said on the standard error, as the archive may go to the standard output."""
    with embedded_database(settings) as reached:
        ready = with_secrets(reached)
        try:
            with writing(to) as archive:
                manifest = asyncio.run(write(ready, archive))
        except (OSError, PostgresError, Unfit) as error:
            raise SettingsError(f"No backup was made: {error or type(error).__name__}.") from None
        except AppError as error:
            raise SettingsError(f"No backup was made: {error.message}") from None
    rows = sum(table.rows for table in manifest.tables.values())
    say(f"{rows:,} rows of {len(manifest.tables)} tables and {manifest.files:,} files ({manifest.file_bytes:,} bytes), at {manifest.migration}, are in {'the archive' if to == '-' else to}.")  # fmt: skip
    if manifest.missing:
        say(f"{len(manifest.missing)} files that a row names were not in the storage; the manifest lists them.")
    say(f"SECRET_KEY is not in it (its id: {manifest.keys[0]}). Keep the key elsewhere: without it sealed secrets can't be read again.")  # fmt: skip
    return 0


async def write(settings: Settings, archive: ArchiveWriter) -> Manifest:
    """The tables in one snapshot, then the files. A file is laid down before its row is committed and never changed, so
    all that the snapshot names is there, unless its owner deletes it meanwhile."""
    connection = await asyncpg.connect(plain_url(settings.database_url or ""), timeout=10)
    try:
        await connection.execute("set row_security = off")  # rather an error than rows left out
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            migration = await connection.fetchval("select version_num from alembic_version")
            tables = {row["name"]: await _table(archive, connection, row) for row in await connection.fetch(OURS)}
            wanted = {hash(row["storage_key"]) async for row in connection.cursor(NAMED)}
            sequences = {row["name"]: row["last_value"] for row in await connection.fetch(SEQUENCES)}
            versions = await connection.fetchrow("select current_setting('server_version') as postgres, (select extversion from pg_extension where extname = 'vector') as pgvector")  # fmt: skip
        with tempfile.TemporaryFile() as spool:  # the snapshot is over: files may take hours
            count, total, digest = await _files(archive, open_storage(settings), spool, wanted)
        async with connection.transaction(readonly=True):
            missing = [
                row["storage_key"] async for row in connection.cursor(NAMED) if hash(row["storage_key"]) in wanted
            ]
        manifest = Manifest(
            strand=VERSION, made_at=datetime.now(UTC).isoformat(), migration=migration, **versions,
            keys=[key_id(key) for key in (settings.secret_key or "", *settings.older_keys)],
            tables=tables, sequences=sequences, files=count, file_bytes=total, files_sha256=digest, missing=missing,
        )  # fmt: skip
    finally:
        await connection.close()
    archive.end(manifest)
    return manifest


async def _table(archive: ArchiveWriter, connection: asyncpg.Connection, row: asyncpg.Record) -> Table:
    columns = ", ".join(f'"{column}"' for column in row["columns"])
    parts = Parts(archive, row["name"])
    done = await connection.copy_from_query(
        f'select {columns} from public."{row["name"]}"', output=parts.take, format="binary"
    )
    parts.close()
    return Table(row["columns"], int(done.split()[-1]), parts.sha256.hexdigest())


async def _files(archive: ArchiveWriter, storage: Storage, spool: IO[bytes], wanted: set[int]) -> tuple[int, int, str]:
    """How many files and bytes, and the checksum of the list of checksums; what came is no longer wanted."""
    count = total = 0
    async for keys in storage.listed():
        for key in keys:
            if key.startswith(PROBES):
                continue
            try:
                size, pieces = await storage.open(key)
            except NotFound:  # deleted since it was listed
                continue
            with archive.member(FILES + key, size) as member:
                async for piece in pieces:
                    member.write(piece)
            spool.write(listed(member.sha256.hexdigest(), FILES + key))
            wanted.discard(hash(key))
            count, total = count + 1, total + size
    return count, total, _list(archive, spool)


def _list(archive: ArchiveWriter, spool: IO[bytes]) -> str:
    size = spool.tell()
    spool.seek(0)
    with archive.member(LISTED, size) as member:
        while piece := spool.read(PIECE):
            member.write(piece)
    return member.sha256.hexdigest()


def say(words: str) -> None:
    sys.stderr.write(f"{words}\n")
