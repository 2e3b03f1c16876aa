from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from app.db.models import EngineChoice, Platform, ProjectStatus

Title = Annotated[str, Meta(min_length=1, max_length=300, examples=["How sailors found their longitude"])]
Brief = Annotated[str, Meta(max_length=20000, examples=["Twelve minutes, for people who never held a sextant."])]
Audience = Annotated[str, Meta(max_length=5000, examples=["Curious adults without a background in navigation"])]
Minutes = Annotated[float, Meta(gt=0, le=1440, examples=[12])]
Language = Annotated[str, Meta(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=35, examples=["en"])]


class ProjectCreate(Struct, forbid_unknown_fields=True):
    """`audience` says in words whom it is for; `audience_id` names one of your audiences."""

    title: Title
    creative_brief: Brief | None = None
    audience: Audience | None = None
    audience_id: UUID | None = None
    platform: Platform | None = None
    target_minutes: Minutes | None = None
    language: Language | None = None


class ProjectUpdate(Struct, forbid_unknown_fields=True):
    """What is missing stays; null clears."""

    title: Title | UnsetType = UNSET
    creative_brief: Brief | UnsetType | None = UNSET
    audience: Audience | UnsetType | None = UNSET
    audience_id: UUID | UnsetType | None = UNSET
    platform: Platform | UnsetType | None = UNSET
    target_minutes: Minutes | UnsetType | None = UNSET
    language: Language | UnsetType | None = UNSET
    status: ProjectStatus | UnsetType = UNSET
    dna_profile_id: UUID | UnsetType | None = UNSET
    engine: EngineChoice | UnsetType = UNSET
    allow_external_models: bool | UnsetType = UNSET


class ProjectRead(Struct):
    id: UUID
    title: str
    creative_brief: str | None
    audience: str | None
    audience_id: UUID | None
    platform: Platform | None
    target_minutes: float | None
    language: str | None
    status: ProjectStatus
    dna_profile_id: UUID | None
    engine: EngineChoice
    allow_external_models: bool
    created_at: datetime
    updated_at: datetime
