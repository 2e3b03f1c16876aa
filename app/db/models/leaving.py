from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, Model


class ExportStatus(StrEnum):
    PENDING = "pending"
    READY = "ready"
    FAILED = "failed"


class AccountExport(Model):
    """Everything that an account owns, as one ZIP in the storage for a few days."""

    __tablename__ = "account_exports"
    __table_args__ = (
        Index("ix_account_exports_owner_id_created_at", "owner_id", text("created_at desc")),
        Index("ix_account_exports_expires_at", "expires_at"),
    )

    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), comment="Whose.")
    status: Mapped[ExportStatus] = mapped_column(default=ExportStatus.PENDING, comment="How far it is.")
    job_id: Mapped[UUID | None] = mapped_column(comment="The job that makes it.")
    storage_key: Mapped[str | None] = mapped_column(String(200), comment="Where the ZIP lies in the storage.")
    size_bytes: Mapped[int | None] = mapped_column(BigInteger, comment="Of the ZIP.")
    sha256: Mapped[str | None] = mapped_column(String(64), comment="Of the ZIP.")
    file_count: Mapped[int | None] = mapped_column(comment="Files inside.")
    ready_at: Mapped[datetime | None] = mapped_column(comment="When it was complete.")
    expires_at: Mapped[datetime] = mapped_column(comment="When it is deleted.")


class ErasedAccount(Base):
    """An account that was erased a little while ago: its files are looked for until nobody can write any more."""

    __tablename__ = "erased_accounts"

    account_id: Mapped[UUID] = mapped_column(primary_key=True, comment="What the account's id was.")
    erased_at: Mapped[datetime] = mapped_column(server_default=text("now()"), comment="When.")
