"""Argon2id, by default with the parameters that RFC 9106 recommends where memory is scarce (section 4, second choice)."""

import asyncio
import os
import secrets
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache, cached_property, partial
from typing import ParamSpec, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.config import Settings

NICENESS = 15

P = ParamSpec("P")
T = TypeVar("T")


class Passwords:
    """Hashes in threads of its own: as many at once as it has, so that a flood of sign-ins takes neither all memory nor
    the threads that others need. A request that is broken off gives its thread back only when the hash is made."""

    def __init__(self, memory_kib: int, time_cost: int, parallelism: int, at_once: int) -> None:
        self._hasher = PasswordHasher(time_cost, memory_kib, parallelism)
        self._threads = ThreadPoolExecutor(at_once, "password", initializer=_give_way)
        self._threads.submit(getattr, self, "_nobodys")  # so that the first unknown account doesn't wait for it either

    @classmethod
    def of(cls, settings: Settings) -> "Passwords":
        """One for each set of parameters in a process, as the limit is the process's."""
        return _passwords(
            settings.argon2_memory_kib, settings.argon2_time_cost, settings.argon2_parallelism, settings.argon2_at_once
        )

    async def hash(self, password: str) -> str:
        return await self._in_turn(self._hasher.hash, password)

    async def match(self, password: str, password_hash: str | None) -> bool:
        """Takes the same work without a hash, so that an unknown account can't be told from a wrong password."""
        return await self._in_turn(self._verify, password, password_hash)

    def outdated(self, password_hash: str) -> bool:
        """Whether it was made with other parameters than those that hold now."""
        return self._hasher.check_needs_rehash(password_hash)

    async def _in_turn(self, work: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, partial(work, *given, **named))

    def _verify(self, password: str, password_hash: str | None) -> bool:
        try:
            return self._hasher.verify(password_hash or self._nobodys, password) and password_hash is not None
        except (VerificationError, InvalidHashError):
            return False

    @cached_property
    def _nobodys(self) -> str:
        """What the passwords of unknown accounts are compared with: made with the parameters that hold now."""
        return self._hasher.hash(secrets.token_urlsafe(16))


def _give_way() -> None:
    """Hashing is computation and nothing else: where cores are few, requests that are answered meanwhile come first, and
    one core is left to them. Only Linux has priorities and cores of single threads; those that Argon2 starts inherit them."""
    if sys.platform == "linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
            first, *others = sorted(os.sched_getaffinity(0))
            os.sched_setaffinity(0, others or [first])


_passwords = cache(Passwords)
