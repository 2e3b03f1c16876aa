"""Make the numbers that signals and phrases are compared with: `python -m benchmarks.signals_background DATA_DIR`.

From DATA_DIR/voice/background.jsonl into app/features/dna/background: signals.json (each signal over the speakers, and
each function word), phrases.npz (how often n-grams of words occur, hashed), letters.npz (how often three letters
follow one another). No text is kept.
"""

import json
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from app.features.dna import function_words, letters, phrases, signals, standing
from app.features.dna.corpus import Document, plain_document
from app.features.dna.standing import QUANTILES, Background, Spread

FOLDER = Path(standing.__file__).parent / "background"
LANGUAGE, REGISTER = "en", "podcast hosts and guests"
LEAST_SPEAKERS = 2
"""That say an n-gram."""
FEWEST_SPEAKERS = 30
"""That a signal must be measured in to be kept."""


def speakers_in(data: Path) -> list[Document]:
    lines = (data / "voice" / "background.jsonl").read_text(encoding="utf-8").splitlines()
    return [plain_document(json.loads(line)["text"], str(number)) for number, line in enumerate(lines)]


def phrases_of(documents: Sequence[Document]) -> dict[str, Any]:
    """Arrays `hashes_n` (uint64, rising) and `counts_n` for n = 1..6; `tokens`: n-grams of each n, within sentences.
    What one speaker alone says is left out, so that nobody's own phrases are in the file."""
    counters: list[Counter[tuple[str, ...]]] = [Counter() for _ in range(phrases.LONGEST)]
    speakers: list[Counter[tuple[str, ...]]] = [Counter() for _ in range(phrases.LONGEST)]
    for document in documents:
        said = phrases.phrase_words(document)
        own: list[Counter[tuple[str, ...]]] = [Counter() for _ in range(phrases.LONGEST)]
        for begin, end in zip(document.borders, document.borders[1:], strict=False):
            sentence = said[begin:end]
            for size, counter in enumerate(own, start=1):
                counter.update(zip(*(sentence[start:] for start in range(size)), strict=False))
        for counter, heard, mine in zip(counters, speakers, own, strict=True):
            counter.update(mine)
            heard.update(mine.keys())
    arrays = {"tokens": np.array([counter.total() for counter in counters])}
    for size, counter in enumerate(counters, start=1):
        frequent = sorted(
            (phrases.phrase_key(words), n)
            for words, n in counter.items()
            if speakers[size - 1][words] >= LEAST_SPEAKERS
        )
        arrays[f"hashes_{size}"] = np.array([key for key, _ in frequent], np.uint64)
        arrays[f"counts_{size}"] = np.array([min(n, 65_535) for _, n in frequent], np.uint16)
    return arrays


def spread_of(values: Sequence[float]) -> Spread:
    return Spread(
        _tidy(np.mean(values)), _tidy(np.std(values, ddof=1)), [_tidy(q) for q in np.percentile(values, QUANTILES)]
    )


def signals_of(documents: Sequence[Document]) -> dict[str, Spread]:
    """Each signal that a text without times has, one value a speaker."""
    found: dict[str, Spread] = {}
    for signal in signals.CATALOGUE:
        pairs = [signals.pair_of(signal, document, LANGUAGE) for document in documents]
        values = [pair[0] / pair[1] for pair in pairs if pair is not None]
        if len(values) >= FEWEST_SPEAKERS:
            found[signal.name] = spread_of(values)
    return found


def words_of(documents: Sequence[Document]) -> dict[str, Spread]:
    """Each function word per 1,000 words, one value a speaker."""
    counts, sizes = function_words.counts_of(documents)
    rates = 1000.0 * counts / sizes[:, None]
    return {
        word: Spread(_tidy(column.mean()), _tidy(column.std(ddof=1)))
        for word, column in zip(function_words.FUNCTION_WORDS, rates.T, strict=True)
    }


def main(arguments: Sequence[str]) -> None:
    documents = speakers_in(Path(arguments[0]))
    trigrams = sum(map(letters.trigram_counts, documents), np.zeros(letters.TRIGRAMS, np.int64))
    np.savez_compressed(FOLDER / "letters.npz", bits=letters.bits_of(trigrams).astype(np.float16))
    letters.load_bits.cache_clear()
    np.savez_compressed(FOLDER / "phrases.npz", **phrases_of(documents))
    background = Background(LANGUAGE, REGISTER, len(documents), signals_of(documents), words_of(documents))
    encoded = msgspec.json.format(msgspec.json.encode(background), indent=0)
    (FOLDER / "signals.json").write_bytes(encoded.replace(b"}},", b"}},\n").replace(b"},", b"},\n") + b"\n")
    for name in ("letters.npz", "phrases.npz", "signals.json"):
        print(f"{name}: {(FOLDER / name).stat().st_size / 1e3:.0f} kB")
    print(f"{len(documents)} speakers, {len(background.signals)} signals")


def _tidy(value: float | np.floating[Any]) -> float:
    return float(f"{value:.4g}")


if __name__ == "__main__":
    main(sys.argv[1:])
