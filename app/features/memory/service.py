from collections.abc import Sequence
from typing import Any, Generic, TypeVar
from uuid import UUID

from msgspec import UNSET, Struct, to_builtins
from msgspec.structs import asdict
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import Audience, Feedback, Material, Preference, PreferenceKind, SettingsTemplate, User
from app.features.memory.preferences import MOST_RULES
from app.features.memory.rule_reading import Reading, read_rule, read_rules
from app.features.memory.schemas import (
    FeedbackCreate,
    FeedbackRead,
    PreferenceCreate,
    PreferenceUpdate,
    TemplateCreate,
    TemplateSettings,
    TemplateUpdate,
)
from app.features.memory.targets import target_of
from app.shared.exceptions import Malformed, NotFound, Unprocessable
from app.shared.http import Page, Paging, convert
from app.shared.paging import paged

Row = TypeVar("Row", Preference, Audience, Material, SettingsTemplate)
Read = TypeVar("Read", bound=Struct)
LONGEST_RULE = 500
FEEDBACK_ORDERS = {"created_at": Feedback.created_at, "verdict": Feedback.verdict}


class Shelf(Generic[Row]):
    """What a creator keeps from one project to the next: rows of one kind, each its owner's alone."""

    def __init__(self, session: AsyncSession, model: type[Row], called: str, name: str) -> None:
        self.session, self._called = session, called
        self._model: Any = model
        self._orders = {one: getattr(model, one) for one in ("created_at", "updated_at", name)}

    async def owned(self, owner_id: UUID, row_id: UUID, *, lock: bool = False) -> Row:
        query = select(self._model).where(self._model.id == row_id, self._model.owner_id == owner_id)
        row: Row | None = await self.session.scalar(query.with_for_update() if lock else query)
        if row is None:
            raise NotFound(f"There is no such {self._called}.")
        return row

    async def page(self, owner_id: UUID, paging: Paging, to: type[Read]) -> Page[Read]:
        query = select(self._model).where(self._model.owner_id == owner_id)
        found = await paged(self.session, query, paging, self._orders)
        return found.of([convert(row, to) for row in found.items])

    async def add(self, owner_id: UUID, **fields: Any) -> Row:
        """A new one, as long as there is room."""
        await self.session.scalar(select(User.id).where(User.id == owner_id).with_for_update())
        if (await self.count(owner_id)) >= MOST_RULES:
            raise Unprocessable(
                f"There is room for {MOST_RULES}; delete one that you no longer need.", code="limit_reached"
            )
        row: Row = self._model(owner_id=owner_id, **fields)
        self.session.add(row)
        await self.session.flush()
        return row

    async def count(self, owner_id: UUID) -> int:
        owned = select(func.count()).where(self._model.owner_id == owner_id)
        return await self.session.scalar(owned) or 0

    async def change(self, row: Row, **fields: Any) -> Row:
        for name, value in fields.items():
            if value is not UNSET:
                setattr(row, name, value)
        await self.session.flush()
        return row

    async def remove(self, row: Row) -> None:
        await self.session.delete(row)
        await self.session.flush()


class TemplateService:
    """Settings templates: what they name must be the owner's."""

    def __init__(self, session: AsyncSession) -> None:
        self.shelf = Shelf(session, SettingsTemplate, "template", "name")
        self._audiences = Shelf(session, Audience, "audience", "name")

    async def set(self, owner_id: UUID, data: TemplateCreate) -> SettingsTemplate:
        return await self.shelf.add(owner_id, name=data.name, settings=await self._stored(owner_id, data.settings))

    async def change(self, template: SettingsTemplate, data: TemplateUpdate) -> SettingsTemplate:
        fields: dict[str, Any] = {"name": data.name}
        if data.settings is not UNSET:
            fields["settings"] = await self._stored(template.owner_id, data.settings)
        return await self.shelf.change(template, **fields)

    async def _stored(self, owner_id: UUID, settings: TemplateSettings) -> dict[str, Any]:
        if isinstance(settings.audience_id, UUID):
            await self._audiences.owned(owner_id, settings.audience_id)
        stored: dict[str, Any] = to_builtins(settings)
        return stored


class PreferenceService:
    """The rules that every generation obeys."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session
        self.shelf = Shelf(session, Preference, "preference", "kind")

    async def set(self, owner_id: UUID, data: PreferenceCreate) -> Preference:
        read = read_rule(data.rule)
        kind, avoid, use = read.kind, list(read.avoid), read.use
        if data.kind is not None or data.avoid is not None or data.use is not None:
            avoid = data.avoid if data.avoid is not None else avoid
            use = data.use or use
            kind = data.kind or (PreferenceKind.REPLACE if data.use else PreferenceKind.AVOID)
        return await self.shelf.add(owner_id, rule=data.rule, **_checked(kind, avoid, use))

    async def change(self, preference: Preference, data: PreferenceUpdate) -> Preference:
        given = {name: value for name, value in asdict(data).items() if value is not UNSET}
        if given.keys() == {"rule"}:
            read = read_rule(given["rule"])
            fields = _checked(read.kind, list(read.avoid), read.use)
        else:
            avoid, use = given.get("avoid", preference.avoid), given.get("use", preference.use)
            kind = given.get("kind", preference.kind)
            if "kind" not in given and kind is PreferenceKind.REPLACE and use is None:
                kind = PreferenceKind.AVOID
            fields = _checked(kind, avoid, use)
        return await self.shelf.change(preference, rule=given.get("rule", preference.rule), **fields)

    async def learn(self, owner_id: UUID, feedback_id: UUID, correction: str) -> list[Preference]:
        """The rules of a correction; one that is known already is not learnt twice. A correction that is longer than a
        rule may be is a text, and nothing is learnt from it."""
        if len(correction) > LONGEST_RULE:
            return []
        known = (await self.session.scalars(select(Preference).where(Preference.owner_id == owner_id))).all()
        return [
            _known(read, known)
            or await self.shelf.add(
                owner_id, rule=read.rule, feedback_id=feedback_id, **_checked(read.kind, list(read.avoid), read.use)
            )
            for read in read_rules(correction)
        ]


class FeedbackService:
    """What the creator thinks of what was made."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def give(self, owner_id: UUID, data: FeedbackCreate) -> tuple[Feedback, list[Preference]]:
        """Keep it; gives it with the preferences that its correction asks for."""
        if data.verdict == "correction" and data.correction is None:
            message = "Say how it should have been."
            raise Malformed(message, extra=[{"field": "correction", "message": message}])
        if await self.session.scalar(target_of(owner_id, data.target_type, data.target_id)) is None:
            raise NotFound(f"There is no such {data.target_type.replace('_', ' ')}.")
        feedback = Feedback(owner_id=owner_id, **asdict(data))
        self.session.add(feedback)
        await self.session.flush()
        if data.verdict != "correction" or data.correction is None:
            return feedback, []
        return feedback, await PreferenceService(self.session).learn(owner_id, feedback.id, data.correction)

    async def page(
        self, owner_id: UUID, paging: Paging, target_type: str | None, target_id: UUID | None
    ) -> Page[FeedbackRead]:
        query = select(Feedback).where(Feedback.owner_id == owner_id)
        if target_type is not None:
            query = query.where(Feedback.target_type == target_type)
        if target_id is not None:
            query = query.where(Feedback.target_id == target_id)
        found = await paged(self.session, query, paging, FEEDBACK_ORDERS)
        return found.of([convert(row, FeedbackRead) for row in found.items])


def _checked(kind: PreferenceKind, avoid: list[str], use: str | None) -> dict[str, Any]:
    """The fields that go with the kind; `Malformed` names what it lacks."""
    if kind is PreferenceKind.STYLE:
        return {"kind": kind, "avoid": [], "use": None}
    lacks = []
    if not avoid:
        lacks.append({"field": "avoid", "message": f"A rule of the kind '{kind}' names the words that must not stand."})
    if kind is PreferenceKind.REPLACE and not use:
        lacks.append({"field": "use", "message": "A rule that replaces says what stands instead."})
    if lacks:
        raise Malformed(lacks[0]["message"], extra=lacks)
    return {"kind": kind, "avoid": avoid, "use": use if kind is PreferenceKind.REPLACE else None}


def _known(read: Reading, known: Sequence[Preference]) -> Preference | None:
    for one in known:
        if one.kind is PreferenceKind.STYLE or read.kind is PreferenceKind.STYLE:
            if one.kind is read.kind and one.rule.casefold() == read.rule.casefold():
                return one
        elif (
            one.kind is read.kind
            and one.use == read.use
            and {w.lower() for w in one.avoid} >= {w.lower() for w in read.avoid}
        ):
            return one
    return None
