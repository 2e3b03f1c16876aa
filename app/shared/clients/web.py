"""Pages of the open web, read with care: public addresses only, within limits, as the site's robots.txt asks.

Whoever can name an address here makes this server send a request from inside its network. So nothing is done for the
page's sake that isn't needed: no cookies, no credentials, no proxy of the environment, GET only, HTTP/1.1 only.
"""

import asyncio
import ssl
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpcore2

from app.shared.clients.addresses import Allowed, Resolver, SystemResolver, is_public
from app.shared.clients.downloads import Download, Unpacker, too_large
from app.shared.clients.robots import Rules, RulesCache, parse_rules
from app.shared.clients.urls import PORTS, Target, next_target, parse_target
from app.shared.clients.visits import Visit, Visits
from app.shared.clients.web_answers import (
    AWAY,
    PRODUCT,
    REDIRECTS,
    VALIDATOR,
    content_type,
    first_of_each,
    of_status,
    robots_away,
    validator,
)
from app.shared.exceptions import Unprocessable

READABLE = frozenset(
    {
        "application/epub+zip",
        "application/json",
        "application/octet-stream",  # what servers call a file whose ending they don't know, such as .srt
        "application/pdf",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/x-subrip",
        "application/xhtml+xml",
        "text/html",
        "text/markdown",
        "text/plain",
        "text/srt",
        "text/vtt",
        "text/x-markdown",
    }
)
ACCEPT = "text/html,application/xhtml+xml,application/pdf,text/plain;q=0.9,*/*;q=0.5"


@dataclass(frozen=True, slots=True)
class Fetched:
    """What was read. 304: nothing was, as the page is the one already known."""

    url: str
    """Where the page was found in the end."""
    status: int
    media_type: str | None = None
    charset: str | None = None
    size: int = 0
    """Bytes in the file, unpacked."""
    sha256: str | None = None
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class WebLimits:
    page_bytes: int = 20 * 1024 * 1024
    robots_bytes: int = 512 * 1024
    """RFC 9309 wants at least 500 KiB to be read; what follows is left unread."""
    redirects: int = 5
    total_seconds: float = 60
    """From the first look-up to the last byte, robots.txt and redirects included: no drip of bytes outlasts it."""
    robots_seconds: float = 15
    connect_seconds: float = 10
    silence_seconds: float = 20


class Web:
    """Made once in a process; it holds no connection between readings, so there is nothing to close.

    *resolver*, *allowed*, *ports*, *trust* and *now* exist for tests, which have no internet; they are no settings, so
    that no environment can open the inner network.
    """

    def __init__(
        self,
        agent: str,
        limits: WebLimits | None = None,
        *,
        resolver: Resolver | None = None,
        allowed: Allowed = is_public,
        ports: Collection[int] = PORTS,
        trust: ssl.SSLContext | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limits = limits or WebLimits()
        self._ports = ports
        self._rules = RulesCache(now)
        self._visits = Visits(
            agent=agent,
            resolver=resolver or SystemResolver(),
            allowed=allowed,
            trust=trust,
            connect_seconds=self._limits.connect_seconds,
            silence_seconds=self._limits.silence_seconds,
        )

    async def fetch(
        self,
        url: str,
        into: Path,
        *,
        accepted: Collection[str] = READABLE,
        etag: str | None = None,
        last_modified: str | None = None,
    ) -> Fetched:
        """Read the page into the file *into*, which exists afterwards only if all of it is there. With an *etag* or
        *last_modified* of an earlier reading the answer may be a 304 without a file.

        `Unprocessable`: the address, the page or the site's rules stand against it; `Unavailable`: later may do.
        """
        target = parse_target(url, self._ports)
        known = {"If-None-Match": etag, "If-Modified-Since": last_modified}
        conditions = {name: value for name, value in known.items() if value and VALIDATOR.fullmatch(value)}
        try:
            async with asyncio.timeout(self._limits.total_seconds), self._visits.begin() as visit:
                return await self._follow(visit, target, into, accepted, conditions)
        except TimeoutError:
            raise Unprocessable(
                f"{target.host} took more than {self._limits.total_seconds:g} seconds to send the page; "
                "save it in a browser and send it as a file.",
                code="url_too_slow",
            ) from None

    async def _follow(
        self, visit: Visit, target: Target, into: Path, accepted: Collection[str], conditions: Mapping[str, str]
    ) -> Fetched:
        for _ in range(self._limits.redirects + 1):
            rules = await self._rules_of(visit, target)
            if not await asyncio.to_thread(rules.allows, target.path):
                raise Unprocessable(
                    f"{target.host} asks programs not to read this page (robots.txt); "
                    "if you may use it, save it in a browser and send it as a file.",
                    code="url_refused_by_robots",
                )
            async with visit.get(target, {"Accept": ACCEPT, "Accept-Encoding": "gzip", **conditions}) as response:
                headers = first_of_each(response)
                if response.status not in REDIRECTS:
                    return await self._take(target, response, headers, into, accepted, conditions)
            target = self._next(target, headers)
        raise self._too_many_redirects(target)

    async def _take(
        self,
        target: Target,
        response: httpcore2.Response,
        headers: Mapping[str, str],
        into: Path,
        accepted: Collection[str],
        conditions: Mapping[str, str],
    ) -> Fetched:
        etag, last_modified = validator(headers, "etag"), validator(headers, "last-modified")
        if response.status == 304 and conditions:
            return Fetched(target.url, 304, etag=etag, last_modified=last_modified)
        if response.status != 200:
            raise of_status(target.host, response.status, headers.get("retry-after", ""))
        media_type, charset = content_type(headers.get("content-type", ""))
        if media_type not in accepted:
            raise Unprocessable(
                f"The address leads to {media_type}, which can't be read as a text; "
                "give a page, a document or subtitles.",
                code="url_wrong_type",
            )
        if int(headers.get("content-length", "0")) > self._limits.page_bytes:
            raise too_large(self._limits.page_bytes)
        coding = headers.get("content-encoding", "").strip().lower()
        download = Download(into, coding, self._limits.page_bytes)
        try:
            async for chunk in response.aiter_stream():
                await asyncio.to_thread(download.take, chunk)
            sha256 = download.finish()
        finally:
            download.close()
        return Fetched(target.url, 200, media_type, charset, download.size, sha256, etag, last_modified)

    async def _rules_of(self, visit: Visit, target: Target) -> Rules:
        rules = self._rules.get(target.origin)
        if rules is None:
            try:
                async with asyncio.timeout(self._limits.robots_seconds):
                    text = await self._robots_of(visit, target)
            except TimeoutError:
                raise robots_away(target.host) from None
            rules = await asyncio.to_thread(parse_rules, text, PRODUCT)
            self._rules.put(target.origin, rules)
        return rules

    async def _robots_of(self, visit: Visit, target: Target) -> str:
        """The site's robots.txt, or nothing where it has none: 4xx, or one that leads to where we don't go. A failing
        one counts as closed until it answers (RFC 9309, 2.3.1)."""
        page = target.at("/robots.txt")
        for hop in range(self._limits.redirects + 1):
            try:
                async with visit.get(page, {"Accept": "text/plain,*/*;q=0.5", "Accept-Encoding": "gzip"}) as response:
                    headers = first_of_each(response)
                    if response.status == 200:
                        return await self._text_of(response, headers.get("content-encoding", "").strip().lower())
            except Unprocessable:
                if hop == 0:
                    raise
                return ""
            if response.status not in REDIRECTS:
                if response.status in AWAY or response.status // 100 not in {2, 4}:
                    raise robots_away(target.host, headers.get("retry-after", ""))
                return ""
            try:
                page = self._next(page, headers)
            except Unprocessable:
                return ""
        return ""

    async def _text_of(self, response: httpcore2.Response, coding: str) -> str:
        """As much of a robots.txt as is read at all."""
        most = self._limits.robots_bytes
        try:
            unpacker = Unpacker(coding)
            text, taken = bytearray(), 0
            async for chunk in response.aiter_stream():
                taken += len(chunk)
                for block in unpacker.blocks(chunk):
                    text += block
                    if max(len(text), taken) > most:
                        return text[:most].decode("utf-8", "replace")
        except Unprocessable:
            return ""
        return text.decode("utf-8", "replace")

    def _next(self, target: Target, headers: Mapping[str, str]) -> Target:
        location = headers.get("location", "")
        if not location.strip():
            raise Unprocessable(
                f"{target.host} says that the page has moved, but not where; look for its new address.",
                code="url_not_found",
            )
        return next_target(target, location, self._ports)

    def _too_many_redirects(self, target: Target) -> Unprocessable:
        return Unprocessable(
            f"The address is passed on more than {self._limits.redirects} times, last to {target.host}; "
            "give the address that a browser shows in the end.",
            code="url_too_many_redirects",
        )
