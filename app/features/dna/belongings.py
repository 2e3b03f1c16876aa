"""A voice profile in the export of an account, as `import` takes it."""

from collections.abc import AsyncIterator
from functools import partial
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer

from app.db.models import DnaProfile
from app.features.dna.portable import pack
from app.shared.belongings import Belonging, Written, folder


async def belongings(session: AsyncSession, owner_id: UUID) -> AsyncIterator[Belonging]:
    for profile_id in (await session.scalars(select(DnaProfile.id).where(DnaProfile.owner_id == owner_id))).all():
        profile = await session.get_one(DnaProfile, profile_id, options=[undefer(DnaProfile.fingerprint)])
        session.expunge(profile)
        name = f"dna-profiles/{folder(profile.name, profile.id)}.json"
        yield Written.of_json(name, partial(pack, profile))
