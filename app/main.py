"""The HTTP door: `uvicorn app.main:app`."""

import asyncio
import logging
import re
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from litestar import Controller, Litestar, MediaType, Request, Response, Router, get
from litestar.config.cors import CORSConfig
from litestar.di import NamedDependency, Provide
from litestar.exceptions import HTTPException, NotFoundException
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme
from litestar.params import FromPath
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.exc import StaleDataError

from app import VERSION
from app.config import Settings
from app.db.session import unreachable
from app.features import feature_modules
from app.features.accounts.guards import require_access_token
from app.features.operations.exposition import expose
from app.features.operations.service import alive_seconds
from app.shared.bell import Bell, build_bell
from app.shared.embedded import embedded_database, with_secrets
from app.shared.exceptions import AppError, Conflict, NotFound, Stale, Unavailable
from app.shared.hints import Hub, open_wire
from app.shared.http import Principal, StrandRequest, provide_paging, refuse_bad_request
from app.shared.jobs import JobQueue
from app.shared.logs import configure_logs
from app.shared.resources import Resources, open_resources

log = logging.getLogger(__name__)

FOREIGN_KEY_VIOLATION = "23503"
ROOM_FOR_A_FORM = 65536
DOCS_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Strand API</title>
<link rel="stylesheet" href="/docs/assets/swagger-ui.css">
</head>
<body>
<main id="reference"></main>
<script src="/docs/assets/swagger-ui-bundle.js"></script>
<script src="/docs/reference.js"></script>
</body>
</html>
"""
DOCS_ASSETS = {"swagger-ui.css": "text/css", "swagger-ui-bundle.js": "text/javascript"}
DOCS_SCRIPT = """SwaggerUIBundle({
  url: "/schema/openapi.json", dom_id: "#reference", deepLinking: true, validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis], defaultModelsExpandDepth: 0, persistAuthorization: true
});
"""


def controllers() -> list[type[Controller]]:
    """Every controller of every feature, found by its folder."""
    return [
        member
        for module in feature_modules("controller")
        for member in vars(module).values()
        if isinstance(member, type) and issubclass(member, Controller) and member.__module__ == module.__name__
    ]


def within_limits(controller: type[Controller], settings: Settings) -> type[Controller]:
    """A controller that takes files has the limit of files, and room for the form around one."""
    if not vars(controller).get("opt", {}).get("multipart"):
        return controller
    limit = settings.file_limit_bytes + ROOM_FOR_A_FORM
    return type(
        controller.__name__, (controller,), {"request_max_body_size": limit, "__module__": controller.__module__}
    )


def respond(status: int, detail: str, code: str, extra: Any = None, headers: Any = None) -> Response[Any]:
    body = {"status_code": status, "detail": detail, "code": code, "extra": extra or []}
    return Response(body, status_code=status, media_type=MediaType.JSON, headers=headers or {})


def on_app_error(_: Request[Any, Any, Any], error: AppError) -> Response[Any]:
    return respond(error.status_code, error.message, error.error_code, error.extra, error.headers)


CODES = {400: "invalid_request", 401: "unauthenticated", 403: "forbidden", 404: "not_found", 405: "method_not_allowed", 413: "too_large", 415: "unsupported_media_type", 429: "too_many_requests"}  # fmt: skip


def on_http_error(_: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    """Litestar's own refusals, in the contract's words."""
    status = error.status_code
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
    """The database is away or busy: say so, and when to try again. Anything else is our mistake."""
    if getattr(getattr(error, "orig", None), "sqlstate", None) == FOREIGN_KEY_VIOLATION:
        return on_app_error(request, NotFound("What this belongs to was deleted meanwhile."))
    if unreachable(error):
        log.warning("The database can't be reached: %s", type(error).__name__)
        return on_app_error(request, Unavailable("The database can't be reached; try again in a moment."))
    return on_unexpected_error(request, error)


def on_stale_row(request: Request[Any, Any, Any], _: StaleDataError) -> Response[Any]:
    said = "It was changed at the same time by another request; read it again."
    return on_app_error(request, Stale(said) if "if-match" in request.headers else Conflict(said))


def on_undecodable(_: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """A form's part that is not in the encoding that it claims. Any other failed look-up is our mistake."""
    if isinstance(error, UnicodeDecodeError) or str(error).startswith("unknown encoding"):
        return respond(400, "A part of the form is not text in UTF-8.", "invalid_request")
    return on_unexpected_error(_, error)


def on_unexpected_error(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return respond(500, "Something went wrong on our side; it was logged.", "internal_error")


@get("/docs", opt={"public": True}, include_in_schema=False, media_type=MediaType.HTML)
async def docs_page() -> str:
    return DOCS_PAGE


@get("/docs/reference.js", opt={"public": True}, include_in_schema=False, media_type="text/javascript")
async def docs_script() -> str:
    return DOCS_SCRIPT


@get("/docs/assets/{name:str}", opt={"public": True}, include_in_schema=False)
async def docs_asset(name: FromPath[str]) -> Response[bytes]:
    """Swagger UI's files, from the package that carries them; nothing is loaded from elsewhere."""
    if name not in DOCS_ASSETS:
        raise NotFound("There is nothing at this address.")
    headers = {"Cache-Control": "public, max-age=86400"}
    return Response(await asyncio.to_thread(read_docs_asset, name), media_type=DOCS_ASSETS[name], headers=headers)


@cache
def read_docs_asset(name: str) -> bytes:
    spec = find_spec("flask_swagger_ui")
    assert spec is not None
    assert spec.origin is not None
    return (Path(spec.origin).parent / "dist" / name).read_bytes()


async def provide_session(resources: NamedDependency[Resources]) -> AsyncIterator[AsyncSession]:
    async with resources.db.transaction() as session:
        yield session


def provide_user(request: Request[Any, Any, Any]) -> Principal:
    user: Principal = request.scope["user"]
    return user


def provide_resources(request: Request[Any, Any, Any]) -> Resources:
    resources: Resources = request.app.state.resources
    return resources


def provide_job_queue(request: Request[Any, Any, Any]) -> JobQueue:
    queue: JobQueue = request.app.state.jobs
    return queue


def provide_hub(request: Request[Any, Any, Any]) -> Hub:
    hub: Hub = request.app.state.hub
    return hub


def may_read_metrics(request: Request[Any, Any, Any], settings: Settings) -> bool:
    """By `METRICS_TOKEN`; without one only from this machine, and never in production."""
    if settings.metrics_token:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        return scheme.lower() == "bearer" and secrets.compare_digest(token.strip(), settings.metrics_token)
    return not settings.production and request.client is not None and request.client.host in {"127.0.0.1", "::1"}


@get("/metrics", opt={"public": True}, include_in_schema=False)
async def metrics_page(request: Request[Any, Any, Any]) -> Response[bytes]:
    """What operators watch, for Prometheus."""
    resources: Resources = request.app.state.resources
    if not may_read_metrics(request, resources.settings):
        raise NotFound("There is nothing at this address.")
    await resources.metrics.write(resources.db)
    async with resources.db.transaction() as session:
        body = await expose(session, alive_seconds(resources.settings.job_beat_seconds))
    return Response(body, media_type="text/plain; version=0.0.4; charset=utf-8")


def create_app(settings: Settings) -> Litestar:
    """The application; what it needs is opened when it starts, and closed when it stops."""

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            ready = with_secrets(stack.enter_context(embedded_database(settings)))
            resources = await stack.enter_async_context(open_resources(ready))
            bell = Bell(build_bell(ready.broker_url or ready.database_url or ""))
            stack.push_async_callback(bell.close)
            hub = Hub(open_wire(ready))
            stack.push_async_callback(hub.close)
            hub.start()
            app.state.resources, app.state.hub = resources, hub
            app.state.jobs = JobQueue(bell, ready, resources.hints.touch)
            yield

    return Litestar(
        [
            Router(
                "/api/v1",
                route_handlers=[within_limits(one, settings) for one in controllers()],
                guards=[require_access_token],
            ),
            docs_page,
            docs_script,
            docs_asset,
            metrics_page,
        ],
        lifespan=[lifespan],
        logging_config=None,
        request_class=StrandRequest,
        before_request=refuse_bad_request,
        request_max_body_size=settings.json_body_limit_bytes,
        dependencies={
            "session": Provide(provide_session),
            "user": Provide(provide_user, sync_to_thread=False),
            "resources": Provide(provide_resources, sync_to_thread=False),
            "jobs": Provide(provide_job_queue, sync_to_thread=False),
            "hub": Provide(provide_hub, sync_to_thread=False),
            "paging": Provide(provide_paging),
        },
        exception_handlers={
            AppError: on_app_error,
            HTTPException: on_http_error,
            NotFoundException: on_http_error,
            StaleDataError: on_stale_row,
            DBAPIError: on_database_error,
            PoolTimeout: on_database_error,
            OSError: on_database_error,
            UnicodeDecodeError: on_undecodable,
            LookupError: on_undecodable,
            Exception: on_unexpected_error,
        },
        openapi_config=OpenAPIConfig(
            title="Strand",
            version=VERSION,
            description="The pre-production partner of people who make videos that explain something.",
            path="/schema",
            components=Components(
                security_schemes={"token": SecurityScheme(type="http", scheme="bearer", bearer_format="JWT")}
            ),
            security=[{"token": []}],
            use_handler_docstrings=True,
            operation_id_creator=lambda handler, *_: handler.fn.__name__,
            render_plugins=[],
        ),
        cors_config=CORSConfig(allow_origins=[o.strip() for o in settings.cors_origins.split(",") if o.strip()])
        if settings.cors_origins
        else None,
    )


def build() -> Litestar:
    settings = Settings.from_env()
    configure_logs(settings)
    return create_app(settings)


def __getattr__(name: str) -> Litestar:
    """`app` is built when it is asked for, so that importing this module has no effect."""
    if name == "app":
        return build()
    raise AttributeError(name)
