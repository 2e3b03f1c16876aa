from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from app.features.dna.comparing import Comparison, compare
from app.features.dna.exchange import ProfileExchange
from app.features.dna.portable import PortableProfile, pack
from app.features.dna.schemas import ProfileRead
from app.features.dna.service import DnaService, read_profile
from app.shared.http import Principal, etag
from app.shared.openapi import errors


class ProfileExchangeController(Controller):
    """Profiles beside each other, and as documents."""

    path = "/dna-profiles"
    tags = ["dna"]

    @get("/{profile_id:uuid}/compare", responses=errors(400, 401, 404))
    async def compare_profiles(
        self,
        profile_id: FromPath[UUID],
        other: Annotated[UUID, QueryParameter(name="with", description="The profile to compare with.")],
        user: NamedDependency[Principal],
        session: NamedDependency[AsyncSession],
    ) -> Comparison:
        """Two profiles side by side, of one project or of two: which signals changed clearly, and what is new."""
        profiles = DnaService(session)
        this, that = await profiles.owned(user.id, profile_id), await profiles.owned(user.id, other)
        return compare(read_profile(this), read_profile(that))

    @get("/{profile_id:uuid}/export", responses=errors(401, 404))
    async def export_profile(
        self, profile_id: FromPath[UUID], user: NamedDependency[Principal], session: NamedDependency[AsyncSession]
    ) -> Response[PortableProfile]:
        """All of a profile as one JSON document, which `import` takes."""
        profile = await DnaService(session).owned(user.id, profile_id, with_fingerprint=True)
        headers = {"Content-Disposition": f'attachment; filename="dna-profile-{profile.id}.json"'}
        return Response(pack(profile), headers=headers)

    @post("/import", responses=errors(400, 401, 404, 413, 422))
    async def import_profile(
        self, data: JSONBody[PortableProfile], user: NamedDependency[Principal], session: NamedDependency[AsyncSession]
    ) -> Response[ProfileRead]:
        """A profile from an exported document, as a new version in the project that it names. Quotes that don't stand in
        a source of yours are left out."""
        profile = await ProfileExchange(session, user.id).bring_in(data)
        headers = {"ETag": etag(profile.revision), "Location": f"/api/v1/dna-profiles/{profile.id}"}
        return Response(read_profile(profile), status_code=201, headers=headers)
