import pytest

from app.features.dna import pace, rhythm
from app.features.dna.syllables import syllables_of
from tests.features.dna.speech import ratio, said, sentences, timed

SHORT_TEXT = "The cat sat on the mat. It ran."


@pytest.mark.parametrize(
    ("measure", "value"),
    [
        (rhythm.sentence_length_mean, 6),
        (rhythm.sentence_length_sd, 3.3166),
        (rhythm.sentence_length_p10, 2),
        (rhythm.sentence_length_p50, 6),
        (rhythm.sentence_length_p90, 10),
        (rhythm.short_sentences, 5 / 11),
        (rhythm.long_sentences, 0),
        (rhythm.sentence_alternation, 1),
    ],
)
def test_lengths_of_one_to_eleven_words_are_summed_up_as_by_hand(measure, value):
    assert ratio(measure(said(sentences(*range(1, 12))))) == pytest.approx(value, abs=1e-4)


def test_five_words_are_still_short_and_twenty_five_already_long():
    document = said(sentences(5, 6, 24, 25))

    assert ratio(rhythm.short_sentences(document)) == 0.25
    assert ratio(rhythm.long_sentences(document)) == 0.25


def test_long_and_short_in_turn_correlate_negatively_and_blocks_of_either_positively():
    in_turn = ratio(rhythm.sentence_autocorrelation(said(sentences(*[1, 3] * 5))))
    in_blocks = ratio(rhythm.sentence_autocorrelation(said(sentences(*[1] * 5, *[3] * 5))))

    assert in_turn == pytest.approx(-0.9)  # nine products of -1 over ten squares of 1
    assert in_blocks == pytest.approx(0.7)  # eight products of 1 and one of -1


@pytest.mark.parametrize("lengths", [[4] * 12, [2, 9, 3]])
def test_a_correlation_is_not_made_up_where_nothing_varies_or_there_is_too_little(lengths):
    assert rhythm.sentence_autocorrelation(said(sentences(*lengths))) is None


def test_the_grades_follow_their_formulas():
    document = said(SHORT_TEXT)  # 8 words, 2 sentences, 8 syllables, 22 letters

    assert ratio(rhythm.reading_grade(document)) == pytest.approx(0.39 * 4 + 11.8 * 1 - 15.59)
    assert ratio(rhythm.letter_grade(document)) == pytest.approx(0.0588 * 275 - 0.296 * 25 - 15.8)


def test_marks_inside_words_are_no_letters():
    assert rhythm.letter_grade(said("Don't go up-there now.")) == rhythm.letter_grade(said("Dont go upthere now."))


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (1, "make asked takes they're don't can't whole through"),
        (2, "table needed boxes going isn't something lovely people million science careful rhythm"),
        (3, "media video radio idea usual definite basically beautiful tourism anyone"),
        (4, "information television situation experience state-of-the-art"),
        (5, "university electricity"),
    ],
)
def test_syllables_are_counted_as_they_are_said(count, words):
    found = {word: syllables_of(word) for word in words.split()}

    assert found == dict.fromkeys(found, count)


def test_words_per_minute_count_pauses_but_not_the_time_of_others():
    own = timed([(0, 10, "one two three four five"), (20, 30, "six seven eight nine ten")])
    shared = timed(
        [(0, 10, "one two three four five"), (10, 110, "a guest speaks"), (110, 120, "six seven eight nine ten")],
        others=[1],
    )

    assert ratio(pace.words_per_minute(own)) == pytest.approx(20)  # ten words in half a minute
    assert ratio(pace.words_per_minute(shared)) == pytest.approx(
        30
    )  # ten words in the third of a minute that is theirs


def test_a_pause_is_a_silence_within_a_turn_and_not_the_answer_of_a_guest():
    own = timed([(0, 10, "one two"), (10.3, 20, "three four"), (21, 60, "five six")])
    shared = timed([(0, 10, "one two"), (10, 20, "guest"), (20, 30, "three four")], others=[1])

    assert pace.pauses_per_minute(own) == (1, 1.0)
    assert pace.pauses_per_minute(shared)[0] == 0


def test_the_curve_has_ten_tenths_of_the_length():
    steady = timed([(start, start + 10, "one two three four five") for start in range(0, 100, 10)])
    faster = timed([(0, 50, " ".join(["word"] * 50)), (50, 100, " ".join(["word"] * 100))])

    assert pace.points_of(steady) == [30.0] * 10
    assert pace.points_of(faster) == [60.0] * 5 + [120.0] * 5


def test_a_tenth_in_which_somebody_else_speaks_has_no_pace():
    shared = timed([(0, 40, "word " * 40), (40, 60, "a guest speaks"), (60, 100, "word " * 40)], others=[1])

    assert pace.points_of(shared) == [60.0] * 4 + [None] * 2 + [60.0] * 4


def test_the_curve_of_a_corpus_is_the_median_of_its_timed_sources():
    slow, middling, fast = (timed([(0, 100, "word " * count)], str(count)) for count in (100, 150, 300))
    found = pace.curve([slow, said("Not timed."), fast, middling])

    assert found.median == [90.0] * 10
    assert [one.source_id for one in found.sources] == ["100", "300", "150"]
    assert pace.curve([said("Not timed.")]) is None


def test_cues_that_overlap_or_take_no_time_are_survived():
    document = timed([(0, 30, "word " * 30), (20, 60, "word " * 30), (60, 60, "word")])

    assert ratio(pace.words_per_minute(document)) == pytest.approx(61)
    assert all(point is not None and point > 0 for point in pace.points_of(document))
