"""Lists of words, richness, function words, letters: what is counted and what is not."""

import json
import random
from itertools import product
from math import log
from pathlib import Path

import numpy as np
import pytest

from app.features.dna import function_words, letters, lexicon, profanity, richness, specificity
from app.features.dna.corpus import Document
from app.features.dna.markers import MOST_QUOTED, Markers, quotes
from tests.features.dna.speech import ENGLISH, bare, ratio, said


def markers(measure, text):
    """How many of 1,000 words a rate stands for, as a count."""
    return round(measure(said(text))[0] / 1000)


def test_the_longest_marker_counts_and_only_once():
    found = Markers(("kind of", "kind of like", "like")).hits(said("It is kind of like a lake, kind of."))

    assert [(hit.place, hit.marker) for hit in found] == [(2, "kind of like"), (7, "kind of")]


def test_a_marker_does_not_reach_over_the_end_of_a_sentence():
    assert Markers(("of course",)).hits(said("That is what I think of. Course two is soup.")) == []


def test_a_hit_in_a_long_stretch_is_quoted_with_what_is_around_it():
    words = [f"w{number}" for number in range(MOST_QUOTED * 2)]
    document = said(" ".join([*words[:30], "perhaps", *words[30:]]))
    (span,) = quotes(Markers(("perhaps",)).hits(document), document)

    assert span.of(document.text) == " ".join([*words[22:30], "perhaps", *words[30:38]])


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (2, "Maybe it is, I think."),
        (1, "It took about 20 seconds."),
        (0, "It was about the weather and all around us."),
        (1, "It is sort of blue."),
        (0, "That sort of blue is a kind you see."),
        (1, "It is not really blue."),
    ],
)
def test_what_softens_is_counted_and_what_only_looks_like_it_is_not(count, text):
    assert markers(lexicon.hedges, text) == count


@pytest.mark.parametrize(
    ("count", "text"), [(2, "Really, it is very hot."), (0, "It is not very hot, and not really wet.")]
)
def test_what_stresses_is_counted_but_not_after_a_not(count, text):
    assert markers(lexicon.boosters, text) == count


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (2, "Well, it was, you know, a long day."),
        (0, "You know the well, and I mean every word."),
        (1, "It was, like, enormous."),
        (0, "I like it, and it is like snow."),
    ],
)
def test_a_filler_is_set_off_by_punctuation(count, text):
    assert markers(lexicon.fillers, text) == count


def test_hesitations_are_unknown_rather_than_none_where_the_transcript_has_none():
    assert lexicon.hesitations(said("It was a long day.")) is None
    assert ratio(lexicon.hesitations(said("It was, um, a long, uh, day."))) == pytest.approx(2000 / 7)


def test_sentences_that_lead_on_begin_with_a_marker():
    document = said("So it sings. It sings so well. On the other hand, it is loud. Sofas are soft.")

    assert lexicon.transitions(document) == (2, 4)
    assert dict(lexicon.transition_kinds(document)) == {"so": 1, "on the other hand": 1}


def test_the_variety_of_markers_is_their_entropy_with_the_correction_for_few():
    alike = said("So it is. So it was. So be it. So there.")
    two = said("So it is. So it was. However, it was. However, it is.")

    assert ratio(lexicon.transition_variety(alike)) == 0
    assert ratio(lexicon.transition_variety(two)) == pytest.approx(1 + 1 / 8 / log(2))
    assert lexicon.transition_variety(said("So it is.")) is None


@pytest.mark.parametrize(
    ("numbers", "units", "text"),
    [
        (1, 1, "It weighs two hundred thousand grams."),
        (2, 1, "Take 3 of these 5 km."),
        (0, 0, "This one is one of ours."),
        (1, 1, "It took one minute."),
        (1, 1, "It costs $20 there."),
        (1, 1, "It is 40 % longer."),
        (1, 1, "It takes 5ms here."),
        (2, 0, "On the 3rd of May 1990."),
    ],
)
def test_numbers_and_units_are_counted_as_a_reader_would(numbers, units, text):
    document = said(text)

    assert round(specificity.numbers(document)[0] / 100) == numbers
    assert round(specificity.units(document)[0] / 100) == units


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (2, "Then Anna Berg went to New York."),
        (0, "The kettle sings. It is old. I think I know."),
        (1, "We met at the BBC once."),
    ],
)
def test_names_are_runs_of_capitals_inside_a_sentence(count, text):
    assert round(specificity.names(said(text))[0] / 100) == count


@pytest.mark.parametrize(
    "text", ["then anna berg went to new york. it was late.", "THEN ANNA WENT TO NEW YORK. IT WAS LATE."]
)
def test_without_capitals_that_mean_something_names_are_unknown(text):
    assert specificity.names(said(text)) is None
    assert specificity.specificity(said(text)) is None


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (2, "I tried it when I was young."),
        (1, "We actually built one."),
        (1, "I've seen it fail."),
        (0, "I think you tried it, as they built one."),
    ],
)
def test_own_experience_is_told_by_its_markers(count, text):
    assert markers(specificity.first_hand, text) == count


def test_swearing_is_counted_by_level_and_masked_words_as_strong():
    mild, moderate, strong = (
        next(iter(profanity.load_levels()[level].phrases)) for level in ("mild", "moderate", "strong")
    )
    document = said(f"{mild}! What a {moderate} and {strong} day, {strong}, [ __ ] it and f***.")

    counts = [round(measure(document)[0] / 1000) for measure in (profanity.mild, profanity.moderate, profanity.strong)]
    assert counts == [1, 1, 4]


def test_the_levels_do_not_overlap_and_can_not_be_read_at_a_glance():
    levels = {level: set(known.phrases) for level, known in profanity.load_levels().items()}
    stored = json.loads((Path(profanity.__file__).parent / "profanity.json").read_text(encoding="utf-8"))

    assert set(levels) == {"mild", "moderate", "strong"}
    assert sum(map(len, levels.values())) == len(set().union(*levels.values()))
    assert not {word for words in stored.values() for word in words} & set().union(*levels.values())


def test_the_moving_average_is_taken_over_all_windows():
    assert richness.mattr(["a", "b", "a", "b", "c"], window=3) == pytest.approx(((2 + 2 + 3) / 3, 3))


@pytest.mark.parametrize("text", ["a b a b a b a b", "a a a a", "a b c d e f", "b a c a a b c d a"])
def test_the_moving_average_counts_like_counting_each_window_anew(text):
    words = text.split()
    for window in range(1, len(words) + 1):
        anew = [len(set(words[start : start + window])) for start in range(len(words) - window + 1)]
        assert richness.mattr(words, window) == pytest.approx((sum(anew) / window, len(anew)))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a b a b a b", 3.0),  # a factor every three words, both ways
        ("a b a b a b a", 3.5),  # the seventh word is no part of a factor yet
        ("a b c d a", 5 / (0.2 / 0.28)),  # 4 of 5: that far on the way from 1 to 0.72
        ("a b c d", 4.0),  # never a repetition: the length itself
    ],
)
def test_mtld_is_words_over_factors(text, value):
    assert richness.mtld(text.split()) == pytest.approx(value)


def test_mtld_is_the_mean_of_both_directions():
    words = [
        "a",
        "a",
        "b",
        "c",
        "d",
        "e",
        "f",
        "g",
        "h",
    ]  # forwards a factor after two words and 7 new ones; backwards 8 of 9

    assert richness.mtld(words) == pytest.approx((9 / 1 + 9 / ((1 / 9) / 0.28)) / 2)


def test_hdd_is_the_expected_richness_of_a_random_sample():
    words = ["a", "a", "b", "c"]
    drawn = [len({words[i], words[j]}) / 2 for i, j in product(range(4), repeat=2) if i != j]

    assert richness.hdd([2, 1, 1], 4, sample=2) == pytest.approx(sum(drawn) / len(drawn))
    assert richness.hdd([2] * 21, 42) == pytest.approx(0.5)  # the sample is the whole text


def test_hdd_does_not_care_about_the_order_of_words_and_mtld_does():
    words = said(ENGLISH).words * 2
    shuffled = random.Random(3).sample(words, len(words))

    assert richness.lexical_sample(said(" ".join(shuffled))) == pytest.approx(
        richness.lexical_sample(said(" ".join(words)))
    )
    assert richness.mtld(shuffled) != richness.mtld(words)


@pytest.mark.parametrize("measure", [richness.lexical_richness, richness.lexical_run, richness.lexical_sample])
def test_richness_needs_a_hundred_words_and_does_not_see_how_numbers_are_written(measure):
    assert measure(said("word " * 99)) is None
    assert measure(said(ENGLISH)) == measure(said(ENGLISH.replace("120", "ninety").replace("2 kilo", "7 kilo")))


def test_function_words_are_a_share_and_each_is_counted():
    document = said("The lid of the kettle sings.")
    counts, sizes = function_words.counts_of([document])

    assert ratio(function_words.function_words(document)) == 0.5
    assert counts[0, function_words.FUNCTION_WORDS.index("the")] == 2
    assert (counts.sum(), sizes[0]) == (3, 6)


def test_letters_of_english_speech_surprise_less_than_the_same_letters_out_of_order():
    plain = said(ENGLISH)
    mixed = said("".join(random.Random(1).sample(ENGLISH, len(ENGLISH))))

    assert 8 < ratio(letters.letter_surprise(plain)) < 11
    assert ratio(letters.letter_surprise(mixed)) > ratio(letters.letter_surprise(plain)) + 2


def test_the_shares_behind_the_surprise_add_up_to_one():
    assert np.exp2(-letters.bits_of(letters.trigram_counts(said(ENGLISH)))).sum() == pytest.approx(1)
    assert np.exp2(-letters.load_bits()).sum() == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize(
    "measure",
    [lexicon.hedges, lexicon.boosters, specificity.numbers, function_words.function_words, richness.lexical_richness],
)
def test_what_needs_no_sentences_is_the_same_without_punctuation(measure):
    assert measure(said(bare(ENGLISH))) == pytest.approx(measure(said(ENGLISH)))


def test_a_source_without_words_gives_nothing():
    empty = Document("one", "", [])
    for measure in (
        lexicon.hedges,
        lexicon.transitions,
        specificity.numbers,
        profanity.strong,
    ):
        assert measure(empty) is None
