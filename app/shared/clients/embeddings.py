"""Text to vectors without a model: signed feature hashing."""

import math
import zlib
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import snowballstemmer

from app.db.base import DIMENSIONS
from app.shared.text import FUNCTION_WORDS, words

BUCKETS_PER_FEATURE = 4
CHARACTER_WEIGHT = 0.25
FUNCTION_WORD_WEIGHT = 0.15

_STEMMER = snowballstemmer.stemmer("english")
_COMMON = frozenset(FUNCTION_WORDS["en"].split())


def hash_texts(texts: Sequence[str]) -> np.ndarray:
    """float32, (len(texts), 1536): stems, and at a low weight their character 3- to 5-grams; 1 + log tf, four buckets a
    feature, unit length (Weinberger et al. 2009)."""
    vectors = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
    for row, text in enumerate(texts):
        for word, count in Counter(word.lower() for word in words(text)).items():
            buckets, weights = _word_features(word)
            np.add.at(vectors[row], buckets, weights * (1 + math.log(count)))
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(lengths > 0, lengths, 1)


@lru_cache(maxsize=200_000)
def _word_features(word: str) -> tuple[np.ndarray, np.ndarray]:
    stem = _STEMMER.stemWord(word)
    scale = FUNCTION_WORD_WEIGHT if word in _COMMON else 1.0
    padded = f"<{stem}>"
    grams = {padded[i : i + n] for n in (3, 4, 5) for i in range(len(padded) - n + 1)}
    features = [(f"s:{stem}", scale), *((f"c:{gram}", scale * CHARACTER_WEIGHT / math.sqrt(len(grams))) for gram in sorted(grams))]  # fmt: skip
    buckets, weights = [], []
    for feature, weight in features:
        for salt in range(BUCKETS_PER_FEATURE):
            digest = zlib.crc32(f"{salt}{feature}".encode())
            buckets.append((digest >> 1) % DIMENSIONS)
            weights.append(weight if digest & 1 else -weight)
    return np.array(buckets), np.array(weights, dtype=np.float32)
