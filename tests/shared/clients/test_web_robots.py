"""Sites whose robots.txt says what may be read, or should and doesn't."""

import gzip
from pathlib import Path

import pytest

from app.shared.clients.web import WebLimits
from app.shared.exceptions import Unavailable
from tests.shared.clients.reading import CHUNKED, PAGE, packed, refused
from tests.shared.clients.site import Site, endless, moved, reply, visitor


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
