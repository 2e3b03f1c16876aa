"""What every answer carries so that a browser does nothing with it but show it, and no cache keeps what is private."""

from collections.abc import Awaitable, Callable

from litestar import Litestar
from litestar.datastructures import MutableScopeHeaders
from litestar.routes import HTTPRoute
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
    told = {
        (page, secret): _raw(
            always
            | {
                "Content-Security-Policy": PAGE if page else NOTHING,
                "Cache-Control": "no-store" if secret else "private, no-cache",
            }
        )
        for page in (True, False)
        for secret in (True, False)
    }

    async def add_headers(message: Message, scope: Scope) -> None:
        if message["type"] != "http.response.start":
            return
        path, set_already = scope["path"], {name.lower() for name, _ in message["headers"]}
        wanted = told[path.startswith("/docs"), path.startswith("/api/v1/auth")]
        message["headers"] = [*message["headers"], *(one for one in wanted if one[0] not in set_already)]

    return add_headers


def _raw(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]


async def name_methods(message: Message, scope: Scope) -> None:
    """A hook: an answer to OPTIONS names every method of the route; Litestar names those of the handler that came first."""
    if message["type"] != "http.response.start" or scope.get("method") != "OPTIONS":
        return
    app = scope["litestar_app"]
    if "methods" not in app.state:
        app.state.methods = methods_of(app)
    if allowed := app.state.methods.get(scope.get("path_template", "")):
        MutableScopeHeaders.from_message(message)["Allow"] = allowed


def methods_of(app: Litestar) -> dict[str, str]:
    """What each route takes, by its template; HEAD wherever GET, as the door answers that."""
    return {
        route.path_format: ", ".join(sorted(route.methods | ({"HEAD"} if "GET" in route.methods else set())))
        for route in app.routes
        if isinstance(route, HTTPRoute)
    }
