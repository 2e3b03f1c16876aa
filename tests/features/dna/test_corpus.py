import pytest

from app.db.models import Grade
from app.features.dna import corpus
from app.features.dna.corpus import (
    creators_document,
    gather,
    main_language,
    main_speaker,
)
from app.features.dna.grades import grade_of, missing_for, next_grade
from app.features.dna.languages import is_spaced, language_of
from app.shared.evidence import Span
from tests.features.dna.speech import ENGLISH, GERMAN, JAPANESE, SPANISH, bare, said


def interview(*lines):
    """(speaker, words) one after another: the text and its cues, ten seconds each."""
    text, cues = "", []
    for number, (speaker, words) in enumerate(lines):
        start = len(text)
        text += words + "\n"
        cues.append(
            {
                "start": start,
                "end": start + len(words),
                "start_seconds": number * 10.0,
                "end_seconds": number * 10.0 + 10,
                "speaker": speaker,
            }
        )
    return text, cues


def test_only_the_creators_own_turns_are_kept_and_spans_still_point_into_the_whole_text():
    text, cues = interview(("Nell", "Hello there."), ("Tom", "A word of mine."), ("Nell", "Mine again."))
    document = creators_document("one", text, cues, [], "Nell")

    assert document.own_text == "Hello there.\nMine again."
    assert [sentence.span.of(text) for sentence in document.sentences] == ["Hello there.", "Mine again."]
    assert len(document.timings) == 2


@pytest.mark.parametrize("name", ["NELL  HARROW", "nell harrow", " Nell Harrow "])
def test_a_speakers_name_is_the_same_in_another_case_or_spacing(name):
    text, cues = interview(("Nell Harrow", "Hello there."), ("Tom", "A word of mine."))

    assert creators_document("one", text, cues, [], name).own_text == "Hello there."


def test_a_cue_without_a_name_among_named_ones_is_nobodys():
    text, cues = interview(("Nell", "Hello there."), (None, "Music plays."))

    assert creators_document("one", text, cues, [], "Nell").own_text == "Hello there."


def test_where_nobody_is_named_all_is_the_creators():
    text, cues = interview((None, "Hello there."), (None, "It is me."))

    assert creators_document("one", text, cues, [], "Nell").words == ["hello", "there", "it", "is", "me"]


def test_headings_are_not_said():
    text = "Kettles\n\nThey sing."
    document = creators_document("one", text, [], [{"start": 0, "title": "Kettles"}], None)

    assert document.words == ["they", "sing"]


def test_the_main_speaker_is_in_most_sources_and_not_who_speaks_longest_in_one():
    guest = interview(("Nell", "Hi."), ("Tom", "A very long story. " * 50))[1]
    alone = interview(("Nell", "Hello there."))[1]

    assert main_speaker([guest, alone]) == "Nell"
    assert main_speaker([[]]) is None


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (ENGLISH, "en"),
        (GERMAN, "de"),
        (SPANISH, "es"),
        (JAPANESE, "ja"),
        ("한국어로 말하는 짧은 글입니다.", "ko"),
        ("水在壶中沸腾之前会唱歌。", "zh"),
        ("Zzz. Brr!", None),
    ],
)
def test_the_language_of_a_text_is_told_or_left_open(text, language):
    assert language_of(text) == language


def test_a_foreign_name_in_its_own_script_changes_neither_language_nor_words():
    text = f"{ENGLISH} The maker is called 山田太郎."

    assert (language_of(text), is_spaced(text), is_spaced(JAPANESE)) == ("en", True, False)


def test_a_mixed_corpus_keeps_the_language_of_most_and_says_what_it_left_out():
    documents = [said(ENGLISH, "a"), said(GERMAN, "b"), said(ENGLISH, "c"), said("", "d"), said("Zzz. Brr!", "e")]
    found = gather(documents, main_language(documents))

    assert [document.source_id for document in found.documents] == ["a", "c", "e"]
    assert {one.source_id: one.reason for one in found.left_out} == {
        "b": "It is in 'de', most of the others in 'en'.",
        "d": "The creator says nothing in it.",
    }


def test_a_corpus_in_no_known_language_is_kept_whole():
    documents = [said("Zzz. Brr!", "a"), said("Hm. Pff.", "b")]

    assert main_language(documents) == "und"
    assert gather(documents, "und").left_out == []


@pytest.mark.parametrize(
    ("text", "punctuated"),
    [(ENGLISH, True), (bare(ENGLISH), False), ("word " * 49 + "word.", True), ("word " * 51 + "word.", False)],
)
def test_fewer_than_two_end_marks_in_a_hundred_words_is_bare_speech_recognition(text, punctuated):
    assert said(text).punctuated is punctuated


def test_numbers_are_masked_in_figures_and_in_words():
    assert said("It takes 20 or twenty minutes, one way.").normalised == [
        "it",
        "takes",
        "#",
        "or",
        "#",
        "minutes",
        "one",
        "way",
    ]


def test_words_that_grow_when_lowered_stay_one_word_each():
    document = said("İstanbul’da it’s raining in İzmir.")

    assert len(document.words) == 5
    assert "it's" in document.words


def test_a_word_is_found_by_its_place_and_its_sentence():
    document = said("It sings. So it does. Yes.")

    assert document.places["it"] == [0, 3]
    assert [document.sentence_at(place) for place in range(6)] == [0, 0, 1, 1, 1, 2]
    assert document.borders == [0, 2, 5, 6]


@pytest.mark.parametrize(
    ("sources", "words", "grade", "above", "missing"),
    [
        (2, 9000, None, Grade.C, ["1 more source"]),
        (3, 1499, None, Grade.C, ["1 more word"]),
        (3, 1500, Grade.C, Grade.B, ["2 more sources", "3,500 more words"]),
        (30, 14_000, Grade.B, Grade.A, ["1,000 more words"]),
        (10, 15_000, Grade.A, None, None),
    ],
)
def test_the_grade_says_what_the_next_one_takes(sources, words, grade, above, missing):
    found = next_grade(sources, words)

    assert grade_of(sources, words) is grade
    assert (found.grade if found else None) is above
    assert (found.missing if found else None) == missing


def test_nothing_is_missing_for_a_grade_that_is_reached():
    assert missing_for(Grade.C, 3, 1500) == []


def test_a_quote_has_the_second_at_which_it_was_said():
    text, cues = interview(("Nell", "Hello there."), ("Nell", "Mine again."))
    document = creators_document("one", text, cues, [], "Nell")

    assert document.second_at(text.index("Mine")) == 10
    assert corpus.plain_document(text).second_at(0) is None
    assert document.turns == [Span(0, len(text) - 1)]
