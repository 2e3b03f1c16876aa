import asyncio
from typing import Any

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.status_codes import HTTP_200_OK

from app import VERSION
from app.features.operations.schemas import (
    Health,
    Probe,
)
from app.features.operations.service import OperationsService, alive_seconds
from app.shared.jobs import JobQueue
from app.shared.resources import Resources


class HealthController(Controller):
    path = "/health"
    tags = ["health"]
    opt = {"public": True}

    @get(responses={503: ResponseSpec(Health, description="The database can't be reached.", generate_examples=False)})
    async def get_health(
        self, resources: NamedDependency[Resources], jobs: NamedDependency[JobQueue]
    ) -> Response[Health]:
        """Whether the service and what it depends on are well; 503 only when the database can't be reached."""
        queue, bell, storage = await asyncio.gather(
            _answer(_queue(resources)), jobs.bell.alive(), _answer(resources.storage.check())
        )
        services = {
            "db": "healthy" if queue else "unhealthy",
            "queue": "healthy" if bell else "degraded",
            "storage": "healthy" if storage is not False else "degraded",
            "workers": "healthy" if queue and queue.workers_alive else "degraded",
        }
        worst = [word for word in ("unhealthy", "degraded") if word in services.values()]
        body = Health(worst[0] if worst else "healthy", VERSION, services, queue or None)
        return Response(body, status_code=HTTP_200_OK if queue else 503, headers={} if queue else {"Retry-After": "5"})

    @get("/live")
    async def check_liveness(self) -> Probe:
        """The process answers."""
        return Probe("healthy")

    @get(
        "/ready",
        responses={503: ResponseSpec(Probe, description="The database can't be reached.", generate_examples=False)},
    )
    async def check_readiness(self, resources: NamedDependency[Resources]) -> Response[Probe]:
        """The process can serve: its database answers."""
        if await _answer(_queue(resources)):
            return Response(Probe("healthy"))
        return Response(Probe("unhealthy"), status_code=503, headers={"Retry-After": "5"})


async def _answer(question: Any) -> Any:
    """What it says within three seconds; False for no answer."""
    try:
        async with asyncio.timeout(3):
            return await question
    except Exception:
        return False


async def _queue(resources: Resources) -> Any:
    async with resources.db.transaction() as session:
        return await OperationsService(session).queue(alive_seconds(resources.settings.job_beat_seconds))
