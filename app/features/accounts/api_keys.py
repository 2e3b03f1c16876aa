import hashlib
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import ApiKey, User
from app.features.accounts.schemas import ApiKeyMade, ApiKeyRead, NewApiKey, Scope
from app.shared.audit import record
from app.shared.exceptions import Forbidden, NotFound, Unauthenticated, Unprocessable
from app.shared.http import Page, Paging, Principal, convert
from app.shared.paging import paged

PREFIX = "strand_"
SHOWN = len(PREFIX) + 6
MOST_KEYS = 50
SEEN_EVERY = timedelta(minutes=1)
READING = {"GET", "HEAD"}
ORDERS = {"created_at": ApiKey.created_at, "name": ApiKey.name}


class ApiKeyService:
    """Keys for programs: 256 random bits, kept as a hash, shown once."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def make(self, by: Principal, data: NewApiKey) -> ApiKeyMade:
        owner_id = by.id
        await self.session.get_one(User, owner_id, with_for_update=True)
        if await self._count(owner_id) >= MOST_KEYS:
            raise Unprocessable(
                f"You have {MOST_KEYS} keys; delete one that nothing uses any more.", code="too_many_keys"
            )
        key = PREFIX + secrets.token_urlsafe(32)
        ends = datetime.now(UTC) + timedelta(days=data.expires_in_days) if data.expires_in_days else None
        row = ApiKey(
            owner_id=owner_id, name=data.name, scopes=sorted(set(data.scopes)), key_hash=_hash(key), prefix=key[:SHOWN],
            expires_at=ends,
        )  # fmt: skip
        self.session.add(row)
        await self.session.flush()
        record(self.session, by, "api_key.made", ("api_key", row.id), scopes=row.scopes, expires_at=ends)
        return convert(row, ApiKeyMade, key=key)

    async def page(self, owner_id: UUID, paging: Paging) -> Page[ApiKeyRead]:
        found = await paged(self.session, select(ApiKey).where(ApiKey.owner_id == owner_id), paging, ORDERS)
        return found.of([convert(row, ApiKeyRead) for row in found.items])

    async def remove(self, by: Principal, key_id: UUID) -> None:
        gone = delete(ApiKey).where(ApiKey.id == key_id, ApiKey.owner_id == by.id).returning(ApiKey.id)
        if await self.session.scalar(gone) is None:
            raise NotFound("There is no such key.")
        record(self.session, by, "api_key.revoked", ("api_key", key_id))

    async def authenticate(self, key: str, method: str) -> Principal:
        """Who the key speaks for, if it may do what the method does."""
        now = datetime.now(UTC)
        living = (
            ApiKey.key_hash == _hash(key),
            or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > now),
            User.is_active,
        )
        columns = select(ApiKey.id, ApiKey.scopes, ApiKey.used_at, User.id.label("owner_id"), User.role)
        row = (await self.session.execute(columns.join(User, User.id == ApiKey.owner_id).where(*living))).first()
        if row is None:
            raise Unauthenticated(
                "The API key is not valid; make one at /api/v1/users/me/api-keys.", code="invalid_token"
            )
        require_scope(row.scopes, method)
        if row.used_at is None or row.used_at < now - SEEN_EVERY:
            await self.session.execute(update(ApiKey).where(ApiKey.id == row.id).values(used_at=now))
        return Principal(row.owner_id, row.role, None, row.id)

    async def _count(self, owner_id: UUID) -> int:
        return await self.session.scalar(select(func.count()).where(ApiKey.owner_id == owner_id)) or 0


def require_scope(scopes: Sequence[Scope], method: str) -> None:
    wanted: Scope = "read" if method in READING else "write"
    if wanted not in scopes:
        raise Forbidden(f"This key has no scope `{wanted}`; make one that has.", code="missing_scope")


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
