import random

import pytest

from app.features.dna.phrases import catchphrases, load_prior, log_odds_z, phrase_key
from tests.features.dna.speech import ENGLISH, GERMAN, bare, said


def filler(seed, count=60):
    """Sentences of made-up words, so that nothing is said twice by chance."""
    rng = random.Random(seed)

    def word():
        return "".join(rng.choice("bdfgklmnprstvz") + rng.choice("aeiou") for _ in range(4))

    return [f"{word().title()} the {word()} of {word()} was {word()} and {word()} {word()}." for _ in range(count)]


def video(number, *phrases, times=2):
    said_often = [phrase for phrase in phrases for _ in range(times)]
    sentences = filler(number)
    for place, phrase in enumerate(said_often):
        sentences.insert(5 + place * 7, phrase)
    return said(" ".join(sentences), f"video-{number}")


def names(documents, language="en"):
    return [phrase.phrase for phrase in catchphrases(documents, language)]


def test_a_phrase_said_in_every_video_is_found_whole_and_quoted():
    documents = [video(number, "So hold that thought for me.") for number in range(5)]
    (found,) = (one for one in catchphrases(documents, "en") if "thought" in one.phrase)
    texts = {document.source_id: document.text for document in documents}

    assert found.phrase == "hold that thought for me"
    assert (found.count, found.n_sources, len(found.examples)) == (10, 5, 3)
    assert all(one.span.of(texts[one.source_id]) == one.quote for one in found.examples)
    assert len({one.source_id for one in found.examples}) == 3


def test_what_is_said_often_in_one_video_only_is_its_topic():
    documents = [video(number) for number in range(4)] + [video(9, "The purple teapot whistles.", times=8)]

    assert not [name for name in names(documents) if "teapot" in name]


def test_two_sources_are_enough_where_they_are_a_fifth_and_too_few_where_they_are_not():
    saying = "Measure twice, wonder often."
    few = [video(number, saying, times=4) for number in range(2)] + [video(number) for number in range(2, 8)]
    many = [*few, *(video(number) for number in range(8, 14))]

    assert "measure twice, wonder often" in names(few)
    assert "measure twice, wonder often" not in names(many)


def test_what_everybody_says_is_no_catchphrase():
    documents = [video(number, "You know what that is all about.", "I would be one of them.") for number in range(5)]

    assert not [name for name in names(documents) if name in {"one of them", "that is", "i would be"}]


def test_a_name_is_no_catchphrase_and_a_piece_of_a_phrase_neither():
    documents = [video(number, "We met Anna Berg there.", "Now back to the bench.") for number in range(6)]
    found = names(documents)

    assert "anna berg" not in found
    assert "back to the bench" in " | ".join(found)
    assert not [name for name in found if name.endswith((" the", " to"))]


def test_a_phrase_is_found_without_punctuation_and_apostrophes_too():
    documents = [video(number, "Here's the lovely part.") for number in range(5)]
    spoken = [said(bare(document.text).replace("'", ""), document.source_id) for document in documents]

    assert "here's the lovely part" in " | ".join(names(documents))
    assert "heres the lovely part" in " | ".join(names(spoken))


@pytest.mark.parametrize(("place", "label"), [(0, "opening"), (60, "ending")])
def test_a_phrase_has_its_typical_place(place, label):
    documents = []
    for number in range(5):
        sentences = filler(number)
        sentences[place:place] = ["Welcome back, dear friends of brass."] * 2
        documents.append(said(" ".join(sentences), f"video-{number}"))
    found = next(one for one in catchphrases(documents, "en") if "friends of brass" in one.phrase)

    assert found.place == label
    assert (found.position < 0.1) == (label == "opening")


def test_the_order_of_sources_changes_nothing():
    documents = [video(number, "So hold that thought for me.", "Back to the bench, then.") for number in range(6)]

    assert catchphrases(documents[::-1], "en") == catchphrases(documents, "en")


@pytest.mark.parametrize(
    ("documents", "language"),
    [
        ([], "en"),
        ([said("", "a")] * 3, "en"),
        ([said(GERMAN, "a"), said(GERMAN, "b")], "de"),
        ([said(ENGLISH, "a")], "en"),
    ],
)
def test_without_text_enough_sources_or_a_background_there_are_none(documents, language):
    assert catchphrases(documents, language) == []


def test_the_log_odds_follow_monroe_and_others():
    # 8 of 1,000 here, 2 of 1,000 there, a prior of 100 with 0.5 of them: (-4.8552 + 6.0845) / sqrt(1/8.5 + 1/2.5)
    assert log_odds_z(8, 1000, 2, 1000, share=0.1) == pytest.approx(1.7085, abs=1e-3)
    assert log_odds_z(5, 1000, 50, 10_000) == pytest.approx(0)
    assert log_odds_z(2, 1000, 8, 1000) == pytest.approx(-log_odds_z(8, 1000, 2, 1000))


def test_more_of_the_same_is_surer():
    assert log_odds_z(20, 10_000, 2, 10_000) > log_odds_z(10, 5_000, 1, 5_000) > 0


def test_the_background_counts_common_phrases_by_hash_and_keeps_no_words():
    prior = load_prior()

    assert prior.count(["a", "lot", "of"]) > 50
    assert prior.count(["purple", "teapot", "whistle"]) == 0
    assert phrase_key(["hello", "world"]) == 5814608031911216775
    assert all(hashes.dtype.kind == "u" for hashes in prior.hashes.values())
