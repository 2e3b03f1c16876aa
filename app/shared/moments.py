"""Moments that clients name."""

from datetime import UTC, datetime
from typing import Annotated

import msgspec
from litestar.params import QueryParameter

from app.shared.exceptions import Malformed

DATE_TIME = {"format": "date-time"}
From = Annotated[str | None, QueryParameter(name="from", description="The first moment.", schema_extra=DATE_TIME)]
To = Annotated[
    str | None, QueryParameter(name="to", description="Up to, not including; default: now.", schema_extra=DATE_TIME)
]


def moment_of(name: str, given: str | None) -> datetime | None:
    """In UTC, which one without an offset is in already; `Malformed` where it is no RFC 3339, or no calendar has it. Litestar
    would take a number for seconds since 1970."""
    if given is None:
        return None
    try:
        moment = msgspec.convert(given.strip(), datetime)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except msgspec.ValidationError:
        said = "is not a moment such as 2026-11-21T12:00:00Z"
    except OverflowError:
        said = "lies outside of the years 1 to 9999"
    raise Malformed(f"`{name}` {said}.", extra=[{"field": name, "message": said}])
