"""Profiles that come in from a JSON document: what they quote is checked before it is believed."""

import asyncio
from typing import Any
from uuid import UUID

from msgspec import to_builtins
from sqlalchemy import ARRAY, Uuid, any_, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from app.db.models import ContentSource, DnaProfile, DnaProfileSource, Project, SourceVersion
from app.features.dna.foreign_prints import check_print
from app.features.dna.portable import PortableProfile, fingerprint_of
from app.features.dna.quotes import Quote, with_quotes
from app.features.dna.traits import FEWEST_QUOTES
from app.shared.evidence import Span, stands
from app.shared.exceptions import NotFound

MEASURED = ("signals", "catchphrases", "exemplars", "structure")


class ProfileExchange:
    """Imports into one owner's projects."""

    def __init__(self, session: AsyncSession, owner_id: UUID) -> None:
        self.session = session
        self._owner = owner_id

    async def bring_in(self, portable: PortableProfile) -> DnaProfile:
        """A new version in the project. Quotes that don't stand in a source of the owner's are left out, and traits with
        too few of them are rejected."""
        owned = select(Project).where(Project.id == portable.project_id, Project.owner_id == self._owner)
        project = await self.session.scalar(owned.with_for_update())
        if project is None:
            raise NotFound("There is no such project; set `project_id` to the one that the profile shall belong to.")
        packed = fingerprint_of(portable)
        await asyncio.to_thread(check_print, packed)
        fields: dict[str, Any] = to_builtins(portable)
        for name in ("format", "format_version", "fingerprint", "exported_at", "version", "project_id", "grade"):
            del fields[name]
        known = await self._texts(portable)

        def stays(quote: Quote) -> Quote | None:
            text = known.get(quote["source_id"])
            span = Span(quote["span"]["start"], quote["span"]["end"])
            return quote if text is not None and stands(text, quote["quote"], span) else None

        for name in MEASURED:
            fields[name] = with_quotes(fields[name], stays)
        fields["structure"], fields["proof"] = fields["structure"] or {}, fields["proof"] or {}
        fields["exemplars"] = [one for one in fields["exemplars"] if one["evidence"]]
        traits = with_quotes(fields["traits"], stays)
        fields["traits"] = [trait for trait in traits if len(trait["evidence"]) >= FEWEST_QUOTES]
        fields["rejected"] += [
            {"statement": trait["name"], "reason": "its quotes don't stand in your sources"}
            for trait in traits
            if len(trait["evidence"]) < FEWEST_QUOTES
        ]
        builds = select(func.coalesce(func.max(DnaProfile.version), 0)).where(DnaProfile.project_id == project.id)
        version = (await self.session.scalar(builds) or 0) + 1
        fields["manifest"] = {**fields["manifest"], "imported": True}
        profile = DnaProfile(
            id=uuid7(), owner_id=self._owner, project_id=project.id, version=version, grade=portable.grade,
            fingerprint=packed, **fields,
        )  # fmt: skip
        self.session.add(profile)
        await self.session.flush()
        self.session.add_all(DnaProfileSource(profile_id=profile.id, source_id=UUID(source)) for source in known)
        await self.session.flush()
        return profile

    async def _texts(self, portable: PortableProfile) -> dict[str, str]:
        """The newest text of each source of the owner's that the document names."""
        named: set[str] = set()

        def note(quote: Quote) -> Quote:
            named.add(quote["source_id"])
            return quote

        with_quotes(to_builtins([getattr(portable, name) for name in (*MEASURED, "traits")]), note)
        ids = [one for text in named if (one := _uuid(text))]
        rows = await self.session.execute(
            select(SourceVersion.source_id, SourceVersion.text)
            .join(ContentSource, ContentSource.id == SourceVersion.source_id)
            .where(
                ContentSource.owner_id == self._owner,
                ContentSource.version == SourceVersion.number,
                ContentSource.id == any_(literal(ids, ARRAY(Uuid))),  # one parameter, however many they are
            )
        )
        return {str(source_id): text for source_id, text in rows}


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
