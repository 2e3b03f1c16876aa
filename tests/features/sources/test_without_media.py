"""An installation without the media extra: recordings are refused when they come, with what to do instead."""

import sys

from tests.conftest import add_file

WAV = b"RIFF\x24\x08\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00" + bytes(2048)


async def test_a_recording_is_refused_at_the_door_where_its_reader_is_not_installed(creator, project, monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)  # as Python marks what can't be imported

    refused = await add_file(creator, project, "talk.wav", WAV)
    told = {"filename": "talk.wav", "media_type": "audio/wav", "size_bytes": len(WAV)}
    upload = (await creator.post(f"/projects/{project}/uploads", json=told)).json()
    await creator.put(upload["upload_url"], content=WAV, headers=upload["headers"])
    source = {"title": "Talk", "role": "reference", "kind": "upload", "upload_id": upload["upload_id"]}
    late = await creator.post(f"/projects/{project}/sources", json=source)

    for answer in (refused, late):
        assert answer.status_code == 422
        assert answer.json()["code"] == "media_not_supported"
        assert "transcript" in answer.json()["detail"]
    assert (await creator.get(f"/projects/{project}/sources")).json()["total"] == 0
