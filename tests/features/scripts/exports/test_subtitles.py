"""SubRip and WebVTT, read back by pysubs2."""

from itertools import pairwise

import pysubs2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from app.features.scripts.exports.cues import LONGEST_LINE, cues_of, cut
from app.features.scripts.exports.document import beats_of, cleaned
from app.features.scripts.exports.files import export
from app.features.scripts.speech import placeholders, spoken
from tests.features.scripts.exports.scripts import TEXTS, many, sample, scripts, section


def read(kind, script):
    body = export(kind, script).body.decode()
    return pysubs2.SSAFile.from_string(body, format_=kind).events if body.strip() not in {"", "WEBVTT"} else []


def lines_of(event) -> list[str]:
    return event.text.replace("\\N", "\n").split("\n")


@pytest.mark.parametrize("kind", ["srt", "vtt"])
def test_cues_follow_each_other_at_the_scripts_pace(kind):
    events = read(kind, sample())

    assert events[0].start == 0
    assert events[-1].end == pytest.approx(beats_of(sample())[-1].end * 1000, abs=2)
    assert all(one.start < one.end for one in events)
    assert all(one.end <= other.start for one, other in pairwise(events))
    assert all(len(lines_of(one)) <= 2 and max(map(len, lines_of(one))) <= LONGEST_LINE for one in events)


def test_a_section_begins_when_its_beat_does():
    starts = {event.start for event in read("srt", sample())}

    assert {round(beat.start * 1000) for beat in beats_of(sample())} <= starts


def test_what_is_the_creators_to_say_keeps_its_time_in_one_cue():
    (slot,) = [one for one in read("srt", sample()) if one.text.startswith("[")]

    assert slot.text == "[your words: the first time you were lost]"
    assert slot.end - slot.start == pytest.approx(45 * 60_000 / 140, abs=2)


def test_a_long_placeholder_is_cut_to_one_line():
    script = replace(sample(), sections=[section("s", "S", f"[your story: {'far away and ' * 9}home | 60 words]")])

    (event,) = read("srt", script)

    assert len(event.text) <= LONGEST_LINE
    assert event.text.endswith("…]")


def test_cues_break_at_sentences_and_clauses_before_they_break_inside_them():
    said = cut(
        "Latitude is easy, since you measure the height of the Pole Star. Longitude is time, and time at sea was a guess."
    )

    assert said == [
        ("Latitude is easy, since you measure", "the height of the Pole Star."),
        ("Longitude is time,", "and time at sea was a guess."),
    ]


def test_no_cue_ends_with_a_word_that_leads_on_if_it_can_end_elsewhere():
    said = " ".join(["The keeper of the clock walked to the end of the pier and"] * 6) + " left."

    ends = [lines[-1].split()[-1] for lines in cut(said)[:-1]]

    assert not {"the", "of", "to"} & set(ends)


@settings(max_examples=40, deadline=None)
@given(scripts())
def test_any_script_gives_cues_that_rise_and_fit(script):
    cues = cues_of(cleaned(script))

    assert all(one.start < one.end for one in cues)
    assert all(one.end == other.start for one, other in pairwise(cues))
    assert all(1 <= len(cue.lines) <= 2 and all(0 < len(line) <= LONGEST_LINE for line in cue.lines) for cue in cues)


@settings(max_examples=40, deadline=None)
@given(scripts())
def test_the_cues_say_all_that_is_spoken(script):
    script = cleaned(script)
    said = "".join("".join(cue.lines) for cue in cues_of(script))

    for one in script.sections:
        for piece in spoken(one.narration).split():
            assert piece in said


@settings(max_examples=40, deadline=None)
@given(scripts(), st.sampled_from(["srt", "vtt"]))
def test_another_reader_finds_every_cue_of_any_script(script, kind):
    events = read(kind, script)
    cues = cues_of(cleaned(script))

    assert [(one.start, one.end) for one in events] == [(cue.start, cue.end) for cue in cues]


@settings(max_examples=40, deadline=None)
@given(TEXTS.filter(lambda text: not placeholders(text) and not set(text) & set("<>{}&")))
def test_the_words_are_read_back_as_they_were_written(narration):
    script = replace(sample(), sections=[section("s", "S", narration)])

    for kind in ("srt", "vtt"):
        shown = "".join("".join(lines_of(event)) for event in read(kind, script))
        wanted = "".join(cleaned(script).sections[0].narration.split())
        assert "".join(shown.split()) == wanted.replace("\\N", "").replace("\\h", "").replace("\\n", "")


def test_tags_and_arrows_of_a_narration_are_no_tags_and_arrows_of_the_file():
    narration = "Write <b>bold</b> {\\an8} and a --> b & c."
    script = replace(sample(), sections=[section("s", "S", narration)])

    assert "<b>" not in export("srt", script).body.decode()
    assert export("srt", script).body.decode().count("-->") == len(read("srt", script))
    assert "&lt;b&gt;bold&lt;/b&gt;" in export("vtt", script).body.decode()
    assert "--&gt;" in export("vtt", script).body.decode()


def test_two_hundred_sections_and_a_whole_book_in_one_paragraph_are_timed():
    assert len(read("srt", many(200))) > 800
    book = section("s", "S", "The tide comes in, and the tide goes out. " * 3000)
    events = read("vtt", replace(sample(), sections=[book]))
    assert events[-1].end == pytest.approx(27_000 * 60_000 / 140, rel=0.01)
