import json
from itertools import pairwise

import pytest

from app.features.dna import beats, calls
from app.features.dna.clauses import LONGEST_CLAUSE, units
from app.features.dna.corpus import Document, plain_document
from app.shared.evidence import Span
from benchmarks.openings import LABELS, beat_scores, call_scores, script

SCRIPTS = [json.loads(line) for line in (LABELS / "outlines.jsonl").read_text(encoding="utf-8").splitlines()]


def documents():
    return [script(row)[0] for row in SCRIPTS]


def test_the_labelled_scripts_are_whole_and_have_every_beat_and_kind_of_call():
    assert len(SCRIPTS) >= 24
    assert all(250 <= len(document.text.split()) <= 500 for document in documents())
    labelled = [sentence for row in SCRIPTS for sentence in row["sentences"]]
    assert {sentence["beat"] for sentence in labelled} == {*beats.BEATS}
    kinds = {kind for sentence in labelled for kind in sentence.get("calls", [])}
    assert kinds == {"subscribe", "like", "comment", "link", "sponsor", "join", "buy", "share", "watch"}


def test_beats_that_were_held_out_are_found_far_better_than_by_calling_all_a_segment():
    scores = beat_scores("held_out")
    assert scores["accuracy"] >= 0.8
    assert scores["accuracy"] > scores["all_segments"] + 0.25


def test_beats_cover_a_text_without_gaps_in_order():
    for document in documents():
        found = beats.beats(document)
        assert sum(beat.length_percent for beat in found) == pytest.approx(100, abs=1)
        assert found[0].start_percent == 0
        for a, b in pairwise(found):
            assert a.span.end <= b.span.start
            assert b.start_percent == pytest.approx(a.start_percent + a.length_percent, abs=0.3)
        assert all(0 <= beat.confidence <= 1 for beat in found)


def test_a_text_too_short_to_have_parts_has_none():
    assert beats.beats(plain_document("One. Two. Three.")) == []
    assert beats.beats(plain_document("")) == []


def test_an_outline_gives_medians_over_the_sources_that_have_a_beat():
    found = beats.beat_outline(documents())
    rows = {row.beat: row for row in found.beats}

    assert found.n_sources == len(SCRIPTS)
    assert rows["hook"].share == 1
    assert rows["hook"].start_percent == 0 < rows["segment"].start_percent < rows["recap"].start_percent
    assert rows["recap"].start_percent < rows["outro"].start_percent
    assert beats.beat_outline(documents(), "fr").status == "not_available"


def test_calls_that_were_held_out_are_found():
    scores = call_scores("held_out")
    assert scores["precision"] >= 0.9
    assert scores["recall"] >= 0.85


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Please subscribe to the channel.", "subscribe"),
        ("Smash that like button for me.", "like"),
        ("Let me know in the comments what you think.", "comment"),
        ("You'll find the link in the description.", "link"),
        ("This video is sponsored by Quillbox.", "sponsor"),
        ("Join the channel to see them early.", "join"),
        ("My new book is out now in every bookshop.", "buy"),
        ("Please share this with a friend.", "share"),
        ("Watch this one next.", "watch"),
    ],
)
def test_each_kind_of_call_is_known(text, kind):
    assert kind in [kind for call in calls.find_calls(plain_document(text)) for kind in call.kinds]


@pytest.mark.parametrize(
    "text",
    [
        "People like this sort of thing, and I like the idea.",
        "I don't subscribe to the theory that cats are liquid.",
        "Join the two boards with glue and leave a gap.",
        "Leave a comment in the code for whoever comes next.",
        "Buy the cheap flour, it makes no difference.",
        "They share a wall, and they share this view.",
        "The links of the chain are made of brass.",
        "Watch this pendulum closely as it slows.",
    ],
)
def test_instructions_and_statements_with_the_same_words_are_no_calls(text):
    assert calls.find_calls(plain_document(text)) == []


def test_calls_are_placed_by_the_share_of_words_before_them():
    document = plain_document(
        "We talk about salt for ten words in all here. Please subscribe to the channel, it helps me."
    )

    assert calls.first_call_position(document) == (0.5556, 1)
    assert calls.calls_per_1000(document) == (1000, 18)
    assert [span.of(document.text) for span in calls.show_calls(document)] == [
        "Please subscribe to the channel, it helps me."
    ]
    assert calls.first_call_position(plain_document("Nothing is asked of anybody.")) is None


def test_a_summary_of_calls_counts_each_where_it_stands():
    texts = {"a": f"{'We talk about salt. ' * 9}Please subscribe.", "b": "Salt is salt. It is white."}
    found = calls.calls_to_action([Document(key, text, [Span(0, len(text))]) for key, text in texts.items()])

    assert (found.n_sources, found.sources_with) == (2, 1)
    assert found.histogram == [0] * 9 + [1]
    assert found.kinds == {"subscribe": 1}
    assert [quote.quote for quote in found.examples] == ["Please subscribe."]
    assert calls.calls_to_action([], "es").status == "not_available"


def test_bare_speech_is_cut_into_clauses_that_lose_no_word():
    bare = [document for row, document in zip(SCRIPTS, documents(), strict=True) if row["style"] == "bare"]
    assert bare
    for document in bare:
        cut = units(document)
        assert [word for unit in cut for word in unit.words] == document.words
        assert all(unit.span.of(document.text) == unit.text for unit in cut)
        assert max(len(unit.words) for unit in cut) <= LONGEST_CLAUSE
        assert len(document.words) / len(cut) < 15


def test_punctuated_text_is_read_by_its_sentences():
    document = plain_document("One thing is sure. Another is not. What of it?")
    assert units(document) == document.sentences
