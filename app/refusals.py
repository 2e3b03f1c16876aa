"""Every error as the contract's answer: status, words, code, and the fields that are wrong."""

import logging
import re
from typing import Any

from litestar import MediaType, Request, Response
from litestar.exceptions import HTTPException, NotFoundException
from litestar.types import ExceptionHandlersMap
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm.exc import StaleDataError

from app.db.session import unreachable
from app.shared.exceptions import AppError, Conflict, NotFound, Stale, Unavailable

log = logging.getLogger(__name__)

FOREIGN_KEY_VIOLATION = "23503"
BROKEN_OFF = "client disconnected prematurely"
"""Litestar's words, with status 500, where a client hangs up in the middle of its body."""
TOO_MANY_PARTS = "Request Entity Too Large"
"""Litestar's words, with status 400, for a form beyond its parser's limits."""
UPLOADS = {
    "Unsupported type: <class 'list'>": "was sent more than once",
    "Unsupported type: <class 'str'>": "is not a file; send it with a file name",
}
"""Litestar's words for a form's part that should be one file, and ours."""
LONGEST_MESSAGE = 300


def respond(status: int, detail: str, code: str, extra: Any = None, headers: Any = None) -> Response[Any]:
    body = {"status_code": status, "detail": detail, "code": code, "extra": extra or []}
    return Response(body, status_code=status, media_type=MediaType.JSON, headers=headers or {})


def on_app_error(_: Request[Any, Any, Any], error: AppError) -> Response[Any]:
    return respond(error.status_code, error.message, error.error_code, error.extra, error.headers)


CODES = {400: "invalid_request", 401: "unauthenticated", 403: "forbidden", 404: "not_found", 405: "method_not_allowed", 413: "too_large", 415: "unsupported_media_type", 429: "too_many_requests"}  # fmt: skip


def on_http_error(_: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    """Litestar's own refusals, in the contract's words."""
    status = error.status_code
    if (status, error.detail) == (400, TOO_MANY_PARTS):
        return respond(413, "The form has too many parts, or a part too many headers.", CODES[413])
    if error.detail == BROKEN_OFF:
        return respond(400, "The request broke off before its end; send it again.", "broken_off")
    if status >= 500:
        return on_unexpected_error(_, error)
    extra = [
        field_error(item) for item in (error.extra if isinstance(error.extra, list) else []) if isinstance(item, dict)
    ]
    detail = {
        404: "There is nothing at this address.",
        405: "This address doesn't take this method.",
        413: "The body is too large.",
    }.get(status, error.detail)
    if missing := re.match(r"Missing required \w+ parameter '([^']+)'", error.detail):
        extra = [{"field": missing.group(1), "message": "is missing"}]
    if status == 400 and extra:
        detail = "The request is not valid: " + "; ".join(f"{item['field']}: {item['message']}" for item in extra[:5])
    headers = {name: value for name, value in (error.headers or {}).items() if name.lower() == "allow"}
    return respond(status, detail, CODES.get(status, "invalid_request"), extra, headers)


def field_error(item: dict[str, Any]) -> dict[str, str]:
    """Litestar's note on one value as the field's name and what is wrong with it."""
    field, message = str(item.get("key", "body")), str(item.get("message", ""))
    message = UPLOADS.get(message) or message[:LONGEST_MESSAGE]  # what was sent stands in it
    if named := re.fullmatch(r"Object (?:contains unknown|missing required) field `(.+)`", message, re.DOTALL):
        inside = f"{field}." if field != "data" else ""
        return {
            "field": f"{inside}{named.group(1)[:100]}",
            "message": "is unknown" if "unknown" in message else "is missing",
        }
    if field == "data":
        return {"field": "body", "message": "is missing" if message == "'data'" else message}
    return {"field": field, "message": "is missing" if message == f"'{field}'" else message}


def on_database_error(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """What a row refers to is gone. Anything else is the database's being away, or our mistake."""
    if getattr(getattr(error, "orig", None), "sqlstate", None) == FOREIGN_KEY_VIOLATION:
        return on_app_error(request, NotFound("What this belongs to was deleted meanwhile."))
    return on_unexpected_error(request, error)


def on_stale_row(request: Request[Any, Any, Any], _: StaleDataError) -> Response[Any]:
    said = "It was changed at the same time by another request; read it again."
    return on_app_error(request, Stale(said) if "if-match" in request.headers else Conflict(said))


def on_undecodable(_: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """A form's part that is not in the encoding that it claims, or claims one that is none of text. What can't be encoded,
    and any other failed look-up, is our mistake."""
    known = isinstance(error, UnicodeError) and not isinstance(error, UnicodeEncodeError)
    if known or str(error).startswith("unknown encoding") or "is not a text encoding" in str(error):
        return respond(400, "A part of the form is not text in UTF-8.", "invalid_request")
    return on_unexpected_error(_, error)


def on_unexpected_error(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """The database is away or busy: say so, and when to try again. Anything else is our mistake, and is logged."""
    if unreachable(error):
        log.warning("The database can't be reached: %s", type(error).__name__)
        return on_app_error(request, Unavailable("The database can't be reached; try again in a moment."))
    log.error("A request failed on our side", exc_info=error, extra={"path": request.scope["path"]})
    known = request.scope["state"].get("request_id")
    return respond(500, f"Something went wrong on our side; it was logged as request {known}.", "internal_error")


EXCEPTION_HANDLERS: ExceptionHandlersMap = {
    AppError: on_app_error,
    HTTPException: on_http_error,
    NotFoundException: on_http_error,
    StaleDataError: on_stale_row,
    DBAPIError: on_database_error,
    UnicodeError: on_undecodable,
    LookupError: on_undecodable,
    Exception: on_unexpected_error,
}
