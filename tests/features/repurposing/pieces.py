"""Scripts for repurposing, as structs."""

from uuid import UUID, uuid4

from app.features.scripts import citing
from app.features.scripts.schemas import ScriptCitation, Section
from app.shared.evidence import Span

SOURCE = uuid4()


def script_of(*parts: tuple[str, str, list[str]], types: list[str] | None = None) -> list[Section]:
    """Sections of (title, narration, the sentences of it that are cited)."""
    kinds = types or ["hook", *["segment"] * (len(parts) - 1)]
    return [
        citing.settled(
            Section(
                f"s{at}", kind, title, narration, "", "", locked=False, estimated_seconds=10.0,
                citations=[citation(narration, said) for said in cited],
            )
        )
        for at, ((title, narration, cited), kind) in enumerate(zip(parts, kinds, strict=True), 1)
    ]  # fmt: skip


def citation(narration: str, said: str, claim_id: UUID | None = None) -> ScriptCitation:
    start = narration.index(said)
    return ScriptCitation(
        claim_id or uuid4(), Span(start, start + len(said)), SOURCE, 1, Span(start, start + len(said)), said
    )


WATCH = [
    "John Harrison finished the watch called H4 in 1759.",
    "It weighs 1.45 kilograms.",
    "On the voyage to Jamaica in 1761 the watch lost five seconds in 81 days.",
]
MOON = [
    "Nevil Maskelyne published the tables for the moon in 1767.",
    "A navigator needed four hours of arithmetic for one position.",
]


def clocks() -> list[Section]:
    return script_of(
        ("The fog", "How do you know where you are at sea? Nobody could say for three centuries.", []),
        (
            "The watch",
            f"{WATCH[0]} {WATCH[1]}\n\n{WATCH[2]} [your words: why that matters | 30 words]",
            WATCH,
        ),
        ("The moon", f"{MOON[0]} {MOON[1]} The Royal Society paid for all of it in 1790.", MOON),
        ("Farewell", "Which of the two would you have trusted?", []),
        types=["hook", "segment", "segment", "outro"],
    )
