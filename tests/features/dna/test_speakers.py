from pathlib import Path

import numpy as np
import pytest

from app.features.dna import fingerprint
from app.features.dna.fingerprint import words_of
from app.features.dna.grams import grams_of
from app.features.dna.speakers import BAGS_A_SPEAKER, FEWEST_SPEAKERS, packed, unpacked
from tests.features.dna.voices import speech

SHIPPED = Path(fingerprint.__file__).parent / "background" / "spoken.npz"
TEXTS = [speech(speaker, 2000) for speaker in range(6)]


def test_what_fewer_than_three_speakers_said_cannot_be_found_by_its_hash() -> None:
    secret = "zanzibar lighthouse"
    for tellers in range(1, FEWEST_SPEAKERS + 1):
        texts = [f"{secret} {text}" if n < tellers else text for n, text in enumerate(TEXTS)]
        hashes = packed(texts, words_of)["hashes"].tolist()
        found = [gram in hashes for gram in grams_of(secret.split()).ravel().tolist() if gram >= 0]
        assert all(found) if tellers == FEWEST_SPEAKERS else not any(found)


def test_the_background_holds_nothing_but_numbers() -> None:
    for arrays in (packed(TEXTS, words_of), dict(np.load(SHIPPED))):
        assert {array.dtype.kind for array in arrays.values()} <= {"u", "i", "f"}


def test_a_gram_without_a_column_still_counts_for_the_length_of_its_bag() -> None:
    plain = unpacked(packed(TEXTS, words_of))
    words = TEXTS[0].split()
    rare = " ".join(f"rare{n}" if n % 4 == 0 else word for n, word in enumerate(words))
    with_rare = unpacked(packed([rare, *TEXTS[1:]], words_of))
    for rung in range(3):
        lengths = [
            np.add.reduceat(rows.values**2, rows.starts[:-1]) for rows in (plain.rungs[rung], with_rare.rungs[rung])
        ]
        assert np.all(lengths[0] <= 1.0001)
        first = slice(BAGS_A_SPEAKER >> rung)
        assert np.all(lengths[1][first] < lengths[0][first] - 0.1)


def test_a_bag_is_the_row_that_its_text_would_be() -> None:
    background = unpacked(packed(TEXTS, words_of))
    first = np.array_split(grams_of(words_of(TEXTS[0])), BAGS_A_SPEAKER)[0]
    columns, values = background.lexicon.unit(first)
    rows = background.rungs[0]
    assert rows.columns[: rows.starts[1]].tolist() == columns.tolist()
    assert rows.values[: rows.starts[1]] == pytest.approx(values, rel=2e-3)


def test_asking_weighs_the_words_of_those_who_ask() -> None:
    asking = [text.replace(".", "? would you", 40) if n % 2 else text for n, text in enumerate(TEXTS)]
    background = unpacked(packed(asking, words_of))
    would, kind = (np.searchsorted(background.lexicon.hashes, grams_of([word])[0, 0]) for word in ("would", "kind"))
    assert background.asking[would] > background.asking[kind]


def test_the_shipped_background_is_small_and_of_eighty_speakers() -> None:
    assert SHIPPED.stat().st_size < 700_000
    assert len(fingerprint.load_background().rungs[0]) == 80 * BAGS_A_SPEAKER
