"""Files that go straight to the storage: a folder with our own signed address."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from sqlalchemy import text

from app.features.uploads import upkeep
from app.shared.clients.storage import Storage
from tests.conftest import SAMPLES, finished

pytestmark = pytest.mark.usefixtures("worker")
DATA = (SAMPLES / "own/01-sextant.srt").read_bytes()
SIZE = len(DATA)


async def announce(client, project, size=SIZE, filename="sextant.srt", media_type="application/x-subrip"):
    body = {"filename": filename, "media_type": media_type, "size_bytes": size}
    return await client.post(f"/projects/{project}/uploads", json=body)


async def send(upload, data=DATA, **change):
    async with httpx.AsyncClient(timeout=30) as plain:
        return await plain.request(
            upload["method"], change.get("url", upload["upload_url"]), content=data, headers=upload["headers"]
        )


async def add(client, project, upload, **more):
    body = {"kind": "upload", "role": "own", "upload_id": upload["upload_id"], **more}
    return await client.post(f"/projects/{project}/sources", json=body)


async def test_a_file_sent_to_the_storage_becomes_a_source_like_any_other(creator, project):
    announced = await announce(creator, project)
    upload = announced.json()

    sent = await send(upload)
    accepted = await add(creator, project, upload)
    job = await finished(creator, accepted.json()["job"])
    source = (await creator.get(f"/sources/{accepted.json()['source']['id']}")).json()

    assert (announced.status_code, sent.status_code, accepted.status_code) == (201, 204, 202), sent.text
    assert job["status"] == "succeeded", job["error"]
    assert (source["kind"], source["title"], source["filename"]) == ("upload", "sextant.srt", "sextant.srt")
    assert (source["media_type"], source["size_bytes"], source["status"]) == (
        "application/x-subrip",
        len(DATA),
        "ready",
    )
    assert (await creator.get(f"/sources/{source['id']}/original")).content == DATA


async def test_bytes_in_many_parts_and_without_a_length_arrive_whole(creator, project):
    upload = (await announce(creator, project)).json()

    async def parts():
        for start in range(0, len(DATA), 1000):
            yield DATA[start : start + 1000]
            await asyncio.sleep(0)

    assert (await send(upload, parts())).status_code == 204
    assert (await add(creator, project, upload)).status_code == 202


@pytest.mark.parametrize(("data", "status"), [(DATA + b"x", 413), (DATA[:-1], 422), (b"", 422)])
async def test_more_or_fewer_bytes_than_announced_are_refused_and_can_be_sent_again(creator, project, data, status):
    upload = (await announce(creator, project)).json()

    assert (await send(upload, data)).status_code == status
    assert (await add(creator, project, upload)).json()["code"] == "upload_missing"
    assert (await send(upload)).status_code == 204
    assert (await add(creator, project, upload)).status_code == 202


async def test_an_address_is_good_for_its_own_upload_and_as_long_as_it_says(creator, project, resources):
    first, second = (await announce(creator, project)).json(), (await announce(creator, project)).json()
    token = second["upload_url"].split("token=")[1]

    crossed = await send(first, url=first["upload_url"].split("token=")[0] + "token=" + token)
    forged = await send(first, url=first["upload_url"][:-4] + "AAAA")
    none = await send(first, url=first["upload_url"].split("?")[0])

    assert (crossed.status_code, forged.status_code, none.status_code) == (404, 404, 400)
    assert datetime.fromisoformat(first["expires_at"]) > datetime.now(UTC) + timedelta(minutes=30)
    assert await resources.storage.size(await key_of(resources, first)) is None


async def test_an_upload_makes_one_source_and_takes_no_bytes_after_that(creator, project):
    upload = (await announce(creator, project)).json()
    await send(upload)

    first, second = await add(creator, project, upload), await add(creator, project, upload)
    late = await send(upload)

    assert (first.status_code, second.status_code, late.status_code) == (202, 409, 409)
    assert second.json()["code"] == late.json()["code"] == "upload_used"


async def test_nobody_takes_a_strangers_upload_nor_one_of_another_project(creator, stranger, project):
    upload = (await announce(creator, project)).json()
    await send(upload)
    theirs = (await stranger.post("/projects", json={"title": "Theirs"})).json()["id"]
    other = (await creator.post("/projects", json={"title": "Other"})).json()["id"]

    assert (await announce(stranger, project)).status_code == 404
    assert (await add(stranger, project, upload)).status_code == 404
    assert (await add(stranger, theirs, upload)).status_code == 404
    assert (await add(creator, other, upload)).status_code == 404
    assert (await add(creator, project, upload)).status_code == 202


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"media_type": "application/x-msdownload"}, 415), ({"media_type": "image/png"}, 415), ({"media_type": "text"}, 400),
        ({"size": 0}, 400), ({"size": 2**50}, 413), ({"filename": ""}, 400),
    ],
)  # fmt: skip
async def test_what_can_not_become_a_source_is_refused_before_a_byte_is_sent(creator, project, change, status):
    assert (await announce(creator, project, **change)).status_code == status


async def test_a_file_that_is_not_what_its_name_says_is_refused_and_can_be_sent_anew(creator, project):
    picture = b"\x89PNG\r\n\x1a\n" + b"\x00\x01" * 500
    upload = (await announce(creator, project, size=len(picture))).json()
    await send(upload, picture)

    refused = await add(creator, project, upload)

    assert (refused.status_code, refused.json()["code"]) == (422, "unreadable_file")
    assert (await add(creator, project, upload)).status_code == 422  # still there, still no source


async def test_what_nobody_made_a_source_of_goes_after_a_day(creator, project, resources):
    kept, left = (await announce(creator, project)).json(), (await announce(creator, project)).json()
    for upload in (kept, left):
        await send(upload)
    await add(creator, project, kept)
    keys = [await key_of(resources, upload) for upload in (kept, left)]
    async with resources.db.transaction() as session:
        await session.execute(
            text("update uploads set expires_at = now() - interval '2 days' where id = any(:ids)"),
            {"ids": [kept["upload_id"], left["upload_id"]]},
        )

    await upkeep.keep_up(resources)

    assert [await resources.storage.size(key) is not None for key in keys] == [True, False]
    assert (await add(creator, project, left)).status_code == 404


async def test_an_object_that_no_row_knows_goes_and_a_sources_own_stays(creator, project, resources):
    upload = (await announce(creator, project)).json()
    await send(upload)
    source = (await add(creator, project, upload)).json()["source"]
    key = await key_of(resources, upload)
    await resources.storage.put(key.replace("original", "poster"), b"picture")
    await resources.storage.put(f"sources/{source['id']}/lost/original", b"lost")
    await resources.storage.put(f"sources/{source['id']}/lost/poster", b"lost")

    await upkeep.delete_unknown(resources, for_seconds=-5)

    assert await resources.storage.size(key) == len(DATA)
    assert await resources.storage.size(key.replace("original", "poster")) == 7
    assert await resources.storage.size(f"sources/{source['id']}/lost/original") is None
    assert await resources.storage.size(f"sources/{source['id']}/lost/poster") is None


async def test_the_storage_is_listed_once_a_day_by_whichever_worker_comes_first(resources):
    listings = []

    class Listed(Storage):
        def older_than(self, prefix, seconds):
            listings.append(prefix)
            return super().older_than(prefix, seconds)

    one, other = (replace(resources, storage=Listed(resources.storage._store)) for _ in range(2))

    async def day_later():
        async with resources.db.transaction() as session:
            await session.execute(text("update chores set begun_at = begun_at - interval '24 hours'"))

    await upkeep.keep_up(resources)
    await asyncio.gather(upkeep.keep_up(one), upkeep.keep_up(other))
    assert listings == []

    for days in (1, 2):
        await day_later()
        await asyncio.gather(upkeep.keep_up(one), upkeep.keep_up(other))
        await upkeep.keep_up(one)
        assert listings == ["sources"] * days


@pytest.mark.parametrize("media_type", ["text/" + "\u0130" * 122, "text/pl\u00e9", "text/plain\r\nX-More: 1"])
async def test_a_media_type_is_one_that_a_header_can_hold(creator, project, media_type):
    """In lower case the first would be twice as long."""
    answer = await announce(creator, project, media_type=media_type)

    assert (answer.status_code, answer.json()["extra"][0]["field"]) == (400, "media_type")


async def test_an_address_is_not_made_for_a_host_that_is_none(creator, project):
    body = {"filename": "a.txt", "media_type": "text/plain", "size_bytes": 5}

    answer = await creator.post(f"/projects/{project}/uploads", json=body, headers={"Host": "example.com:99999"})

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")


@pytest.mark.parametrize("head", ["Content-Length: 5\r\n\r\nab", "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n"])
async def test_bytes_that_break_off_leave_nothing_and_are_no_error_of_ours(creator, project, resources, caplog, head):
    upload = (await announce(creator, project, size=5)).json()
    url = httpx.URL(upload["upload_url"])
    key = await key_of(resources, upload)
    _, writer = await asyncio.open_connection(url.host, url.port)

    writer.write(f"PUT {url.raw_path.decode()} HTTP/1.1\r\nHost: {url.host}\r\n{head}".encode())
    await writer.drain()
    await asyncio.sleep(0.2)
    writer.close()
    await asyncio.sleep(0.3)

    assert await resources.storage.size(key) is None
    assert "failed" not in caplog.text
    assert (await add(creator, project, upload)).json()["code"] == "upload_missing"
    assert (await send(upload, b"whole")).status_code == 204


async def key_of(resources, upload):
    async with resources.db.transaction() as session:
        return await session.scalar(text("select storage_key from uploads where id = :id"), {"id": upload["upload_id"]})
