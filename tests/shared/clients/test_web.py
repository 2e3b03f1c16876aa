"""Reading pages: what is sent, what comes back, and what answers that are no page end in."""

import asyncio
import hashlib
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from app.shared.clients.web_answers import content_type, user_agent, wait_seconds
from app.shared.exceptions import AppError, Unavailable, Unprocessable
from tests.shared.clients.reading import CHUNKED, PAGE, refused
from tests.shared.clients.site import Site, content, endless, moved, reply, until, visitor


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
