from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from app.db.models import FeedbackVerdict, MaterialKind, Platform, PreferenceKind
from app.features.projects.schemas import Audience, Brief, Language, Minutes, Title

TargetType = Literal[
    "dna_profile", "research", "structure", "idea_check", "script", "script_version", "safety_check", "finding",
    "chat_message", "repurposing",
]  # fmt: skip
Note = Annotated[str, Meta(min_length=1, max_length=5000, examples=["Too stiff for my channel."])]
Correction = Annotated[str, Meta(min_length=1, max_length=5000, examples=["Never say 'delve'."])]
RuleText = Annotated[str, Meta(min_length=1, max_length=500, examples=["Call viewers 'folks'."])]
Phrase = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"\w", examples=["viewers"])]
Phrases = Annotated[list[Phrase], Meta(max_length=50)]
Name = Annotated[str, Meta(min_length=1, max_length=200, examples=["Curious adults"])]
Description = Annotated[str, Meta(max_length=5000, examples=["They like instruments, and they never went to sea."])]
Knows = Annotated[str, Meta(max_length=5000, examples=["Latitude; nothing about star tables."])]
Age = Annotated[int, Meta(ge=0, le=120, examples=[14])]
MaterialTitle = Annotated[str, Meta(min_length=1, max_length=300, examples=["The red tomato timer"])]
MaterialText = Annotated[str, Meta(min_length=1, max_length=50_000)]


class FeedbackCreate(Struct, forbid_unknown_fields=True):
    """What you think of something that was made for you. A `correction` says how it should have been: it becomes a
    preference that every later generation obeys."""

    target_type: TargetType
    target_id: UUID
    verdict: FeedbackVerdict
    note: Note | None = None
    correction: Correction | None = None


class FeedbackRead(Struct):
    id: UUID
    target_type: TargetType
    target_id: UUID
    verdict: FeedbackVerdict
    note: str | None
    correction: str | None
    created_at: datetime


class PreferenceCreate(Struct, forbid_unknown_fields=True):
    """A rule in your own words. What code can check of it is read from them, unless `kind`, `avoid` and `use` say it."""

    rule: RuleText
    kind: PreferenceKind | None = None
    avoid: Phrases | None = None
    use: Phrase | None = None


class PreferenceUpdate(Struct, forbid_unknown_fields=True):
    """What is missing stays. A new `rule` alone is read anew."""

    rule: RuleText | UnsetType = UNSET
    kind: PreferenceKind | UnsetType = UNSET
    avoid: Phrases | UnsetType = UNSET
    use: Phrase | UnsetType | None = UNSET


class PreferenceRead(Struct):
    """A rule that every generation obeys. `kind` says what code checks: words to avoid, to replace by `use`, or, of a matter
    of style, nothing: that is left to the engine. `feedback_id`: the correction that it was learnt from."""

    id: UUID
    rule: str
    kind: PreferenceKind
    avoid: list[str]
    use: str | None
    feedback_id: UUID | None
    created_at: datetime
    updated_at: datetime


class FeedbackMade(FeedbackRead):
    """`preference`: what was learnt from the correction; `preferences`: the same with what else it asked for."""

    preference: PreferenceRead | None
    preferences: list[PreferenceRead]


class AudienceCreate(Struct, forbid_unknown_fields=True):
    name: Name
    description: Description = ""
    knows: Knows | None = None
    age_from: Age | None = None


class AudienceUpdate(Struct, forbid_unknown_fields=True):
    """What is missing stays; null clears."""

    name: Name | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    knows: Knows | UnsetType | None = UNSET
    age_from: Age | UnsetType | None = UNSET


class AudienceRead(Struct):
    """Whom videos are for. `knows`: what they need not be told; `age_from`: the youngest, in years."""

    id: UUID
    name: str
    description: str
    knows: str | None
    age_from: int | None
    created_at: datetime
    updated_at: datetime


class MaterialCreate(Struct, forbid_unknown_fields=True):
    kind: MaterialKind
    title: MaterialTitle
    text: MaterialText


class MaterialUpdate(Struct, forbid_unknown_fields=True):
    """What is missing stays."""

    kind: MaterialKind | UnsetType = UNSET
    title: MaterialTitle | UnsetType = UNSET
    text: MaterialText | UnsetType = UNSET


class MaterialRead(Struct):
    """A story, an example or a product that scripts of any project may use."""

    id: UUID
    kind: MaterialKind
    title: str
    text: str
    created_at: datetime
    updated_at: datetime


class TemplateSettings(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """Fields of a new project, as POST /projects takes them; any of them may be missing."""

    title: Title | UnsetType = UNSET
    creative_brief: Brief | UnsetType | None = UNSET
    audience: Audience | UnsetType | None = UNSET
    audience_id: UUID | UnsetType | None = UNSET
    platform: Platform | UnsetType | None = UNSET
    target_minutes: Minutes | UnsetType | None = UNSET
    language: Language | UnsetType | None = UNSET


class TemplateCreate(Struct, forbid_unknown_fields=True):
    name: Name
    settings: TemplateSettings


class TemplateUpdate(Struct, forbid_unknown_fields=True):
    """What is missing stays; `settings` are replaced as a whole."""

    name: Name | UnsetType = UNSET
    settings: TemplateSettings | UnsetType = UNSET


class TemplateRead(Struct):
    """What you usually set a project to: send its settings with a new project's title."""

    id: UUID
    name: str
    settings: TemplateSettings
    created_at: datetime
    updated_at: datetime
