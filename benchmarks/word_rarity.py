"""Make the offline embedder's table of how rare words are: `python -m benchmarks.word_rarity DATA_DIR`.

From DATA_DIR/voice/background.jsonl: IDF = ln(1 + (N - df + 0.5) / (df + 0.5)) of stems over N pieces of 500 words of
other people's speech, as sqrt(IDF / the highest IDF). A stem of one piece alone counts as unknown. No text is kept.
"""

import json
import math
import sys
import zlib
from collections import Counter
from pathlib import Path

import numpy as np
import snowballstemmer

from app.shared.clients.embeddings import RARITY
from app.shared.text import words

PIECE_WORDS = 500
FEWEST_PIECES = 2


def rarity(texts: list[str]) -> dict[str, float]:
    """Stem to sqrt(IDF / highest IDF)."""
    stemmer = snowballstemmer.stemmer("english")
    found: Counter[str] = Counter()
    pieces = 0
    for text in texts:
        said = words(text.lower())
        for start in range(0, max(1, len(said) - PIECE_WORDS // 2), PIECE_WORDS):
            found.update(set(stemmer.stemWords(said[start : start + PIECE_WORDS])))
            pieces += 1
    highest = _idf(0, pieces)
    return {stem: math.sqrt(_idf(count, pieces) / highest) for stem, count in found.items() if count >= FEWEST_PIECES}


def _idf(count: int, pieces: int) -> float:
    return math.log(1 + (pieces - count + 0.5) / (count + 0.5))


def main(data: Path) -> None:
    lines = (data / "voice" / "background.jsonl").read_text(encoding="utf-8").splitlines()
    known = {
        zlib.crc32(stem.encode()): weight for stem, weight in rarity([json.loads(x)["text"] for x in lines]).items()
    }
    stems = sorted(known)
    weights = [max(1, round(known[stem] * 255)) for stem in stems]
    np.savez_compressed(RARITY, stems=np.array(stems, dtype=np.uint32), weights=np.array(weights, dtype=np.uint8))
    print(f"{len(stems):,} stems, {RARITY.stat().st_size:,} bytes in {RARITY.name}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
