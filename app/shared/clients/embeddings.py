"""Text to vectors without a model: signed feature hashing, rare words first."""

import math
import zlib
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import snowballstemmer

from app.db.base import DIMENSIONS
from app.shared.text import FUNCTION_WORDS, words

RARITY = Path(__file__).parent / "rarity.npz"
"""`stems`: CRC 32 of each known stem, rising; `weights`: sqrt(IDF / highest IDF) in 255ths. Made by
`benchmarks.word_rarity` from other people's speech; an owner's own texts change no vector."""
BUCKETS_PER_FEATURE = 2
CHARACTER_WEIGHT = 0.5

_STEMMER = snowballstemmer.stemmer("english")
_COMMON = frozenset(" ".join(FUNCTION_WORDS.values()).split())


def hash_texts(texts: Sequence[str]) -> np.ndarray:
    """float32, (len(texts), 1536): stems, and at a lower weight their character 3- to 5-grams; (1 + log tf) times
    sqrt(IDF) on both sides, two buckets a feature, unit length (Weinberger et al. 2009)."""
    vectors = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
    for row, text in enumerate(texts):
        counts: Counter[str] = Counter()
        rarities: dict[str, float] = {}
        for word, count in Counter(word.lower() for word in words(text)).items():
            stem, rarity = _stem(word)
            counts[stem] += count
            rarities[stem] = max(rarity, rarities.get(stem, 0.0))
        for stem, count in counts.items():
            buckets, weights = _features(stem)
            np.add.at(vectors[row], buckets, weights * (rarities[stem] * (1 + math.log(count))))
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(lengths > 0, lengths, 1)


def rarity(word: str) -> float:
    """0 to 1, of a word in lower case: how rare its stem is in people's speech."""
    return _stem(word)[1]


@lru_cache(maxsize=200_000)
def _stem(word: str) -> tuple[str, float]:
    """The stem and its weight. One that the table doesn't know is as rare as can be, unless the word is a function word
    of another language, which is as common as can be."""
    stem = _STEMMER.stemWord(word)
    stems, weights = _rarity()
    key = zlib.crc32(stem.encode())
    place = int(np.searchsorted(stems, np.uint32(key)))
    if place < len(stems) and stems[place] == key:
        return stem, float(weights[place])
    return stem, float(weights.min()) if word in _COMMON else 1.0


@lru_cache(maxsize=1)
def _rarity() -> tuple[np.ndarray, np.ndarray]:
    with np.load(RARITY) as table:
        return table["stems"], table["weights"] / np.float32(255)


@lru_cache(maxsize=200_000)
def _features(stem: str) -> tuple[np.ndarray, np.ndarray]:
    padded = f"<{stem}>"
    grams = sorted({padded[i : i + n] for n in (3, 4, 5) for i in range(len(padded) - n + 1)})
    features = [(f"s:{stem}", 1.0), *((f"c:{gram}", CHARACTER_WEIGHT / math.sqrt(len(grams))) for gram in grams)]
    buckets, weights = [], []
    for feature, weight in features:
        for salt in range(BUCKETS_PER_FEATURE):
            digest = zlib.crc32(f"{salt}{feature}".encode())
            buckets.append((digest >> 1) % DIMENSIONS)
            weights.append(weight if digest & 1 else -weight)
    return np.array(buckets), np.array(weights, dtype=np.float32)
