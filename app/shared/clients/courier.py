"""Hands a body to somebody else's server. The address is anybody's choice, so it is held to what `web` holds pages to:
public addresses only, checked where the connection is made. Redirects are not followed, cookies not kept, and of the
answer only the status is told: nobody can read through us what stands inside our network.
"""

import asyncio
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv6Address

import httpcore2

from app.shared.clients.addresses import Address, Resolver, SystemResolver, as_address, is_public
from app.shared.clients.urls import PORTS, Target, parse_target
from app.shared.clients.visits import Visits
from app.shared.clients.web_answers import AWAY, first_of_each, wait_seconds
from app.shared.exceptions import AppError, Unprocessable

ANY_PORT = range(1, 65536)
ANSWER_BYTES = 1024
"""So much of an answer's body is read, and thrown away, so that a receiver may finish its sentence."""
ANSWER_SECONDS = 1.0
REFUSAL = (
    "A webhook's address begins with https://, names a host of the public internet, leaves the port out or takes 443 "
    "or 8443, and holds no user name or password."
)
SAID = {
    "url_not_allowed": "{host} isn't on the public internet.",
    "url_host_not_found": "There is no host named {host}.",
    "url_bad_certificate": "{host} has no valid certificate.",
}


@dataclass(frozen=True, slots=True)
class Handed:
    """What became of it: the receiver's status, or why there is none."""

    status: int | None
    error: str | None = None
    """None: the receiver took it."""
    retry_after_seconds: float = 0.0
    """How long the receiver asks to be left alone."""


class Courier:
    """*private* lets receivers be anywhere but where clouds keep their metadata: for development. *resolver* and
    *trust* exist for tests."""

    def __init__(
        self,
        agent: str,
        *,
        private: bool = False,
        resolver: Resolver | None = None,
        trust: ssl.SSLContext | None = None,
        total_seconds: float = 15,
    ) -> None:
        self._private = private
        self._total_seconds = total_seconds
        self._visits = Visits(
            agent=agent,
            resolver=resolver or SystemResolver(inside=private),
            allowed=is_reachable if private else is_public,
            trust=trust,
            connect_seconds=total_seconds,
            silence_seconds=total_seconds,
        )

    def check(self, url: str) -> str:
        """The address in its plain form; `Unprocessable` for one that nothing would be sent to."""
        try:
            return self._target(url).url
        except Unprocessable:
            raise Unprocessable(REFUSAL, code="url_not_allowed", extra=[{"field": "url", "message": REFUSAL}]) from None

    async def hand(self, url: str, headers: Mapping[str, str], body: bytes) -> Handed:
        """POST the body; whatever goes wrong is told, not raised."""
        target: Target | None = None
        try:
            target = self._target(url)
            async with asyncio.timeout(self._total_seconds):
                return await self._post(target, headers, body)
        except TimeoutError:
            return Handed(None, f"There was no answer within {self._total_seconds:g} seconds.")
        except AppError as error:
            host = target.host if target else "The address"
            return Handed(None, SAID.get(error.error_code, "{host} can't be reached.").format(host=host))

    async def _post(self, target: Target, headers: Mapping[str, str], body: bytes) -> Handed:
        async with self._visits.begin() as visit, visit.send("POST", target, headers, body) as response:
            status = response.status
            with suppress(TimeoutError, httpcore2.NetworkError, httpcore2.TimeoutException, httpcore2.ProtocolError):
                async with asyncio.timeout(ANSWER_SECONDS):
                    read = 0
                    async for chunk in response.aiter_stream():
                        read += len(chunk)
                        if read > ANSWER_BYTES:
                            break
            if 200 <= status < 300:
                return Handed(status)
            if 300 <= status < 400:
                return Handed(status, f"The answer was {status}; redirects are not followed: give the final address.")
            asked = first_of_each(response).get("retry-after", "")
            wait = wait_seconds(asked) if asked and (status in AWAY or status >= 500) else 0.0
            return Handed(status, f"The answer was {status}.", wait)

    def _target(self, url: str) -> Target:
        target = parse_target(url, ANY_PORT if self._private else PORTS, inside=self._private)
        address = as_address(target.host)
        if not self._private and (target.scheme != "https" or (address is not None and not is_public(address))):
            raise Unprocessable(REFUSAL, code="url_not_allowed")
        return target


def is_reachable(address: Address) -> bool:
    """Anywhere in one's own network or outside, but for link-local addresses, where clouds keep their metadata."""
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return not (address.is_link_local or address.is_multicast or address.is_unspecified)
