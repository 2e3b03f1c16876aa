import hashlib
import hmac
import logging
import secrets
import time
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pyotp
from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import RecoveryCode, SecondFactor, User, UserSession
from app.features.accounts.schemas import RecoveryCodes, TotpMade, TotpRead
from app.shared.audit import record
from app.shared.exceptions import Conflict, Forbidden, NotFound, Unauthenticated, Unprocessable
from app.shared.http import Principal
from app.shared.keys import Keys, UnreadableSeal

log = logging.getLogger(__name__)

ISSUER = "Strand"
STEP_SECONDS = 30
DRIFT = (-1, 0, 1)
"""Codes of the step before and after are taken too, as clocks differ (RFC 6238, 5.2)."""
RECOVERY_CODES = 10
FRESH = timedelta(minutes=15)
ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
"""Without what is easily misread."""


class SecondFactorService:
    """One-time codes by time (TOTP, RFC 6238), each good once, and codes for when the device is lost."""

    def __init__(self, session: AsyncSession, keys: Keys) -> None:
        self.session = session
        self._keys = keys

    async def read(self, user_id: UUID) -> TotpRead:
        factor = await self.session.get(SecondFactor, user_id)
        unused = RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None)
        left = await self.session.scalar(select(func.count()).where(*unused)) or 0
        since = factor.confirmed_at if factor else None
        return TotpRead(enabled=since is not None, confirmed_at=since, recovery_codes_left=left)

    async def begin(self, user: Principal) -> TotpMade:
        """A secret for a device. It guards nothing until a code made of it has come back. Only for somebody who has just
        signed in: with a token that was left lying about, nobody locks the account's owner out."""
        fresh = UserSession.id == user.session_id, UserSession.created_at > func.now() - FRESH
        if await self.session.scalar(select(UserSession.id).where(*fresh)) is None:
            raise Forbidden("Sign in again first; this takes a sign-in of the last 15 minutes.", code="sign_in_again")
        account = await self.session.get_one(User, user.id, with_for_update={"key_share": True})
        factor = await self.session.get(SecondFactor, user.id)
        if factor is not None and factor.confirmed_at is not None:
            raise Conflict("There is a second factor already; remove it first.", code="totp_enabled")
        secret = pyotp.random_base32()
        if factor is None:
            factor = SecondFactor(user_id=user.id)
            self.session.add(factor)
        factor.sealed_secret, factor.last_counter = self._keys.seal(secret), 0
        await self.session.flush()
        return TotpMade(secret, pyotp.TOTP(secret).provisioning_uri(name=account.email, issuer_name=ISSUER))

    async def confirm(self, user: Principal, code: str) -> RecoveryCodes | None:
        """From now on it is asked for; sign-ins that were made without it end. None: the code is wrong."""
        factor = await self.session.get(SecondFactor, user.id, with_for_update=True)
        if factor is None:
            raise NotFound("There is no second factor to confirm; begin with POST /api/v1/users/me/totp.")
        if factor.confirmed_at is not None:
            raise Conflict("The second factor is confirmed already.", code="totp_enabled")
        if not self._takes(factor, code):
            return None
        factor.confirmed_at = datetime.now(UTC)
        codes = ["-".join(_four() for _ in range(4)) for _ in range(RECOVERY_CODES)]
        await self.session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
        self.session.add_all(RecoveryCode(user_id=user.id, code_hash=_hash(user.id, one)) for one in codes)
        others = UserSession.user_id == user.id, UserSession.id != user.session_id, UserSession.revoked_at.is_(None)
        await self.session.execute(update(UserSession).where(*others).values(revoked_at=func.now()))
        record(self.session, user, "totp.enabled", ("user", user.id))
        return RecoveryCodes(codes)

    async def remove(self, user: Principal, code: str | None) -> bool:
        """Ask for it no more. False: the code is wrong."""
        factor = await self.session.get(SecondFactor, user.id, with_for_update=True)
        if factor is None:
            raise NotFound("There is no second factor.")
        if factor.confirmed_at is not None and not await self._proves(factor, code or ""):
            return False
        await self.session.delete(factor)
        await self.session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
        record(self.session, user, "totp.disabled", ("user", user.id))
        return True

    async def refusal(self, user_id: UUID, code: str | None) -> Unauthenticated | None:
        """What speaks against signing in, where the account has a second factor. The account's row is locked."""
        factor = await self.session.get(SecondFactor, user_id, with_for_update=True)
        if factor is None or factor.confirmed_at is None:
            return None
        if not code:
            return Unauthenticated("Send `totp_code` too: the account has a second factor.", code="totp_required")
        if await self._proves(factor, code):
            return None
        return Unauthenticated("The one-time code is wrong, over, or was used before.", code="wrong_totp_code")

    async def _proves(self, factor: SecondFactor, code: str) -> bool:
        if self._takes(factor, code):
            return True
        mine = RecoveryCode.user_id == factor.user_id, RecoveryCode.code_hash == _hash(factor.user_id, code)
        used = update(RecoveryCode).where(*mine, RecoveryCode.used_at.is_(None)).values(used_at=func.now())
        return await self.session.scalar(used.returning(RecoveryCode.id)) is not None

    def _takes(self, factor: SecondFactor, code: str) -> bool:
        """Whether it is the code of about now, and of a later step than any that was used (RFC 6238, 5.2)."""
        try:
            totp = pyotp.TOTP(self._keys.unseal(factor.sealed_secret))
        except UnreadableSeal as error:  # recovery codes still open the account
            log.error("The second factor of %s can't be read: %s", factor.user_id, error)  # noqa: TRY400  no traceback
            return False
        now = int(time.time()) // STEP_SECONDS
        digits = code.replace(" ", "").encode()
        for counter in (now + drift for drift in DRIFT):
            expected = totp.generate_otp(counter).encode()
            if counter > factor.last_counter and hmac.compare_digest(expected, digits):
                factor.last_counter = counter
                return True
        return False


def wrong_code() -> Unprocessable:
    return Unprocessable("The one-time code is wrong, over, or was used before.", code="wrong_totp_code")


def _four() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(4))


def _hash(user_id: UUID, code: str) -> str:
    plain = "".join(code.lower().replace("-", " ").split())
    return hashlib.sha256(f"{user_id}:{plain}".encode()).hexdigest()
