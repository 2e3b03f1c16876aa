"""A web address taken apart once, strictly: what is checked here is, byte for byte, what is connected to."""

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from ipaddress import IPv6Address
from typing import Self
from urllib.parse import quote, urljoin, urlsplit

import idna

from app.shared.clients.addresses import as_address, is_public, not_public
from app.shared.exceptions import Unprocessable

DEFAULT_PORTS = {"http": 80, "https": 443}
PORTS = frozenset({80, 443, 8080, 8443})
LONGEST = 4_000
CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?", re.ASCII)
NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)
ESCAPE = re.compile(r"%([0-9a-fA-F]{2})")
UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
AS_IS = "/%:@!$&'()*+,;=~?[]|"
INSIDE = (".localhost", ".local", ".localdomain", ".internal", ".intranet", ".lan", ".home.arpa", ".onion")
"""Endings that name machines of one's own network (RFC 6761, 6762, 8375) or none that can be resolved (RFC 7686)."""


@dataclass(frozen=True, slots=True)
class Target:
    scheme: str
    host: str
    """Lower case, ASCII, no final dot; an IPv6 address without its brackets."""
    port: int
    path: str
    """With the query, escaped, without dot segments; never the fragment."""

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        return f"{self.scheme}://{self.authority}"

    @property
    def url(self) -> str:
        return self.origin + self.path

    def at(self, path: str) -> Self:
        return replace(self, path=path)


def parse_target(url: str, ports: Collection[int] = PORTS, *, inside: bool = False) -> Target:
    """Raise `Unprocessable` for every address that isn't plainly one of a public web page; *inside* takes names of one's
    own network as well. What browsers repair, such as
    a back-slash, a tab or an IP address written as one number, is refused: two parsers that repair differently are how
    such checks are passed by."""
    url = url.strip(" ")
    if len(url) > LONGEST:
        raise refused(f"The address is longer than {LONGEST:,} characters")
    if CONTROL.search(url):
        raise refused("The address holds characters that can't be seen")
    try:
        parts = urlsplit(url)
        port = parts.port
        name = parts.hostname
    except ValueError:
        raise refused("The address isn't well-formed") from None
    if parts.scheme not in DEFAULT_PORTS:
        raise refused("Only addresses that begin with http:// or https:// can be read")
    if "@" in parts.netloc:
        raise refused("An address with a user name or password isn't read")
    if not name:
        raise refused("The address names no site")
    port = DEFAULT_PORTS[parts.scheme] if port is None else port
    if port not in ports:
        raise refused(f"Port {port} isn't one that web pages are read from ({', '.join(map(str, sorted(ports)))})")
    path = without_dot_segments(escaped(parts.path or "/"))
    query = f"?{escaped(parts.query)}" if parts.query else ""
    host = checked_host(name, bracketed=parts.netloc.startswith("["), inside=inside)
    return Target(parts.scheme, host, port, path + query)


def next_target(target: Target, location: str, ports: Collection[int] = PORTS) -> Target:
    """Where a redirect leads. From https to http it doesn't: anybody on the way could then change what is quoted as
    the source's words; who trusts the http address can give it."""
    if CONTROL.search(location):
        raise refused("The page leads on to an address that holds characters that can't be seen")
    try:
        joined = urljoin(target.url, location.strip(" "))
    except ValueError:
        raise refused("The page leads on to an address that isn't well-formed") from None
    following = parse_target(joined, ports)
    if target.scheme == "https" and following.scheme == "http":
        raise refused("The page leads from https to an http address, which others can change on the way")
    return following


def checked_host(name: str, *, bracketed: bool, inside: bool = False) -> str:
    if bracketed:
        try:
            address = IPv6Address(name)
        except ValueError:
            raise refused("The address in brackets isn't an IPv6 address") from None
        if address.scope_id is not None:
            raise refused("An address with a zone isn't on the public internet")
        return str(address)
    host = in_ascii(name).removesuffix(".")
    labels = host.split(".")
    if len(host) > 253 or not all(LABEL.fullmatch(label) for label in labels):
        raise refused("The site's name isn't a valid one")
    if NUMBER.fullmatch(labels[-1]):
        if as_address(host) is None:
            raise refused("An IP address must be written as four decimal numbers")
        return host
    if not inside and (len(labels) == 1 or host.endswith(INSIDE)):
        raise refused(f"{host} names a machine of a private network")
    return host


def in_ascii(name: str) -> str:
    """The name as the DNS has it (IDNA 2008 after UTS 46), so that full-width digits and dots are checked as what
    they become."""
    name = name.lower()
    if name.isascii():
        return name
    if len(name) > 253:
        raise refused("The site's name isn't a valid one")
    try:
        return idna.encode(name, uts46=True).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError):
        raise refused("The site's name isn't a valid one") from None


def escaped(text: str) -> str:
    """In the one form that two spellings of the same path share: unreserved characters bare, other escapes in upper
    case, the rest as escaped UTF-8."""

    def bare(found: re.Match[str]) -> str:
        char = chr(int(found[1], 16))
        return char if char in UNRESERVED else found[0].upper()

    return ESCAPE.sub(bare, quote(text, safe=AS_IS))


def without_dot_segments(path: str) -> str:
    """RFC 3986, 5.2.4, for an absolute path; so that `/a/../b` is checked against robots.txt as `/b`."""
    kept: list[str] = []
    steps = path.split("/")[1:]
    for step in steps:
        if step == "..":
            del kept[-1:]
        elif step != ".":
            kept.append(step)
    if steps[-1] in {".", ".."}:
        kept.append("")
    return "/" + "/".join(kept)


def refused(what: str) -> Unprocessable:
    return Unprocessable(
        f"{what}; give the address of a public web page, or send the page as a file.", code="url_not_allowed"
    )


def require_public(url: str) -> None:
    """Raise `Unprocessable` for an address that can't be read, whatever its name resolves to later."""
    host = parse_target(url).host
    address = as_address(host)
    if address is not None and not is_public(address):
        raise not_public(host)
