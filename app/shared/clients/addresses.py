"""Which internet addresses a page may be read from: public ones only, by a list of our own.

`ipaddress.is_global` answers differently from one Python release to the next and knows nothing of clouds, so the
ranges stand here, after the special-purpose registries for IPv4 and IPv6 (RFC 6890 and what followed it).
"""

import asyncio
import socket
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Protocol

import httpcore2

from app.shared.exceptions import Unprocessable

Address = IPv4Address | IPv6Address

CLOSED_V4 = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",  # this network; Linux takes it for itself
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carriers' own, and Alibaba's metadata
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # Azure's host service, which answers every machine there
        "169.254.0.0/16",  # link-local, and most clouds' metadata
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments, and Oracle's metadata
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays, withdrawn
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)
GLOBAL_V6 = IPv6Network("2000::/3")
"""All that is given out for use across the internet. Loopback, mapped and compatible IPv4 addresses, unique local
(where AWS and Google keep metadata), link-local, site-local, discard and multicast ones all lie outside."""
CLOSED_V6 = tuple(
    IPv6Network(text)
    for text in (
        "2001::/23",  # protocol assignments: Teredo, benchmarks, ORCHID
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4, withdrawn; each holds an IPv4 address that may be private
        "3fff::/20",  # documentation
    )
)
TRANSLATED = IPv6Network("64:ff9b::/96")
"""How a network without IPv4 reaches IPv4 sites (NAT64): as good as the IPv4 address in the last 32 bits."""
ISATAP = {0x00005EFE, 0x02005EFE}
MOST_ADDRESSES = 4
LOOK_UPS = 8
"""At once, for each way out of a process."""


def not_public(host: str) -> Unprocessable:
    return Unprocessable(
        f"{host} isn't on the public internet, so Strand doesn't read from it; send the page as a file.",
        code="url_not_allowed",
    )


def is_public(address: Address) -> bool:
    """Whether anybody's web server may live there."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in CLOSED_V4)
    inner = IPv4Address(int(address) & 0xFFFFFFFF)
    if address in TRANSLATED:
        return is_public(inner)
    if address not in GLOBAL_V6 or any(address in network for network in CLOSED_V6):
        return False
    tunnelled = (int(address) >> 32) & 0xFFFFFFFF in ISATAP
    return not tunnelled or is_public(inner)


class Resolver(Protocol):
    async def resolve(self, host: str) -> list[Address]:
        """All addresses of the name, best first; none where there is no such name. `OSError`: nobody could tell."""
        ...


class Allowed(Protocol):
    def __call__(self, address: Address, /) -> bool: ...


class SystemResolver:
    """Looks names up in threads of its own: somebody's name server that is slow on purpose must not take those that the
    process works with."""

    def __init__(self, *, inside: bool = False) -> None:
        """*inside*: names of the machine's own network and hosts file count, such as localhost."""
        self._end = "" if inside else "."
        self._threads = ThreadPoolExecutor(LOOK_UPS, thread_name_prefix="look-up")

    async def resolve(self, host: str) -> list[Address]:
        """The final dot keeps the machine's search domains out: the name is taken as it stands."""
        look_up = partial(socket.getaddrinfo, host + self._end, None, type=socket.SOCK_STREAM)
        try:
            found = await asyncio.get_running_loop().run_in_executor(self._threads, look_up)
        except socket.gaierror as error:
            if error.errno in {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}:
                return []
            raise
        return list(dict.fromkeys(ip_address(place[0]) for *_, place in found))


class CheckedNetwork(httpcore2.AsyncNetworkBackend):
    """The only way out, made anew for each reading: a name is resolved once, every address of it is checked, and all
    connections go to an address that was checked. No second look-up exists that could answer something else. Host and
    certificate stay the name's, as they are above this."""

    def __init__(self, resolver: Resolver, allowed: Allowed) -> None:
        self._resolver = resolver
        self._allowed = allowed
        self._inner = httpcore2.AnyIOBackend()
        self._pinned: dict[str, list[Address]] = {}

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore2's own signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        failure: Exception | None = None
        if host not in self._pinned:
            self._pinned[host] = await self._checked(host, timeout)
        for address in self._pinned[host][:MOST_ADDRESSES]:
            try:
                return await self._inner.connect_tcp(str(address), port, timeout, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
        raise failure or httpcore2.ConnectError(f"No address of {host} answers.")

    async def _checked(self, host: str, seconds: float | None) -> list[Address]:
        literal = as_address(host)
        try:
            async with asyncio.timeout(seconds):
                addresses = [literal] if literal else await self._resolver.resolve(host)
        except OSError as error:  # a TimeoutError is one
            raise httpcore2.ConnectError(f"{host} can't be looked up: {error}.") from error
        if not addresses:
            raise Unprocessable(
                f"There is no site named {host}; check the address for a typing mistake.", code="url_host_not_found"
            )
        if not all(self._allowed(address) for address in addresses):
            raise not_public(host)
        return addresses

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)


def as_address(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None
