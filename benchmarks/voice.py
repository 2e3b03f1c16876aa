"""Whose voice is it, measured: `python -m benchmarks.voice DATA_DIR` (about three minutes).

The recipe of DATA_DIR/README.md: 5 folds grouped by file; excerpts of 1,000 words (up to 3 a file) and 300
(up to 6); `x-*` files, the same hosts in another show, are tested against models of the whole main show.
Background speakers who are guests in an episode that is tested are left out of the background.
"""

import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.features.dna import fingerprint
from app.features.dna.fingerprint import Background, VoicePrint, words_of
from benchmarks.record import record
from benchmarks.voice_background import bags_of, speakers_in

FOLDS = 5
EXCERPTS = {1000: 3, 300: 6}
UNIT_WORDS = 500
UNITS_A_FILE = 6
DELTA_WORDS = 1500
RESAMPLES = 1000
SHUFFLES = 2
RNG = np.random.default_rng(7)

Answer = tuple[float, str, int | None]  # score, verdict, match
Row = tuple[int, "File", list[Answer]]  # the owner of an excerpt, its file, what each host's model says
Trainer = Callable[[list["File"]], Callable[[str], Answer]]


@dataclass(frozen=True, slots=True)
class File:
    host: int
    name: str
    text: str
    fold: int

    @property
    def elsewhere(self) -> bool:
        return self.name.startswith("x-")

    def excerpts(self, words: int, most: int) -> list[str]:
        every = self.text.split()
        return [" ".join(every[n * words : (n + 1) * words]) for n in range(min(most, len(every) // words))]


@dataclass(frozen=True, slots=True)
class Trial:
    """Every excerpt against every host. Shapes: scores, verdicts, matches (excerpts, hosts)."""

    scores: NDArray[np.float64]
    hosts: NDArray[np.int64]
    files: NDArray[np.str_]
    verdicts: NDArray[np.str_]
    matches: NDArray[np.float64]

    @property
    def own(self) -> NDArray[np.bool_]:
        return np.arange(self.scores.shape[1]) == self.hosts[:, None]

    def top1(self) -> tuple[float, float, float]:
        """Share and its 95 % interval, by bootstrap over files."""
        right = self.scores.argmax(axis=1) == self.hosts
        _, file = np.unique(self.files, return_inverse=True)
        total, count = np.bincount(file, right), np.bincount(file)
        drawn = RNG.integers(0, len(count), (RESAMPLES, len(count)))
        low, high = np.quantile(total[drawn].sum(axis=1) / count[drawn].sum(axis=1), [0.025, 0.975])
        return float(right.mean()), float(low), float(high)

    def roc(self) -> tuple[float, float]:
        """Area under the curve and equal error rate, over all pairs of excerpt and host."""
        own, others = np.sort(self.scores[self.own]), np.sort(self.scores[~self.own])
        auc = (np.searchsorted(others, own, "left") + np.searchsorted(others, own, "right")).mean() / 2
        rejected = np.searchsorted(own, own, "left") / len(own)
        accepted = 1 - np.searchsorted(others, own, "left") / len(others)
        nearest = np.argmin(np.abs(rejected - accepted))
        return float(auc / len(others)), float((rejected[nearest] + accepted[nearest]) / 2)


def files_in(data: Path) -> list[File]:
    files = []
    hosts = sorted(path for path in (data / "voice").iterdir() if path.is_dir())
    for host, folder in enumerate(hosts):
        for prefix in ("[!x]*.txt", "x-*.txt"):
            for n, path in enumerate(sorted(folder.glob(prefix))):
                files.append(File(host, path.stem, path.read_text(encoding="utf-8"), n % FOLDS))
    return files


def background_apart_from(files: Sequence[File], data: Path) -> tuple[Background, list[str]]:
    """The background without speakers of an episode that is among the files; and its texts."""
    episodes = {
        file.name.removeprefix("x-")[: re.search(r"-\d{4}", file.name.removeprefix("x-")).end()] for file in files
    }
    kept = []
    for speaker in speakers_in(data):
        show, episode = speaker["source"].removesuffix(".md").split("/")
        if f"{show}-{int(episode.rsplit('-', 1)[1]):04}" not in episodes:
            kept.append(speaker["text"])
    return fingerprint.background_of(*bags_of(kept)), kept


def ridge(background: Background) -> Trainer:
    prints: dict[tuple[File, ...], VoicePrint] = {}

    def train(files: list[File]) -> Callable[[str], Answer]:
        if tuple(files) not in prints:
            sources = [" ".join(file.text.split()[: UNIT_WORDS * UNITS_A_FILE]) for file in files]
            prints[tuple(files)] = fingerprint.train(sources, background)
        print_ = prints[tuple(files)]

        def ask(text: str) -> Answer:
            found = fingerprint.match(print_, text)
            return found.z, found.verdict, found.voice_match

        return ask

    return train


def cosine_delta(texts: Sequence[str]) -> Trainer:
    """Cosine Delta (Smith and Aldridge 2011): z-scores of frequent words, cosine to the mean."""
    counts: dict[str, int] = {}
    documents = [text.split() for text in texts]
    units = [words_of(" ".join(d[n : n + UNIT_WORDS])) for d in documents for n in range(0, len(d), UNIT_WORDS)]
    for word in (word for unit in units for word in unit):
        counts[word] = counts.get(word, 0) + 1
    columns = {word: n for n, word in enumerate(sorted(counts, key=lambda word: (-counts[word], word))[:DELTA_WORDS])}

    def shares(words: Sequence[str]) -> NDArray[np.float64]:
        known = [columns[word] for word in words if word in columns]
        return np.bincount(known, minlength=len(columns)) / max(1, len(words))

    matrix = np.array([shares(unit) for unit in units if unit])
    mean, spread = matrix.mean(axis=0), matrix.std(axis=0) + 1e-9

    def train(files: list[File]) -> Callable[[str], Answer]:
        pieces = [piece for file in files for piece in file.excerpts(UNIT_WORDS, UNITS_A_FILE)]
        centre = np.mean([(shares(words_of(piece)) - mean) / spread for piece in pieces], axis=0)

        def ask(text: str) -> Answer:
            vector = (shares(words_of(text)) - mean) / spread
            return float(vector @ centre / np.linalg.norm(vector) / np.linalg.norm(centre)), "", None

        return ask

    return train


def trial(
    files: Sequence[File],
    trainer: Trainer,
    words: Sequence[int] = (1000, 300),
    elsewhere: bool = False,
    spoil: Callable[[str], str] = str,
    owners: Sequence[int] | None = None,
) -> dict[int, Trial]:
    """`spoil` changes the excerpts; `owners` says whose a file is, if not its host's."""
    hosts = sorted({file.host for file in files})
    owner = dict(zip(files, owners or [file.host for file in files], strict=True))
    gathered: dict[int, list[Row]] = {length: [] for length in words}
    for fold in range(1 if elsewhere else FOLDS):
        home = [file for file in files if not file.elsewhere]
        learnt = [file for file in home if elsewhere or file.fold != fold]
        tested = [file for file in files if file.elsewhere] if elsewhere else [f for f in home if f.fold == fold]
        asks = [trainer([f for f in learnt if owner[f] == host]) for host in hosts]
        for file in tested:
            for length in words:
                for text in map(spoil, file.excerpts(length, EXCERPTS[length])):
                    gathered[length].append((owner[file], file, [ask(text) for ask in asks]))
    return {length: _trial_of(rows) for length, rows in gathered.items()}


def _trial_of(rows: Sequence[Row]) -> Trial:
    return Trial(
        np.array([[score for score, _, _ in answers] for _, _, answers in rows]),
        np.array([owner for owner, _, _ in rows]),
        np.array([f"{file.host}/{file.name}" for _, file, _ in rows]),
        np.array([[verdict for _, verdict, _ in answers] for _, _, answers in rows]),
        np.array([[np.nan if m is None else m for _, _, m in answers] for _, _, answers in rows]),
    )


def joined(trials: Sequence[Trial]) -> Trial:
    """Several trials as one; a file of one is not the same file in the next."""
    named = [np.char.add(trial.files, f"#{n}") for n, trial in enumerate(trials)]
    return Trial(
        np.concatenate([trial.scores for trial in trials]),
        np.concatenate([trial.hosts for trial in trials]),
        np.concatenate(named),
        np.concatenate([trial.verdicts for trial in trials]),
        np.concatenate([trial.matches for trial in trials]),
    )


def bare(text: str) -> str:
    """As bare speech recognition has it."""
    return re.sub(r"[^\w\s]|_", "", text.lower())


def row(name: str, trials: dict[int, Trial]) -> str:
    cells = []
    for length in EXCERPTS:
        if length not in trials:
            cells += ["", "", ""]
            continue
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
        f"{np.nanmedian(found.matches[found.own]):.0f}",
        f"{np.nanmedian(found.matches[~found.own]):.0f}",
        f"{np.mean(own == 'register_refused'):.3f}",
    ]
    return f"| {name} | " + " | ".join(cells) + " |"


def refusals(print_: VoicePrint, data: Path) -> list[str]:
    """How many pieces of 1,000 words of other registers are refused."""
    lines = []
    for name, encoding in (
        ("kennedy-1961.utf16bom.txt", "utf-16"),
        ("Anon_Clara_1864.txt", "utf-8"),
        ("the-changelog-300.md", "utf-8"),
    ):
        words = (data / "docs" / name).read_text(encoding=encoding).split()[:100_000]
        pieces = [" ".join(words[n : n + 1000]) for n in range(0, len(words) - 999, 1000)]
        refused = sum(fingerprint.match(print_, piece).verdict == "register_refused" for piece in pieces)
        lines.append(f"| {name} | {refused} of {len(pieces)} |")
    return lines


def main(arguments: Sequence[str]) -> None:
    data = Path(arguments[0])
    files = files_in(data)
    background, texts = background_apart_from(files, data)
    model = ridge(background)
    same, other_show = trial(files, model), trial(files, model, elsewhere=True)
    home = [file for file in files if not file.elsewhere]
    shuffled = [
        trial(home, model, words=(length,), owners=RNG.permutation([file.host for file in home]).tolist())
        for length in [*EXCERPTS] * SHUFFLES
    ]
    delta = cosine_delta(texts)
    lines = [
        f"{len({f.host for f in files})} hosts, {len(files)} files, background of {len(texts)} speakers.\n",
        "| task | top-1 at 1,000 words | AUC | EER | top-1 at 300 words | AUC | EER |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        row("ridge", same),
        row("ridge, another show", other_show),
        row("ridge, lower case without punctuation", trial(files, model, spoil=bare)),
        row(
            f"ridge, labels shuffled {SHUFFLES} times",
            {n: joined([t[n] for t in shuffled if n in t]) for n in EXCERPTS},
        ),
        row("cosine delta", trial(files, delta)),
        row("cosine delta, another show", trial(files, delta, elsewhere=True)),
        "\n| at 1,000 | own not 'yours' | own 'not_yours' | others 'yours' | own match | theirs | refused |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        calibration("same show", same[1000]),
        calibration("another show", other_show[1000]),
        "\n| register | refused |\n| --- | --- |",
        *refusals(fingerprint.train([f.text for f in home if f.host == 0], background), data),
    ]
    record("Whose voice is it?", "python -m benchmarks.voice DATA_DIR", "\n".join(lines))


if __name__ == "__main__":
    main(sys.argv[1:])
