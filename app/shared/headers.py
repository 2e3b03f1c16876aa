"""What every answer carries so that a browser does nothing with it but show it, and no cache keeps what is private."""

from collections.abc import Awaitable, Callable

from litestar.datastructures import MutableScopeHeaders
from litestar.types import Message, Scope

from app.config import Settings

NOTHING = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
PAGE = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
A_YEAR = "max-age=31536000; includeSubDomains"
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def protect(settings: Settings) -> Callable[[Message, Scope], Awaitable[None]]:
    """A hook for what is sent; a header that a handler has set stays."""
    always = ALWAYS | ({"Strict-Transport-Security": A_YEAR} if settings.production else {})
    if settings.cors_origins:  # pages of those origins may read what we answer
        always["Cross-Origin-Resource-Policy"] = "cross-origin"

    async def add_headers(message: Message, scope: Scope) -> None:
        if message["type"] != "http.response.start":
            return
        headers = MutableScopeHeaders.from_message(message)
        path = scope["path"]
        more = {
            "Content-Security-Policy": PAGE if path.startswith("/docs") else NOTHING,
            "Cache-Control": "no-store" if path.startswith("/api/v1/auth") else "private, no-cache",
        }
        for name, value in (always | more).items():
            headers.setdefault(name, value)

    return add_headers
