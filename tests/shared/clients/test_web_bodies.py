"""Bodies that are too long, too slow, cut short, or packed."""

import asyncio
import gzip
import hashlib
from pathlib import Path

import pytest

from app.shared.clients.downloads import BLOCK, Unpacker
from app.shared.clients.web import WebLimits
from app.shared.exceptions import AppError, Unavailable, Unprocessable
from tests.shared.clients.reading import CHUNKED, PAGE, SHORT, packed, refused
from tests.shared.clients.site import Site, content, endless, reply, visitor


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
