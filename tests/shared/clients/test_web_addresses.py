"""Where a page may be read from: open addresses only, those that were checked, with the certificate of the name."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from app.shared.clients.web import Web
from app.shared.exceptions import Unavailable
from tests.shared.clients.conftest import Certificates
from tests.shared.clients.reading import PAGE, SHORT, refused
from tests.shared.clients.site import NOBODY, Names, Site, moved, reply, visitor
from tests.shared.clients.test_addresses import CLOSED


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
