"""Whatever a file does, the process that reads it ends, with a code and a sentence, and the next file is read."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from app.features.sources.readers import guard
from app.features.sources.readers.guard import read_guarded
from app.features.sources.readers.limits import Limits
from app.shared.exceptions import Unprocessable
from tests.features.sources.readers import samples

MIB = 1024 * 1024


async def given(folder: Path, name: str, data: bytes | str, limits: Limits | None = None):
    path, made = folder / f"file-{name}", folder / "made"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    made.mkdir(exist_ok=True)
    return await read_guarded(path, name, made, limits)


async def refusal(folder, name, data, limits=None):
    with pytest.raises(Unprocessable) as refused:
        await given(folder, name, data, limits)
    assert refused.value.message.endswith(".")
    assert (await given(folder, "next.txt", "The next one is read.")).text == "The next one is read."
    return refused.value.error_code


def children():
    """Reading processes that are there now."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            said = (entry / "cmdline").read_bytes()
            parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
        except (OSError, ValueError, IndexError):
            continue
        if b"app.features.sources.readers" in said and parent == os.getpid():
            found.append(int(entry.name))
    return found


async def started():
    """The reading process, once it runs Python's own code."""
    for _ in range(500):
        if found := children():
            return found[0]
        await asyncio.sleep(0.01)
    raise AssertionError("no reading process was started")


needs_proc = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at processes through /proc")
SLOW = "Nobody told it to. " * 400_000


async def test_every_kind_of_file_comes_back_through_the_process_as_it_was_read(tmp_path):
    word = samples.docx(tmp_path, samples.paragraph("Of tides", "Kop2") + samples.paragraph("The sea comes in."))

    reading = await given(tmp_path, "a.docx", word)
    talk = await given(tmp_path, "a.mkv", samples.video(tmp_path / "made.mkv", seconds=2, subtitles="1\n00:00:00,500 --> 00:00:01,500\n<i>Hi</i> there.\n"))  # fmt: skip

    assert reading == samples.read(tmp_path, "a.docx", word)
    assert (talk.text, talk.cues[0].start_seconds) == ("Hi there.", 0.5)
    assert (tmp_path / "made" / talk.media.poster).stat().st_size > 1000


async def test_too_little_memory_is_said_to_be_that(tmp_path):
    assert await refusal(tmp_path, "a.txt", "words " * 4_000_000, Limits(memory_bytes=120 * MIB)) == "reader_memory"


async def test_a_file_that_takes_too_much_computing_is_stopped(tmp_path):
    assert await refusal(tmp_path, "a.md", SLOW, Limits(cpu_seconds=1)) == "reader_timeout"


async def test_a_file_that_takes_too_long_is_stopped_and_its_process_is_gone(tmp_path):
    assert await refusal(tmp_path, "a.md", SLOW, Limits(wall_seconds=0.4)) == "reader_timeout"
    assert children() == []


@needs_proc
@pytest.mark.parametrize(("sent", "code"), [(signal.SIGSEGV, "reader_crashed"), (signal.SIGKILL, "reader_memory")])
async def test_a_crash_ends_in_a_sentence(tmp_path, sent, code):
    async def strike():
        os.kill(await started(), sent)

    striking = asyncio.create_task(strike())

    assert await refusal(tmp_path, "a.md", SLOW) == code
    await striking


@needs_proc
async def test_who_stops_waiting_leaves_no_process_behind(tmp_path):
    reading = asyncio.create_task(given(tmp_path, "a.md", SLOW))
    await started()

    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading

    assert children() == []


async def test_the_event_loop_goes_on_while_a_file_is_read(tmp_path):
    reading = asyncio.create_task(given(tmp_path, "a.txt", "Nobody told it to. " * 50_000))
    turns = 0
    while not reading.done():
        await asyncio.sleep(0.005)
        turns += 1

    assert len((await reading).text) > 900_000
    assert turns > 10


async def test_two_gigabytes_of_nothing_are_refused_without_being_read(tmp_path):
    zeros, text = tmp_path / "zeros.mp4", tmp_path / "text.txt"
    text.write_text("The sea comes in. ")
    zeros.touch()
    for path in (zeros, text):
        os.truncate(path, 2 * 1024 * MIB)

    for path, codes in ((zeros, {"unreadable_file"}), (text, {"unreadable_file", "too_large_inside"})):
        with pytest.raises(Unprocessable) as refused:
            await read_guarded(path, path.name, tmp_path)
        assert refused.value.error_code in codes


async def test_a_sparse_document_is_refused_by_its_size(tmp_path):
    for name, data in (("a.pdf", samples.pdf([[]])), ("a.docx", samples.docx(tmp_path, "<w:p/>"))):
        path = tmp_path / name
        path.write_bytes(data)
        os.truncate(path, 2 * 1024 * MIB)
        with pytest.raises(Unprocessable) as refused:
            await read_guarded(path, name, tmp_path)
        assert refused.value.error_code == "too_large_inside"


async def test_hostile_files_end_each_in_its_own_code(tmp_path):
    bomb = samples.docx(tmp_path, samples.paragraph("x" * 40_000_000))
    laughs = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'

    assert await refusal(tmp_path, "a.docx", bomb, Limits(unpacked_bytes=30 * MIB)) == "too_large_inside"
    assert await refusal(tmp_path, "a.html", f"{laughs}<html><p>&b;</p></html>") == "too_large_inside"
    assert await refusal(tmp_path, "a.pdf", samples.pdf([[]], count=100_000)) == "too_large_inside"
    assert await refusal(tmp_path, "b.pdf", b"%PDF-1.7\n") == "malformed_file"
    assert await refusal(tmp_path, "a.json", "[" * 200_000) == "malformed_file"


async def test_text_over_the_limit_is_refused_and_never_cut(tmp_path):
    assert await refusal(tmp_path, "a.txt", "word " * 100, Limits(text_characters=400)) == "too_large_inside"


async def test_a_reader_sees_no_secret_and_no_other_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")

    seen = guard._environment(tmp_path)

    assert "sk-secret" not in " ".join(seen.values())
    assert (seen["HOME"], seen["TMPDIR"]) == (str(tmp_path), str(tmp_path))


async def test_an_answer_that_names_files_elsewhere_is_a_crash(tmp_path):
    reading = await given(tmp_path, "a.wav", samples.sound(tmp_path / "made.wav", 1))
    made = tmp_path / "made"
    (made / "link.png").symlink_to("/etc/hostname")

    for name in ("../file-a.wav", "/etc/hostname", "link.png", "missing.png"):
        reading.media.waveform = name
        with pytest.raises(Unprocessable) as refused:
            guard._check(reading, made, Limits())
        assert refused.value.error_code == "reader_crashed"


def test_a_reading_process_starts_no_programs_and_opens_no_connections(tmp_path):
    code = (
        "import socket, subprocess, sys\n"
        "from app.features.sources.readers.confinement import confine\n"
        "from app.features.sources.readers.limits import Limits\n"
        "confine(Limits(), media=False)\n"
        "for act in (lambda: socket.create_connection(('127.0.0.1', 9)), lambda: subprocess.run(['true'])):\n"
        "    try:\n        act()\n    except PermissionError:\n        print('refused')\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=guard._environment(tmp_path), check=True
    )

    assert done.stdout.split() == ["refused", "refused"]
