"""A profile as one JSON document, to be kept or brought elsewhere."""

from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta, Struct

from app.db.models import DnaProfile, Grade
from app.features.dna.exemplars import Exemplar
from app.features.dna.match import Spread
from app.features.dna.phrases import Catchphrase
from app.features.dna.proof import ProofCard
from app.features.dna.schemas import Controls, Corpus, ProfileName
from app.features.dna.signals import SignalRead
from app.features.dna.structure import Structure
from app.features.dna.traits import Rejected, Trait
from app.shared.exceptions import Unprocessable
from app.shared.http import convert


class PortableProfile(Struct, forbid_unknown_fields=True):
    """All of a profile. `fingerprint` is its voice model, packed, in base64: numbers, no text. `project_id` is where an
    import puts it."""

    format: Literal["strand-dna-profile"]
    format_version: Literal[1]
    project_id: UUID
    name: ProfileName
    version: int
    engine: Annotated[str, Meta(max_length=100)]
    grade: Grade
    language: Annotated[str, Meta(max_length=35)]
    speaker: Annotated[str, Meta(max_length=200)] | None
    corpus: Corpus
    signals: list[SignalRead]
    traits: list[Trait]
    catchphrases: list[Catchphrase]
    exemplars: list[Exemplar]
    structure: Structure | None
    proof: ProofCard | None
    controls: Controls
    rejected: list[Rejected]
    dimensions: dict[str, Spread]
    manifest: dict[str, Any]
    fingerprint: str
    exported_at: datetime


def pack(profile: DnaProfile) -> PortableProfile:
    return convert(
        profile, PortableProfile, format="strand-dna-profile", format_version=1, structure=profile.structure or None, proof=profile.proof or None,
        fingerprint=b64encode(profile.fingerprint).decode(), exported_at=datetime.now(UTC),
    )  # fmt: skip


def fingerprint_of(portable: PortableProfile) -> bytes:
    try:
        return b64decode(portable.fingerprint, validate=True)
    except (NotBase64, ValueError):
        raise Unprocessable("The profile's fingerprint is not base64.", code="damaged_profile") from None
