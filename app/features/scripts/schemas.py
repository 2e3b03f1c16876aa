from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from app.db.models import VersionOrigin
from app.features.research.schemas import RejectedStatement
from app.shared.evidence import Span

Title = Annotated[str, Meta(min_length=1, max_length=300, examples=["How sailors found their longitude"])]
Instruction = Annotated[str, Meta(min_length=1, max_length=4000, examples=["Make this shorter."])]
LONGEST_NARRATION = 200_000


class ScriptCitation(Struct):
    """Where a narration rests on a source. `narration_span` points into the section's narration, `source_span` into the
    text of `source_version`. `edited`: the creator changed words of the sentence since; `quote` is null once the source is
    deleted."""

    claim_id: UUID | None
    narration_span: Span
    source_id: UUID
    source_version: int
    source_span: Span
    quote: str | None
    page: int | None = None
    start_seconds: float | None = None
    stale: bool = False
    edited: bool = False
    source_deleted: bool = False


class Section(Struct):
    """A part of a script. `unsupported`: sentences of the narration that state a fact which no citation carries."""

    id: str
    type: str
    title: str
    narration: str
    visuals: str
    on_screen_text: str
    locked: bool
    estimated_seconds: float
    citations: list[ScriptCitation] = []
    unsupported: list[Span] = []
    voice_match: float | None = None


class SectionEdit(Struct):
    """A section as the creator sends it: in the form in which it is read; what is reckoned is ignored."""

    narration: Annotated[str, Meta(max_length=LONGEST_NARRATION)]
    id: Annotated[str, Meta(min_length=1, max_length=64)] | None = None
    type: Annotated[str, Meta(min_length=1, max_length=64)] = "segment"
    title: Annotated[str, Meta(max_length=300)] = ""
    visuals: Annotated[str, Meta(max_length=20_000)] = ""
    on_screen_text: Annotated[str, Meta(max_length=5_000)] = ""
    locked: bool = False
    estimated_seconds: float | None = None
    citations: list[Any] = []
    unsupported: list[Any] = []
    voice_match: float | None = None


class VersionUsage(Struct, frozen=True):
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: Decimal = Decimal(0)


class Note(Struct):
    """What the coherence pass or a preference says of a place. `kind`: repeated, open_promise, used_before_introduced,
    preference, length."""

    kind: str
    message: str
    section_id: str | None = None
    span: Span | None = None


class LostCitation(Struct):
    """A citation whose words an edit took away: `was` is what stood there."""

    section_id: str
    claim_id: UUID | None
    source_id: UUID
    was: str


class VersionRead(Struct):
    """`rejected`: citations that an engine wrote and that did not hold, with the reason; they are not in the sections."""

    number: int
    parent: int | None
    origin: VersionOrigin
    instruction: str | None
    engine: str | None
    word_count: int
    estimated_seconds: float
    words_per_minute: float
    pace_measured: bool
    voice_match: float | None
    sections: list[Section]
    lost_citations: list[LostCitation]
    notes: list[Note]
    rejected: list[RejectedStatement]
    usage: VersionUsage
    created_at: datetime


class VersionSummary(Struct):
    """A version in a list: without its words."""

    number: int
    parent: int | None
    origin: VersionOrigin
    instruction: str | None
    engine: str | None
    word_count: int
    estimated_seconds: float
    voice_match: float | None
    usage: VersionUsage
    created_at: datetime


class ScriptRead(Struct):
    """A script with its head version; null until the first is written."""

    id: UUID
    project_id: UUID
    structure_id: UUID | None
    research_id: UUID | None
    dna_profile_id: UUID | None
    title: str
    target_minutes: float
    instructions: str | None
    head: int
    version: VersionRead | None
    created_at: datetime
    updated_at: datetime


class ScriptSummary(Struct):
    """A script in a list: without its versions."""

    id: UUID
    project_id: UUID
    structure_id: UUID | None
    research_id: UUID | None
    dna_profile_id: UUID | None
    title: str
    target_minutes: float
    head: int
    created_at: datetime
    updated_at: datetime


class ScriptCreate(Struct, forbid_unknown_fields=True):
    """Without `structure_id` the newest selected structure of the project is taken; `research_id` and `dna_profile_id`
    default to those of the structure, else to the project's; `target_minutes` to the project's, else 8."""

    title: Title | None = None
    structure_id: UUID | None = None
    research_id: UUID | None = None
    dna_profile_id: UUID | None = None
    target_minutes: Annotated[float, Meta(gt=0, le=240, examples=[12])] | None = None
    instructions: Instruction | None = None


class ScriptUpdate(Struct, forbid_unknown_fields=True):
    title: Title | UnsetType = UNSET


class VersionCreate(Struct, forbid_unknown_fields=True):
    """The creator's own edit of the head version."""

    base_version: Annotated[int, Meta(ge=1)]
    sections: Annotated[list[SectionEdit], Meta(min_length=1, max_length=200)]


class Selection(Struct, forbid_unknown_fields=True):
    section_id: Annotated[str, Meta(min_length=1, max_length=64)]
    span: Span


class RevisionCreate(Struct, forbid_unknown_fields=True):
    """An instruction on a selection, on sections, or on the whole script."""

    instruction: Instruction
    section_ids: Annotated[list[Annotated[str, Meta(max_length=64)]], Meta(min_length=1, max_length=200)] | None = None
    selection: Selection | None = None


class Restore(Struct, forbid_unknown_fields=True):
    version: Annotated[int, Meta(ge=1)]


class Operation(Struct):
    """A run of words. A changed place has a `change_id`, which its deletion and its insertion share."""

    op: Literal["equal", "insert", "delete"]
    text: str
    change_id: str | None = None


class SectionDiff(Struct):
    section_id: str
    title: str
    status: Literal["same", "changed", "added", "removed"]
    operations: list[Operation]


class ScriptDiff(Struct):
    from_version: int
    to_version: int
    sections: list[SectionDiff]


class Changes(Struct, forbid_unknown_fields=True):
    """Which changes of a version against its parent stay and which are taken back; what isn't named stays."""

    version: Annotated[int, Meta(ge=1)]
    accept: Annotated[list[Annotated[str, Meta(max_length=64)]], Meta(max_length=10_000)] = []
    reject: Annotated[list[Annotated[str, Meta(max_length=64)]], Meta(max_length=10_000)] = []


ExportFormat = Literal["md", "txt", "docx", "fountain", "srt", "vtt", "json", "teleprompter", "otio", "youtube"]
