"""The HTTP door: `uvicorn app.main:app`."""

import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from litestar import Controller, Litestar, Request, Router
from litestar.config.cors import CORSConfig
from litestar.di import NamedDependency, Provide
from litestar.plugins import PluginProtocol
from litestar.plugins.core import MsgspecDIPlugin
from sqlalchemy.ext.asyncio import AsyncSession

from app.config import Settings
from app.features import feature_modules
from app.features.accounts.admission import Admission
from app.features.accounts.guards import require_access_token
from app.features.jobs.requests import provide_job_request
from app.pages import PAGES
from app.reference.document import Reference
from app.refusals import EXCEPTION_HANDLERS
from app.shared.bell import Bell, build_bell
from app.shared.collector import start_tracing
from app.shared.door import Door
from app.shared.embedded import embedded_database, with_secrets
from app.shared.headers import name_methods, protect
from app.shared.hints import Hub, open_wire
from app.shared.http import Principal, StrandRequest, provide_paging, refuse_bad_request
from app.shared.jobs import JobQueue
from app.shared.leaving import told_of_leaving
from app.shared.logs import configure_logs
from app.shared.reporting import reported
from app.shared.resources import Resources, open_resources

log = logging.getLogger(__name__)

ROOM_FOR_A_FORM = 65536
READABLE = ["ETag", "Location", "Retry-After", "X-Request-ID", "Content-Disposition"]
"""Headers that pages of other origins may read, where the settings name their origin. Credentials are never allowed:
there are no cookies, and tokens are sent by hand."""


class Application(Litestar):
    """Without the plugins for other libraries' types, which Litestar adds where such a library is installed, by whomever:
    pydantic's is eight megabytes and a twentieth of the start, and none of our types is of that kind."""

    @staticmethod
    def _get_default_plugins(plugins: list[PluginProtocol]) -> list[PluginProtocol]:
        return [*plugins, MsgspecDIPlugin()]


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


async def provide_session(resources: NamedDependency[Resources]) -> AsyncIterator[AsyncSession]:
    async with resources.db.transaction() as session:
        yield session


def provide_resources(request: Request[Any, Any, Any]) -> Resources:
    resources: Resources = request.app.state.resources
    return resources


def provide_user(request: Request[Any, Any, Any], resources: NamedDependency[Resources]) -> Principal:  # noqa: ARG001
    """Wants the resources only to come after them: what could be provided at the same time, Litestar provides in a group
    of tasks, and that takes a tenth of the time of a read."""
    user: Principal = request.scope["user"]
    return user


def provide_job_queue(request: Request[Any, Any, Any]) -> JobQueue:
    queue: JobQueue = request.app.state.jobs
    return queue


def provide_hub(request: Request[Any, Any, Any]) -> Hub:
    hub: Hub = request.app.state.hub
    return hub


def create_app(settings: Settings) -> Litestar:
    """The application; what it needs is opened when it starts, and closed when it stops."""

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            ready = with_secrets(stack.enter_context(embedded_database(settings)))
            stack.callback(start_tracing(ready, "strand-api"))
            resources = await stack.enter_async_context(open_resources(ready))
            bell = Bell(build_bell(ready.broker_url or ready.database_url or ""))
            stack.push_async_callback(bell.close)
            hub = Hub(open_wire(ready))
            stack.push_async_callback(hub.close)
            hub.start()
            stack.enter_context(told_of_leaving(hub.leave))
            app.state.resources, app.state.hub = resources, hub
            app.state.admission = Admission(resources.reads, resources.keys)
            app.state.jobs = JobQueue(bell, ready, resources.hints.touch)
            await stack.enter_async_context(reported(resources))
            yield

    reference = Reference()
    app = Application(
        [
            Router(
                "/api/v1",
                route_handlers=[within_limits(one, settings) for one in controllers()],
                guards=[require_access_token],
            ),
            *PAGES,
        ],
        lifespan=[lifespan],
        logging_config=None,
        request_class=StrandRequest,
        before_request=refuse_bad_request,
        before_send=[protect(settings), name_methods],
        request_max_body_size=settings.json_body_limit_bytes,
        dependencies={
            "session": Provide(provide_session),
            "user": Provide(provide_user, sync_to_thread=False),
            "resources": Provide(provide_resources, sync_to_thread=False),
            "jobs": Provide(provide_job_queue, sync_to_thread=False),
            "requested": Provide(provide_job_request, sync_to_thread=False),
            "hub": Provide(provide_hub, sync_to_thread=False),
            "paging": Provide(provide_paging, sync_to_thread=False),
        },
        exception_handlers=EXCEPTION_HANDLERS,
        openapi_config=reference,
        plugins=[reference.schemas],
        cors_config=CORSConfig(
            allow_origins=[o.strip() for o in settings.cors_origins.split(",") if o.strip()], expose_headers=READABLE
        )
        if settings.cors_origins
        else None,
    )
    app.state.door = Door(app.asgi_handler, settings, app.state)
    app.asgi_handler = app.state.door  # around refusals and preflights too, which a middleware never sees
    return app


def build() -> Litestar:
    settings = Settings.from_env()
    configure_logs(settings)
    return create_app(settings)


def __getattr__(name: str) -> Litestar:
    """`app` is built when it is asked for, so that importing this module has no effect."""
    if name == "app":
        return build()
    raise AttributeError(name)
