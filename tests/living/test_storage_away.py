"""The API while the storage is away: what needs it is refused with 503, and goes on as soon as it is back."""

import httpx
import msgspec

from app.main import create_app
from tests.conftest import add_file, serving, sign_up


async def test_uploads_and_downloads_are_503_while_the_storage_is_away_and_work_again_without_a_restart(
    settings, tmp_path
):
    folder, elsewhere = tmp_path / "files", tmp_path / "elsewhere"
    chosen = msgspec.structs.replace(settings, storage_url=f"file://{folder}")
    async with (
        serving(create_app(chosen)) as address,
        httpx.AsyncClient(base_url=f"{address}/api/v1", timeout=30) as creator,
    ):
        creator.headers["Authorization"] = f"Bearer {(await sign_up(creator))['access_token']}"
        project = (await creator.post("/projects", json={"title": "Tides"})).json()["id"]
        kept = (await add_file(creator, project, "kept.txt", b"The moon pulls the sea.")).json()["source"]["id"]
        announced = {"filename": "late.txt", "media_type": "text/plain", "size_bytes": 4}
        upload = (await creator.post(f"/projects/{project}/uploads", json=announced)).json()
        pasted = {"title": "Pasted", "role": "reference", "kind": "text", "text": "The sea follows."}
        body = {"kind": "upload", "role": "reference", "upload_id": upload["upload_id"]}

        async def everything_that_needs_it():
            return [
                await add_file(creator, project, "new.txt", b"The sea comes and goes."),
                await creator.post(f"/projects/{project}/sources", json=pasted),
                await creator.put(upload["upload_url"], content=b"tide", headers=upload["headers"]),
                await creator.post(f"/projects/{project}/sources", json=body),
                await creator.get(f"/sources/{kept}/original"),
            ]

        folder.rename(elsewhere)
        refused = await everything_that_needs_it()
        meanwhile = await creator.get(f"/sources/{kept}")
        listed = (await creator.get(f"/projects/{project}/sources")).json()["total"]
        elsewhere.rename(folder)
        taken = await everything_that_needs_it()

    assert [answer.status_code for answer in refused] == [503] * 5, [answer.text for answer in refused]
    assert all(int(answer.headers["retry-after"]) > 0 for answer in refused)
    assert {answer.json()["code"] for answer in refused} == {"storage_unavailable"}
    assert (meanwhile.status_code, listed) == (200, 1)
    assert [answer.status_code for answer in taken] == [202, 202, 204, 202, 200], [answer.text for answer in taken]
    assert taken[-1].content == b"The moon pulls the sea."
