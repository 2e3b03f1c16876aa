"""Make the numbers that voices are compared with: `python -m benchmarks.voice_background DATA_DIR`.

From DATA_DIR/voice/background.jsonl: app/features/dna/background/spoken.npz (app/features/dna/speakers.py says what
it holds). No text is kept, and at the end it tries to get some back.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.features.dna import fingerprint
from app.features.dna.grams import grams_of
from app.features.dna.speakers import BAGS_A_SPEAKER, packed

FOLDER = Path(fingerprint.__file__).parent / "background"


def speakers_in(data: Path) -> list[dict[str, str]]:
    lines = (data / "voice" / "background.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def recovered(texts: Sequence[str], arrays: Mapping[str, NDArray[Any]]) -> list[str]:
    """What somebody who has the file and knows every word that was said gets back: words are found by hashing a
    dictionary; a passage is followed as long as its next word pair is in the bag and no other pair could follow."""
    known = set(arrays["hashes"].tolist())
    said = kept = single = pairs = 0
    runs: list[int] = []
    for text in texts:
        words = fingerprint.words_of(text)
        for part in np.array_split(np.arange(len(words)), BAGS_A_SPEAKER):
            grams = grams_of(words[part[0] : part[-1] + 1])
            said += len(grams)
            single += sum(gram in known for gram in grams[:, 0].tolist())
            listed = [gram in known for gram in grams[:, 1].tolist()]
            pairs += sum(listed)
            kept += len({gram for gram in grams[:, 1].tolist() if gram in known})
            follows: dict[int, set[int]] = {}
            for first, second, there in zip(grams[:, 0].tolist(), grams[1:, 0].tolist(), listed, strict=False):
                if there:
                    follows.setdefault(first, set()).add(second)
            run = 1
            for first, there in zip(grams[:, 0].tolist(), listed, strict=True):
                run = run + 1 if there and len(follows[first]) == 1 else 1
                runs.append(run)
    lengths = np.array(runs)
    return [
        f"{single / said:.1%} of the words said can be looked up (common ones), {pairs / said:.1%} of the pairs",
        f"longest run of words that follow from the file without a guess: {lengths.max()}; "
        f"runs of 8 words or more end at {np.mean(lengths >= 8):.2%} of the words",
    ]


def save(name: str, arrays: Mapping[str, NDArray[Any]]) -> None:
    np.savez_compressed(FOLDER / f"{name}.npz", allow_pickle=False, **arrays)


def main(arguments: Sequence[str]) -> None:
    texts = [speaker["text"] for speaker in speakers_in(Path(arguments[0]))]
    FOLDER.mkdir(exist_ok=True)
    arrays = packed(texts, fingerprint.words_of)
    save("spoken", arrays)
    print(f"spoken.npz: {(FOLDER / 'spoken.npz').stat().st_size / 1e6:.2f} MB")
    print(f"{len(texts)} speakers, {len(arrays['sizes'])} bags, {len(arrays['hashes'])} grams")
    print("\n".join(recovered(texts, arrays)))


if __name__ == "__main__":
    main(sys.argv[1:])
