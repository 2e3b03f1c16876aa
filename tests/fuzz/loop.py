"""One format, fuzzed for a while. Findings don't stop it: each kind is made small, kept once, and it goes on."""

import hashlib
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from tests.fuzz.formats import FORMATS, Format, seeds_of
from tests.fuzz.mutating import Bytewise, packed, plain_bytewise, unpacked
from tests.fuzz.properties import Broken

MOST_CPU_SECONDS = 5.0
"""More than that for one small input is a finding."""
SHRINKING_SECONDS = 20.0
KEPT_BYTES = 20_000


class TooSlow(BaseException):
    """Not an Exception, so that nothing on its way takes it for a damaged file."""


class Fuzzing:
    """A run over one format; *folder* gets a file for each kind of finding, and what it is beside it."""

    def __init__(self, name: str, folder: Path, seed: int, most_cpu_seconds: float = MOST_CPU_SECONDS) -> None:
        self.name = name
        self.format: Format = FORMATS[name]
        self.folder = folder
        self.random = Random(seed)
        self.most_cpu_seconds = most_cpu_seconds
        self.runs = 0
        self.found: dict[str, Path] = {}
        folder.mkdir(parents=True, exist_ok=True)

    def one(self, data: bytes) -> None:
        """Check *data*; keep it where it breaks a promise in a way that is new."""
        self.runs += 1
        what = self.wrong_with(data)
        if what is None or what in self.found:
            return
        self.found[what] = path = self.folder / f"{hashlib.sha256(what.encode()).hexdigest()[:10]}.finding"
        path.write_bytes(data)
        path.with_suffix(".txt").write_text(f"{what}\n")
        print(f"{self.name}: {what} ({len(data)} bytes, {path.name})", flush=True)
        path.write_bytes(shrunk(data, lambda less: self.wrong_with(less) == what))

    def wrong_with(self, data: bytes) -> str | None:
        """The promise that it breaks, in words that are the same for each input that breaks it so."""
        try:
            with TemporaryDirectory(dir=scratch()) as folder, cpu_limit(self.most_cpu_seconds):
                self.format.check(Path(folder), data)
        except Broken as broken:
            return str(broken)
        except TooSlow as slow:
            return f"more than {self.most_cpu_seconds:g} s in {_place(slow)}"
        except Exception as error:
            return f"{type(error).__name__} in {_place(error)}"
        return None

    def mutated(self, data: bytes, bytewise: Bytewise | None = None, random: Random | None = None) -> bytes:
        random = random or self.random
        return self.format.mutate(data, random, bytewise or plain_bytewise(random))


def run_plainly(fuzzing: Fuzzing, seconds: float) -> None:
    """Without coverage: a seed, or what came of one, changed again and again."""
    known = seeds_of(fuzzing.name)
    until = time.monotonic() + seconds
    for data in known:
        fuzzing.one(data)
    while time.monotonic() < until:
        data = fuzzing.random.choice(known)
        for _ in range(fuzzing.random.randint(1, 6)):
            data = fuzzing.mutated(data)
        fuzzing.one(data)
        if len(data) < 20_000 and fuzzing.random.random() < 0.02:
            known = [*known[-400:], data]


def run_guided(fuzzing: Fuzzing, seconds: float, atheris: Any, corpus: Path) -> None:
    """By atheris (libFuzzer): inputs that reach new code of ours are kept and changed further. Ends the process."""
    corpus.mkdir(parents=True, exist_ok=True)
    seeds = seeds_of(fuzzing.name)
    most_kept = max(KEPT_BYTES, *map(len, seeds))
    for number, data in enumerate(seeds):
        (corpus / f"seed-{number}").write_bytes(data)

    def change(data: bytes, most: int, seed: int) -> bytes:
        def bytewise(piece: bytes) -> bytes:
            return bytes(atheris.Mutate(piece, len(piece) + 64))

        return fuzzing.mutated(bytes(data), bytewise, Random(seed))[:most]

    def check(data: bytes) -> int:
        """Large inputs count as new to libFuzzer for their size alone; kept, they would slow down all the rest."""
        try:
            fuzzing.one(data)
        finally:
            (fuzzing.folder / "runs").write_text(str(fuzzing.runs))
        return -1 if len(data) > most_kept else 0

    options = [f"-max_total_time={int(seconds)}", "-max_len=300000", "-timeout=120", "-rss_limit_mb=2500", "-print_final_stats=1", "-len_control=0", f"-artifact_prefix={fuzzing.folder}/", "-verbosity=0"]  # fmt: skip
    atheris.Setup([sys.argv[0], *options, str(corpus)], check, custom_mutator=change)
    atheris.Fuzz()


def shrunk(data: bytes, still: Callable[[bytes], bool], seconds: float = SHRINKING_SECONDS) -> bytes:
    """A smaller input that breaks the same: members of an archive left out, then shorter and shorter parts."""
    until = time.monotonic() + seconds
    members = unpacked(data) if data.startswith(b"PK") else {}
    if members and still(packed(members)):
        for name in list(members):
            less = {key: said for key, said in members.items() if key != name}
            if less and time.monotonic() < until and still(packed(less)):
                members = less
        for name in list(members):
            members[name] = cut_down(
                members[name], lambda said, name=name: still(packed({**members, name: said})), until
            )  # type: ignore[misc]
        return packed(members)
    return cut_down(data, still, until)


def cut_down(data: bytes, still: Callable[[bytes], bool], until: float) -> bytes:
    size = max(1, len(data) // 2)
    while size and time.monotonic() < until:
        place = 0
        while place < len(data) and time.monotonic() < until:
            less = data[:place] + data[place + size :]
            if still(less):
                data = less
            else:
                place += size
        size //= 2
    return data


@contextmanager
def cpu_limit(seconds: float) -> Iterator[None]:
    """CPU time, as the machine may be busy with other things; code in C is interrupted once it comes back."""

    def stop(*_: object) -> None:
        raise TooSlow

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def scratch() -> str | None:
    """Memory rather than a disk, where there is such a folder."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


def _place(error: BaseException) -> str:
    """The last line of ours that it happened in."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "/app/" in frame.filename] or frames
    return f"{ours[-1].name}, {Path(ours[-1].filename).name}"
