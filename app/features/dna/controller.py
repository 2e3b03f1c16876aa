import asyncio
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, delete, get, patch, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK, HTTP_202_ACCEPTED, HTTP_204_NO_CONTENT
from sqlalchemy.ext.asyncio import AsyncSession

from app.features.dna import fingerprint, tasks
from app.features.dna.match import Match, match
from app.features.dna.schemas import MatchRequest, ProfileCreate, ProfileRead, ProfileSummary, ProfileUpdate
from app.features.dna.service import DnaService, read_profile, spreads_of
from app.features.jobs.requests import JobRequest
from app.features.jobs.schemas import JobRead
from app.features.projects.service import ProjectService
from app.shared.http import (
    IfMatch,
    IfNoneMatch,
    Page,
    Paging,
    Principal,
    check_if_match,
    etag,
    tagged,
)
from app.shared.openapi import errors
from app.shared.resources import Resources


def provide_profiles(session: NamedDependency[AsyncSession]) -> DnaService:
    return DnaService(session)


class ProjectDnaController(Controller):
    path = "/projects/{project_id:uuid}/dna-profiles"
    tags = ["dna"]
    dependencies = {"profiles": Provide(provide_profiles, sync_to_thread=False)}

    @post(status_code=HTTP_202_ACCEPTED, responses=errors(400, 401, 404, 422, 429))
    async def build_profile(
        self,
        project_id: FromPath[UUID],
        data: JSONBody[ProfileCreate],
        user: NamedDependency[Principal],
        profiles: NamedDependency[DnaService],
        session: NamedDependency[AsyncSession],
        requested: NamedDependency[JobRequest],
    ) -> Response[JobRead]:
        """Measure and describe the creator's voice from their own ready sources."""
        project = await ProjectService(session=session).owned(user.id, project_id)
        job = await requested.earlier()
        if job is None:
            sources = await profiles.usable_sources(project, data.source_ids)
            job = await requested.enqueue(
                tasks.build_profile, project_id,
                project_id=project_id, source_ids=[source.id for source in sources], name=data.name, speaker=data.speaker,
            )  # fmt: skip
        return await requested.accepted(job)

    @get(responses=errors(400, 401, 404))
    async def list_project_profiles(
        self,
        project_id: FromPath[UUID],
        user: NamedDependency[Principal],
        profiles: NamedDependency[DnaService],
        session: NamedDependency[AsyncSession],
        paging: NamedDependency[Paging],
    ) -> Page[ProfileSummary]:
        """The project's profiles, newest first."""
        await ProjectService(session=session).owned(user.id, project_id)
        return await profiles.page(user.id, project_id, paging)


class DnaController(Controller):
    path = "/dna-profiles"
    tags = ["dna"]
    dependencies = {"profiles": Provide(provide_profiles, sync_to_thread=False)}

    @get(responses=errors(400, 401))
    async def list_profiles(
        self, user: NamedDependency[Principal], profiles: NamedDependency[DnaService], paging: NamedDependency[Paging]
    ) -> Page[ProfileSummary]:
        """All your profiles, newest first."""
        return await profiles.page(user.id, None, paging)

    @get("/{profile_id:uuid}", responses=errors(401, 404))
    async def get_profile(
        self,
        profile_id: FromPath[UUID],
        user: NamedDependency[Principal],
        profiles: NamedDependency[DnaService],
        request: Request[Any, Any, Any],
        if_none_match: IfNoneMatch = None,  # noqa: ARG002  read by `tagged`; here for the contract's document
    ) -> Response[ProfileRead]:
        """One profile: signals with intervals and examples, traits with quotes, catchphrases, exemplars."""
        profile = await profiles.owned(user.id, profile_id)
        return tagged(request, read_profile(profile), profile.revision)

    @patch("/{profile_id:uuid}", responses=errors(400, 401, 404, 412))
    async def update_profile(
        self,
        profile_id: FromPath[UUID],
        data: JSONBody[ProfileUpdate],
        user: NamedDependency[Principal],
        profiles: NamedDependency[DnaService],
        request: Request[Any, Any, Any],
        if_match: IfMatch = None,  # noqa: ARG002  read by `check_if_match`
    ) -> Response[ProfileRead]:
        """Rename a profile, or set how far generation may go from it."""
        profile = await profiles.owned(user.id, profile_id, lock=True)
        check_if_match(request, profile.revision)
        profile = await profiles.change(profile, data)
        return Response(read_profile(profile), headers={"ETag": etag(profile.revision)})

    @delete("/{profile_id:uuid}", status_code=HTTP_204_NO_CONTENT, responses=errors(401, 404))
    async def delete_profile(
        self, profile_id: FromPath[UUID], user: NamedDependency[Principal], profiles: NamedDependency[DnaService]
    ) -> None:
        """Delete a profile; a project that had chosen it has none then."""
        await profiles.remove(await profiles.owned(user.id, profile_id, lock=True))

    @post("/{profile_id:uuid}/match", status_code=HTTP_200_OK, responses=errors(400, 401, 404, 409, 413))
    async def match_text(
        self,
        profile_id: FromPath[UUID],
        data: JSONBody[MatchRequest],
        user: NamedDependency[Principal],
        resources: NamedDependency[Resources],
    ) -> Match:
        """How near a text is to the profile's voice, and where it differs most. Under 50 words it declines."""
        async with resources.db.transaction() as session:
            profile = await DnaService(session).owned(user.id, profile_id, with_fingerprint=True)
            packed, known = profile.fingerprint, spreads_of(profile)
        return await asyncio.to_thread(lambda: match(fingerprint.restore(packed), known, data.text))
