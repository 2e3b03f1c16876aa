"""What can go wrong, in the language of the product rather than of HTTP."""

from typing import Any, ClassVar


class AppError(Exception):
    """An expected failure: its message is safe to show, its class decides the status and whether a retry may help."""

    status_code: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"
    transient: ClassVar[bool] = False
    retryable: ClassVar[bool] = False
    """Whether its owner may sensibly ask for another try once the job has failed."""
    waits_for: ClassVar[str] = "retry"
    """What a job waits for after it: a `retry` counts as an attempt; a `provider` or a `budget` doesn't."""
    most_tries: ClassVar[int | None] = None
    """Tries of one step before the job fails; None: the job's own limit."""

    def __init__(self, message: str, *, code: str | None = None, extra: list[dict[str, Any]] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.error_code = code or self.code
        self.extra = extra or []
        self.headers: dict[str, str] = {}


class Malformed(AppError):
    status_code = 400
    code = "invalid_request"


class Unauthenticated(AppError):
    status_code = 401
    code = "unauthenticated"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message, code=code)
        self.headers = {"WWW-Authenticate": "Bearer"}


class Forbidden(AppError):
    status_code = 403
    code = "forbidden"


class NotFound(AppError):
    """Unknown, or somebody else's: the answer never tells which."""

    status_code = 404
    code = "not_found"


class TooSlow(AppError):
    """The client took too long to send what it had announced."""

    status_code = 408
    code = "too_slow"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.headers = {"Connection": "close"}


class Conflict(AppError):
    status_code = 409
    code = "conflict"


class Stale(AppError):
    """The client's `If-Match` names a revision that is no longer the newest."""

    status_code = 412
    code = "precondition_failed"


class TooLarge(AppError):
    status_code = 413
    code = "too_large"


class WrongMediaType(AppError):
    status_code = 415
    code = "unsupported_media_type"


class Unprocessable(AppError):
    """Understood, but impossible: an unreadable file, nothing to analyse."""

    status_code = 422
    code = "unprocessable"


class TooMany(AppError):
    status_code = 429
    code = "too_many_requests"

    def __init__(self, message: str, *, code: str | None = None, retry_after_seconds: int = 30) -> None:
        super().__init__(message, code=code)
        self.headers = {"Retry-After": str(retry_after_seconds)}


class Unavailable(AppError):
    """Something that we depend on is away; trying again may help."""

    status_code = 503
    code = "unavailable"
    transient = True
    retryable = True

    def __init__(self, message: str, *, code: str | None = None, retry_after_seconds: float = 5) -> None:
        super().__init__(message, code=code)
        self.retry_after_seconds = retry_after_seconds
        self.headers = {"Retry-After": str(max(1, round(retry_after_seconds)))}
