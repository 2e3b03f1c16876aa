"""The background: what other speakers of a register say, as numbers that no text can be read out of.

It keeps bags of 250 words: how often each word and word pair stands in them. A gram has a column only if
FEWEST_SPEAKERS different speakers said it; of all others, only their share of each bag's length is kept. So the
file tells which common phrases a passage has, never a phrase that one person said.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from app.features.dna.grams import Doubles, Integers, Lexicon, Reals, Rows, grams_of

BAGS_A_SPEAKER, RUNGS = 8, 3
BAG_WORDS = 250
FEWEST_SPEAKERS = 3
FOLDS = 5
ASKING_RIDGE = 10.0

_SENTENCE_ENDS = re.compile(r"[.?!…]+")


@dataclass(frozen=True)
class Background:
    """`rungs[k]`: runs of 2**k bags, speaker after speaker. `asking`: a weight of each column, high where a passage
    asks and addresses rather than tells."""

    lexicon: Lexicon
    asking: Reals
    rungs: tuple[Rows, ...]

    @cached_property
    def gram(self) -> Doubles:
        return self.rungs[0].gram(self.rungs[0])

    def folds(self, rung: int) -> Integers:
        """Fold of each row's speaker: a speaker is never scored by a model that was trained on them."""
        return np.arange(len(self.rungs[rung])) // (BAGS_A_SPEAKER >> rung) % FOLDS


def unpacked(arrays: dict[str, np.ndarray]) -> Background:
    """From what `packed` made."""
    hashes, roots = arrays["hashes"], arrays["roots"].astype(np.float32)
    sizes, counts, columns = (arrays[name].astype(np.int64) for name in ("sizes", "counts", "columns"))
    bags, width, rungs = np.repeat(np.arange(len(sizes)), sizes), len(hashes), []
    for rung, unseen in zip(range(RUNGS), np.split(arrays["unseen"], _ends(len(sizes))), strict=True):
        keys, place = np.unique((bags >> rung) * width + columns, return_inverse=True)
        starts = np.searchsorted(keys // width, np.arange((len(sizes) >> rung) + 1))
        values = np.cbrt(np.bincount(place, counts)) * roots[keys % width]
        norms = np.sqrt(np.add.reduceat(values**2, starts[:-1]) + unseen)
        values = (values / np.repeat(norms, np.diff(starts))).astype(np.float32)
        rungs.append(Rows(keys % width, values, starts, width))
    lexicon = Lexicon(hashes, roots, float(arrays["unseen_root"]))
    return Background(lexicon, arrays["asking"].astype(np.float32), tuple(rungs))


def packed(texts: Sequence[str], words_of: Callable[[str], Sequence[str]]) -> dict[str, np.ndarray]:
    """Numbers of speakers, one text of 2,000 words or so each.

    sqrt(idf), idf = ln((N + 1) / (df + 1)) + 1 over N bags of 500 words; a gram of too few speakers counts as said
    by nobody. `asking` is a ridge regression of the square root of the share of questions among sentences.
    """
    bags = [bag for text in texts for bag in np.array_split(grams_of(words_of(text)), BAGS_A_SPEAKER)]
    lexicon = _lexicon(bags)
    spread = [_spread_out(lexicon, bags, rung) for rung in range(RUNGS)]
    known = spread[0][0]
    sizes = np.array([len(columns) for columns, _ in known])
    arrays = {
        "hashes": lexicon.hashes,
        "roots": lexicon.roots.astype(np.float16),
        "unseen_root": np.float32(lexicon.unseen),
        "columns": np.concatenate([columns for columns, _ in known]).astype(np.uint32),
        "counts": np.minimum(np.concatenate([counts for _, counts in known]), 255).astype(np.uint8),
        "sizes": sizes.astype(np.uint16),
        "unseen": np.concatenate([lengths for _, lengths in spread]).astype(np.float32),
        "asking": np.zeros(len(lexicon.hashes), np.float16),
    }
    rows = unpacked(arrays).rungs[0]
    shares = np.sqrt([_questions(text, part) for text in texts for part in range(BAGS_A_SPEAKER)])
    kernel = rows.gram(rows) + 1 + ASKING_RIDGE * np.eye(len(rows))
    arrays["asking"] = rows.combined(np.linalg.solve(kernel, shares - shares.mean())).astype(np.float16)
    return arrays


def _lexicon(bags: Sequence[Integers]) -> Lexicon:
    speakers: Counter[int] = Counter()
    passages: Counter[int] = Counter()
    for n in range(0, len(bags), BAGS_A_SPEAKER):
        speakers.update(np.unique(np.concatenate(bags[n : n + BAGS_A_SPEAKER])).tolist())
    for n in range(0, len(bags), 2):
        passages.update(np.unique(np.concatenate(bags[n : n + 2])).tolist())
    kept = np.array(sorted(key for key, found in speakers.items() if key >= 0 and found >= FEWEST_SPEAKERS))
    total = len(bags) // 2
    idf = np.log((total + 1) / (np.array([passages[key] for key in kept.tolist()]) + 1)) + 1
    unseen = float(np.sqrt(np.log(total + 1) + 1))
    return Lexicon(kept.astype(np.uint32), np.sqrt(idf).astype(np.float16), unseen)


def _spread_out(lexicon: Lexicon, bags: Sequence[Integers], rung: int) -> tuple[list[tuple[Integers, Integers]], Reals]:
    """Columns and counts of each run of 2**rung bags, and the squared length of what has no column in each."""
    known, lengths = [], []
    for n in range(0, len(bags), 1 << rung):
        run = np.concatenate(bags[n : n + (1 << rung)])
        found, counts = np.unique(run[run >= 0], return_counts=True)
        listed = np.isin(found, lexicon.hashes)
        known.append((np.searchsorted(lexicon.hashes, found[listed]), counts[listed]))
        lengths.append(float((np.cbrt(counts[~listed]) ** 2).sum()) * lexicon.unseen**2)
    return known, np.array(lengths, np.float32)


def _questions(text: str, part: int) -> float:
    words = text.split()
    first, last = (len(words) * n // BAGS_A_SPEAKER for n in (part, part + 1))
    passage = " ".join(words[first:last])
    return passage.count("?") / max(1, len(_SENTENCE_ENDS.findall(passage)))


def _ends(bags: int) -> Integers:
    return np.cumsum([bags >> rung for rung in range(RUNGS - 1)])
