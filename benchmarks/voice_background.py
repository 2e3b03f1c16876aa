"""Make the numbers that voices are compared with: `python -m benchmarks.voice_background DATA_DIR`.

From DATA_DIR/voice/background.jsonl: app/features/dna/background/spoken.npz (the bags of 125 words of each
speaker, hashed; sqrt(idf) of each bucket) and phrases.npz (frequent n-grams, hashed). No text is kept.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from app.features.dna import fingerprint
from app.features.dna.fingerprint import BAGS_A_SPEAKER, BUCKETS, Integers, Reals

FOLDER = Path(fingerprint.__file__).parent / "background"
LONGEST_PHRASE = 6
LEAST_COUNT = 3


def speakers_in(data: Path) -> list[dict[str, str]]:
    lines = (data / "voice" / "background.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def bags_of(texts: Iterable[str]) -> tuple[Integers, Integers, Integers, Reals]:
    """Columns, counts and sizes of the bags, and sqrt(idf).

    idf = ln((N + 1) / (df + 1)) + 1 over N bags of 500 words.
    """
    columns: list[Integers] = []
    counts: list[Integers] = []
    found = np.zeros(BUCKETS)
    documents = 0
    for text in texts:
        buckets = fingerprint.buckets_of(fingerprint.words_of(text))
        for part in np.array_split(buckets, BAGS_A_SPEAKER):
            bag = fingerprint.bag_of(part)
            columns.append(bag[0])
            counts.append(bag[1])
        for part in np.array_split(buckets, BAGS_A_SPEAKER // 4):
            found[fingerprint.bag_of(part)[0]] += 1
            documents += 1
    roots = np.sqrt(np.log((documents + 1) / (found + 1)) + 1).astype(np.float32)
    sizes = np.array([len(bag) for bag in columns])
    return np.concatenate(columns), np.concatenate(counts), sizes, roots


def phrases_of(texts: Iterable[str]) -> tuple[dict[str, np.ndarray], int]:
    """Arrays `hashes_n` (uint64, rising) and `counts_n` for n = 1..6; `tokens`: n-grams of each n."""
    counters: list[Counter[tuple[str, ...]]] = [Counter() for _ in range(LONGEST_PHRASE)]
    for text in texts:
        words = fingerprint.words_of(text)
        for size, counter in enumerate(counters, start=1):
            counter.update(zip(*(words[start:] for start in range(size)), strict=False))
    arrays = {"tokens": np.array([counter.total() for counter in counters])}
    kept = 0
    for size, counter in enumerate(counters, start=1):
        frequent = sorted((fingerprint.phrase_key(words), n) for words, n in counter.items() if n >= LEAST_COUNT)
        arrays[f"hashes_{size}"] = np.array([key for key, _ in frequent], np.uint64)
        arrays[f"counts_{size}"] = np.array([n for _, n in frequent], np.uint32)
        kept += len(frequent)
    return arrays, kept


def main(arguments: Sequence[str]) -> None:
    texts = [speaker["text"] for speaker in speakers_in(Path(arguments[0]))]
    FOLDER.mkdir(exist_ok=True)
    columns, counts, sizes, roots = bags_of(texts)
    np.savez_compressed(
        FOLDER / "spoken.npz",
        columns=columns.astype(np.uint16),
        counts=np.minimum(counts, 255).astype(np.uint8),
        sizes=sizes.astype(np.uint16),
        roots=roots.astype(np.float16),
    )
    arrays, kept = phrases_of(texts)
    np.savez_compressed(FOLDER / "phrases.npz", **arrays)
    for name in ("spoken.npz", "phrases.npz"):
        print(f"{name}: {(FOLDER / name).stat().st_size / 1e6:.2f} MB")
    print(f"{len(texts)} speakers, {len(sizes)} bags, {kept} phrases of {arrays['tokens'][0]} words")


if __name__ == "__main__":
    main(sys.argv[1:])
