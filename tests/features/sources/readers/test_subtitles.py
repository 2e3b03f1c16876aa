"""SubRip and WebVTT, kept to the standard or not."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.features.sources.readers.limits import Limits
from app.features.sources.readers.subtitles import blocks_of
from app.features.sources.readers.timed import timed_text
from app.shared.text import normalise
from tests.features.sources.readers import samples

CUE_LINES = st.lists(st.sampled_from(["Yes.", "no", "- Ta en kopp", "<i>soft</i>", "<v Ann>Hi", "Ann: hello", "12", "", "{\\an8}up", "&amp;"]), max_size=3)  # fmt: skip


def cues_of(text):
    return timed_text(blocks_of(text), Limits())


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9000), st.integers(-50, 90), CUE_LINES), min_size=1, max_size=25))
def test_cues_in_any_order_and_overlap_come_out_in_order_with_true_spans(cues):
    def clock(seconds):
        return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d},000"

    body = "\n\n".join(
        f"{n}\n{clock(start)} --> {clock(max(0, start + length))}\n" + "\n".join(lines)
        for n, (start, length, lines) in enumerate(cues, 1)
    )

    found, text = cues_of(normalise(body))

    assert {cue.start_seconds for cue in found} == {start for start, _, _ in cues}
    assert len(found) >= len(cues)
    assert [cue.start_seconds for cue in found] == sorted(cue.start_seconds for cue in found)
    assert all(a.end <= b.start for a, b in pairwise(found))
    assert all(0 <= cue.start <= cue.end <= len(text) for cue in found)
    assert "-->" not in text
    assert "<i>" not in text


def test_rolling_captions_are_said_once():
    rolling = "\n\n".join(
        f"00:00:{n:02d}.000 --> 00:00:{n + 1:02d}.000\n{first}\n{second}"
        for n, (first, second) in enumerate(
            [("", "one two"), ("one two", "three four"), ("three four", "five six"), ("five six", "seven")]
        )
    )

    _, text = cues_of(f"WEBVTT\n\n{rolling}")

    assert text == "one two three four five six seven"


def test_rolling_captions_with_a_flash_between_them_are_said_once():
    shown = [
        ("", "one two"),
        ("one two", ""),
        ("one two", "three four"),
        ("three four", ""),
        ("three four", "five six"),
    ]
    rolling = "\n\n".join(
        f"00:00:{n:02d}.000 --> 00:00:{n + 1:02d}.000 align:start position:0%\n{first or ' '}\n{second or ' '}"
        for n, (first, second) in enumerate(shown)
    )

    _, text = cues_of(f"WEBVTT\n\n{rolling}")

    assert text == "one two three four five six"


def test_a_repeated_answer_in_ordinary_subtitles_is_kept():
    _, text = cues_of("1\n00:00:01,000 --> 00:00:02,000\nNo.\n\n2\n00:00:02,000 --> 00:00:03,000\nNo.\n")

    assert text == "No. No."


def test_notes_styles_and_cue_names_are_not_said(tmp_path):
    given = (
        "WEBVTT - a title\nKind: captions\n\nSTYLE\n::cue { color: red }\n\nNOTE not said\n\nintro\n00:01.000 --> 00:02.000 line:0\n"
        "First <c.yellow>words</c>\n\nNOTE\nnor this\n\n00:03.000 --> 00:04.000\nNOTE that this is said\n"
    )

    reading = samples.read(tmp_path, "a.vtt", given)

    assert reading.text == "First words NOTE that this is said"
    assert [(cue.start_seconds, cue.end_seconds) for cue in reading.cues] == [(1, 2), (3, 4)]
    assert reading.duration_seconds == 4


def test_two_voices_in_one_cue_are_two_speakers():
    given = "WEBVTT\n\n00:01.000 --> 00:05.000\n<v Ann Lee>Is it high water?</v>\n<v.loud Bo>Not yet.</v>\n"

    found, text = cues_of(given)

    assert [(text[cue.start : cue.end], cue.speaker) for cue in found] == [
        ("Is it high water?", "Ann Lee"),
        ("Not yet.", "Bo"),
    ]


def test_names_that_come_back_are_speakers_and_a_single_one_is_a_sentence():
    said = ["Ann: Hello.", "Bo: Hi.", "Ann: So.", "Bo: Yes.", "Remember: the sea is big."]
    given = "\n\n".join(f"{n}\n00:00:0{n},000 --> 00:00:0{n},900\n{line}" for n, line in enumerate(said, 1))

    found, text = cues_of(given)

    assert [cue.speaker for cue in found] == ["Ann", "Bo", "Ann", "Bo", None]
    assert "Remember: the sea" in text
    assert "Ann" not in text


@pytest.mark.parametrize(
    "given",
    [
        "1\r\n00:00:01,000-->00:00:02,500\r\nHello there\r\n",
        "00:00:01.000 --> 00:00:02.500\nHello there",
        '1\n0:00:01,0 --> 0:00:02,5 X1:100 X2:200 Y1:1 Y2:2\n{\\an8}<font color="red">Hello</font> there\n',
        "\ufeff1\n00:00:01,000 --> 00:00:02,500\nHello\nthere\n\n\n\n",
        "1\n00:00:01 --> 00:00:02\nHello there\n",
        "0:00:01.000,0:00:02.500\nHello\nthere\n",
    ],
)
def test_sloppy_subrip_is_read(tmp_path, given):
    reading = samples.read(tmp_path, "a.srt", given)

    assert reading.text == "Hello there"
    assert reading.cues[0].start_seconds == 1


def test_a_number_that_is_said_is_no_cue_number():
    given = "1\n00:00:01,000 --> 00:00:02,000\nThe year was\n1714\n2\n00:00:03,000 --> 00:00:04,000\nin London\n"

    _, text = cues_of(given)

    assert text == "The year was 1714 in London"
