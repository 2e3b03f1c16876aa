"""Real documents from a folder of one's own: `STRAND_DOCS` names it, its `expected.json` says what must come out."""

import json
import os
import re
from collections import Counter
from pathlib import Path

import pytest
from lxml import html

from app.features.sources.readers.guard import read_guarded
from app.shared.exceptions import Unprocessable

FOLDER = Path(os.environ.get("STRAND_DOCS", ""))
EXPECTED = json.loads((FOLDER / "expected.json").read_text()) if os.environ.get("STRAND_DOCS") else {}
CODES = {"encrypted": {"encrypted_file"}, "malformed": {"malformed_file"}}
LEAST_SHARED = 0.9
KNOWN = {
    "kind", "license", "source", "note", "encoding", "bytes", "transcript", "must_contain_if_asr", "error", "max_words", "cues",
    "first_start_s", "last_end_s", "must_contain", "must_not_contain", "max_count", "pages", "paragraphs", "speakers",
    "reference", "words", "duration_s", "video", "audio",
}  # fmt: skip


def grams(text):
    said = [word.lower() for word in re.findall(r"\w+", text)]
    return Counter(tuple(said[start : start + 5]) for start in range(len(said) - 4))


@pytest.mark.skipif(not EXPECTED, reason="STRAND_DOCS names no folder of documents")
@pytest.mark.parametrize("name", EXPECTED or ["none"])
async def test_a_document_gives_what_is_expected_of_it(name, tmp_path):
    wanted = EXPECTED[name]
    assert set(wanted) <= KNOWN
    if "error" in wanted or wanted.get("max_words") == 0:
        with pytest.raises(Unprocessable) as refused:
            await read_guarded(FOLDER / name, name, tmp_path)
        assert refused.value.error_code in CODES.get(wanted.get("error"), {"no_text"})
        return

    reading = await read_guarded(FOLDER / name, name, tmp_path)

    text = reading.text
    assert [one for one in wanted.get("must_contain", []) if one not in text] == []
    assert [one for one in wanted.get("must_not_contain", []) if one in text] == []
    assert {one: text.count(one) for one, most in wanted.get("max_count", {}).items() if text.count(one) > most} == {}
    if "cues" in wanted:
        assert len(reading.cues) == wanted["cues"]
    if "first_start_s" in wanted:
        assert (reading.cues[0].start_seconds, reading.cues[-1].end_seconds) == (wanted["first_start_s"], wanted["last_end_s"])  # fmt: skip
    if "pages" in wanted:
        assert [page.number for page in reading.pages] == list(range(1, wanted["pages"] + 1))
    if "paragraphs" in wanted:
        assert len(text.split("\n\n")) == wanted["paragraphs"]
    if "words" in wanted:
        assert len(text.split()) == wanted["words"]
    if "speakers" in wanted:
        assert Counter(cue.speaker for cue in reading.cues) == wanted["speakers"]
    if "reference" in wanted:
        reference = " ".join(html.fromstring((FOLDER / wanted["reference"]).read_text()).itertext())
        shared = sum((grams(text) & grams(reference)).values())
        assert shared / sum(grams(reference).values()) > LEAST_SHARED
        assert shared / sum(grams(text).values()) > LEAST_SHARED
    if "duration_s" in wanted:
        least, most = wanted["duration_s"]
        assert least <= reading.duration_seconds <= most
        assert reading.needs_transcript == (not text)
        assert reading.media.has_audio
    if "video" in wanted:
        (video,) = (one for one in reading.media.streams if one.kind == "video")
        assert f"{video.codec} {video.width}x{video.height}" == wanted["video"]
        assert (tmp_path / reading.media.poster).stat().st_size > 1000
    if "audio" in wanted:
        assert [one.codec for one in reading.media.streams if one.kind == "audio"] == [wanted["audio"]]
