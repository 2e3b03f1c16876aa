import zlib

import numpy as np
import pytest

from app.db.base import DIMENSIONS
from app.shared.clients.embeddings import RARITY, hash_texts


def nearness(one: str, other: str) -> float:
    first, second = hash_texts([one, other])
    return float(first @ second)


def test_vectors_have_unit_length_and_an_empty_text_has_none() -> None:
    vectors = hash_texts(["The tide comes twice a day.", "", "!?"])
    assert vectors.shape == (3, DIMENSIONS)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 0, 0], abs=1e-6)


def test_a_text_has_the_same_vector_whatever_stands_beside_it() -> None:
    alone = hash_texts(["Salt makes water heavier."])[0]
    among = hash_texts(["Ships float.", "Salt makes water heavier.", "Salt and salt."])[1]
    assert np.array_equal(alone, among)


def test_other_forms_of_a_word_are_near_and_its_relatives_are_not_far() -> None:
    assert nearness("measuring", "measured") == pytest.approx(1)
    assert 0.05 < nearness("lighthouse", "lightship") < 0.5
    assert abs(nearness("lighthouse", "kelp")) < 0.05


def test_a_rare_word_in_common_outweighs_many_that_everybody_says() -> None:
    question = "and what was it that you have in a chronometer"
    assert nearness(question, "A chronometer keeps time.") > nearness(question, "And it was what you have in that.")


def test_function_words_of_another_language_count_as_common() -> None:
    question = "Wie genau ging die Schiffsuhr auf dem Meer?"
    assert nearness(question, "Eine Schiffsuhr geht nach.") > nearness(
        question, "Die Katze auf dem Dach, wie die dem Hund."
    )


def test_the_table_of_rarity_holds_numbers_alone_and_ranks_words_as_people_use_them() -> None:
    with np.load(RARITY, allow_pickle=False) as table:
        known = dict(zip(table["stems"].tolist(), table["weights"].tolist(), strict=True))
        assert table["stems"].dtype == np.uint32
        assert np.all(np.diff(table["stems"].astype(np.int64)) > 0)
    weights = [known.get(zlib.crc32(stem.encode()), 255) for stem in ("the", "work", "weather", "chronomet")]
    assert weights == sorted(weights)
    assert weights[0] < 10 < weights[1] < weights[2] < weights[3]
