"""Where a request comes from, behind proxies that are trusted by name and no others."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any

from litestar.connection import ASGIConnection

Networks = Sequence[IPv4Network | IPv6Network]
UNKNOWN = "unknown"


def client_address(request: ASGIConnection[Any, Any, Any, Any]) -> str | None:
    """Where the request comes from, by the proxies that the settings trust."""
    trusted = request.app.state.resources.settings.proxies
    peer = request.client.host if request.client else None
    return origin(peer, request.headers.getall("x-forwarded-for", []), trusted)


def origin(peer: str | None, forwarded_for: Sequence[str], trusted: Networks) -> str | None:
    """The address that connected. Where that is one of the *trusted* networks, the last address of `X-Forwarded-For` that
    is none of them: what stands before it could have been sent by anybody."""
    if peer is None or not trusted or not _is_one_of(peer, trusted):
        return peer
    for address in reversed([part.strip() for header in forwarded_for for part in header.split(",")]):
        if _parsed(address) is None:
            return peer
        if not _is_one_of(address, trusted):
            return address
    return peer


def household(address: str | None) -> str:
    """What limits go by: an IPv4 address, or the /64 that an IPv6 address is one of, as one host has all of it."""
    parsed = _parsed(address or "")
    if isinstance(parsed, IPv6Address):
        return str(IPv6Network((parsed, 64), strict=False))
    return str(parsed) if parsed else UNKNOWN


def _is_one_of(address: str, trusted: Networks) -> bool:
    parsed = _parsed(address)
    return parsed is not None and any(parsed in network for network in trusted)


def _parsed(address: str) -> IPv4Address | IPv6Address | None:
    try:
        parsed = ip_address(address)
    except ValueError:
        return None
    return parsed.ipv4_mapped or parsed if isinstance(parsed, IPv6Address) else parsed
