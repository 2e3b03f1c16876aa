"""The worker door: `python -m app.worker.run`."""

import asyncio
import logging
import signal
import sys
from contextlib import AsyncExitStack

from app.config import Settings, SettingsError
from app.features import feature_modules
from app.shared.bell import Bell
from app.shared.collector import start_tracing
from app.shared.embedded import embedded_database, with_secrets
from app.shared.garbage import collect_rarely
from app.shared.job_store import JobStore
from app.shared.logs import configure_logs
from app.shared.resources import open_resources
from app.worker.metrics_port import told_to_prometheus
from app.worker.runtime import Runtime, worker_name
from app.worker.settings import build_queue, build_worker

log = logging.getLogger(__name__)


async def work(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT, then leave at the next step boundary."""
    for _ in feature_modules("tasks"):
        pass
    assert settings.database_url is not None
    async with AsyncExitStack() as stack:
        stack.callback(start_tracing(settings, "strand-worker"))
        resources = await stack.enter_async_context(open_resources(settings))
        store = await stack.enter_async_context(
            JobStore(settings.database_url, settings, worker_name(), resources.hints.touch)
        )
        bell = Bell(build_queue(settings))
        stack.push_async_callback(bell.close)
        runtime = Runtime(settings, resources, store, bell)
        listener = build_worker(bell.queue, runtime)
        told_to_leave = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, told_to_leave.set)
        await runtime.start()
        stack.push_async_callback(runtime.stop)
        await bell.alive()
        await stack.enter_async_context(told_to_prometheus(resources, lambda: len(runtime.runs)))
        collect_rarely()
        log.info("Worker %s is ready", store.worker)
        listening = asyncio.create_task(listener.start())
        leaving = asyncio.create_task(told_to_leave.wait())
        await asyncio.wait({listening, leaving}, return_when=asyncio.FIRST_COMPLETED)
        runtime.stopping = True
        await listener.stop()
        await asyncio.wait({listening}, timeout=2)


def main() -> int:
    try:
        settings = Settings.from_env()
        configure_logs(settings)
        with embedded_database(settings) as ready:
            asyncio.run(work(with_secrets(ready)))
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
