"""What is left in the storage by uploads that came to nothing."""

from sqlalchemy import text

from app.features.uploads.service import LEFT_SECONDS, UploadService
from app.shared import chores
from app.shared.clients.storage import ORIGINAL
from app.shared.resources import Resources

BATCH = 200
LIST_EVERY_SECONDS = 24 * 3600
"""A storage is paid by the listing, and slow to list."""
KNOWN = """
select storage_key from content_sources where storage_key = any(:keys)
union all select storage_key from uploads where storage_key = any(:keys)
"""


async def keep_up(resources: Resources) -> int:
    """Delete what was sent and never used and, once a day, objects that no row knows; gives how many."""
    deleted = await delete_left_over(resources)
    async with resources.db.transaction() as session:
        listing_is_ours = await chores.take(session, "list_storage", LIST_EVERY_SECONDS)
    return deleted + (await delete_unknown(resources) if listing_is_ours else 0)


async def delete_left_over(resources: Resources) -> int:
    """Uploads that nobody made a source of in time, and their objects."""
    deleted = 0
    while True:
        async with resources.db.transaction() as session:
            uploads = UploadService(session)
            left = await uploads.left_over(BATCH)
            for upload in left:
                await resources.storage.delete(upload.storage_key)
            await uploads.forget([upload.id for upload in left])
        deleted += len(left)
        if len(left) < BATCH:
            return deleted


async def delete_unknown(resources: Resources, for_seconds: float = LEFT_SECONDS) -> int:
    """Objects that no row has known for so long. Lists the whole storage."""
    deleted = 0
    async for keys in resources.storage.older_than("sources", for_seconds):
        originals = {key: f"{key.rpartition('/')[0]}/{ORIGINAL}" for key in keys}
        async with resources.db.transaction() as session:
            known = set(await session.scalars(text(KNOWN), {"keys": sorted(set(originals.values()))}))
        for key, of in originals.items():
            if of not in known:
                await resources.storage.delete(key)
                deleted += 1
    return deleted
