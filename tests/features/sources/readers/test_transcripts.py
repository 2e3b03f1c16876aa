"""JSON transcripts of many makers."""

import json

import pytest

from app.shared.exceptions import Unprocessable
from tests.features.sources.readers import samples

WORDS = ["The", "sea", "comes", "in.", "Nobody", "told", "it", "to."]


def timed_words(start, end, scale=1.0, **more):
    return [
        {start: n * 0.4 * scale, end: (n * 0.4 + 0.3) * scale, "word": word, "text": word, **more}
        for n, word in enumerate(WORDS)
    ]


FORMS = {
    "whisper": {"text": " The sea ...", "language": "en", "segments": [{"id": 0, "seek": 0, "start": 0.0, "end": 1.5, "text": " The sea comes in.", "avg_logprob": float("nan"), "words": []}, {"id": 1, "start": 1.6, "end": 3.1, "text": " Nobody told it to.", "speaker": "SPEAKER_01"}]},
    "whisper.cpp": {"transcription": [{"timestamps": {"from": "00:00:00,000", "to": "00:00:01,500"}, "offsets": {"from": 0, "to": 1500}, "text": " The sea comes in."}, {"timestamps": {"from": "00:00:01,600", "to": "00:00:03,100"}, "text": " Nobody told it to."}]},
    "transformers": {"text": "...", "chunks": [{"timestamp": [0.0, 1.5], "text": " The sea comes in."}, {"timestamp": [1.6, None], "text": " Nobody told it to."}]},
    "list with durations": [{"text": "The sea comes in.", "start": 0.0, "duration": 1.5}, {"text": "Nobody told it to.", "start": 1.6, "dur": 1.5}],
    "strings": [{"text": "The sea comes in.", "start": "0.0", "end": "1.5"}, {"text": "Nobody told it to.", "start": "1.6", "end": "3.1"}],
    "milliseconds": {"id": "x", "text": "...", "words": [], "utterances": [{"speaker": "A", "text": "The sea comes in.", "start": 0, "end": 1500}, {"speaker": "B", "text": "Nobody told it to.", "start": 1600, "end": 3100}]},
    "channels": {"metadata": {}, "results": {"channels": [{"alternatives": [{"transcript": "...", "confidence": 0.9, "words": timed_words("start", "end", speaker=0)}]}]}},
    "paragraphs": {"results": {"channels": [{"alternatives": [{"transcript": "x", "paragraphs": {"paragraphs": [{"speaker": 0, "start": 0.0, "end": 1.5, "sentences": [{"text": "The sea comes in.", "start": 0.0, "end": 1.5}]}, {"speaker": 1, "start": 1.6, "end": 3.1, "sentences": [{"text": "Nobody told it to."}]}]}}]}]}},
    "alternatives": {"results": [{"alternatives": [{"transcript": "The sea comes in.", "words": [{"startTime": "0s", "endTime": "0.4s", "word": "The"}, {"startTime": "1.1s", "endTime": "1.5s", "word": "in."}]}]}, {"alternatives": [{"transcript": "Nobody told it to.", "words": [{"startTime": "1.6s", "endTime": "3.1s", "word": "Nobody"}]}]}]},
    "items": {"jobName": "a", "results": {"transcripts": [{"transcript": "The sea comes in. Nobody told it to."}], "items": [
        *({"type": "pronunciation", "start_time": str(0.4 * n), "end_time": str(0.4 * n + 0.3), "alternatives": [{"confidence": "0.9", "content": word}]} for n, word in enumerate(["The", "sea", "comes", "in"])),
        {"type": "punctuation", "alternatives": [{"confidence": "0.0", "content": "."}]},
        *({"type": "pronunciation", "start_time": str(1.6 + 0.4 * n), "end_time": str(1.9 + 0.4 * n), "alternatives": [{"content": word}]} for n, word in enumerate(["Nobody", "told", "it", "to"])),
        {"type": "punctuation", "alternatives": [{"content": "."}]}]}},
    "json3": {"wireMagic": "pb3", "events": [{"tStartMs": 0, "dDurationMs": 9000, "id": 1, "wpWinPosId": 1}, {"tStartMs": 0, "dDurationMs": 1500, "segs": [{"utf8": "The"}, {"utf8": " sea", "tOffsetMs": 300}, {"utf8": " comes in."}]}, {"tStartMs": 1500, "aAppend": 1, "segs": [{"utf8": "\n"}]}, {"tStartMs": 1600, "dDurationMs": 1500, "segs": [{"utf8": "Nobody told it to."}]}]},
    "monologues": {"monologues": [{"speaker": 0, "elements": [{"type": "text", "value": "The", "ts": 0.0, "end_ts": 0.3}, {"type": "punct", "value": " "}, {"type": "text", "value": "sea comes in", "ts": 0.4, "end_ts": 1.5}, {"type": "punct", "value": "."}]}, {"speaker": 1, "elements": [{"type": "text", "value": "Nobody told it to", "ts": 1.6, "end_ts": 3.1}, {"type": "punct", "value": "."}]}]},
    "podcast": {"version": "1.0.0", "segments": [{"speaker": "Ann", "startTime": 0.0, "endTime": 1.5, "body": "The sea comes in."}, {"speaker": "Bo", "startTime": 1.6, "endTime": 3.1, "body": "Nobody told it to."}]},
    "words": {"words": timed_words("start", "end")},
    "words in milliseconds": {"words": timed_words("start", "end", 1000.0)},
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_a_transcript_of_every_usual_maker_has_its_words_and_times(tmp_path, form):
    reading = samples.read(tmp_path, "talk.json", json.dumps(FORMS[form]))

    assert " ".join(reading.text.split()) == "The sea comes in. Nobody told it to."
    assert len(reading.cues) == 2
    first, second = reading.cues
    assert (reading.text[first.start : first.end], reading.text[second.start : second.end]) == ("The sea comes in.", "Nobody told it to.")  # fmt: skip
    assert first.start_seconds == 0
    assert second.start_seconds == pytest.approx(1.6)


def test_speakers_are_kept(tmp_path):
    numbered = samples.read(tmp_path, "a.json", json.dumps(FORMS["monologues"]))
    named = samples.read(tmp_path, "b.json", json.dumps(FORMS["podcast"]))
    untimed = samples.read(tmp_path, "c.json", json.dumps([{"speaker": {"name": "Ann"}, "text": "So?"}, {"speaker": "Bo", "text": "Yes."}]))  # fmt: skip

    assert [cue.speaker for cue in numbered.cues] == ["Speaker 0", "Speaker 1"]
    assert [cue.speaker for cue in named.cues] == ["Ann", "Bo"]
    assert [(cue.speaker, cue.start_seconds) for cue in untimed.cues] == [("Ann", None), ("Bo", None)]


def test_a_line_each_and_a_bare_text_are_read(tmp_path):
    lines = "\n".join(json.dumps(one) for one in FORMS["list with durations"])
    bare = json.dumps({"results": {"transcripts": [{"transcript": "The sea comes in."}]}})

    assert len(samples.read(tmp_path, "a.json", lines).cues) == 2
    assert samples.read(tmp_path, "b.json", bare).text == "The sea comes in."


def test_halves_of_characters_do_no_harm(tmp_path):
    reading = samples.read(tmp_path, "a.json", '[{"text": "sea \\ud83c", "start": 0, "end": 1}, {"text": "\\ud83c\\udf0a", "start": 1, "end": 2}, {"text": "so", "start": 2, "end": 3}]')  # fmt: skip

    assert reading.text.encode()
    assert "🌊" in reading.text


@pytest.mark.parametrize(("data", "code"), [('{"a": 1}', "unreadable_file"), ('{"segments": [', "malformed_file"), ("[" * 100_000, "malformed_file")])  # fmt: skip
def test_other_json_is_refused(tmp_path, data, code):
    with pytest.raises(Unprocessable) as refused:
        samples.read(tmp_path, "a.json", data)

    assert refused.value.error_code == code
