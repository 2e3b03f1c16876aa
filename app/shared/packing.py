"""Answers sent as gzip, where that saves something and gives nothing away.

A compressed answer's length tells whether what a stranger had put into it repeats a secret that stands beside it. So
only what is read is packed, never what a POST answers; nothing under the addresses that deal in tokens, keys and
secrets; and nothing that is a stream, which would wait in the packer instead of being sent.
"""

import asyncio
import gzip
from typing import Any

SECRETIVE = ("/api/v1/auth", "/api/v1/users", "/api/v1/webhooks", "/metrics")
TYPES = ("application/json", "text/html", "text/plain", "text/css", "text/javascript", "text/markdown")
SMALLEST = 1024
LEVEL = 5
LARGE = 128 * 1024
"""What is packed in a thread, so that nobody waits for it."""


def may_be_packed(method: str, path: str) -> bool:
    if method != "GET" or any(path == one or path.startswith(f"{one}/") for one in SECRETIVE):
        return False
    return not path.endswith("/events")


def takes_gzip(headers: dict[bytes, bytes]) -> bool:
    wanted = headers.get(b"accept-encoding", b"").decode("latin-1").lower().replace(" ", "").split(",")
    return any(one == "gzip" or (one.startswith("gzip;q=") and one not in {"gzip;q=0", "gzip;q=0.0"}) for one in wanted)


class Packer:
    """Holds an answer's head until its first piece is there: one that is its last is packed, all else goes as it is."""

    def __init__(self, send: Any, *, wanted: bool) -> None:
        self._send, self._wanted = send, wanted
        self._head: Any = None

    async def __call__(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self._head = message
            return
        head, self._head = self._head, None
        if head is not None:
            if message["type"] == "http.response.body" and not message.get("more_body"):
                message = await self._packed(head, message)
            await self._send(head)
        await self._send(message)

    async def _packed(self, head: Any, message: Any) -> Any:
        headers = {name.lower(): value for name, value in head["headers"]}
        kind = headers.get(b"content-type", b"").partition(b";")[0].strip().decode("latin-1")
        body = message.get("body", b"")
        if (
            (kind not in TYPES and not kind.endswith("+json"))
            or b"content-encoding" in headers
            or head["status"] != 200
        ):
            return message
        head["headers"] = [*head["headers"], (b"vary", b"Accept-Encoding")]
        if len(body) < SMALLEST or not self._wanted:
            return message
        pack = asyncio.to_thread(gzip.compress, body, LEVEL, mtime=0) if len(body) > LARGE else None
        body = await pack if pack else gzip.compress(body, LEVEL, mtime=0)
        kept = [(name, value) for name, value in head["headers"] if name.lower() != b"content-length"]
        head["headers"] = [*kept, (b"content-encoding", b"gzip"), (b"content-length", str(len(body)).encode())]
        return {**message, "body": body}
