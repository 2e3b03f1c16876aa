"""Whose voice is it, measured on a folder: `strand evaluate voice --data DIR`.

DIR (or DIR/voice) holds a folder a speaker, a text file a source; `x-*` files are the same speaker in another show.
5 folds grouped by file; excerpts of 1,000 words (up to 3 a file) and 300 (up to 6); `x-*` files are tested against
models of all other files. If DIR has a background.jsonl (speaker, source, text), the background is made from it,
without speakers of an episode that is tested; else the background is the shipped one.
"""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.features.dna import fingerprint, verdict
from app.features.dna.fingerprint import VoicePrint, words_of
from app.features.dna.grams import grams_of
from app.features.dna.speakers import Background, packed, unpacked

FOLDS = 5
EXCERPTS = {1000: 3, 300: 6}
UNIT_WORDS, UNITS_A_FILE = 500, 6
RESAMPLES = 1000
SHUFFLES = 2
SEED = 7
REGISTER_PIECES = 100

_EPISODE = re.compile(r"(?:x-)?(.*?-\d{4})")


@dataclass(frozen=True, slots=True)
class Answer:
    """What one speaker's model says of an excerpt; `score` is compared between speakers."""

    score: float
    verdict: str = ""
    match: int | None = None


Ask = Callable[[str], Answer]
Spoil = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class File:
    host: int
    name: str
    text: str
    fold: int

    @property
    def elsewhere(self) -> bool:
        return self.name.startswith("x-")

    @property
    def learnt(self) -> str:
        return " ".join(self.text.split()[: UNIT_WORDS * UNITS_A_FILE])

    def excerpts(self, words: int) -> list[str]:
        every = self.text.split()
        most = min(EXCERPTS[words], len(every) // words)
        return [" ".join(every[n * words : (n + 1) * words]) for n in range(most)]


Trainer = Callable[[Sequence[Sequence[File]]], Callable[[str], Sequence[Answer]]]
"""From the files of each speaker to what their models say of an excerpt, speaker after speaker."""


@dataclass(frozen=True)
class Trial:
    """Every excerpt against every speaker; the arrays have shape (excerpts, speakers) or (excerpts,)."""

    scores: NDArray[np.float64]
    verdicts: NDArray[np.str_]
    matches: NDArray[np.float64]
    hosts: NDArray[np.int64]
    files: NDArray[np.str_]

    @cached_property
    def own(self) -> NDArray[np.bool_]:
        return np.equal(np.arange(self.scores.shape[1]), self.hosts[:, None])

    def top1(self) -> tuple[float, float, float]:
        """Share and its 95 % interval, by bootstrap over files."""
        right = self.scores.argmax(axis=1) == self.hosts
        _, file = np.unique(self.files, return_inverse=True)
        total, count = np.bincount(file, right), np.bincount(file)
        drawn = np.random.default_rng(SEED).integers(0, len(count), (RESAMPLES, len(count)))
        low, high = np.quantile(total[drawn].sum(axis=1) / count[drawn].sum(axis=1), [0.025, 0.975])
        return float(right.mean()), float(low), float(high)

    def roc(self) -> tuple[float, float]:
        """Area under the curve and equal error rate, over all pairs of excerpt and speaker."""
        own, others = np.sort(self.scores[self.own]), np.sort(self.scores[~self.own])
        auc = (np.searchsorted(others, own, "left") + np.searchsorted(others, own, "right")).mean() / 2
        rejected = np.searchsorted(own, own, "left") / len(own)
        accepted = 1 - np.searchsorted(others, own, "left") / len(others)
        nearest = np.argmin(np.abs(rejected - accepted))
        return float(auc / len(others)), float((rejected[nearest] + accepted[nearest]) / 2)

    def of(self, hosts: Sequence[int]) -> "Trial":
        """Only excerpts and models of these speakers."""
        rows = np.isin(self.hosts, hosts)
        pick = np.ix_(np.flatnonzero(rows), np.array(hosts))
        inside = np.searchsorted(hosts, self.hosts[rows])
        return Trial(self.scores[pick], self.verdicts[pick], self.matches[pick], inside, self.files[rows])


def voice_folder(data: Path) -> Path:
    return data / "voice" if (data / "voice").is_dir() else data


def files_in(folder: Path) -> list[File]:
    """Raises ValueError where no speaker has a file."""
    files = []
    for host, own in enumerate(sorted(path for path in folder.iterdir() if path.is_dir())):
        paths = sorted(own.glob("*.txt"))
        for kind in (False, True):
            chosen = [path for path in paths if path.name.startswith("x-") is kind]
            files += [File(host, p.stem, p.read_text(encoding="utf-8"), n % FOLDS) for n, p in enumerate(chosen)]
    if not files:
        raise ValueError(f"{folder} has no folder of a speaker with text files in it.")
    return files


def background_texts(files: Sequence[File], folder: Path) -> list[str]:
    """The texts of background.jsonl whose speaker is no guest in an episode that is among the files."""
    episodes = {found.group(1) for file in files if (found := _EPISODE.match(file.name))}
    kept = []
    for line in (folder / "background.jsonl").read_text(encoding="utf-8").splitlines():
        speaker = json.loads(line)
        show, _, episode = speaker["source"].removesuffix(".md").partition("/")
        number = episode.rpartition("-")[2]
        if not number.isdigit() or f"{show}-{int(number):04}" not in episodes:
            kept.append(speaker["text"])
    return kept


def background_for(files: Sequence[File], folder: Path) -> tuple[Background, str]:
    """The background to measure with, and what it is."""
    if not (folder / "background.jsonl").exists():
        return fingerprint.load_background(), "the shipped background"
    texts = background_texts(files, folder)
    return unpacked(packed(texts, words_of)), f"a background of {len(texts)} speakers"


def prints_of(background: Background) -> Trainer:
    """The fingerprint. A print that was trained once is kept: all the trials share them."""
    prints: dict[tuple[File, ...], VoicePrint] = {}

    def train(speakers: Sequence[Sequence[File]]) -> Callable[[str], Sequence[Answer]]:
        for own in map(tuple, speakers):
            if own not in prints:
                prints[own] = fingerprint.train([file.learnt for file in own], background)
        chosen = [prints[tuple(own)] for own in speakers]

        def ask(text: str) -> Sequence[Answer]:
            grams = grams_of(words_of(text))
            found = [verdict.judged(print_, grams) for print_ in chosen]
            return [Answer(one.margin, one.verdict, one.voice_match) for one in found]

        return ask

    return train


def trial(
    files: Sequence[File],
    trainer: Trainer,
    *,
    words: Sequence[int] = (1000, 300),
    elsewhere: bool = False,
    spoil: Spoil = str,
    owners: Sequence[int] | None = None,
) -> dict[int, Trial]:
    """For each length. `spoil` changes the excerpts; `owners` says whose a file is, if not its folder's."""
    owner = dict(zip(files, owners or [file.host for file in files], strict=True))
    hosts = sorted({file.host for file in files})
    home = [file for file in files if not file.elsewhere]
    rows: dict[int, list[tuple[int, str, Sequence[Answer]]]] = {length: [] for length in words}
    for fold in range(1 if elsewhere else FOLDS):
        learnt = [file for file in home if elsewhere or file.fold != fold]
        tested = [file for file in files if file.elsewhere] if elsewhere else [f for f in home if f.fold == fold]
        ask = trainer([[file for file in learnt if owner[file] == host] for host in hosts])
        for file in tested:
            for length in words:
                named = f"{file.host}/{file.name}"
                rows[length] += [(owner[file], named, ask(spoil(text))) for text in file.excerpts(length)]
    return {length: _gathered(found) for length, found in rows.items()}


def _gathered(rows: Sequence[tuple[int, str, Sequence[Answer]]]) -> Trial:
    return Trial(
        np.array([[answer.score for answer in answers] for _, _, answers in rows]),
        np.array([[answer.verdict for answer in answers] for _, _, answers in rows]),
        np.array([[np.nan if a.match is None else a.match for a in answers] for _, _, answers in rows]),
        np.array([owner for owner, _, _ in rows]),
        np.array([file for _, file, _ in rows]),
    )


def joined(trials: Sequence[Trial]) -> Trial:
    """Several trials as one; a file of one is not the same file in the next."""
    return Trial(
        np.concatenate([trial.scores for trial in trials]),
        np.concatenate([trial.verdicts for trial in trials]),
        np.concatenate([trial.matches for trial in trials]),
        np.concatenate([trial.hosts for trial in trials]),
        np.concatenate([np.char.add(trial.files, f"#{n}") for n, trial in enumerate(trials)]),
    )


def bare(text: str) -> str:
    """As bare speech recognition has it."""
    return re.sub(r"[^\w\s]|_", "", text.lower())


def row(name: str, trials: dict[int, Trial]) -> str:
    cells = []
    for length in EXCERPTS:
        top1, low, high = trials[length].top1()
        auc, eer = trials[length].roc()
        cells += [f"{top1:.3f} ({low:.3f} to {high:.3f})", f"{auc:.3f}", f"{eer:.3f}"]
    return f"| {name} | " + " | ".join(cells) + " |"


def calibration(name: str, found: Trial) -> str:
    own, others = found.verdicts[found.own], found.verdicts[~found.own]
    cells = [
        f"{np.mean(own != 'yours'):.3f}",
        f"{np.mean(own == 'not_yours'):.3f}",
        f"{np.mean(others == 'yours'):.3f}",
        _middle(found.matches[found.own]),
        _middle(found.matches[~found.own]),
        f"{np.mean(own == 'register_refused'):.3f}",
    ]
    return f"| {name} | " + " | ".join(cells) + " |"


def _middle(matches: NDArray[np.float64]) -> str:
    known = matches[~np.isnan(matches)]
    return f"{np.median(known):.0f}" if known.size else "none"


def refused(print_: VoicePrint, text: str) -> tuple[int, int]:
    """How many of a text's first pieces of 1,000 words are refused as another register, and out of how many."""
    words = text.split()
    pieces = [" ".join(words[n : n + 1000]) for n in range(0, len(words) - 999, 1000)][:REGISTER_PIECES]
    return sum(verdict.match(print_, piece).verdict == "register_refused" for piece in pieces), len(pieces)


HEADER = (
    "| task | top-1 at 1,000 words | AUC | EER | top-1 at 300 words | AUC | EER |\n"
    "| --- | --- | --- | --- | --- | --- | --- |"
)
CALIBRATION = (
    "\n| at 1,000 words | own not 'yours' | own 'not_yours' | others 'yours' | own match | theirs | own refused |\n"
    "| --- | --- | --- | --- | --- | --- | --- |"
)


def report(data: Path) -> Iterator[str]:
    """The tables, line by line. Raises ValueError where there is nothing to measure."""
    folder = voice_folder(data)
    files = files_in(folder)
    background, said = background_for(files, folder)
    hosts = sorted({file.host for file in files})
    yield f"{len(hosts)} speakers, {len(files)} files, {said}; chance is {1 / len(hosts):.2f}.\n"
    yield from tables(files, background, prints_of(background))


def tables(files: Sequence[File], background: Background, model: Trainer) -> Iterator[str]:
    home = [file for file in files if not file.elsewhere]
    yield HEADER
    found = {"same show": trial(files, model)}
    yield row("fingerprint", found["same show"])
    if len(home) < len(files):
        found["another show"] = trial(files, model, elsewhere=True)
        yield row("fingerprint, another show", found["another show"])
    found["lower case without punctuation"] = trial(files, model, spoil=bare)
    yield row("fingerprint, lower case without punctuation", found["lower case without punctuation"])
    drawn, owners = np.random.default_rng(SEED), [file.host for file in home]
    shuffled = [trial(home, prints_of(background), owners=drawn.permutation(owners).tolist()) for _ in range(SHUFFLES)]
    yield row(f"fingerprint, labels shuffled {SHUFFLES} times", {n: joined([t[n] for t in shuffled]) for n in EXCERPTS})
    yield CALIBRATION
    for name, trials in found.items():
        yield calibration(name, trials[1000])
