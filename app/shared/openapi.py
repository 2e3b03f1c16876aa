"""The parts of the OpenAPI document that every feature needs."""

from litestar.openapi.datastructures import ResponseSpec

from app.shared.http import ErrorBody

MEANINGS = {
    400: "The request is malformed; `extra` names the field.",
    401: "No token, or one that is no longer good.",
    403: "The role, or the scope of the key, does not allow it.",
    404: "Unknown, or not yours.",
    409: "It conflicts with the current state.",
    412: "It was changed since you read it.",
    413: "The body is too large.",
    415: "The media type is not accepted.",
    422: "Understood, but impossible.",
    429: "Too much at once; `Retry-After` says how long to wait.",
    503: "Something that we depend on is away; `Retry-After` says when to try again.",
}


def errors(*statuses: int) -> dict[int, ResponseSpec]:
    """The error answers of a route, for its `responses=`; what can be malformed can also be of the wrong media type."""
    statuses = (*statuses, 415) if 400 in statuses else statuses
    return {
        status: ResponseSpec(ErrorBody, description=MEANINGS[status], generate_examples=False) for status in statuses
    }
