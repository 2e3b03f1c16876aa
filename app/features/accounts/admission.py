"""Who a request with an access token speaks for, looked up each time, so that a sign-in that was ended is over at once.

Requests that arrive together share the look-up: a busy server makes far fewer of them than it has requests.
"""

from collections.abc import Sequence

import asyncpg
from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import UUID as SQL_UUID

from app.db.models import Role
from app.features.accounts.tokens import AccessToken, read_access_token
from app.shared.exceptions import Unauthenticated
from app.shared.gathering import Gathering
from app.shared.http import Principal
from app.shared.keys import Keys
from app.shared.reads import Reads, Statement

SIGNED_IN = Statement(
    text(
        """
select signed_in.role, signed_in.second_factor
from unnest(:sign_ins, :accounts) with ordinality as asked (sign_in, account, place)
left join lateral (
  select users.role,
    exists (select from second_factors where user_id = users.id and confirmed_at is not null) as second_factor
  from user_sessions join users on users.id = user_sessions.user_id
  where user_sessions.id = asked.sign_in and user_sessions.revoked_at is null
    and users.id = asked.account and users.is_active
  limit 1
) signed_in on true
order by asked.place
"""
    ).bindparams(*(bindparam(name, type_=ARRAY(SQL_UUID(as_uuid=True))) for name in ("sign_ins", "accounts")))
)


class Admission:
    def __init__(self, reads: Reads, keys: Keys) -> None:
        self._reads, self._keys = reads, keys
        self._gathered = Gathering(self._look_up)

    async def admit(self, token: str) -> Principal:
        """`Unauthenticated` where the token is not ours, has expired, or its sign-in was ended meanwhile."""
        claims = read_access_token(self._keys, token)
        row = await self._gathered.ask(claims)
        if row["role"] is None:
            raise Unauthenticated("This sign-in has ended; sign in again.", code="session_ended")
        return Principal(claims.user_id, Role(row["role"]), claims.session_id, second_factor=row["second_factor"])

    async def _look_up(self, asked: Sequence[AccessToken]) -> list[asyncpg.Record]:
        return await self._reads.rows(
            SIGNED_IN, sign_ins=[one.session_id for one in asked], accounts=[one.user_id for one in asked]
        )
