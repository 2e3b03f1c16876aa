"""What the tests of reading pages share: a page, short limits, and readings that are refused."""

from pathlib import Path
from typing import Any

import pytest

from app.shared.clients.web import Web, WebLimits
from app.shared.exceptions import AppError, Unprocessable
from tests.shared.clients.site import content, reply

PAGE = b"<p>Bees see ultraviolet light.</p>"
CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n"
SHORT = WebLimits(total_seconds=1.2, silence_seconds=0.5, connect_seconds=0.5, robots_seconds=0.8, page_bytes=200_000)


async def refused(web: Web, url: str, into: Path, kind: type[AppError] = Unprocessable, **more: Any) -> AppError:
    """The error that the reading ends in; nothing of the page is left then."""
    with pytest.raises(kind) as caught:
        await web.fetch(url, into, **more)
    assert content(into) is None
    assert type(caught.value) is kind
    return caught.value


def packed(body: bytes, coding: str = "gzip") -> bytes:
    return reply(body, "200 OK", "text/html", f"Content-Encoding: {coding}")
