"""Pages that have moved."""

import asyncio
from pathlib import Path

import pytest

from tests.shared.clients.reading import CHUNKED, PAGE, refused
from tests.shared.clients.site import Site, endless, moved, reply, visitor


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
