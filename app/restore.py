"""`strand restore FILE`: a backup into an empty database and the storage, checked before anything is changed."""

import asyncio
from pathlib import Path

import asyncpg
from asyncpg.exceptions import PostgresError

from app.backup import say
from app.config import Settings, SettingsError
from app.db import migrate
from app.db.session import plain_url
from app.shared.archive import FILES, TABLES, Manifest, Reader, Unfit, reading, verify
from app.shared.clients.storage import open_storage
from app.shared.embedded import embedded_database, with_secrets
from app.shared.exceptions import AppError
from app.shared.keys import Keys
from app.supervisor import prepare_database

OTHERS = "select count(*) from pg_stat_activity where datname = current_database() and application_name like 'strand%'"
DROP_ALL = """
do $$
declare
  one record;
begin
  for one in select oid::regclass::text as name from pg_class
      where relnamespace = 'public'::regnamespace and relkind = 'r'
        and not exists (select from pg_depend where objid = pg_class.oid and deptype = 'e') loop
    execute format('drop table %s cascade', one.name);
  end loop;
  for one in select oid::regprocedure::text as name from pg_proc
      where pronamespace = 'public'::regnamespace and prokind in ('f', 'p')
        and not exists (select from pg_depend where objid = pg_proc.oid and deptype = 'e') loop
    execute format('drop routine if exists %s cascade', one.name);
  end loop;
  for one in select oid::regtype::text as name from pg_type
      where typnamespace = 'public'::regnamespace and typtype = 'e'
        and not exists (select from pg_depend where objid = pg_type.oid and deptype = 'e') loop
    execute format('drop type %s cascade', one.name);
  end loop;
end $$
"""
FOREIGN_KEYS = """
select conrelid::regclass::text as at, quote_ident(conname) as name, pg_get_constraintdef(oid) as says
from pg_constraint where contype = 'f' and connamespace = 'public'::regnamespace
"""


def restore(settings: Settings, path: Path, *, force: bool = False) -> int:
    """All of the database or nothing of it; then the schema is brought to the newest, and queued jobs can go on."""
    try:
        manifest = verify(path)
    except Unfit as error:
        raise SettingsError(f"Nothing was restored. {error}") from None
    say(f"{path} is whole: made {manifest.made_at} by {manifest.strand}, at {manifest.migration}.")
    with embedded_database(settings, migrated=False) as reached:
        ready = with_secrets(reached)
        url = ready.database_url or ""
        try:
            _refuse_newer(manifest)
            asyncio.run(_clear(url, force=force))
            migrate.upgrade(url, manifest.migration)
            asyncio.run(_load(ready, path, manifest))
            prepare_database(ready)
        except (OSError, PostgresError, Unfit) as error:
            raise SettingsError(f"The backup was not restored: {error or type(error).__name__}.") from None
        except AppError as error:
            raise SettingsError(f"The backup was not restored: {error.message}") from None
    rows = sum(table.rows for table in manifest.tables.values())
    say(f"{rows:,} rows and {manifest.files:,} files are back, and the schema is at {migrate.head()}.")
    if manifest.keys[0] not in Keys.of(ready).signing:
        say(f"SECRET_KEY is not the one that the backup was made with ({manifest.keys[0]}): everybody signs in again, and sealed secrets can't be read. Set that key, or name it in PREVIOUS_SECRET_KEYS.")  # fmt: skip
    say("Run `strand doctor`; queued jobs go on as soon as a worker runs.")
    return 0


def _refuse_newer(manifest: Manifest) -> None:
    if not migrate.knows(manifest.migration):
        raise Unfit(f"its schema ({manifest.migration}) is newer than this version of Strand ({migrate.head()}); install the version that made it, {manifest.strand}, or a newer one")  # fmt: skip


async def _clear(url: str, *, force: bool) -> None:
    """Leave a database without our tables; refuse one with accounts, or one that is in use."""
    connection = await asyncpg.connect(plain_url(url), timeout=10)
    try:
        if await connection.fetchval(OTHERS):
            raise Unfit("the database is in use; stop the API and the workers first")
        made = await connection.fetchval("select to_regclass('public.users') is not null")
        if made and not force and await connection.fetchval("select exists (select from users)"):
            raise Unfit("the database holds accounts; restore into an empty one, or say --force, which deletes them")
        await connection.execute(DROP_ALL)
    finally:
        await connection.close()


async def _load(settings: Settings, path: Path, manifest: Manifest) -> None:
    """Triggers stand still and foreign keys are made anew at the end, which checks them all, so that tables may come in
    any order; none of it needs a superuser."""
    storage = open_storage(settings)
    connection = await asyncpg.connect(plain_url(settings.database_url or ""), timeout=10)
    try:
        async with connection.transaction():
            foreign_keys = await connection.fetch(FOREIGN_KEYS)
            for key in foreign_keys:
                await connection.execute(f"alter table {key['at']} drop constraint {key['name']}")
            for name in manifest.tables:
                await connection.execute(f'alter table public."{name}" disable trigger user')
                await connection.execute(f'delete from public."{name}"')  # what migrations themselves put in
            with reading(path) as archive:
                for member in archive.names():
                    if member.startswith(TABLES):
                        await _table(connection, archive, member.split("/")[1], manifest)
                    elif member.startswith(FILES):
                        await storage.put(member.removeprefix(FILES), archive.stream())
            for name, last in manifest.sequences.items():
                await connection.execute("select setval(format('public.%I', $1::text)::regclass, $2)", name, last)
            for key in foreign_keys:
                await connection.execute(f"alter table {key['at']} add constraint {key['name']} {key['says']}")
            for name in manifest.tables:
                await connection.execute(f'alter table public."{name}" enable trigger user')
        for name in manifest.tables:
            await connection.execute(f'analyze public."{name}"')
    finally:
        await connection.close()


async def _table(connection: asyncpg.Connection, archive: Reader, name: str, manifest: Manifest) -> None:
    table = manifest.tables[name]
    done = await connection.copy_to_table(
        name, schema_name="public", columns=table.columns, source=archive.table(name), format="binary"
    )
    if int(done.split()[-1]) != table.rows:
        raise Unfit(f"{name} took {done.split()[-1]} rows of {table.rows}")
