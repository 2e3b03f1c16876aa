from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from app.config import Settings
from app.db.models import Upload
from app.features.uploads.schemas import UploadCreate
from app.shared.clients.storage import ORIGINAL
from app.shared.exceptions import Conflict, NotFound, TooLarge, WrongMediaType

LIVES_SECONDS = 3600
LEFT_SECONDS = 24 * 3600
"""How long what was sent waits to become a source."""
READABLE = ("text/", "audio/", "video/")
READABLE_DOCUMENTS = {
    "application/epub+zip", "application/json", "application/octet-stream", "application/pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "application/x-subrip",
    "application/xhtml+xml", "application/ogg", "application/mp4",
}  # fmt: skip
"""What a client may announce; what a file is, its content decides."""


class UploadService:
    """Files on their way straight to the storage."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def start(self, owner_id: UUID, project_id: UUID, data: UploadCreate, settings: Settings) -> Upload:
        media_type = data.media_type.lower()
        if not media_type.startswith(READABLE) and media_type not in READABLE_DOCUMENTS:
            raise WrongMediaType(f"A {media_type} can't be a source; send text, subtitles, a document, audio or video.")
        if data.size_bytes > settings.upload_limit_bytes:
            raise TooLarge(f"An upload has at most {settings.upload_limit_bytes:,} bytes.")
        upload = Upload(
            id=uuid7(),
            owner_id=owner_id,
            project_id=project_id,
            filename=data.filename,
            media_type=media_type,
            size_bytes=data.size_bytes,
            expires_at=datetime.now(UTC) + timedelta(seconds=LIVES_SECONDS),
        )
        upload.storage_key = f"sources/{owner_id}/{upload.id}/{ORIGINAL}"
        self.session.add(upload)
        await self.session.flush()
        return upload

    async def waiting(self, upload_id: UUID) -> Upload:
        """The upload, locked, while its bytes may still come. For whoever has its signed address."""
        upload = await self.session.get(Upload, upload_id, with_for_update=True)
        if upload is None:
            raise NotFound("There is no such upload.")
        if upload.used_at is not None:
            raise Conflict("The upload is a source already; start another one.", code="upload_used")
        return upload

    async def take(self, owner_id: UUID, project_id: UUID, upload_id: UUID) -> Upload:
        """The owner's upload, locked, to be made a source of; each makes one."""
        query = select(Upload).where(Upload.id == upload_id, Upload.owner_id == owner_id)
        upload = await self.session.scalar(query.where(Upload.project_id == project_id).with_for_update())
        if upload is None:
            raise NotFound("There is no such upload in this project.")
        if upload.used_at is not None:
            raise Conflict("The upload is a source already; start another one.", code="upload_used")
        upload.used_at = datetime.now(UTC)
        await self.session.flush()
        return upload

    async def left_over(self, limit: int) -> list[Upload]:
        """Uploads that nobody made a source of in time, locked; others' locks are skipped."""
        border = datetime.now(UTC) - timedelta(seconds=LEFT_SECONDS)
        query = select(Upload).where(Upload.used_at.is_(None), Upload.expires_at < border).limit(limit)
        return list(await self.session.scalars(query.with_for_update(skip_locked=True)))

    async def forget(self, upload_ids: list[UUID]) -> None:
        await self.session.execute(delete(Upload).where(Upload.id.in_(upload_ids)))
