"""Two profiles side by side: what changed, and which of it is more than chance."""

from uuid import UUID

from msgspec import Struct

from app.db.models import Grade
from app.features.dna.schemas import ProfileRead


class Side(Struct):
    id: UUID
    name: str
    version: int
    grade: Grade
    engine: str
    words: int


class SignalChange(Struct):
    """`clear`: the two 95 % intervals don't overlap."""

    name: str
    group: str
    unit: str
    this: float | None
    other: float | None
    change: float | None
    clear: bool


class SetChange(Struct):
    """Names that both have, and that only one has."""

    both: list[str]
    only_this: list[str]
    only_other: list[str]


class Comparison(Struct):
    this: Side
    other: Side
    signals: list[SignalChange]
    catchphrases: SetChange
    traits: SetChange
    controls: dict[str, list[int]]


def compare(this: ProfileRead, other: ProfileRead) -> Comparison:
    """Signals in the order of the first profile, clear changes first."""
    there = {signal.name: signal for signal in other.signals}
    changes = []
    for signal in this.signals:
        twin = there.get(signal.name)
        value = twin.value if twin else None
        both = signal.value is not None and value is not None
        changes.append(
            SignalChange(
                signal.name, signal.group, signal.unit, signal.value, value,
                round(value - signal.value, 6) if signal.value is not None and value is not None else None,
                both and twin is not None and _apart((signal.ci_low, signal.ci_high), (twin.ci_low, twin.ci_high)),
            )
        )  # fmt: skip
    changes.sort(key=lambda change: not change.clear)
    controls = {
        name: [getattr(this.controls, name), getattr(other.controls, name)] for name in this.controls.__struct_fields__
    }
    return Comparison(
        _side(this), _side(other), changes,
        _sets([phrase.phrase for phrase in this.catchphrases], [phrase.phrase for phrase in other.catchphrases]),
        _sets([trait.name for trait in this.traits], [trait.name for trait in other.traits]),
        controls,
    )  # fmt: skip


def _apart(one: tuple[float | None, float | None], two: tuple[float | None, float | None]) -> bool:
    low, high = one
    other_low, other_high = two
    if low is None or high is None or other_low is None or other_high is None:
        return False
    return high < other_low or other_high < low


def _side(profile: ProfileRead) -> Side:
    return Side(profile.id, profile.name, profile.version, profile.grade, profile.engine, profile.corpus.words)


def _sets(this: list[str], other: list[str]) -> SetChange:
    return SetChange(
        [name for name in this if name in other],
        [name for name in this if name not in other],
        [name for name in other if name not in this],
    )
