from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, Numeric, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, Model, Revised


class Role(StrEnum):
    CREATOR = "creator"
    OPERATOR = "operator"


class User(Revised, Model):
    """A person who signs in: a creator, or an operator of the installation."""

    __tablename__ = "users"

    email: Mapped[str] = mapped_column(
        String(320), unique=True, comment="Lower case, as e-mails compare without case. Personal data."
    )
    password_hash: Mapped[str] = mapped_column(String(255), comment="Argon2id, in PHC form.")
    display_name: Mapped[str] = mapped_column(String(200), comment="Personal data.")
    role: Mapped[Role] = mapped_column(default=Role.CREATOR, comment="What the account may do.")
    email_verified_at: Mapped[datetime | None] = mapped_column(
        comment="When its owner showed that mail to this address arrives."
    )
    is_active: Mapped[bool] = mapped_column(default=True, server_default="true", comment="False: may not sign in.")
    monthly_budget_usd: Mapped[Decimal | None] = mapped_column(
        Numeric(12, 2), comment="What models may cost a month; null: the installation's own limit."
    )


class TokenPurpose(StrEnum):
    VERIFY_EMAIL = "verify_email"
    RESET_PASSWORD = "reset_password"  # noqa: S105  a purpose, not a password


class AccountToken(Model):
    """What was sent to an account's e-mail, to be sent back once."""

    __tablename__ = "account_tokens"
    __table_args__ = (Index("ix_account_tokens_expires_at", "expires_at"),)

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True, comment="For whom.")
    purpose: Mapped[TokenPurpose] = mapped_column(comment="What it allows.")
    token_hash: Mapped[str] = mapped_column(String(64), unique=True, comment="SHA-256 of the token, which is not kept.")
    expires_at: Mapped[datetime] = mapped_column(comment="When it ends unused.")
    used_at: Mapped[datetime | None] = mapped_column(comment="When it was used, or another of its purpose was.")


class SecondFactor(Base):
    """A one-time code from a device (TOTP), asked for beside the password once it is confirmed."""

    __tablename__ = "second_factors"

    user_id: Mapped[UUID] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, comment="Whose sign-ins it guards."
    )
    sealed_secret: Mapped[str] = mapped_column(
        String(500), comment="What the codes are made of, sealed by the installation's key."
    )
    confirmed_at: Mapped[datetime | None] = mapped_column(comment="Since when it is asked for; null: not yet.")
    last_counter: Mapped[int] = mapped_column(
        BigInteger, default=0, server_default="0", comment="The 30 seconds since 1970 whose code was used last."
    )


class RecoveryCode(Model):
    """What replaces one code of a second factor whose device is lost."""

    __tablename__ = "recovery_codes"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True, comment="Whose.")
    code_hash: Mapped[str] = mapped_column(String(64), unique=True, comment="SHA-256 of the code, which is not kept.")
    used_at: Mapped[datetime | None] = mapped_column(comment="When it was used.")


class Attempt(Base):
    """How often something was tried lately, where no Redis counts it."""

    __tablename__ = "attempts"

    key: Mapped[str] = mapped_column(String(64), primary_key=True, comment="SHA-256 of what was tried and by whom.")
    count: Mapped[int] = mapped_column(comment="Tries since the first that still counts.")
    ends_at: Mapped[datetime] = mapped_column(comment="When counting begins anew.")


class UserSession(Model):
    """One sign-in: the family of refresh tokens that descend from it."""

    __tablename__ = "user_sessions"
    __table_args__ = (Index("ix_user_sessions_expires_at", "expires_at"),)

    user_id: Mapped[UUID] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), index=True, comment="Whose sign-in."
    )
    expires_at: Mapped[datetime] = mapped_column(comment="When its newest refresh token ends.")
    revoked_at: Mapped[datetime | None] = mapped_column(
        comment="Since when neither its refresh nor access tokens work."
    )
    user_agent: Mapped[str | None] = mapped_column(String(300), comment="What signed in. Personal data.")
    address: Mapped[str | None] = mapped_column(String(64), comment="From where. Personal data.")


class ApiKey(Model):
    """A key by which a program acts for an account."""

    __tablename__ = "api_keys"

    owner_id: Mapped[UUID] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), index=True, comment="For whom it acts."
    )
    name: Mapped[str] = mapped_column(String(100), comment="What its owner calls it.")
    scopes: Mapped[list[Any]] = mapped_column(JSONB, comment="read, write.")
    key_hash: Mapped[str] = mapped_column(String(64), unique=True, comment="SHA-256 of the key, which is not kept.")
    prefix: Mapped[str] = mapped_column(String(16), comment="How it begins, to know it by.")
    used_at: Mapped[datetime | None] = mapped_column(comment="When it was last used, to the minute.")
    expires_at: Mapped[datetime | None] = mapped_column(comment="When it ends; null: never.")


class RefreshToken(Model):
    """A refresh token's fingerprint; using a spent one again revokes its session."""

    __tablename__ = "refresh_tokens"
    __table_args__ = (Index("ix_refresh_tokens_session_id_spent_at", "session_id", "spent_at"),)

    session_id: Mapped[UUID] = mapped_column(
        ForeignKey("user_sessions.id", ondelete="CASCADE"), comment="The family that it belongs to."
    )
    token_hash: Mapped[str] = mapped_column(String(64), unique=True, comment="SHA-256 of the token, which is not kept.")
    expires_at: Mapped[datetime] = mapped_column(comment="When it ends unused.")
    spent_at: Mapped[datetime | None] = mapped_column(comment="When it was exchanged for a new pair.")
