from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from app.db.models import AdLevel, FindingField, FindingStatus, Severity, Verdict
from app.features.safety.policy import ClauseKind
from app.shared.evidence import Span

PackId = Annotated[str, Meta(min_length=1, max_length=64, examples=["youtube-advertiser"])]
PackName = Annotated[str, Meta(min_length=1, max_length=200, examples=["Brasswork tools"])]
Phrase = Annotated[str, Meta(min_length=1, max_length=200)]


class CheckCreate(Struct, forbid_unknown_fields=True):
    """Without `version` the head; without `policy_packs` all packs that come with Strand. The pack `evidence` is held
    against every script."""

    version: Annotated[int, Meta(ge=1)] | None = None
    policy_packs: Annotated[list[PackId], Meta(min_length=1, max_length=50)] | None = None


class CheckedPack(Struct):
    """`current`: the pack hasn't changed since."""

    id: str
    version: int
    current: bool


class RatingRead(Struct):
    """What a category leaves of advertising. `assessed`: full where everything that can see it ran, partly where some of it
    didn't, none where nothing did."""

    category: str
    level: AdLevel
    assessed: Literal["full", "partly", "none"]


class PolicyReference(Struct):
    """The clause that a finding rests on, as it was when the script was checked."""

    pack: str
    version: int
    clause_id: str
    text: str


class FindingRead(Struct):
    """One place to look at. `span` counts code points of the field's text, which says `quote` there; field, span and quote
    are null where something is absent. `carried_from`: the finding of an earlier check whose answer holds still."""

    id: UUID
    category: str
    level: AdLevel
    severity: Severity
    confidence: float
    field: FindingField | None
    section_id: str | None
    span: Span | None
    quote: str | None
    rationale: str
    policy: PolicyReference
    evidence: list[dict[str, Any]]
    suggestion: str | None
    detector: str
    status: FindingStatus
    note: str | None
    resolved_at: datetime | None
    carried_from: UUID | None


class ClaimEvidence(Struct):
    """What a source says to a claim; `quote` is null once the source is deleted. `on`: what differs where it contradicts."""

    source_id: UUID
    source_version: int
    title: str | None
    chunk_id: UUID | None
    quote: str | None
    span: Span
    page: int | None
    start_seconds: float | None
    stance: Literal["supports", "contradicts"]
    stale: bool = False
    source_deleted: bool = False
    on: str | None = None
    said: str | None = None


class ClaimCheckRead(Struct):
    """A check-worthy sentence of the script and what the sources say to it."""

    field: FindingField
    section_id: str | None
    span: Span
    quote: str
    status: Literal["supported", "contradicted", "not_found"]
    on: str | None
    explanation: str
    confidence: float
    evidence: list[ClaimEvidence]
    detector: str


class DetectorRun(Struct):
    detector: str
    version: str


class DetectorSkipped(Struct):
    detector: str
    reason: str


class RejectedFinding(Struct):
    statement: str
    reason: str


class CheckRead(Struct):
    """`verdict` and the levels of `ratings` leave dismissed findings out."""

    id: UUID
    script_id: UUID
    version: int
    verdict: Verdict
    engine: str
    packs: list[CheckedPack]
    ratings: list[RatingRead]
    findings: list[FindingRead]
    claims: list[ClaimCheckRead]
    detectors_run: list[DetectorRun]
    detectors_skipped: list[DetectorSkipped]
    rejected: list[RejectedFinding]
    created_at: datetime


class CheckSummary(Struct):
    """A check in a list: without its findings."""

    id: UUID
    script_id: UUID
    version: int
    verdict: Verdict
    engine: str
    packs: list[CheckedPack]
    ratings: list[RatingRead]
    open_findings: int
    resolved_findings: int
    detectors_skipped: list[DetectorSkipped]
    created_at: datetime


class FindingUpdate(Struct, forbid_unknown_fields=True):
    """What the creator makes of a finding; `dismissed` needs a note."""

    status: FindingStatus | UnsetType = UNSET
    note: Annotated[str, Meta(min_length=1, max_length=4000)] | UnsetType | None = UNSET


class BrandClause(Struct, forbid_unknown_fields=True):
    """`banned_words`: none of `words` may stand in a script. `required_claim`: one of `words` must."""

    id: Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[a-z0-9][a-z0-9-]*$", examples=["no-cheap"])]
    kind: Literal["banned_words", "required_claim"]
    text: Annotated[str, Meta(min_length=1, max_length=1000, examples=["Never call the product cheap."])]
    words: Annotated[list[Phrase], Meta(min_length=1, max_length=200, examples=[["cheap", "budget"]])]


Clauses = Annotated[list[BrandClause], Meta(min_length=1, max_length=100)]


class PackCreate(Struct, forbid_unknown_fields=True):
    name: PackName
    clauses: Clauses


class PackUpdate(Struct, forbid_unknown_fields=True):
    """What is missing stays. A change of the clauses makes a new version and checks the scripts again that it was held
    against."""

    name: PackName | UnsetType = UNSET
    clauses: Clauses | UnsetType = UNSET


class ClauseRead(Struct):
    id: str
    kind: ClauseKind
    category: str
    text: str
    levels: dict[str, str]
    words: list[str]
    source: str | None


class PackRead(Struct):
    """A pack. `shipped` ones come with Strand, are dated and can't be changed; `rechecks`: the jobs that a change began."""

    id: str
    name: str
    version: int
    shipped: bool
    source: str | None
    retrieved: date | None
    note: str | None
    clauses: list[ClauseRead]
    rechecks: list[UUID] = []
