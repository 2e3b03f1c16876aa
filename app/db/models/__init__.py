"""The explicit catalogue of tables that Alembic sees."""

from app.db.models.account import RefreshToken, Role, User, UserSession
from app.db.models.dna import DnaProfile, DnaProfileSource, Grade
from app.db.models.job import (
    Chore,
    IdempotencyKey,
    Job,
    JobEvent,
    JobLine,
    JobStatus,
    JobStep,
    MetricTotal,
    ModelCall,
    PausedKind,
    ProviderLane,
    WorkerProcess,
)
from app.db.models.project import EngineChoice, Platform, Project, ProjectStatus
from app.db.models.source import (
    ContentSource,
    RetrievableText,
    SearchPosting,
    SourceKind,
    SourceRole,
    SourceStatus,
    SourceVersion,
    Upload,
)

__all__ = [
    "Chore",
    "ContentSource",
    "DnaProfile",
    "DnaProfileSource",
    "EngineChoice",
    "Grade",
    "IdempotencyKey",
    "Job",
    "JobEvent",
    "JobLine",
    "JobStatus",
    "JobStep",
    "MetricTotal",
    "ModelCall",
    "PausedKind",
    "Platform",
    "Project",
    "ProjectStatus",
    "ProviderLane",
    "RefreshToken",
    "RetrievableText",
    "Role",
    "SearchPosting",
    "SourceKind",
    "SourceRole",
    "SourceStatus",
    "SourceVersion",
    "Upload",
    "User",
    "UserSession",
    "WorkerProcess",
]
