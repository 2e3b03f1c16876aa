"""Sources that are pages: fetched by the worker, known again, read anew."""

import asyncio
import dataclasses
from uuid import UUID

import pytest

from app.db.models import SourceKind, SourceRole
from app.features.sources.schemas import NewSource
from app.features.sources.service import SourceService
from app.features.sources.tasks import ingest_source
from tests.conftest import finished, working
from tests.provider.engines import enqueue, task
from tests.shared.clients.site import Site, reply, visitor

FETCH = task("pages.ingest_source", ingest_source)
PAGE = """<!doctype html><html><head><title>How the harbour clock went wrong</title><meta name="author" content="Nell Harrow">
</head><body><nav><a href="/">Home</a> <a href="/more">Log in</a></nav><article><h1>How the harbour clock went wrong</h1>
<p>The harbour clock was wrong by nine minutes that year, and nobody had noticed it before the pilot came.</p>
<p>A ship three weeks out had no idea where it was, because her master had set his watch by that very clock.</p>
<p>So the council sent for a watchmaker from the next town, who found a spider in the works and a bent wheel.</p>
</article><footer>Privacy policy</footer></body></html>"""


@pytest.fixture
async def site():
    async with Site.open() as opened:
        yield opened


@pytest.fixture
async def reading(settings, resources, site):
    """A worker that may visit the site, and no other."""
    theirs = dataclasses.replace(resources, web=visitor(site))
    async with working(settings, theirs, {FETCH.name: FETCH}):
        yield theirs


async def page_source(resources, creator, project, url):
    me = UUID((await creator.get("/users/me")).json()["id"])
    new = NewSource(url, SourceRole.REFERENCE, SourceKind.URL, None, url=url)
    async with resources.db.transaction() as session:
        return str((await SourceService(session).add(me, UUID(project), new)).id)


async def read(resources, creator, project, source):
    """The job once it has ended, and the source once it was told of that: where the job failed, a moment later."""
    job = await finished(creator, await enqueue(resources, creator, FETCH, project, source_id=source, fetch=True))
    found: dict[str, object] = {"status": "processing"}
    async with asyncio.timeout(20):
        while found["status"] == "processing":
            found = (await creator.get(f"/sources/{source}")).json()
            await asyncio.sleep(0.02)
    return job, found


async def test_a_page_is_read_without_its_menus_and_says_what_it_is(creator, project, reading, site):
    site.pages["/clock"] = reply(PAGE.encode())
    source = await page_source(reading, creator, project, site.url("/clock"))

    job, found = await read(reading, creator, project, source)
    text = (await creator.get(f"/sources/{source}/text")).json()["text"]

    assert (job["status"], found["status"]) == ("succeeded", "ready"), job["error"]
    assert (found["title"], found["author"]) == ("How the harbour clock went wrong", "Nell Harrow")
    assert (found["media_type"], found["size_bytes"]) == ("text/html", len(PAGE))
    assert "a spider in the works" in text
    assert "Privacy policy" not in text
    assert (await creator.get(f"/sources/{source}/original")).content == PAGE.encode()


async def test_a_page_that_has_not_changed_is_not_sent_again(creator, project, reading, site):
    site.pages["/clock"] = reply(PAGE.encode(), "200 OK", "text/html", 'ETag: "first"')
    source = await page_source(reading, creator, project, site.url("/clock"))
    await read(reading, creator, project, source)
    site.pages["/clock"] = b'HTTP/1.1 304 Not Modified\r\nETag: "first"\r\n\r\n'

    job, found = await read(reading, creator, project, source)

    assert (job["status"], found["version"]) == ("succeeded", 2)
    assert site.asked_for("/clock")[-1].headers["if-none-match"] == '"first"'


async def test_a_page_that_is_not_there_says_what_to_do_and_an_earlier_reading_serves_on(
    creator, project, reading, site
):
    site.pages["/clock"] = reply(PAGE.encode())
    there = await page_source(reading, creator, project, site.url("/clock"))
    await read(reading, creator, project, there)
    del site.pages["/clock"]
    gone = await page_source(reading, creator, project, site.url("/gone"))

    first, second = await read(reading, creator, project, gone), await read(reading, creator, project, there)

    assert (first[0]["status"], first[1]["status"], first[1]["error"]["code"]) == ("failed", "failed", "url_not_found")
    assert first[1]["error"]["next_action"]
    assert first[1]["next_steps"][0]["action"] == "send_another"
    assert (second[0]["status"], second[1]["status"], second[1]["version"]) == ("failed", "ready", 1)


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1/", "http://169.254.169.254/latest/meta-data/", "http://user:pass@example.com/", "http://[::1]/", "http://example.com:22/", "http://localhost/"],
)  # fmt: skip
async def test_an_address_that_must_not_be_read_is_refused_at_once(creator, project, url):
    body = {"kind": "url", "role": "reference", "url": url}
    answer = await creator.post(f"/projects/{project}/sources", json=body)

    assert (answer.status_code, answer.json()["code"]) == (422, "url_not_allowed")


@pytest.mark.parametrize("url", ["ftp://example.com/", "file:///etc/passwd", "example.com", "", "javascript:alert(1)"])
async def test_only_http_and_https_are_addresses_of_pages(creator, project, url):
    body = {"kind": "url", "role": "reference", "url": url}
    assert (await creator.post(f"/projects/{project}/sources", json=body)).status_code == 400
