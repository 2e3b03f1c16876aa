"""Every export through the API: a file with a name and a kind; what can't be exported is refused."""

import pytest

from tests.features.safety.scripts import section, write_script, write_version

KINDS = {
    "md": ("text/markdown; charset=utf-8", ".md"),
    "txt": ("text/plain; charset=utf-8", ".txt"),
    "docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", ".docx"),
    "fountain": ("text/plain; charset=utf-8", ".fountain"),
    "srt": ("application/x-subrip; charset=utf-8", ".srt"),
    "vtt": ("text/vtt; charset=utf-8", ".vtt"),
    "json": ("application/json", ".json"),
    "teleprompter": ("text/html; charset=utf-8", "-teleprompter.html"),
    "otio": ("application/vnd.pixar.opentimelineio+json", ".otio"),
    "youtube": ("text/markdown; charset=utf-8", "-youtube.md"),
}


@pytest.fixture
async def script(resources, creator, project):
    return await write_script(
        resources, creator, project, section("The clock was slow. Nobody knew."), title="Clocks & été"
    )


async def test_every_format_is_a_file_with_a_name_and_a_kind_of_its_own(creator, script):
    for form, (kind, ending) in KINDS.items():
        answer = await creator.get(f"/scripts/{script}/export", params={"format": form})

        assert answer.status_code == 200, form
        assert answer.headers["Content-Type"] == kind
        assert f'filename="clocks-ete-v1{ending}"' in answer.headers["Content-Disposition"]
        assert "filename*=UTF-8''clocks-%C3%A9t%C3%A9-v1" in answer.headers["Content-Disposition"]
        if form != "docx":
            assert "Nobody knew" in answer.text, form
        assert answer.content == (await creator.get(f"/scripts/{script}/export", params={"format": form})).content


async def test_a_version_that_is_named_is_the_one_that_is_exported(resources, creator, script):
    await write_version(resources, script, section("Another beginning altogether."))
    path = f"/scripts/{script}/export"

    assert "Nobody knew" in (await creator.get(path, params={"format": "txt", "version": 1})).text
    assert "Another beginning" in (await creator.get(path, params={"format": "txt"})).text


async def test_what_cannot_be_exported_is_refused(resources, creator, stranger, project, script):
    unwritten = await write_script(resources, creator, project)
    asked = [
        (creator, script, {"format": "pdf"}, 400),
        (creator, script, {}, 400),
        (creator, script, {"format": "txt", "version": 0}, 400),
        (creator, script, {"format": "txt", "version": 7}, 404),
        (creator, unwritten, {"format": "txt"}, 409),
        (stranger, script, {"format": "txt"}, 404),
    ]
    for client, which, params, status in asked:
        answer = await client.get(f"/scripts/{which}/export", params=params)
        assert (answer.status_code, answer.json()["status_code"]) == (status, status), params
        assert answer.json()["detail"]
