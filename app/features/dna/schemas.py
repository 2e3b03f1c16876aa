from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from app.db.models import Grade
from app.features.dna.corpus import LeftOut
from app.features.dna.exemplars import Exemplar
from app.features.dna.grades import NextGrade
from app.features.dna.match import Spread
from app.features.dna.phrases import Catchphrase
from app.features.dna.proof import ProofCard
from app.features.dna.signals import SignalRead
from app.features.dna.structure import Structure
from app.features.dna.traits import Rejected, Trait

ProfileName = Annotated[str, Meta(min_length=1, max_length=200, examples=["Nell, measuring things"])]
Step = Annotated[int, Meta(ge=-2, le=2)]


class ProfileCreate(Struct, forbid_unknown_fields=True):
    """Without `source_ids` every ready `own` source of the project is taken."""

    name: ProfileName | None = None
    source_ids: Annotated[list[UUID], Meta(min_length=1, max_length=1000)] | None = None
    speaker: Annotated[str, Meta(min_length=1, max_length=200)] | None = None


class Controls(Struct, forbid_unknown_fields=True):
    """How far a generated text may go from the measured voice, each -2 to 2."""

    formality: Step = 0
    energy: Step = 0
    humour: Step = 0
    depth: Step = 0
    pace: Step = 0


class ControlsUpdate(Struct, forbid_unknown_fields=True):
    """What is missing stays."""

    formality: Step | UnsetType = UNSET
    energy: Step | UnsetType = UNSET
    humour: Step | UnsetType = UNSET
    depth: Step | UnsetType = UNSET
    pace: Step | UnsetType = UNSET


class ProfileUpdate(Struct, forbid_unknown_fields=True):
    name: ProfileName | UnsetType = UNSET
    controls: ControlsUpdate | UnsetType = UNSET


class MatchRequest(Struct, forbid_unknown_fields=True):
    text: Annotated[str, Meta(min_length=1, max_length=500_000, examples=["Hold that thought. What does it weigh?"])]


class Corpus(Struct):
    """What a profile was built from; `minutes` counts timed sources only. `left_out`: chosen sources that say nothing
    of the creator's, or in another language than most. `next_grade` says what the grade above still takes."""

    sources: int
    words: int
    sentences: int
    minutes: float
    left_out: list[LeftOut] = []
    next_grade: NextGrade | None = None


class ProfileRead(Struct):
    id: UUID
    project_id: UUID
    name: str
    version: int
    engine: str
    grade: Grade
    language: str
    speaker: str | None
    corpus: Corpus
    signals: list[SignalRead]
    traits: list[Trait]
    catchphrases: list[Catchphrase]
    exemplars: list[Exemplar]
    structure: Structure | None
    proof: ProofCard | None
    controls: Controls
    rejected: list[Rejected]
    created_at: datetime


class ProfileSummary(Struct):
    """A profile in a list: without its signals and quotes."""

    id: UUID
    project_id: UUID
    name: str
    version: int
    engine: str
    grade: Grade
    language: str
    corpus: Corpus
    created_at: datetime


class PlannedSource(Struct, frozen=True):
    source_id: UUID
    version: int
    sha256: str
    names: dict[str, str] = {}
    """What each label of a speaker stood for when the build began."""


class Plan(Struct, frozen=True):
    """What a build works on, fixed at its start."""

    profile_id: UUID
    sources: list[PlannedSource]
    language: str
    speaker: str | None


class Measured(Struct):
    """The deterministic half of a profile: the same with every engine."""

    corpus: Corpus
    grade: Grade
    signals: list[SignalRead]
    catchphrases: list[Catchphrase]
    exemplars: list[Exemplar]
    structure: Structure
    split_half: float | None
    dimensions: dict[str, Spread]
