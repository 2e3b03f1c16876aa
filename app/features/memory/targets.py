"""What feedback can be about, and whose it is."""

from typing import Any
from uuid import UUID

from sqlalchemy import Select, select

from app.db.models import (
    ChatMessage,
    DnaProfile,
    IdeaCheck,
    Repurposing,
    ResearchBrief,
    SafetyCheck,
    SafetyFinding,
    Script,
    ScriptVersion,
    Structure,
)

OWNED: dict[str, Any] = {
    "dna_profile": DnaProfile,
    "research": ResearchBrief,
    "structure": Structure,
    "idea_check": IdeaCheck,
    "script": Script,
    "safety_check": SafetyCheck,
    "chat_message": ChatMessage,
    "repurposing": Repurposing,
}
WITHIN: dict[str, tuple[Any, Any, Any]] = {
    "script_version": (ScriptVersion, Script, ScriptVersion.script_id == Script.id),
    "finding": (SafetyFinding, SafetyCheck, SafetyFinding.check_id == SafetyCheck.id),
}
"""What belongs to something that has an owner."""


def target_of(owner_id: UUID, target_type: str, target_id: UUID) -> Select[UUID]:
    """The target's id, if it is this owner's."""
    if target_type in WITHIN:
        inner, outer, belongs = WITHIN[target_type]
        return select(inner.id).join(outer, belongs).where(inner.id == target_id, outer.owner_id == owner_id)
    model = OWNED[target_type]
    return select(model.id).where(model.id == target_id, model.owner_id == owner_id)
