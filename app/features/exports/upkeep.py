"""Exports whose days are over, and ZIPs that no row names."""

from sqlalchemy import text

from app.features.exports.service import ExportService, export_folder
from app.shared import chores
from app.shared.resources import Resources

BATCH = 100
LIST_EVERY_SECONDS = 24 * 3600
LEFT_SECONDS = 24 * 3600
KNOWN = "select storage_key from account_exports where storage_key = any(:keys)"


async def keep_up(resources: Resources) -> int:
    deleted = await delete_expired(resources)
    async with resources.db.transaction() as session:
        listing_is_ours = await chores.take(session, "list_exports", LIST_EVERY_SECONDS)
    return deleted + (await delete_unknown(resources) if listing_is_ours else 0)


async def delete_expired(resources: Resources) -> int:
    """The files go first: a row that is left names them again."""
    deleted = 0
    while True:
        async with resources.db.transaction() as session:
            exports = ExportService(session)
            expired = await exports.expired(BATCH)
            for export in expired:
                await resources.storage.delete_all(export_folder(export.owner_id, export.id))
                await exports.remove(export)
        deleted += len(expired)
        if len(expired) < BATCH:
            return deleted


async def delete_unknown(resources: Resources, for_seconds: float = LEFT_SECONDS) -> int:
    """ZIPs that a run left which was killed before it could say so."""
    deleted = await resources.storage.delete_halves("exports", for_seconds)
    async for keys in resources.storage.older_than("exports", for_seconds):
        async with resources.db.transaction() as session:
            known = set(await session.scalars(text(KNOWN), {"keys": keys}))
        for key in set(keys) - known:
            await resources.storage.delete(key)
            deleted += 1
    return deleted
