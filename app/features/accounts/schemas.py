from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from app.db.models import Role

Email = Annotated[
    str,
    Meta(
        min_length=3,
        max_length=320,
        pattern=r"^[^@\s\x00-\x1f]+@[^@\s\x00-\x1f]+\.[^@\s\x00-\x1f.]+$",
        description="An e-mail address.",
        examples=["nell@example.com"],
    ),
]
Password = Annotated[str, Meta(min_length=10, max_length=128, examples=["correct horse battery"])]
DisplayName = Annotated[str, Meta(min_length=1, max_length=200, examples=["Nell Harrow"])]
Token = Annotated[str, Meta(min_length=1, max_length=4096)]


class Registration(Struct, forbid_unknown_fields=True):
    email: Email
    password: Password
    display_name: DisplayName


class Login(Struct, forbid_unknown_fields=True):
    email: Annotated[str, Meta(min_length=1, max_length=320, examples=["nell@example.com"])]
    password: Annotated[str, Meta(min_length=1, max_length=1024, examples=["correct horse battery"])]


class RefreshRequest(Struct, forbid_unknown_fields=True):
    refresh_token: Token


class UserUpdate(Struct, forbid_unknown_fields=True):
    display_name: DisplayName | UnsetType = UNSET


class Erasure(Struct, forbid_unknown_fields=True):
    password: Annotated[str, Meta(min_length=1, max_length=1024)]


class PasswordChange(Struct, forbid_unknown_fields=True):
    current_password: Annotated[str, Meta(min_length=1, max_length=1024, examples=["correct horse battery"])]
    new_password: Annotated[str, Meta(min_length=10, max_length=128, examples=["a longer horse and a battery"])]


class SignInRead(Struct):
    """An open sign-in."""

    id: UUID
    created_at: datetime
    expires_at: datetime
    user_agent: str | None
    address: str | None
    current: Annotated[bool, Meta(description="Whether it is the one that asks.")]


Scope = Literal["read", "write"]


class NewApiKey(Struct, forbid_unknown_fields=True):
    name: Annotated[str, Meta(min_length=1, max_length=100, examples=["Nightly import"])]
    scopes: Annotated[list[Scope], Meta(min_length=1, max_length=2, examples=[["read"]])]
    expires_in_days: Annotated[int, Meta(ge=1, le=3650)] | None = None


class ApiKeyRead(Struct):
    """A key for a program, without its secret."""

    id: UUID
    name: str
    scopes: list[Scope]
    prefix: Annotated[str, Meta(description="How the key begins, to know it by.")]
    created_at: datetime
    used_at: Annotated[datetime | None, Meta(description="When it was last used, to the minute.")]
    expires_at: datetime | None


class ApiKeyMade(ApiKeyRead, kw_only=True):
    """A key as it is made: the only time that it is shown."""

    key: str


class UserRead(Struct):
    id: UUID
    email: str
    display_name: str
    role: Role
    created_at: datetime


class OperatorUserUpdate(Struct, forbid_unknown_fields=True):
    """What operators may change of an account; what is missing stays, null clears."""

    role: Role | UnsetType = UNSET
    is_active: bool | UnsetType = UNSET
    monthly_budget_usd: (
        Annotated[Decimal | None, Meta(description="Null: the installation's own limit.", examples=["25.00"])]
        | UnsetType
    ) = UNSET


class OperatorUserRead(UserRead, kw_only=True):
    """An account as operators see it."""

    is_active: bool
    monthly_budget_usd: Decimal | None


class TokenPair(Struct):
    access_token: str
    expires_in: Annotated[int, Meta(description="Seconds that the access token lives.")]
    refresh_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105  the scheme's name
