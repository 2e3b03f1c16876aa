"""A framework's beats as sections of a video: how long each is, and which claims it works with."""

from collections.abc import Sequence
from uuid import UUID

from msgspec import Struct

from app.features.structures.frameworks import Blueprint, FrameworkBeat
from app.features.structures.material import CONTRADICTION, Material, Statement, Voice, kinds_of, ranked, year_of
from app.features.structures.schemas import PlannedSection

DEFAULT_MINUTES = 8.0
SECONDS_A_CLAIM = 20.0
"""A claim takes its sentence, and about as much again to make something of it."""
OWN_WAY = 0.5
"""How far the length of a beat goes from the framework's towards the creator's own."""
MEASURED_BEATS = frozenset(["hook", "promise", "recap", "outro"])
"""Beats whose length is the creator's habit; context and segments are what the framework is about."""
ANY = "any"
LEAST_SECONDS = 0.1


class Slot(Struct):
    """A section that is being filled."""

    beat: FrameworkBeat
    seconds: float
    room: int
    claims: list[Statement]


def sections(blueprint: Blueprint, material: Material) -> list[PlannedSection]:
    """The beats in order. Their seconds sum to the target; each claim stands in one of them at most."""
    seconds = times(shares_of(blueprint, material.voice), material.minutes)
    slots = [
        Slot(beat, length, max(1, int(length / SECONDS_A_CLAIM)), [])
        for beat, length in zip(blueprint.beats, seconds, strict=True)
    ]
    fill(slots, material, blueprint.order)
    titles = _titles(slots, material, blueprint.order)
    return [
        PlannedSection(slot.beat.type, title, slot.beat.purpose, slot.seconds, [one.id for one in slot.claims])
        for slot, title in zip(slots, titles, strict=True)
    ]


def shares_of(blueprint: Blueprint, voice: Voice | None) -> list[float]:
    """The framework's shares of the time, half-way to how long the creator's own openings and endings are."""
    shares = []
    for beat in blueprint.beats:
        own = voice.beats.get(beat.type) if voice and beat.type in MEASURED_BEATS else None
        shares.append(beat.share if not own else beat.share + OWN_WAY * (own / 100 - beat.share))
    total = sum(shares)
    return [share / total for share in shares]


def times(shares: Sequence[float], minutes: float) -> list[float]:
    """Seconds by share, in whole seconds where there is room for it, that sum to the minutes; the longest takes what
    rounding leaves."""
    total = minutes * 60
    step = 1.0 if total >= 60 else LEAST_SECONDS
    seconds = [
        max(min(step, total / len(shares)), round(share / sum(shares) * total / step) * step) for share in shares
    ]
    longest = seconds.index(max(seconds))
    seconds[longest] += total - sum(seconds)
    return [round(one, 6) for one in seconds]


def fill(slots: Sequence[Slot], material: Material, order: str) -> None:
    """What is disputed goes where it is discussed, both sides together; dated claims along the line, where a line is drawn;
    the rest to the beat that it fits best, as long as there is room."""
    left = ranked(material.statements)
    for one in [statement for statement in left if statement.disputed]:
        _discuss(slots, one, material)
    left = [statement for statement in left if not statement.disputed]
    if order == "time":
        left = _along_the_line(slots, left)
    elif order == "questions":
        left = _by_question(slots, left)
    for statement in left:
        best = max(slots, key=lambda slot: _wish(slot, statement), default=None)
        if best is not None and _wish(best, statement) > 0:
            best.claims.append(statement)
    places = {one.id: place for place, one in enumerate(material.statements)}
    for slot in slots:
        slot.claims.sort(key=lambda one: (year_of(one) or 0 if order == "time" else 0, places[one.id]))


def affinity(beat: FrameworkBeat, statement: Statement) -> float:
    """How well a statement fits what a beat takes, its first wish most."""
    kinds = kinds_of(statement)
    fits = [1 - 0.15 * place for place, wish in enumerate(beat.takes) if wish in kinds and wish != CONTRADICTION]
    return max(fits, default=0.2 if ANY in beat.takes else 0.0)


def _wish(slot: Slot, statement: Statement) -> float:
    if len(slot.claims) >= slot.room:
        return 0.0
    fits = affinity(slot.beat, statement)
    return fits - 0.3 * len(slot.claims) / slot.room if fits else 0.0


def _discuss(slots: Sequence[Slot], statement: Statement, material: Material) -> None:
    """Beside its opponent where that stands already; a dispute is whole or it is not there."""
    places = [slot for slot in slots if CONTRADICTION in slot.beat.takes]
    if not places:
        return
    others = {one for group in material.contradictions if statement.id in group for one in group}
    beside = [slot for slot in places if others & {one.id for one in slot.claims}]
    roomy = [slot for slot in places if len(slot.claims) < slot.room]
    if beside or roomy:
        (beside or roomy)[0].claims.append(statement)


def _along_the_line(slots: Sequence[Slot], statements: Sequence[Statement]) -> list[Statement]:
    """The dated ones in their order, cut where the room of each beat ends; gives the others."""
    line = [slot for slot in slots if "time" in slot.beat.takes and slot.beat.type in {"context", "segment"}]
    room = [max(0, slot.room - len(slot.claims)) for slot in line]
    dated = [one for one in statements if year_of(one)][: sum(room)]
    kept = sorted(dated, key=lambda one: year_of(one) or 0)
    placed: set[UUID] = set()
    total, begin = sum(room) or 1, 0
    passed = 0
    for slot, size in zip(line, room, strict=True):
        passed += size
        end = round(len(kept) * passed / total)
        slot.claims.extend(kept[begin:end])
        placed.update(one.id for one in kept[begin:end])
        begin = end
    return [one for one in statements if one.id not in placed]


def _by_question(slots: Sequence[Slot], statements: Sequence[Statement]) -> list[Statement]:
    """Each segment takes what answers the next question; gives what is left."""
    asked = list(dict.fromkeys(sorted(one.sub_question for one in statements if one.sub_question is not None)))
    segments = [slot for slot in slots if slot.beat.type == "segment"]
    placed: set[UUID] = set()
    for slot, question in zip(segments, asked, strict=False):
        own = [one for one in statements if one.sub_question == question][: max(0, slot.room - len(slot.claims))]
        slot.claims.extend(own)
        placed.update(one.id for one in own)
    return [one for one in statements if one.id not in placed]


def _titles(slots: Sequence[Slot], material: Material, order: str) -> list[str]:
    """The framework's, with the question that a segment answers, or the years that it spans."""
    titles = []
    asked = list(dict.fromkeys(sorted(one.sub_question for one in material.statements if one.sub_question is not None)))
    segment = 0
    for slot in slots:
        title = slot.beat.title
        if order == "questions" and slot.beat.type == "segment" and segment < len(asked):
            if asked[segment] < len(material.questions):
                title = material.questions[asked[segment]]
            segment += 1
        years = [year for one in slot.claims if (year := year_of(one))] if order == "time" else []
        if len(set(years)) > 1 and slot.beat.type in {"context", "segment"}:
            title = f"{title}: {min(years)} to {max(years)}"
        titles.append(title[:300])
    return titles
