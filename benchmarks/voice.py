"""Whose voice is it, measured beside what else there is: `python -m benchmarks.voice DATA_DIR` (ten minutes).

The fingerprint's part is what `strand evaluate voice` prints; app/evaluate/voice.py has the protocol.
"""

import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import perf_counter

import numpy as np

from app.evaluate import voice
from app.evaluate.voice import HEADER, File, Trial, row, trial
from app.features.dna import fingerprint, verdict
from app.features.dna.speakers import Background
from app.features.sources.readers.decoding import decode
from benchmarks.record import record
from benchmarks.voice_baselines import baselines

SPLITS = 60
RUNS = 5
ACCEPTED = 0.045
"""Of others, among the speakers that a threshold is chosen with: a little under what is wanted of new speakers."""
OTHER_REGISTERS = {
    "an address to Congress, 1961": "kennedy-1961.utf16bom.txt",
    "a novel of 1864": "Anon_Clara_1864.txt",
    "an encyclopedia's page": "wikipedia-mozilla.expected.html",
    "a podcast's transcript (the same register)": "the-changelog-300.md",
}


def compared(files: Sequence[File], texts: Sequence[str]) -> Iterator[str]:
    yield HEADER.replace("task", "baseline")
    for name, trainer in baselines(texts).items():
        yield row(name, trial(files, trainer))
        yield row(f"{name}, another show", trial(files, trainer, elsewhere=True))


def split_halves(same: Trial, other_show: Trial) -> Iterator[str]:
    """The threshold's base chosen with half of the speakers, tried on the others."""
    drawn, speakers, rates = np.random.default_rng(voice.SEED), same.scores.shape[1], []
    for _ in range(SPLITS):
        shuffled = drawn.permutation(speakers)
        chosen, tried = (np.sort(half).tolist() for half in np.array_split(shuffled, 2))
        near, far = same.of(chosen), (same.of(tried), other_show.of(tried))
        base = float(np.quantile(near.scores[~near.own], 1 - ACCEPTED))
        rates.append([(base <= trial.scores[~trial.own]).mean() for trial in far])
        rates[-1] += [(trial.scores[trial.own] < base).mean() for trial in far]
    means = np.mean(rates, axis=0)
    yield "\n| threshold chosen with five speakers, tried on the other five | same show | another show |"
    yield "| --- | --- | --- |"
    yield f"| others accepted | {means[0]:.3f} | {means[1]:.3f} |"
    yield f"| own rejected | {means[2]:.3f} | {means[3]:.3f} |"


def other_registers(files: Sequence[File], background: Background, data: Path) -> Iterator[str]:
    """As a print of each speaker has it; whose it is hardly matters."""
    hosts = sorted({file.host for file in files})
    prints = [
        fingerprint.train([file.learnt for file in files if file.host == host and not file.elsewhere], background)
        for host in hosts
    ]
    yield "\n| pieces of 1,000 words of | refused as another register, by any of the speakers' prints |"
    yield "| --- | --- |"
    for name, file in OTHER_REGISTERS.items():
        text = re.sub(r"<[^>]+>", " ", decode((data / "docs" / file).read_bytes()))
        counts = np.array([voice.refused(print_, text) for print_ in prints])
        yield f"| {name} | {counts[:, 0].mean() / counts[0, 1]:.0%} of {counts[0, 1]} |"


def cost(files: Sequence[File]) -> Iterator[str]:
    """Of one creator with 20 sources, from cold; medians."""
    sources = ([file.learnt for file in files if file.host == files[0].host] * 2)[:20]
    excerpt = " ".join(files[-1].text.split()[:1000])
    seconds = []
    for _ in range(RUNS):
        fingerprint.load_background.cache_clear()
        started = perf_counter()
        packed = fingerprint.dump(fingerprint.train(sources, fingerprint.load_background()))
        trained = perf_counter()
        verdict.match(fingerprint.restore(packed), excerpt)
        seconds.append((trained - started, perf_counter() - trained))
    training, matching = np.median(seconds, axis=0)
    yield "\n| what | takes |\n| --- | --- |"
    yield f"| training on 20 sources, reading the background included | {training:.2f} s |"
    yield f"| unpacking a print and matching 1,000 words | {matching * 1000:.0f} ms |"
    yield f"| a packed print | {len(packed) / 1e6:.2f} MB |"


def main(arguments: Sequence[str]) -> None:
    data = Path(arguments[0])
    folder = voice.voice_folder(data)
    files = voice.files_in(folder)
    background, said = voice.background_for(files, folder)
    model = voice.prints_of(background)
    same, other_show = (trial(files, model, words=(1000,), elsewhere=show)[1000] for show in (False, True))
    lines = [f"{len({file.host for file in files})} hosts, {len(files)} files, {said}.\n"]
    for part in (
        voice.tables(files, background, model),
        split_halves(same, other_show),
        [""],
        compared(files, voice.background_texts(files, folder)),
        other_registers(files, background, data),
        cost(files),
    ):
        for line in part:
            sys.stderr.write(f"{line}\n")
            lines.append(line)
    record("Whose voice is it?", "python -m benchmarks.voice DATA_DIR", "\n".join(lines))


if __name__ == "__main__":
    main(sys.argv[1:])
