"""What controllers share: who asks, pages of lists, ETags, and how a body is read before it is checked."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Annotated, Any, Generic, Literal, TypeVar
from urllib.parse import unquote_to_bytes, urlsplit
from uuid import UUID

import msgspec
from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.exceptions import SerializationException
from litestar.params import HeaderParameter, QueryParameter
from litestar.typing import FieldDefinition
from msgspec import Struct

from app.db.models import Role
from app.shared.exceptions import Malformed, Stale, WrongMediaType

T = TypeVar("T")
S = TypeVar("S")
BIGGEST_OFFSET = 1_000_000_000
DEEPEST = 60


class Principal(Struct, frozen=True):
    """The account that a request acts for; by which sign-in or key, and from where."""

    id: UUID
    role: Role
    session_id: UUID | None
    api_key_id: UUID | None = None
    address: str | None = None
    second_factor: bool = False
    """Whether the account has one."""


class Page(Struct, Generic[T]):
    """A part of a list, and how long the whole is."""

    items: Sequence[T]
    total: int
    limit: int
    offset: int

    def of(self, items: Sequence[S]) -> "Page[S]":
        """The same part of the same list, its rows in another form."""
        return Page(items, self.total, self.limit, self.offset)


class ErrorDetail(Struct):
    field: str
    message: str


class ErrorBody(Struct):
    """What went wrong, as a sentence to act on and a code to program against."""

    status_code: int
    detail: str
    code: str
    extra: list[ErrorDetail]


Limit = Annotated[int, QueryParameter(ge=1, le=100, description="How many items to give.")]
Offset = Annotated[int, QueryParameter(ge=0, le=BIGGEST_OFFSET, description="How many items to leave out first.")]
ShortText = Annotated[str | None, QueryParameter(max_length=300)]
SortOrder = Literal["asc", "desc"]
OrderBy = Annotated[
    str | None,
    QueryParameter(
        max_length=300, description="What to order by: `created_at` in most lists; a wrong one is told which there are."
    ),
]
Direction = Annotated[
    SortOrder | None,
    QueryParameter(description="`desc`, the last first, unless the list is one that is read in order."),
]


class Paging(Struct, frozen=True):
    limit: int = 20
    offset: int = 0
    order_by: str | None = None
    sort_order: SortOrder | None = None


def provide_paging(
    user: NamedDependency[Principal],  # noqa: ARG001  to come after it; `provide_user` says why
    limit: Limit = 20,
    offset: Offset = 0,
    order_by: OrderBy = None,
    sort_order: Direction = None,
) -> Paging:
    return Paging(limit, offset, order_by, sort_order)


def decode(body: Any, to: type[T]) -> T:
    """A part of a body as the struct that it should be; `Malformed` names what doesn't fit."""
    try:
        return msgspec.convert(body, to)
    except msgspec.ValidationError as error:
        raise Malformed(
            f"The request is not valid: {error}.", extra=[{"field": "body", "message": str(error)}]
        ) from None


def accepted(body: T, job_id: UUID) -> Response[T]:
    """202: the work goes on as a job, which can be followed at its address."""
    return Response(body, status_code=202, headers={"Location": f"/api/v1/jobs/{job_id}"})


def etag(revision: int | str) -> str:
    return f'"{revision}"'


def unchanged(request: Request[Any, Any, Any], revision: int | str) -> Response[Any] | None:
    """304 without a body when the client has this revision."""
    tag = etag(revision)
    known = {part.strip().removeprefix("W/") for part in request.headers.get("if-none-match", "").split(",")}
    return Response(None, status_code=304, headers={"ETag": tag}) if tag in known or "*" in known else None


def tagged(request: Request[Any, Any, Any], body: T, revision: int | str) -> Response[T]:
    """The resource with its ETag, or 304 when the client has this revision."""
    return unchanged(request, revision) or Response(body, headers={"ETag": etag(revision)})


def check_if_match(request: Request[Any, Any, Any], revision: int | str) -> None:
    """Raise `Stale` where the client's `If-Match` doesn't name this revision."""
    given = request.headers.get("if-match", "").strip()
    if given and given != "*" and etag(revision) not in {part.strip() for part in given.split(",")}:
        raise Stale(
            f"It was changed since you read it; its ETag is now {etag(revision)}. Read it again, then change it."
        )


class StrandRequest(Request[Any, Any, Any]):
    """Strings are trimmed before they are checked, except passwords; what PostgreSQL can't hold is refused."""

    async def json(self) -> Any:
        if "trimmed" not in self.scope["state"]:
            try:
                body = await super().json()
            except (SerializationException, UnicodeDecodeError, RecursionError) as error:
                raise Malformed(f"The body is not JSON in UTF-8: {str(error)[:200]}.") from None
            if body is not None and not isinstance(body, dict):
                raise Malformed("The body must be a JSON object.")
            self.scope["state"]["trimmed"] = strictly(trimmed(body), self.route_handler.parsed_data_field)
        return self.scope["state"]["trimmed"]


def strictly(body: Any, field: FieldDefinition | None) -> Any:
    """The body, where no value has to be bent to fit: Litestar alone would take `"12"` for a number, `1` for true. What
    fits neither way is left to Litestar, which names the field."""
    if body is None or field is None:
        return body
    try:
        msgspec.convert(body, field.annotation)
    except msgspec.ValidationError as error:
        try:
            msgspec.convert(body, field.annotation, strict=False)
        except msgspec.ValidationError:
            return body
        message, _, where = str(error).partition(" - at `$.")
        name = where.rstrip("`") or "body"
        raise Malformed(
            f"The request is not valid: {name}: {message}", extra=[{"field": name, "message": message}]
        ) from None
    return body


def trimmed(value: Any, name: str = "", depth: int = 0) -> Any:
    if depth > DEEPEST:
        raise Malformed("The body is nested too deeply.")
    if isinstance(value, str):
        if "\x00" in value:
            raise Malformed(
                "Text can't contain the character U+0000.", extra=[{"field": name, "message": "contains U+0000"}]
            )
        return value if "password" in name else value.strip()
    if isinstance(value, dict):
        if any("\x00" in key for key in value):
            raise Malformed("A field's name can't contain the character U+0000.")
        return {key: trimmed(item, key, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [trimmed(item, name, depth + 1) for item in value]
    return value


def refuse_null(request: Request[Any, Any, Any]) -> None:
    """`?status=null` is no status; Litestar would take it for one that was left out. Free text may be that word."""
    for name, field in request.route_handler.parsed_fn_signature.parameters.items():
        sent_as = getattr(field.kwarg_definition, "name", None) or name
        values = request.query_params.getall(sent_as, []) if field.is_optional and str not in field.args else []
        if any(value.lower() == "null" for value in values):
            said = "null is no value; leave it out"
            raise Malformed(f"The request is not valid: {sent_as}: {said}", extra=[{"field": sent_as, "message": said}])


@lru_cache(1000)
def is_host(given: str) -> bool:
    """Whether it can stand in an address; urllib looks at the port only when it is asked for."""
    try:
        _ = urlsplit(f"http://{given}/").port
    except ValueError:
        return False
    return True


def refuse_bad_query(request: Request[Any, Any, Any]) -> None:
    raw = unquote_to_bytes(request.scope["query_string"].replace(b"+", b" "))
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        raise Malformed("The query string is not UTF-8 text.") from None
    if "\x00" in text:
        raise Malformed("The query string can't contain the character U+0000.")
    if "null" in text.lower():
        refuse_null(request)


async def refuse_bad_request(request: Request[Any, Any, Any]) -> None:
    """A query string that is no text, a host that is none, or a body of another media type than the route takes, is the
    client's mistake."""
    if not is_host(request.headers.get("host", "")):
        raise Malformed("The Host header is not a host with a port.")
    if request.scope["query_string"]:
        refuse_bad_query(request)
    sent = request.headers.get("content-type")
    has_body = request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers
    if request.route_handler.opt.get("any_body") or request.route_handler.parsed_data_field is None:
        return
    if sent is not None and has_body and request.method in {"POST", "PUT", "PATCH", "DELETE"}:
        media_type = sent.partition(";")[0].strip().lower()
        wanted = "multipart/form-data" if request.route_handler.opt.get("multipart") else "application/json"
        if media_type != wanted and not (wanted == "application/json" and media_type.endswith("+json")):
            raise WrongMediaType(f"Send the body as {wanted}.")


IfMatch = Annotated[
    str | None, HeaderParameter(name="If-Match", required=False, description="The ETag that the change is made to.")
]
IfNoneMatch = Annotated[
    str | None, HeaderParameter(name="If-None-Match", required=False, description="The ETag that the client has.")
]
IdempotencyKey = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key",
        required=False,
        max_length=255,
        description="The same key with the same request within 24 hours answers the same job.",
    ),
]


def convert(row: Any, to: type[T], **more: Any) -> T:
    """A model's row as a struct, by attribute names; *more* gives what the row hasn't."""
    fields = {name: getattr(row, name) for name in to.__struct_fields__ if name not in more}  # type: ignore[attr-defined]
    return msgspec.convert({**fields, **more}, to, from_attributes=True)
