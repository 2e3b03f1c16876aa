"""What is left in the storage by uploads that came to nothing."""

from sqlalchemy import text

from app.features.uploads.service import LEFT_SECONDS, UploadService
from app.shared.clients.storage import ORIGINAL
from app.shared.resources import Resources

BATCH = 200
KNOWN = """
select storage_key from content_sources where storage_key = any(:keys)
union all select storage_key from uploads where storage_key = any(:keys)
"""


async def keep_up(resources: Resources, unknown_for_seconds: float = LEFT_SECONDS) -> int:
    """Delete what was sent and never used, and objects that no row has known for so long; gives how many."""
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
            break
    async for keys in resources.storage.older_than("sources", unknown_for_seconds):
        originals = {key: f"{key.rpartition('/')[0]}/{ORIGINAL}" for key in keys}
        async with resources.db.transaction() as session:
            known = set(await session.scalars(text(KNOWN), {"keys": sorted(set(originals.values()))}))
        for key, of in originals.items():
            if of not in known:
                await resources.storage.delete(key)
                deleted += 1
    return deleted
