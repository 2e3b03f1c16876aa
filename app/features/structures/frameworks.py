"""The teaching frameworks that are offered: data files, and what of a project's material speaks for each."""

import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from app.features.structures.schemas import Beat, Framework

FOLDER = Path(__file__).parent / "frameworks"


class FrameworkBeat(Beat, frozen=True):
    """`takes`: the kinds of statement that it has room for, `any` the rest too. Statements that are contradicted go where
    `contradiction` is taken, and nowhere else."""

    takes: tuple[str, ...]


class Blueprint(Struct, frozen=True, forbid_unknown_fields=True):
    """A framework with what speaks for it. `material`: weights of kinds of statement; `asked`: words of a brief; `hooks`:
    the openings that go with it; `usual`: what it counts where nothing speaks for any; `least_minutes`: shorter, its beats have no room; `order`: statements are laid out by
    time, by the questions of the research, or by what the beats take."""

    id: str
    name: str
    origin: str
    fits: str
    usual: float
    least_minutes: float
    order: Literal["time", "questions", ""]
    asked: tuple[str, ...]
    hooks: tuple[str, ...]
    material: dict[str, float]
    beats: tuple[FrameworkBeat, ...]

    def shown(self) -> Framework:
        beats = tuple(Beat(beat.type, beat.title, beat.purpose, beat.share) for beat in self.beats)
        return Framework(self.id, self.name, self.origin, self.fits, beats)


@lru_cache(maxsize=1)
def blueprints() -> dict[str, Blueprint]:
    """By id, which is the file's name."""
    files = sorted(FOLDER.glob("*.toml"))
    read = [{"id": file.stem, **tomllib.loads(file.read_text(encoding="utf-8"))} for file in files]
    return {one["id"]: msgspec.convert(one, Blueprint) for one in read}
