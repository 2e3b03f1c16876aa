"""Reading pages, with a server and a resolver that misbehave on purpose."""

import asyncio
import gzip
import hashlib
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from app.shared.clients.downloads import BLOCK, Unpacker
from app.shared.clients.web import Web, WebLimits
from app.shared.clients.web_answers import content_type, user_agent, wait_seconds
from app.shared.exceptions import AppError, Unavailable, Unprocessable
from tests.shared.clients.conftest import Certificates
from tests.shared.clients.site import NOBODY, Names, Site, content, endless, moved, reply, until, visitor
from tests.shared.clients.test_addresses import CLOSED

PAGE = b"<p>Bees see ultraviolet light.</p>"
CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n"
SHORT = WebLimits(total_seconds=1.2, silence_seconds=0.5, connect_seconds=0.5, robots_seconds=0.8, page_bytes=200_000)


async def refused(web: Web, url: str, into: Path, kind: type[AppError] = Unprocessable, **more: Any) -> AppError:
    """The error that the reading ends in; nothing of the page is left then."""
    with pytest.raises(kind) as caught:
        await web.fetch(url, into, **more)
    assert content(into) is None
    assert type(caught.value) is kind
    return caught.value


async def test_a_page_lands_in_its_file_with_what_is_known_about_it(site: Site, into: Path) -> None:
    lines = ('ETag: "v1"', "Last-Modified: Sat, 21 Nov 2026 08:00:00 GMT")
    site.pages["/page?q=1"] = reply(PAGE, "200 OK", "Text/HTML; Charset=UTF-8", *lines)
    web = visitor(site)
    found = await web.fetch(site.url("/page?q=1#part"), into)
    assert content(into) == PAGE
    assert (found.url, found.status, found.size) == (site.url("/page?q=1"), 200, len(PAGE))
    assert (found.media_type, found.charset) == ("text/html", "utf-8")
    assert found.sha256 == hashlib.sha256(PAGE).hexdigest()
    assert (found.etag, found.last_modified) == ('"v1"', "Sat, 21 Nov 2026 08:00:00 GMT")


async def test_a_site_learns_who_reads_and_nothing_else(site: Site, into: Path) -> None:
    site.pages |= {"/page": moved("/other", "302 Found", "Set-Cookie: id=7"), "/other": reply(PAGE)}
    web = visitor(site)
    await web.fetch(site.url(), into)
    assert [seen.path for seen in site.seen] == ["/robots.txt", "/page", "/other"]
    for seen in site.seen:
        assert set(seen.headers) == {"host", "user-agent", "accept", "accept-encoding"}
        assert seen.headers["host"] == f"library.example:{site.port}"
        assert seen.headers["user-agent"] == "Strand/0.1 (+https://strand.example/robot)"


def test_the_user_agent_holds_no_second_header() -> None:
    assert user_agent("1.2") == "Strand/1.2"
    assert user_agent("1.2", "https://a.example/(x)\r\nCookie: 1") == "Strand/1.2 (+https://a.example/xCookie:1)"


async def test_proxies_of_the_environment_are_passed_by(site: Site, inner: Site, into: Path, monkeypatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.2:{inner.port}")
    site.pages["/page"] = reply(PAGE)
    web = visitor(site)
    assert (await web.fetch(site.url(), into)).size == len(PAGE)
    assert inner.connections == 0


# Where it may go


@pytest.mark.parametrize("address", ["127.0.0.1", *CLOSED])
async def test_a_closed_address_is_refused_by_itself_and_behind_a_name(address: str, site: Site, into: Path) -> None:
    literal = f"[{address}]" if ":" in address else address
    names = Names(library_example=[[address]], museum_example=[["8.8.8.8", address]])
    for host in (literal, "library.example", "museum.example"):
        web = Web("Strand/0.1", resolver=names, ports={site.port}, trust=NOBODY)
        error = await refused(web, site.url(host=host), into)
        assert error.error_code == "url_not_allowed"
        assert host == literal or address not in error.message
    assert site.connections == 0
    assert names.asked == ["library.example", "museum.example"]


@pytest.mark.parametrize("address", CLOSED)
async def test_a_redirect_to_a_closed_address_is_not_followed(address: str, site: Site, into: Path) -> None:
    literal = f"[{address}]" if ":" in address else address
    names = Names(inside_example=[[address]])
    site.pages |= {"/page": moved(f"http://{literal}/"), "/named": moved("http://inside.example/")}
    for path in ("/page", "/named"):
        error = await refused(visitor(site, names=names), site.url(path), into)
        assert error.error_code == "url_not_allowed"
    assert names.asked == ["library.example", "library.example", "inside.example"]


async def test_a_name_whose_answer_changes_is_read_from_the_address_that_was_checked(
    site: Site, inner: Site, into: Path
) -> None:
    names = Names(library_example=[["127.0.0.1"], ["127.0.0.2"]])
    site.pages["/robots.txt"] = reply(b"", "404 Not Found", "text/plain", "Connection: close")
    site.pages |= {"/page": moved("/other", "302 Found", "Connection: close"), "/other": reply(PAGE)}
    web = visitor(site, inner, names=names)
    assert (await web.fetch(site.url(), into)).size == len(PAGE)
    assert (names.asked, site.connections, inner.connections) == (["library.example"], 3, 0)
    into = into.with_suffix(".again")
    error = await refused(web, site.url(), into)
    assert error.error_code == "url_not_allowed"
    assert (names.asked, site.connections, inner.connections) == (["library.example"] * 2, 3, 0)


async def test_a_name_that_leads_back_through_another_name_is_checked_by_itself(
    site: Site, inner: Site, into: Path
) -> None:
    names = Names(library_example=[["127.0.0.1"]], other_example=[["127.0.0.2"]])
    site.pages["/page"] = moved(f"http://other.example:{inner.port}/page")
    inner.pages["/page"] = reply(b"secret")
    error = await refused(visitor(site, inner, names=names), site.url(), into)
    assert error.error_code == "url_not_allowed"
    assert inner.connections == 0


async def test_one_closed_address_among_open_ones_is_enough_to_refuse(site: Site, inner: Site, into: Path) -> None:
    for answer in (["127.0.0.1", "127.0.0.2"], ["127.0.0.2", "127.0.0.1"]):
        error = await refused(visitor(site, inner, names=Names(library_example=[answer])), site.url(), into)
        assert error.error_code == "url_not_allowed"
    assert site.connections == inner.connections == 0


async def test_the_next_address_is_tried_where_the_first_is_deaf(into: Path) -> None:
    async with Site.open() as site:
        site.pages["/page"] = reply(PAGE)
        names = Names(library_example=[["127.0.0.3", "127.0.0.1"]])
        web = Web("Strand/0.1", resolver=names, allowed=lambda _: True, ports={site.port}, trust=NOBODY)
        assert (await web.fetch(site.url(), into)).size == len(PAGE)


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "http://localhost/", "http://u:p@library.example/", "http://a.b:22/"]
)
async def test_an_address_that_is_no_public_page_is_refused_before_anything_is_looked_up(url: str, into: Path) -> None:
    names = Names()
    error = await refused(Web("Strand/0.1", resolver=names, trust=NOBODY), url, into)
    assert error.error_code == "url_not_allowed"
    assert names.asked == []


async def test_a_name_that_does_not_exist_says_so(into: Path) -> None:
    error = await refused(visitor(names=Names(gone_example=[[]])), "http://gone.example/", into)
    assert error.error_code == "url_host_not_found"


async def test_a_resolver_that_fails_or_hangs_is_a_matter_of_time(into: Path) -> None:
    class Failing:
        async def resolve(self, host: str) -> Any:
            raise OSError("no answer")

    class Hanging:
        async def resolve(self, host: str) -> Any:
            await asyncio.Event().wait()

    for resolver in (Failing(), Hanging()):
        web = Web("Strand/0.1", SHORT, resolver=resolver, trust=NOBODY)
        error = await refused(web, "http://library.example/", into, Unavailable)
        assert error.error_code == "url_unreachable"


# TLS: the connection goes to the checked address, the certificate is the name's


async def test_the_certificate_is_checked_for_the_name_while_the_address_is_pinned(
    certificates: Certificates, into: Path
) -> None:
    async with Site.open(tls=certificates.server) as site:
        site.pages["/page"] = reply(PAGE)
        web = visitor(site, trust=certificates.trusting)
        found = await web.fetch(site.url(scheme="https"), into)
        assert found.size == len(PAGE)
        assert set(site.server_names) == {"library.example"}
        into = into.with_suffix(".again")
        error = await refused(
            visitor(site, trust=certificates.trusting), site.url(scheme="https", host="museum.example"), into
        )
        assert error.error_code == "url_bad_certificate"
        assert site.server_names[-1] == "museum.example"
        assert len(site.seen) == 2


async def test_a_certificate_that_nobody_vouches_for_is_refused(certificates: Certificates, into: Path) -> None:
    async with Site.open(tls=certificates.server) as site:
        error = await refused(visitor(site), site.url(scheme="https"), into)
    assert error.error_code == "url_bad_certificate"
    assert site.seen == []


async def test_a_server_without_tls_behind_https_is_out_of_reach(site: Site, into: Path) -> None:
    error = await refused(visitor(site, limits=SHORT), site.url(scheme="https"), into, Unavailable)
    assert error.error_code == "url_unreachable"


async def test_a_page_that_leads_from_https_to_http_is_not_followed(certificates: Certificates, into: Path) -> None:
    async with Site.open(tls=certificates.server) as site:
        site.pages["/page"] = moved("http://library.example/")
        error = await refused(visitor(site, trust=certificates.trusting), site.url(scheme="https"), into)
    assert error.error_code == "url_not_allowed"


# Redirects


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
async def test_a_moved_page_is_read_where_it_is_now(status: str, site: Site, into: Path) -> None:
    site.pages |= {"/page": moved(f"//museum.example:{site.port}/b/c", status), "museum.example/b/c": moved("../d")}
    site.pages["museum.example/d"] = reply(PAGE)
    web = visitor(site)
    assert (await web.fetch(site.url(), into)).url == site.url("/d", "museum.example")


async def test_five_redirects_are_followed_and_a_sixth_is_not(site: Site, into: Path) -> None:
    site.pages |= {f"/{step}": moved(f"/{step + 1}") for step in range(6)} | {"/6": reply(PAGE)}
    web = visitor(site)
    assert (await web.fetch(site.url("/1"), into)).url == site.url("/6")
    into = into.with_suffix(".again")
    error = await refused(visitor(site), site.url("/0"), into)
    assert error.error_code == "url_too_many_redirects"
    assert len(site.asked_for("/6")) == 1


async def test_a_redirect_loop_ends(site: Site, into: Path) -> None:
    site.pages["/page"] = moved("/page")
    error = await refused(visitor(site), site.url(), into)
    assert error.error_code == "url_too_many_redirects"
    assert len(site.asked_for("/page")) == 6


async def test_the_body_of_a_redirect_is_not_read(site: Site, into: Path) -> None:
    head = CHUNKED.replace(b"200 OK", b"302 Found").replace(b"Content-Type: text/html", b"Location: /other")
    site.pages |= {"/page": endless(head, b"1000\r\n" + b"x" * 4096 + b"\r\n"), "/other": reply(PAGE)}
    web = visitor(site)
    assert (await web.fetch(site.url(), into)).size == len(PAGE)
    await asyncio.wait_for(site.hung_up.wait(), 10)


async def test_a_redirect_to_nowhere_is_a_page_not_found(site: Site, into: Path) -> None:
    site.pages["/page"] = reply(b"", "302 Found")
    assert (await refused(visitor(site), site.url(), into)).error_code == "url_not_found"


# Size and time


async def test_a_body_without_end_is_cut_at_the_limit(site: Site, into: Path) -> None:
    site.pages["/page"] = endless(CHUNKED, b"1000\r\n" + b"x" * 4096 + b"\r\n")
    error = await refused(visitor(site, limits=WebLimits(page_bytes=100_000)), site.url(), into)
    assert error.error_code == "url_too_large"
    await asyncio.wait_for(site.hung_up.wait(), 10)


async def test_a_body_of_just_the_limit_is_read_and_one_byte_more_is_not(site: Site, into: Path) -> None:
    site.pages |= {"/page": reply(b"x" * 1000), "/more": CHUNKED + b"3e9\r\n" + b"x" * 1001 + b"\r\n0\r\n\r\n"}
    web = visitor(site, limits=WebLimits(page_bytes=1000))
    assert (await web.fetch(site.url(), into)).size == 1000
    into = into.with_suffix(".again")
    error = await refused(visitor(site, limits=WebLimits(page_bytes=1000)), site.url("/more"), into)
    assert error.error_code == "url_too_large"


async def test_a_body_said_to_be_too_large_is_not_begun(site: Site, into: Path) -> None:
    site.pages["/page"] = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 99999999999\r\n\r\n"
    assert (await refused(visitor(site), site.url(), into)).error_code == "url_too_large"


async def test_a_length_that_is_none_is_no_answer(site: Site, into: Path) -> None:
    for length in ("-1", "9" * 5000, "1e3", "5\r\nContent-Length: 6"):
        site.pages["/page"] = reply(PAGE).replace(b"Length: %d" % len(PAGE), f"Length: {length}".encode())
        error = await refused(visitor(site), site.url(), into, Unavailable)
        assert error.error_code == "url_unreachable"


async def test_what_follows_a_body_said_to_be_shorter_is_not_taken(site: Site, into: Path) -> None:
    site.pages["/page"] = reply(PAGE) + b"x" * 500_000
    web = visitor(site, limits=SHORT)
    assert (await web.fetch(site.url(), into)).size == len(PAGE)
    assert content(into) == PAGE


async def test_a_body_said_to_be_longer_than_it_is_counts_as_broken_off(site: Site, into: Path) -> None:
    lines = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 100\r\nConnection: close\r\n\r\n"
    for page in (lines.encode() + PAGE, CHUNKED.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n") + b"ff\r\nhalf"):
        site.pages["/page"] = page
        assert (await refused(visitor(site), site.url(), into, Unavailable)).error_code == "url_broken_off"


@pytest.mark.parametrize("path", ["/page", "/robots.txt"])
@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\nX-Part: ", CHUNKED])
async def test_a_slow_drip_is_cut_when_the_time_is_over(head: bytes, path: str, site: Site, into: Path) -> None:
    site.pages |= {"/page": reply(PAGE), path: endless(head, b"1\r\nx\r\n" if head == CHUNKED else b"H", pause=0.02)}
    if path == "/page":
        error = await refused(visitor(site, limits=SHORT), site.url(), into)
        assert error.error_code == "url_too_slow"
    else:
        error = await refused(visitor(site, limits=SHORT), site.url(), into, Unavailable)
        assert error.error_code == "url_unavailable"
    await asyncio.wait_for(site.hung_up.wait(), 10)


async def test_a_server_that_falls_silent_is_tried_again_later(site: Site, into: Path) -> None:
    for page in (endless(b"", b"", pause=5), endless(CHUNKED + b"5\r\nhe", b"", pause=5)):
        site.pages["/page"] = page
        error = await refused(visitor(site, limits=SHORT), site.url(), into, Unavailable)
        assert error.error_code == "url_unreachable"


@pytest.mark.parametrize("part", [b"X-More: " + b"x" * 4000 + b"\r\n", b"x" * 4096])
async def test_headers_without_end_are_cut(part: bytes, site: Site, into: Path) -> None:
    site.pages["/page"] = endless(b"HTTP/1.1 200 OK\r\nX-First: ", part)
    error = await refused(visitor(site), site.url(), into, Unavailable)
    assert error.error_code == "url_unreachable"
    await asyncio.wait_for(site.hung_up.wait(), 10)


async def test_interim_answers_without_end_are_cut(site: Site, into: Path) -> None:
    site.pages["/page"] = endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n")
    assert (await refused(visitor(site, limits=SHORT), site.url(), into)).error_code == "url_too_slow"


@pytest.mark.parametrize(
    "page", [b"SSH-2.0-OpenSSH_9.6\r\n\r\n", b"\x00\x01\x02\r\n\r\n", b"HTTP/1.1 200 OK\r\nBroken\r\n\r\n"]
)
async def test_what_speaks_no_http_is_out_of_reach(page: bytes, site: Site, into: Path) -> None:
    site.pages["/page"] = page
    assert (await refused(visitor(site), site.url(), into, Unavailable)).error_code == "url_unreachable"


# Packed bodies


def packed(body: bytes, coding: str = "gzip") -> bytes:
    return reply(body, "200 OK", "text/html", f"Content-Encoding: {coding}")


async def test_a_packed_page_is_unpacked(site: Site, into: Path) -> None:
    text = PAGE * 5000
    half = len(text) // 2
    for body in (gzip.compress(text), gzip.compress(text[:half]) + gzip.compress(text[half:]) + b"\0" * 9):
        site.pages["/page"] = packed(body)
        web = visitor(site)
        found = await web.fetch(site.url(), into)
        assert content(into) == text
        assert (found.size, found.sha256) == (len(text), hashlib.sha256(text).hexdigest())
    assert site.seen[-1].headers["accept-encoding"] == "gzip"


async def test_an_empty_packed_page_is_empty(site: Site, into: Path) -> None:
    site.pages["/page"] = packed(b"")
    web = visitor(site)
    assert (await web.fetch(site.url(), into)).size == 0
    assert content(into) == b""


async def test_a_gzip_bomb_is_cut_at_the_limit(site: Site, into: Path) -> None:
    bomb = gzip.compress(b"\0" * 20_000_000)
    assert len(bomb) < SHORT.page_bytes
    site.pages["/page"] = packed(bomb)
    assert (
        await refused(visitor(site, limits=WebLimits(page_bytes=200_000)), site.url(), into)
    ).error_code == "url_too_large"


def test_a_gzip_bomb_unfolds_a_block_at_a_time() -> None:
    sizes = [len(block) for block in Unpacker("gzip").blocks(gzip.compress(b"\0" * 5_000_000))]
    assert sum(sizes) == 5_000_000
    assert max(sizes) <= BLOCK


async def test_packed_nothing_without_end_is_cut_too(site: Site, into: Path) -> None:
    empty = gzip.compress(b"") * 100
    head = CHUNKED.replace(b"\r\n\r\n", b"\r\nContent-Encoding: gzip\r\n\r\n")
    site.pages["/page"] = endless(head, b"%x\r\n%b\r\n" % (len(empty), empty))
    assert (
        await refused(visitor(site, limits=WebLimits(page_bytes=200_000)), site.url(), into)
    ).error_code == "url_too_large"


async def test_damaged_and_halved_gzip_and_other_packings_are_refused(site: Site, into: Path) -> None:
    whole = gzip.compress(PAGE)
    cases: list[tuple[bytes, type[AppError], str]] = [
        (packed(b"no gzip"), Unprocessable, "url_damaged"),
        (packed(whole[:10] + b"\xff" * 20), Unprocessable, "url_damaged"),
        (packed(whole[:-4]), Unavailable, "url_broken_off"),
        (packed(whole, "br"), Unprocessable, "url_wrong_type"),
        (packed(whole, "gzip, gzip"), Unprocessable, "url_wrong_type"),
    ]
    for page, kind, code in cases:
        site.pages["/page"] = page
        assert (await refused(visitor(site), site.url(), into, kind)).error_code == code


# Types, statuses, conditions


async def test_a_wrong_type_is_refused_before_the_body_is_read(site: Site, into: Path) -> None:
    site.pages["/page"] = endless(CHUNKED.replace(b"text/html", b"video/mp4"), b"1000\r\n" + b"x" * 4096 + b"\r\n")
    error = await refused(visitor(site), site.url(), into)
    assert error.error_code == "url_wrong_type"
    assert "video/mp4" in error.message
    await asyncio.wait_for(site.hung_up.wait(), 10)


async def test_the_caller_says_which_types_it_takes(site: Site, into: Path) -> None:
    site.pages["/page"] = reply(PAGE)
    error = await refused(visitor(site), site.url(), into, accepted={"application/pdf"})
    assert error.error_code == "url_wrong_type"


@pytest.mark.parametrize(
    ("header", "read_as"),
    [
        ("text/html", ("text/html", None)),
        ('TEXT/HTML ;charset="ISO-8859-1"', ("text/html", "iso-8859-1")),
        ("text/plain; format=flowed; charset=utf-8", ("text/plain", "utf-8")),
        ("", ("application/octet-stream", None)),
        ("html", ("application/octet-stream", None)),
        ("text/html/x; charset=", ("application/octet-stream", None)),
        ("application/vnd.a+b.c", ("application/vnd.a+b.c", None)),
    ],
)
def test_a_content_type_is_read_or_unknown(header: str, read_as: tuple[str, str | None]) -> None:
    assert content_type(header) == read_as


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        ("204 No Content", Unprocessable, "url_refused"),
        ("206 Partial", Unprocessable, "url_refused"),
        ("300 Choices", Unprocessable, "url_refused"),
        ("304 Not Modified", Unprocessable, "url_refused"),
        ("401 Unauthorized", Unprocessable, "url_refused"),
        ("403 Forbidden", Unprocessable, "url_refused"),
        ("404 Not Found", Unprocessable, "url_not_found"),
        ("410 Gone", Unprocessable, "url_not_found"),
        ("408 Timeout", Unavailable, "url_unavailable"),
        ("429 Slow down", Unavailable, "url_unavailable"),
        ("500 Oh", Unavailable, "url_unavailable"),
        ("503 Later", Unavailable, "url_unavailable"),
    ],
)
async def test_a_status_says_whether_later_may_do(
    status: str, kind: type[AppError], code: str, site: Site, into: Path
) -> None:
    site.pages["/page"] = reply(PAGE, status)
    error = await refused(visitor(site), site.url(), into, kind)
    assert error.error_code == code
    assert error.transient is (kind is Unavailable)
    assert "library.example" in error.message


async def test_the_wait_that_a_site_asks_for_is_kept(site: Site, into: Path) -> None:
    for status in ("429 Slow down", "503 Later"):
        site.pages["/page"] = reply(b"", status, "text/html", "Retry-After: 77")
        error = await refused(visitor(site), site.url(), into, Unavailable)
        assert isinstance(error, Unavailable)
        assert error.retry_after_seconds == 77


def test_a_wait_is_seconds_or_a_date_and_never_more_than_an_hour() -> None:
    soon = datetime.now(UTC) + timedelta(minutes=10)
    assert wait_seconds("0") == 0
    assert wait_seconds("9" * 9) == wait_seconds("Fri, 01 Jan 2100 00:00:00 GMT") == 3600
    assert 500 < wait_seconds(format_datetime(soon, usegmt=True)) <= 600
    assert wait_seconds("Fri, 01 Jan 1999 00:00:00 GMT") == 0
    for useless in ("", "-5", "soon", "9" * 5000, "1e3", "²"):
        assert wait_seconds(useless) == 30


async def test_a_page_that_is_still_the_same_is_not_sent_again(site: Site, into: Path) -> None:
    site.pages["/page"] = b'HTTP/1.1 304 Not Modified\r\nETag: "v1"\r\n\r\n'
    web = visitor(site)
    found = await web.fetch(site.url(), into, etag='"v1"', last_modified="Sat, 21 Nov 2026 08:00:00 GMT")
    assert (found.status, found.etag, found.size, found.sha256) == (304, '"v1"', 0, None)
    assert content(into) is None
    headers = site.asked_for("/page")[0].headers
    assert headers["if-none-match"] == '"v1"'
    assert headers["if-modified-since"] == "Sat, 21 Nov 2026 08:00:00 GMT"
    assert "if-none-match" not in site.asked_for("/robots.txt")[0].headers


async def test_a_validator_that_is_no_header_is_left_out(site: Site, into: Path) -> None:
    site.pages["/page"] = reply(PAGE, "200 OK", "text/html", "ETag: " + "e" * 600)
    web = visitor(site)
    found = await web.fetch(site.url(), into, etag='"v1"\r\nCookie: 1', last_modified="é")
    assert found.etag is None
    assert not {"if-none-match", "if-modified-since", "cookie"} & set(site.asked_for("/page")[0].headers)


async def test_an_abandoned_reading_leaves_no_file_and_no_connection(site: Site, into: Path) -> None:
    site.pages["/page"] = endless(CHUNKED + b"1\r\nx\r\n", b"", pause=0.01)
    web = visitor(site)
    reading = asyncio.create_task(web.fetch(site.url(), into))
    await until(lambda: content(into) is not None)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert content(into) is None
    await asyncio.wait_for(site.hung_up.wait(), 10)


# robots.txt


def rules(text: str) -> bytes:
    return reply(text.encode(), "200 OK", "text/plain")


async def test_a_page_that_robots_may_not_read_is_not_asked_for(site: Site, into: Path) -> None:
    site.pages |= {"/robots.txt": rules("User-agent: *\nDisallow: /page\n"), "/page": reply(PAGE), "/free": reply(PAGE)}
    error = await refused(visitor(site), site.url(), into)
    assert error.error_code == "url_refused_by_robots"
    assert (await refused(visitor(site), site.url("/x/../%70age?q"), into)).error_code == "url_refused_by_robots"
    assert [seen.path for seen in site.seen] == ["/robots.txt", "/robots.txt"]
    web = visitor(site)
    assert (await web.fetch(site.url("/free"), into)).size == len(PAGE)


async def test_the_rules_of_the_site_that_a_redirect_leads_to_count_too(site: Site, into: Path) -> None:
    site.pages |= {
        "/page": moved(f"http://museum.example:{site.port}/page"),
        "museum.example/robots.txt": rules("User-agent: strand\nDisallow: /\n"),
        "museum.example/page": reply(PAGE),
    }
    error = await refused(visitor(site), site.url(), into)
    assert error.error_code == "url_refused_by_robots"
    assert len(site.asked_for("/page")) == 1


@pytest.mark.parametrize(
    "robots",
    [
        reply(b"User-agent: *\nDisallow: /", "404 Not Found"),
        reply(b"User-agent: *\nDisallow: /", "403 Forbidden"),
        reply(b"", "204 No Content"),
        moved("/robots.txt"),
        moved("http://10.0.0.1/robots.txt"),
        moved("http://localhost/robots.txt"),
        moved(""),
        packed(b"User-agent: *\nDisallow: /", "br"),
        rules(""),
        rules("\x00\x01 no rules \ud7ff"),
    ],
)
async def test_a_site_without_usable_rules_may_be_read(robots: bytes, site: Site, into: Path) -> None:
    site.pages |= {"/robots.txt": robots, "/page": reply(PAGE)}
    web = visitor(site)
    assert (await web.fetch(site.url(), into)).size == len(PAGE)


@pytest.mark.parametrize("status", ["429 Slow down", "500 Oh", "503 Later", "304 Not Modified"])
async def test_rules_that_fail_close_the_site_for_now(status: str, site: Site, into: Path) -> None:
    site.pages |= {"/robots.txt": reply(b"", status, "text/plain", "Retry-After: 99"), "/page": reply(PAGE)}
    error = await refused(visitor(site), site.url(), into, Unavailable)
    assert isinstance(error, Unavailable)
    assert (error.error_code, error.retry_after_seconds) == ("url_unavailable", 99)
    assert site.asked_for("/page") == []


async def test_rules_that_have_moved_are_those_of_the_site(site: Site, into: Path) -> None:
    site.pages |= {"/robots.txt": moved("/rules"), "/rules": packed(gzip.compress(b"User-agent: *\nDisallow: /"))}
    assert (await refused(visitor(site), site.url(), into)).error_code == "url_refused_by_robots"


async def test_rules_without_end_are_read_as_far_as_the_limit(site: Site, into: Path) -> None:
    head = CHUNKED + b"1a\r\nUser-agent: *\nDisallow: /p\r\n"
    site.pages |= {"/robots.txt": endless(head, b"6\r\n# more\r\n"), "/page": reply(PAGE), "/free": reply(PAGE)}
    limits = WebLimits(robots_bytes=5000)
    assert (await refused(visitor(site, limits=limits), site.url(), into)).error_code == "url_refused_by_robots"
    web = visitor(site, limits=limits)
    assert (await web.fetch(site.url("/free"), into)).size == len(PAGE)


async def test_rules_are_asked_for_once_an_hour(site: Site, into: Path) -> None:
    at = [0.0]
    site.pages |= {"/robots.txt": rules(""), "/page": reply(PAGE)}
    web = visitor(site, now=lambda: at[0])
    for _ in range(3):
        await web.fetch(site.url(), into)
    assert len(site.asked_for("/robots.txt")) == 1
    at[0] = 3600.0
    await web.fetch(site.url(), into)
    assert len(site.asked_for("/robots.txt")) == 2
