"""What a safety check works on, fixed at its start, and what goes from step to step."""

from collections.abc import Sequence
from typing import Any, Literal
from uuid import UUID

from msgspec import Struct

from app.features.memory.preferences import Rule
from app.features.safety.claims import Weighed
from app.features.safety.findings import Draft
from app.features.safety.policy import Pack
from app.features.safety.schemas import DetectorRun, DetectorSkipped


class PlannedText(Struct, frozen=True):
    """A text that the script is held against: a version of a source, or of another script."""

    id: UUID
    version: int
    title: str
    role: Literal["reference", "own", "story", "script"]
    sha256: str | None = None


class CheckPlan(Struct, frozen=True):
    """The title isn't part of a version, so it is kept as it was. `rules`: the creator's own, which every prompt obeys."""

    check_id: UUID
    owner_id: UUID
    project_id: UUID
    script_id: UUID
    version: int
    title: str
    packs: list[Pack]
    texts: list[PlannedText]
    rules: list[Rule] = []
    language: str | None = None

    @property
    def in_english(self) -> bool:
        return self.language is None or self.language.split("-")[0].lower() == "en"

    def of_role(self, *roles: str) -> list[PlannedText]:
        return [text for text in self.texts if text.role in roles]


class Outcome(Struct):
    """What one or several detectors made of the script."""

    drafts: list[Draft] = []
    claims: list[Weighed] = []
    run: list[DetectorRun] = []
    skipped: list[DetectorSkipped] = []
    rejected: list[dict[str, Any]] = []
    prompts: list[str] = []


def together(outcomes: Sequence[Outcome]) -> Outcome:
    """All that was found, in the order in which the detectors looked."""
    return Outcome(*([item for one in outcomes for item in getattr(one, name)] for name in Outcome.__struct_fields__))
