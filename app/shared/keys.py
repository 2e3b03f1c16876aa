"""The installation's keys: the newest signs and seals, the older ones still read what they once made."""

import base64
import hashlib
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.config import Settings

MOST_REMEMBERED = 10_000


class UnreadableSeal(Exception):
    """None of the keys that the installation has opens this."""


class Keys:
    """SECRET_KEY first, then PREVIOUS_SECRET_KEYS.

    What has to be read again, such as the secret of a second factor or of a webhook, is kept sealed (Fernet, under a key
    derived by HKDF), so that the database alone gives none of it away.
    """

    def __init__(self, newest: str, older: tuple[str, ...] = ()) -> None:
        self.signing = {key_id(key): key for key in (newest, *older)}
        self.newest = newest
        self.verified: dict[str, tuple[Any, float]] = {}
        """Tokens that these keys verified lately, with what they say and when they end (seconds since 1970)."""
        self._seals = MultiFernet([Fernet(_derived(key)) for key in (newest, *older)])

    @classmethod
    def of(cls, settings: Settings) -> "Keys":
        return cls(settings.secret_key or "", settings.older_keys)

    def remember(self, token: str, said: Any, ends_at: float) -> None:
        if len(self.verified) >= MOST_REMEMBERED:
            self.verified.clear()
        self.verified[token] = (said, ends_at)

    def seal(self, secret: str) -> str:
        return self._seals.encrypt(secret.encode()).decode()

    def unseal(self, sealed: str) -> str:
        """What was sealed with any of the keys; else `UnreadableSeal`."""
        try:
            return self._seals.decrypt(sealed.encode()).decode()
        except InvalidToken:
            raise UnreadableSeal("No key of this installation opens it; was SECRET_KEY changed?") from None


def key_id(key: str) -> str:
    """What a key is called in what it signed (`kid`), which says nothing of the key."""
    return hashlib.sha256(b"strand-key-id:" + key.encode()).hexdigest()[:12]


def _derived(key: str) -> bytes:
    return base64.urlsafe_b64encode(HKDF(SHA256(), 32, salt=None, info=b"strand-seal").derive(key.encode()))
