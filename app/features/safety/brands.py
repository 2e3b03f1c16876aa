"""Policy packs: those that come with Strand, and the brands' own."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from msgspec import UNSET, to_builtins
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import PolicyPack
from app.features.safety import originality
from app.features.safety.policy import Pack, brand_pack, shipped
from app.features.safety.schemas import BrandClause, ClauseRead, PackCreate, PackRead, PackUpdate
from app.shared.exceptions import Conflict, NotFound, Unprocessable
from app.shared.http import Page, Paging
from app.shared.paging import chosen_order

AFFECTED = """
select script_id, project_id, packs from (
  select distinct on (safety_checks.script_id) safety_checks.script_id, scripts.project_id, safety_checks.packs
  from safety_checks join scripts on scripts.id = safety_checks.script_id
  where safety_checks.owner_id = :owner
  order by safety_checks.script_id, safety_checks.created_at desc, safety_checks.id desc
) newest
where packs @> cast(:pack as jsonb) order by script_id
"""
"""Scripts whose newest check was held against a pack."""
ALWAYS = originality.PACK
"""Not a policy that one may choose to leave out."""


class BrandService:
    """The packs that a creator may choose from."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def chosen(self, owner_id: UUID, wanted: Sequence[str] | None) -> list[Pack]:
        """The packs by their ids, without any all that come with Strand; `Unprocessable` names what there isn't."""
        known = {pack.id: pack for pack in shipped()}
        if wanted is None:
            return list(known.values())
        own = {str(row.id): row for row in await self._own(owner_id)}
        if missing := [pack_id for pack_id in wanted if pack_id not in known and pack_id not in own]:
            offered = ", ".join([*known, *own])
            raise Unprocessable(f"There is no policy pack '{missing[0]}'; there are {offered}.", code="unknown_pack")
        ids = list(dict.fromkeys([*wanted, ALWAYS]))
        return [known[pack_id] if pack_id in known else as_pack(own[pack_id]) for pack_id in ids]

    async def still_there(self, owner_id: UUID, pack_ids: Sequence[str]) -> list[str]:
        """Those of the packs that haven't been deleted since."""
        known = {pack.id for pack in shipped()} | {str(row.id) for row in await self._own(owner_id)}
        return [pack_id for pack_id in pack_ids if pack_id in known]

    async def page(self, owner_id: UUID, paging: Paging) -> Page[PackRead]:
        """Shipped packs by id, then the owner's own, newest first, unless they are to be ordered by name."""
        order = chosen_order(paging, ("created_at", "name"))
        packs = [read_shipped(pack) for pack in shipped()]
        packs += [read_own(row) for row in sorted(await self._own(owner_id), key=lambda row: row.id, reverse=True)]
        if order == "name":
            packs.sort(key=lambda pack: pack.name.casefold(), reverse=paging.sort_order != "asc")
        return Page(packs[paging.offset : paging.offset + paging.limit], len(packs), paging.limit, paging.offset)

    async def find(self, owner_id: UUID, pack_id: str) -> tuple[PackRead, str]:
        """A pack, shipped or the owner's own, and its revision."""
        for pack in shipped():
            if pack.id == pack_id:
                return read_shipped(pack), f"{pack.id}-{pack.version}"
        row = await self.owned(owner_id, pack_id)
        return read_own(row), str(row.revision)

    async def owned(self, owner_id: UUID, pack_id: str, *, lock: bool = False) -> PolicyPack:
        """The owner's own pack, to be changed or deleted."""
        if any(pack.id == pack_id for pack in shipped()):
            raise Conflict(
                "This pack comes with Strand and can't be changed; make one of your own.", code="shipped_pack"
            )
        query = select(PolicyPack).where(PolicyPack.owner_id == owner_id, PolicyPack.id == _as_uuid(pack_id))
        row = await self.session.scalar(query.with_for_update() if lock else query)
        if row is None:
            raise NotFound("There is no such policy pack.")
        return row

    async def add(self, owner_id: UUID, data: PackCreate) -> PolicyPack:
        row = PolicyPack(owner_id=owner_id, name=data.name, version=1, clauses=_clauses(data.name, data.clauses))
        self.session.add(row)
        await self.session.flush()
        await self.session.refresh(row)
        return row

    async def change(self, row: PolicyPack, data: PackUpdate) -> bool:
        """Whether its clauses are others now, which makes a new version."""
        if data.name is not UNSET:
            row.name = data.name
        changed = False
        if data.clauses is not UNSET:
            clauses = _clauses(row.name, data.clauses)
            changed = clauses != row.clauses
            if changed:
                row.clauses, row.version = clauses, row.version + 1
        await self.session.flush()
        return changed

    async def remove(self, row: PolicyPack) -> None:
        await self.session.delete(row)
        await self.session.flush()

    async def affected(self, owner_id: UUID, pack_id: str) -> list[tuple[UUID, UUID, list[str]]]:
        """Scripts whose newest check was held against the pack: their ids, their projects' ids, and the check's packs."""
        wanted = f'[{{"id": "{_as_uuid(pack_id)}"}}]'
        rows = await self.session.execute(text(AFFECTED), {"owner": owner_id, "pack": wanted})
        return [(row.script_id, row.project_id, [pack["id"] for pack in row.packs]) for row in rows]

    async def _own(self, owner_id: UUID) -> Sequence[PolicyPack]:
        query = select(PolicyPack).where(PolicyPack.owner_id == owner_id).order_by(PolicyPack.id)
        return (await self.session.scalars(query)).all()


def as_pack(row: PolicyPack) -> Pack:
    return brand_pack(str(row.id), row.name, row.version, row.clauses)


def read_shipped(pack: Pack) -> PackRead:
    return _read(pack, shipped_=True)


def read_own(row: PolicyPack, rechecks: Sequence[UUID] = ()) -> PackRead:
    return _read(as_pack(row), shipped_=False, rechecks=rechecks)


def _read(pack: Pack, *, shipped_: bool, rechecks: Sequence[UUID] = ()) -> PackRead:
    clauses = [
        ClauseRead(one.id, one.kind, one.category, one.text, dict(one.levels), list(one.words), one.source)
        for one in pack.clauses
    ]
    return PackRead(
        pack.id, pack.name, pack.version, shipped_, pack.source, pack.retrieved, pack.note, clauses, list(rechecks)
    )


def _clauses(name: str, clauses: Sequence[BrandClause]) -> list[dict[str, Any]]:
    """The clauses as they are stored, if they make a whole pack."""
    built: list[dict[str, Any]] = to_builtins(list(clauses))
    try:
        brand_pack("new", name, 1, built)
    except ValueError as error:
        raise Unprocessable(str(error), code="not_a_pack") from None
    return built


def _as_uuid(pack_id: str) -> UUID:
    try:
        return UUID(pack_id)
    except ValueError:
        raise NotFound("There is no such policy pack.") from None
