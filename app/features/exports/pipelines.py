"""An account as one ZIP: first what the database says, of one moment; then the files; then it can be fetched."""

import asyncio
import hashlib
import logging
import tempfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import IO
from uuid import UUID, uuid4

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.features import feature_modules
from app.features.exports.archive import Archive
from app.features.exports.manifest import manifest, readme
from app.features.exports.records import owned_tables, rows_of
from app.features.exports.schemas import Archived
from app.features.exports.service import ExportService, export_folder
from app.shared.belongings import Stored, Written
from app.shared.exceptions import NotFound
from app.shared.pipeline import PipelineRun, step
from app.shared.resources import Resources

log = logging.getLogger(__name__)

PIECE = 1024 * 1024
STEP_SECONDS = 3500.0
ONE_MOMENT = "set transaction isolation level repeatable read, read only"


async def export_account(run: PipelineRun, owner_id: UUID, export_id: UUID) -> UUID:
    made = await run.step(write_archive, owner_id, export_id)
    return await run.step(publish_archive, owner_id, export_id, made)


@step(timeout_seconds=STEP_SECONDS)
async def write_archive(resources: Resources, owner_id: UUID, export_id: UUID) -> Archived:
    """The ZIP in the storage, under a name that no other run has: a run that was given up can't replace a later one's.

    The rows are written to a local file that has no name, so that the transaction that sees them doesn't wait for the
    storage, and a crash leaves nothing. The files, which may be much larger, go from storage to storage as they come."""
    with tempfile.TemporaryFile() as begun:
        packing = Packing(resources, Archive(datetime.now(UTC)), owner_id)
        await packing.write_rows(begun)
        key = f"{export_folder(owner_id, export_id)}/{uuid4().hex}.zip"
        await resources.storage.put(key, packing.parts(begun))
    return Archived(key, packing.size_bytes, packing.sha256.hexdigest(), len(packing.archive.files))


@step()
async def publish_archive(resources: Resources, owner_id: UUID, export_id: UUID, made: Archived) -> UUID:
    """Let the ZIP be fetched, and delete what runs before this one left."""
    folder = export_folder(owner_id, export_id)
    async with resources.db.transaction() as session:
        days = resources.settings.retain_exports_days
        is_wanted = await ExportService(session).publish(owner_id, export_id, made, days)
    await resources.storage.delete_all(folder, but=made.key if is_wanted else None)
    if not is_wanted:
        raise NotFound("The export was deleted before it was ready.", code="export_deleted")
    return export_id


class Packing:
    """One writing of one ZIP."""

    def __init__(self, resources: Resources, archive: Archive, owner_id: UUID) -> None:
        self.resources, self.archive, self.owner_id = resources, archive, owner_id
        self.size_bytes, self.sha256 = 0, hashlib.sha256()
        self._made_at = datetime.now(UTC)
        self._stored: list[Stored] = []
        self._missing: list[str] = []
        self._unwritten: list[str] = []

    async def write_rows(self, to: IO[bytes]) -> None:
        """All that the database knows, as it was at one moment."""
        self.archive.add("README.txt", readme(self._made_at))
        async with self.resources.db.transaction() as session:
            await session.execute(text(ONE_MOMENT))
            for table in owned_tables():
                written = 0
                async for rows in rows_of(session, table, self.owner_id):
                    await asyncio.to_thread(self._add_rows, table.name, rows, written, to)
                    written += len(rows)
                if written:
                    await asyncio.to_thread(self._end_rows, to)
            await self._write_belongings(session, to)

    async def _write_belongings(self, session: AsyncSession, to: IO[bytes]) -> None:
        for module in feature_modules("belongings"):
            async for one in module.belongings(session, self.owner_id):
                if isinstance(one, Stored):
                    self._stored.append(one)
                else:
                    await asyncio.to_thread(self._add_written, one, to)

    def _add_rows(self, table: str, rows: list[dict[str, object]], written: int, to: IO[bytes]) -> None:
        if not written:
            self.archive.begin(f"records/{table}.json")
        lines = b",\n".join(msgspec.json.encode(row) for row in rows)
        self.archive.write((b",\n" if written else b"[\n") + lines)
        to.write(self.archive.taken())

    def _end_rows(self, to: IO[bytes]) -> None:
        self.archive.write(b"\n]\n")
        self.archive.end()
        to.write(self.archive.taken())

    def _add_written(self, one: Written, to: IO[bytes]) -> None:
        """A form for people that a row of old can't take must not keep its owner from the row, which is there already."""
        try:
            made = one.make()
        except Exception as error:
            log.warning("%s could not be written for an export: %r", one.name, error)
            self._unwritten.append(one.name)
            return
        self.archive.add(one.name, made)
        to.write(self.archive.taken())

    async def parts(self, begun: IO[bytes]) -> AsyncIterator[bytes]:
        """The whole ZIP from its beginning: what was begun, then the files, then what says what is in it."""
        begun.seek(0)
        while piece := await asyncio.to_thread(begun.read, PIECE):
            yield await self._counted(piece)
        for one in self._stored:
            async for _ in self._add_stored(one):
                if packed := self.archive.taken():
                    yield await self._counted(packed)
        yield await self._counted(await asyncio.to_thread(self._close))

    async def _add_stored(self, one: Stored) -> AsyncIterator[None]:
        is_begun = False
        try:
            async for part in self.resources.storage.stream(one.key):
                if not is_begun:
                    self.archive.begin(one.name)
                    is_begun = True
                await asyncio.to_thread(self.archive.write, part)
                yield
        except NotFound:
            self._missing.append(one.name)
        if is_begun:
            self.archive.end()
            yield

    def _close(self) -> bytes:
        told = manifest(self._made_at, self.owner_id, self.archive.files, self._missing, self._unwritten)
        self.archive.add("manifest.json", told)
        self.archive.close()
        return self.archive.taken()

    async def _counted(self, piece: bytes) -> bytes:
        self.size_bytes += len(piece)
        await asyncio.to_thread(self.sha256.update, piece)
        return piece
