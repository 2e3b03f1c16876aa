"""What passes between the steps of an answer."""

from uuid import UUID

from msgspec import Struct

from app.features.memory.preferences import Rule
from app.features.research.material import PlannedSource
from app.features.research.schemas import CitationRead, Gap, RejectedStatement
from app.shared.evidence import Span


class Quoted(Struct, frozen=True):
    """A place that an answer quotes."""

    source_id: UUID
    span: Span


class Turn(Struct, frozen=True):
    """A question that was asked before, and what was answered."""

    question: str
    answer: str = ""
    quoted: list[Quoted] = []


class AnswerPlan(Struct, frozen=True):
    """What an answer works on, fixed at its start; `turns` are the last ones before the question, the oldest first."""

    answer_id: UUID
    question_id: UUID
    question: str
    turns: list[Turn]
    sources: list[PlannedSource]
    rules: list[Rule]

    @property
    def titles(self) -> dict[UUID, str]:
        return {one.source_id: one.title for one in self.sources}

    @property
    def origin(self) -> dict[UUID, str]:
        return {one.source_id: one.sha256 for one in self.sources}


class Said(Struct):
    """A sentence of an answer with the quotes that carry it."""

    text: str
    citations: list[CitationRead]


class Draft(Struct):
    """An answer before it is stored. Its citations know neither page nor second yet."""

    engine: str
    prompts: list[str]
    sentences: list[Said]
    gap: Gap | None
    rejected: list[RejectedStatement] = []
