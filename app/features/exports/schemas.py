from datetime import datetime
from uuid import UUID

from msgspec import Struct

from app.db.models import ExportStatus


class ExportRead(Struct):
    """An export of everything that you own. `sha256` and `size_bytes` are the ZIP's, once it is ready."""

    id: UUID
    status: ExportStatus
    job_id: UUID | None
    size_bytes: int | None
    sha256: str | None
    file_count: int | None
    created_at: datetime
    ready_at: datetime | None
    expires_at: datetime


class Archived(Struct, frozen=True):
    """A ZIP in the storage."""

    key: str
    size_bytes: int
    sha256: str
    file_count: int
