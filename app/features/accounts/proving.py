"""Who knows an account's password. No connection is held while it is hashed: that takes as long as it should."""

from uuid import UUID

from app.db.models import User
from app.features.accounts.passwords import Passwords
from app.shared.exceptions import Forbidden, NotFound
from app.shared.resources import Resources


async def prove_password(resources: Resources, user_id: UUID, password: str) -> str:
    """Raise where it is not the account's password; gives the hash that it fits."""
    async with resources.db.transaction() as session:
        user = await session.get(User, user_id)
    if user is None:
        raise NotFound("There is no such account.")
    if not await Passwords.of(resources.settings).match(password, user.password_hash):
        raise wrong_password()
    return user.password_hash


def require_proven(user: User, proven: str) -> None:
    """Raise where the account's password is not the proven one any more: it was changed meanwhile."""
    if user.password_hash != proven:
        raise wrong_password()


def wrong_password() -> Forbidden:
    return Forbidden("The password is wrong; nothing was changed.", code="wrong_password")
