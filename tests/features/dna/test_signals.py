import random
from dataclasses import replace

import numpy as np
import pytest

from app.features.dna import bootstrap, signals, standing
from app.features.dna.bootstrap import interval, student
from app.features.dna.signals import CATALOGUE, measure_all, pair_of, spread
from app.features.dna.standing import QUANTILES, against_background, load_background
from tests.features.dna.speech import ENGLISH, GERMAN, JAPANESE, SPANISH, bare, said, timed

BY_NAME = {signal.name: signal for signal in CATALOGUE}


def told(number, text=ENGLISH):
    """The story in another order of sentences, with another beginning."""
    parts = text.split(". ")
    random.Random(number).shuffle(parts)
    return said(f"Story {number + 3}. " + ". ".join(parts), f"source-{number}")


def measured(documents, language="en"):
    return {read.name: read for read in measure_all(documents, language)}


@pytest.fixture(scope="module")
def corpus():
    return [told(number) for number in range(5)]


@pytest.fixture(scope="module")
def profile(corpus):
    return measured(corpus)


def test_every_signal_has_a_name_of_its_own_a_definition_and_a_reference():
    assert len(BY_NAME) == len(CATALOGUE) > 40
    assert all(signal.definition.endswith(".") and signal.reference and signal.unit for signal in CATALOGUE)
    groups = [signal.group for signal in CATALOGUE]
    assert groups == sorted(groups, key=groups.index)  # a report prints a heading at each change of group


def test_what_a_text_can_show_is_measured_with_an_interval_around_it(profile):
    missing = {name for name, read in profile.items() if read.status != "measured"}

    assert missing == {"words_per_minute", "pauses_per_minute", "hesitations", "first_call_position", "closed_loops"}
    for read in profile.values():
        if read.status == "measured":
            assert read.ci_low <= read.value <= read.ci_high
            assert (read.n_sources, read.reason) == (5, None)


def test_the_order_of_sources_changes_nothing(corpus, profile):
    assert measured(corpus[::-1]) == profile
    assert measured([*corpus[2:], *corpus[:2]]) == profile


def test_another_source_changes_no_other_sources_value(corpus):
    alone = [[pair_of(signal, replace(document, memo={}), "en") for signal in CATALOGUE] for document in corpus]
    measure_all([*corpus, told(9, "Something else. " * 40)], "en")

    assert [[pair_of(signal, document, "en") for signal in CATALOGUE] for document in corpus] == alone


def test_the_same_sources_twice_give_the_same_values_and_narrower_intervals(corpus, profile):
    doubled = measured([*corpus, *(replace(one, source_id=f"again-{one.source_id}", memo={}) for one in corpus)])

    for name in ("sentence_length_sd", "first_person", "contractions", "specificity"):
        assert doubled[name].value == profile[name].value
        width, before = doubled[name].ci_high - doubled[name].ci_low, profile[name].ci_high - profile[name].ci_low
        assert width <= before


def test_one_source_has_values_but_no_interval(corpus):
    for read in measure_all(corpus[:1], "en"):
        assert (read.ci_low, read.ci_high) == (None, None)
        assert all(part.ci_low is None for part in read.parts)


def test_examples_stand_in_their_sources_and_come_from_different_ones(corpus, profile):
    texts = {document.source_id: document.text for document in corpus}
    shown = [read for read in profile.values() if read.examples]

    assert len(shown) > 15
    for read in shown:
        assert all(one.span.of(texts[one.source_id]) == one.quote for one in read.examples)
        assert len({one.quote for one in read.examples}) == len(read.examples) <= 3
    assert len({one.source_id for one in profile["first_person"].examples}) == 3


def test_an_example_is_a_middling_quote_and_neither_the_longest_nor_the_first():
    text = "You are by all accounts the one who knows this best of us all here. You know it well. You see it, and you like it."
    (example,) = measured([said(text)])["second_person"].examples[:1]

    assert example.quote == "You see it, and you like it."


@pytest.mark.parametrize(("text", "language"), [(GERMAN, "de"), (SPANISH, "es")])
def test_in_another_language_only_what_is_language_neutral_is_measured(text, language):
    found = measured([told(number, text) for number in range(3)], language)

    for name, read in found.items():
        neutral = not BY_NAME[name].english and not name.endswith("_minute")
        assert read.status == ("measured" if neutral else "not_available")
        assert read.background is None
    assert found["sentence_length_mean"].value > 5
    assert found["hedges"].reason == f"It needs English word lists; these sources are in '{language}'."


def test_where_the_language_is_unknown_nothing_is_guessed():
    assert "can't be told" in measured([said("Zzz. Brr! " * 30)], "und")["hedges"].reason


def test_without_spaces_between_words_only_pauses_are_measured():
    cues = [(number * 5, number * 5 + 4, part + "。") for number, part in enumerate(JAPANESE.split("。")) if part]
    found = measured([timed(cues)], "ja")

    assert {name for name, read in found.items() if read.status == "measured"} == {"pauses_per_minute"}
    assert found["words_per_minute"].reason == "It needs words that are parted by spaces."


def test_bare_speech_recognition_has_no_sentence_signals_and_keeps_the_others(corpus, profile):
    found = measured([said(bare(document.text), document.source_id) for document in corpus])

    for name, read in found.items():
        if BY_NAME[name].sentences:
            assert (read.status, read.value) == ("not_available", None)
            assert read.reason == "It needs punctuation; the transcripts have none."
    for name in ("first_person", "hedges", "function_words", "numbers", "analogies"):
        assert found[name].value == profile[name].value


def test_punctuated_sources_carry_sentence_signals_beside_bare_ones(corpus):
    found = measured([*corpus[:3], said(bare(ENGLISH), "bare")])

    assert (found["sentence_length_mean"].n_sources, found["hedges"].n_sources) == (3, 4)


def test_the_pace_comes_with_its_curve_from_timed_sources(corpus):
    found = measured([*corpus[:2], timed([(0, 60, ENGLISH), (61, 120, ENGLISH)], "timed")])["words_per_minute"]

    assert (found.n_sources, len(found.curve.median), len(found.curve.sources)) == (1, 10, 1)


def test_markers_are_taken_apart_by_kind(profile):
    kinds = {part.name: part.value for part in profile["hedges"].parts}

    assert {"maybe", "i think", "roughly", "about"} <= set(kinds)
    assert sum(kinds.values()) == pytest.approx(profile["hedges"].value, rel=0.02)


def test_favoured_function_words_are_the_most_unusual_first_each_with_its_interval():
    parts = measured([told(number, f"{ENGLISH} Upon my word, once upon a time. ") for number in range(8)])[
        "function_words"
    ].parts

    assert 5 <= len(parts) <= 20
    assert [abs(part.z) for part in parts] == sorted((abs(part.z) for part in parts), reverse=True)
    assert next(part.z for part in parts if part.name == "upon") > 5
    assert all(part.ci_low <= part.value <= part.ci_high for part in parts)


def test_a_spread_needs_three_sources_and_a_signal_that_advice_can_be_given_on(corpus):
    questions, percentile = BY_NAME["questions"], BY_NAME["sentence_length_p10"]
    values = [top / bottom for top, bottom in (pair_of(questions, document, "en") for document in corpus)]

    assert spread(questions, corpus, "en") == pytest.approx((np.mean(values), np.std(values, ddof=1)))
    assert spread(questions, corpus[:2], "en") is None
    assert spread(percentile, corpus, "en") is None
    assert spread(BY_NAME["hedges"], corpus, "de") is None


@pytest.mark.parametrize(
    ("freedom", "value"), [(1, 12.706), (2, 4.303), (3, 3.182), (4, 2.776), (9, 2.262), (29, 2.045)]
)
def test_students_t_is_as_in_the_tables(freedom, value):
    assert student(freedom) == pytest.approx(value, abs=0.01)


def test_an_interval_holds_the_ratio_and_is_the_same_every_time():
    pairs = np.array([[3.0, 10.0], [5.0, 10.0], [9.0, 20.0], [2.0, 10.0], [4.0, 8.0]])
    low, high = interval(pairs)

    assert low < 23 / 58 < high
    assert interval(pairs) == (low, high)
    assert interval(np.array([[2.0, 4.0]] * 6)) == (0.5, 0.5)
    assert interval(pairs[:1]) is None


def test_an_interval_is_wider_than_the_plain_percentiles_with_few_sources_and_hardly_with_many():
    assert bootstrap.widened_tail(5) < 0.01
    assert bootstrap.widened_tail(100) == pytest.approx(0.025, abs=0.002)


def test_an_interval_holds_the_truth_about_as_often_as_it_says():
    rng = np.random.default_rng(5)
    sizes = rng.integers(500, 3000, (400, 10)).astype(float)
    rates = rng.gamma(4, 5, (400, 10))
    bounds = [interval(np.column_stack([rate * size, size])) for rate, size in zip(rates, sizes, strict=True)]

    assert 0.88 <= np.mean([low <= 20 <= high for low, high in bounds]) <= 0.98


def test_a_value_is_placed_among_other_speakers():
    known = load_background().signals["sentence_length_mean"]
    middle = against_background("sentence_length_mean", known.quantiles[10])

    assert (middle.percentile, middle.median) == (50, known.quantiles[10])
    assert against_background("sentence_length_mean", 0.0).percentile == 0
    assert against_background("sentence_length_mean", 1000.0).percentile == 100
    assert against_background("sentence_length_mean", known.mean + known.sd).z == 1
    assert against_background("words_per_minute", 150.0) is None
    assert against_background("no such signal", 1.0) is None


def test_having_as_little_as_most_is_neither_much_nor_unusual():
    assert 0 < against_background("profanity_strong", 0.0).percentile < 60


RARE = {"words_per_minute", "pauses_per_minute", "hesitations", "first_call_position", "closed_loops"}
"""Too few of the background's speakers show them."""


def test_the_background_fits_the_catalogue():
    background = load_background()

    assert set(background.signals) == set(BY_NAME) - RARE
    assert set(background.function_words) == set(signals.function_words.FUNCTION_WORDS)
    assert all(
        len(one.quantiles) == len(QUANTILES) and one.quantiles == sorted(one.quantiles)
        for one in background.signals.values()
    )
    assert standing.z_of(1.0, standing.Spread(1.0, 0.0)) == 0
