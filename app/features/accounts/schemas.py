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


class Hidden(Struct):
    """Holds a secret: shown nowhere, not even in a traceback that shows values."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}(***)"


class Registration(Hidden, forbid_unknown_fields=True):
    email: Email
    password: Password
    display_name: DisplayName


class Login(Hidden, forbid_unknown_fields=True):
    email: Annotated[str, Meta(min_length=1, max_length=320, examples=["nell@example.com"])]
    password: Annotated[str, Meta(min_length=1, max_length=1024, examples=["correct horse battery"])]
    totp_code: (
        Annotated[
            str, Meta(max_length=40, description="Where the account has a second factor: a code, or a recovery code.")
        ]
        | None
    ) = None


class EmailVerification(Hidden, forbid_unknown_fields=True):
    token: Token


class MailRequest(Struct, forbid_unknown_fields=True):
    email: Annotated[str, Meta(min_length=1, max_length=320, examples=["nell@example.com"])]


class NewPassword(Hidden, forbid_unknown_fields=True):
    token: Token
    new_password: Password


class TotpRead(Struct):
    """Whether an account has a second factor."""

    enabled: bool
    confirmed_at: datetime | None
    recovery_codes_left: int


class TotpMade(Hidden):
    """A second factor as it is begun: the only time that its secret is shown."""

    secret: Annotated[str, Meta(description="Base32.")]
    otpauth_url: Annotated[str, Meta(description="The same for a QR code.")]


class TotpCode(Hidden, forbid_unknown_fields=True):
    code: Annotated[str, Meta(min_length=6, max_length=40, examples=["123456"])]


class TotpRemoval(Hidden, forbid_unknown_fields=True):
    password: Annotated[str, Meta(min_length=1, max_length=1024, examples=["correct horse battery"])]
    code: Annotated[str, Meta(max_length=40, examples=["123456"])] | None = None


class RecoveryCodes(Hidden):
    """Each replaces one code when the device is lost. The only time that they are shown."""

    recovery_codes: list[str]


class RefreshRequest(Hidden, forbid_unknown_fields=True):
    refresh_token: Token


class UserUpdate(Struct, forbid_unknown_fields=True):
    display_name: DisplayName | UnsetType = UNSET


class Erasure(Hidden, forbid_unknown_fields=True):
    password: Annotated[str, Meta(min_length=1, max_length=1024)]


class PasswordChange(Hidden, forbid_unknown_fields=True):
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


class ApiKeyMade(Hidden, ApiKeyRead, kw_only=True):
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


class TokenPair(Hidden):
    access_token: str
    expires_in: Annotated[int, Meta(description="Seconds that the access token lives.")]
    refresh_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105  the scheme's name
