"""The editing program's timeline and the JSON, read back by OpenTimelineIO and by json."""

import itertools
import json

import opentimelineio as otio
from hypothesis import given, settings
from msgspec import to_builtins

from app.features.scripts.exports.document import beats_of, cleaned
from app.features.scripts.exports.files import export
from tests.features.scripts.exports.scripts import BOOK, TALK, many, sample, scripts


def timeline_of(script) -> otio.schema.Timeline:
    return otio.adapters.read_from_string(export("otio", script).body.decode(), "otio_json")


def test_each_beat_has_a_marker_with_its_time_and_its_sources():
    timeline = timeline_of(sample())
    markers = list(timeline.tracks.markers)

    assert timeline.name == "How sailors found their longitude"
    assert [one.name for one in markers] == ["Rocks in the night", "Why a clock", "The carpenter's answer", "Your turn"]
    for marker, beat in zip(markers, beats_of(sample()), strict=True):
        assert abs(marker.marked_range.start_time.to_seconds() - beat.start) < 1 / 24
        assert abs(marker.marked_range.end_time_exclusive().to_seconds() - beat.end) < 1 / 24
    assert markers[0].comment == "[1] Clocks at Sea, A. Mariner, 2 May 2019, p. 12: “so it stands there: four warships”"
    assert [one["source_id"] for one in markers[1].metadata["strand"]["citations"]] == [str(BOOK), str(TALK)]
    assert markers[3].comment == ""


def test_the_clips_fill_the_timeline_without_gaps():
    timeline = timeline_of(sample())
    (track,) = timeline.video_tracks()
    ranges = [track.trimmed_range_of_child(clip) for clip in track]

    assert [clip.name for clip in track] == [marker.name for marker in timeline.tracks.markers]
    assert all(one.end_time_exclusive() == other.start_time for one, other in itertools.pairwise(ranges))
    assert track[0].metadata["strand"]["visuals"] == "Waves at night\nA chart of the islands"


@settings(max_examples=40, deadline=None)
@given(scripts())
def test_any_script_makes_a_timeline_that_opentimelineio_writes_as_it_was_read(script):
    timeline = timeline_of(script)
    again = otio.adapters.read_from_string(timeline.to_json_string(), "otio_json")

    assert again.is_equivalent_to(timeline)
    assert len(timeline.tracks.markers) == len(script.sections)
    assert all(clip.duration().value >= 1 for clip in timeline.find_clips())
    assert [clip.name for clip in timeline.find_clips()] == [beat.title for beat in beats_of(cleaned(script))]


def test_two_hundred_beats_have_two_hundred_markers():
    assert len(timeline_of(many(200)).tracks.markers) == 200


@settings(max_examples=40, deadline=None)
@given(scripts())
def test_json_gives_every_field_as_it_is(script):
    read = json.loads(export("json", script).body)

    assert read["schema"] == "strand.script/1"
    assert (read["title"], read["version"]) == (script.title, script.version)
    for given_, section in zip(read["sections"], to_builtins(script.sections), strict=True):
        assert {name: given_[name] for name in section} == section
    assert read["estimated_seconds"] == read["sections"][-1]["end_seconds"]


def test_json_says_where_each_placeholder_stands():
    read = json.loads(export("json", sample()).body)
    (slot,) = read["sections"][1]["placeholders"]
    narration = read["sections"][1]["narration"]

    assert narration[slot["span"]["start"] : slot["span"]["end"]].startswith("[your words: the first time")
    assert slot["words"] == 45
    assert {note["number"] for note in read["notes"]} == {1, 2, 3, 4}
    assert read["youtube"]["chapters"][0]["seconds"] == 0
