"""One storage, whatever is behind it; and an upload's whole way through each."""

import httpx
import msgspec
import pytest

from app.features.sources.tasks import ingest_source
from app.main import create_app
from app.shared.clients.storage import open_storage
from app.shared.exceptions import NotFound, Unavailable
from app.shared.resources import open_resources
from tests.conftest import SAMPLES, finished, serving, sign_up, working
from tests.storage.servers import STORES

BIG = 12 * 1024 * 1024
KEY = "sources/nell/one/original"


@pytest.fixture(scope="module", params=sorted(STORES))
def storage_url(request):
    with STORES[request.param]() as url:
        yield url


@pytest.fixture(scope="module")
def storage(settings, storage_url):
    return open_storage(msgspec.structs.replace(settings, storage_url=storage_url))


async def parts(count, size=1024 * 1024, breaks_at=None):
    for number in range(count):
        if number == breaks_at:
            raise ConnectionResetError("the client went away")
        yield bytes([number % 256]) * size


async def test_what_is_put_is_read_back_whole_or_in_parts(storage):
    await storage.put(KEY, b"hello")

    assert await storage.get(KEY) == b"hello"
    assert await storage.beginning(KEY, 3) == b"hello"[:3]
    assert b"".join([part async for part in storage.stream(KEY)]) == b"hello"
    assert await storage.size(KEY) == 5


async def test_a_stream_arrives_in_order_and_one_that_breaks_leaves_nothing(storage):
    await storage.put("sources/nell/big/original", parts(12))
    with pytest.raises(ConnectionResetError):
        await storage.put("sources/nell/broken/original", parts(12, breaks_at=8))

    assert await storage.size("sources/nell/big/original") == BIG
    assert await storage.beginning("sources/nell/big/original", 1024 * 1024 + 1) == b"\x00" * 1024 * 1024 + b"\x01"
    assert await storage.size("sources/nell/broken/original") is None


async def test_a_file_is_put_without_reading_it_into_memory_first(storage, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"x" * BIG)

    await storage.put("sources/nell/file/original", path)
    with path.open("rb") as file:
        await storage.put("sources/nell/open/original", file)

    assert await storage.size("sources/nell/file/original") == await storage.size("sources/nell/open/original") == BIG


async def test_what_is_not_there_is_said_so(storage):
    assert await storage.size("sources/nell/none/original") is None
    for read in (storage.get("none"), storage.beginning("none", 5), anext(storage.stream("none"))):
        with pytest.raises(NotFound):
            await read
    await storage.delete("none")


async def test_a_sources_folder_goes_with_all_that_lies_in_it_and_its_neighbours_stay(storage):
    for name in ("x/original", "x/poster", "x/waveform", "xy/original"):
        await storage.put(f"sources/nell/{name}", b"1")

    await storage.delete_folder("sources/nell/x/original")

    there = [
        await storage.size(f"sources/nell/{name}") for name in ("x/original", "x/poster", "x/waveform", "xy/original")
    ]
    assert there == [None, None, None, 1]


async def test_objects_are_listed_by_age(storage):
    await storage.put("aged/one/original", b"1")

    assert [key async for keys in storage.older_than("aged", -5) for key in keys] == ["aged/one/original"]
    assert [key async for keys in storage.older_than("aged", 60) for key in keys] == []


async def test_an_object_is_moved(storage):
    await storage.put("sources/nell/from/original", b"1")
    await storage.move("sources/nell/from/original", "sources/nell/to/original")

    assert await storage.size("sources/nell/from/original") is None
    assert await storage.get("sources/nell/to/original") == b"1"


async def test_a_storage_that_is_away_is_a_transient_error(settings, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    away = open_storage(msgspec.structs.replace(settings, storage_url="s3://strand"))

    with pytest.raises(Unavailable):
        await away.put("key", b"1")
    with pytest.raises(Unavailable):
        await away.get("key")
    with pytest.raises(Unavailable):
        await away.move("key", "to")
    with pytest.raises(Unavailable):
        await away.delete("key")
    with pytest.raises(Unavailable):
        await anext(away.listed())


async def test_a_file_goes_straight_to_the_storage_and_becomes_a_source(settings, storage_url):
    """Through the API, the address that it gives, and a worker, all on this storage."""
    chosen = msgspec.structs.replace(settings, storage_url=storage_url)
    data = (SAMPLES / "own/01-sextant.srt").read_bytes()
    async with (
        serving(create_app(chosen)) as address,
        open_resources(chosen) as resources,
        working(chosen, resources, {ingest_source.name: ingest_source}),
        httpx.AsyncClient(base_url=f"{address}/api/v1", timeout=30) as creator,
    ):
        account = await sign_up(creator)
        creator.headers["Authorization"] = f"Bearer {account['access_token']}"
        project = (await creator.post("/projects", json={"title": "Stars"})).json()["id"]
        wanted = {"filename": "sextant.srt", "media_type": "application/x-subrip", "size_bytes": len(data)}
        upload = (await creator.post(f"/projects/{project}/uploads", json=wanted)).json()
        async with httpx.AsyncClient() as plain:
            sent = await plain.request(upload["method"], upload["upload_url"], content=data, headers=upload["headers"])
        body = {"kind": "upload", "role": "own", "upload_id": upload["upload_id"]}
        accepted = (await creator.post(f"/projects/{project}/sources", json=body)).json()
        job = await finished(creator, accepted["job"])
        original = await creator.get(f"/sources/{accepted['source']['id']}/original")

    assert sent.status_code in {200, 201, 204}, sent.text
    assert job["status"] == "succeeded", job["error"]
    assert original.content == data


async def test_a_folder_that_is_gone_is_a_storage_that_is_away_until_it_is_back(settings, tmp_path):
    """Else a volume that is not mounted would lack its files, and take new ones that are lost once it is."""
    folder = tmp_path / "files"
    storage = open_storage(msgspec.structs.replace(settings, storage_url=f"file://{folder}"))
    await storage.put("sources/nell/one/original", b"1")
    folder.rename(tmp_path / "elsewhere")
    for doing in (
        storage.put("sources/nell/two/original", b"2"),
        storage.get("sources/nell/one/original"),
        storage.size("sources/nell/one/original"),
        storage.move("sources/nell/one/original", "sources/nell/three/original"),
        storage.delete("sources/nell/one/original"),
        storage.delete_folder("sources/nell/one/original"),
        anext(storage.listed()),
    ):
        with pytest.raises(Unavailable):
            await doing
    folder.mkdir()
    with pytest.raises(Unavailable):
        await storage.put("sources/nell/two/original", b"2")
    folder.rmdir()
    (tmp_path / "elsewhere").rename(folder)

    assert await storage.get("sources/nell/one/original") == b"1"
