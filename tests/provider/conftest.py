"""The provider of these tests: one process, without rules and records at the start of each test."""

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from app.shared.resources import Resources
from app.worker.runtime import Runtime
from tests.features.scripts.shelves import Shelf, stock
from tests.provider.asking import Clients
from tests.provider.process import ProviderProcess


@pytest.fixture(scope="session")
def provider_process() -> Iterator[ProviderProcess]:
    with ProviderProcess() as running:
        yield running


@pytest.fixture
def remote(provider_process: ProviderProcess) -> Iterator[ProviderProcess]:
    provider_process.clear()
    yield provider_process
    provider_process.clear()


@pytest.fixture
async def clients(remote: ProviderProcess) -> AsyncIterator[Clients]:
    async with Clients(remote.url) as made:
        yield made


@pytest.fixture
async def shelf(resources: Resources, creator: httpx.AsyncClient, project: str, worker: Runtime) -> Shelf:
    """Sources, a brief and a structure to write from."""
    return await stock(resources, creator, project)


@pytest.fixture(scope="module")
async def stocked(resources: Resources, reader: httpx.AsyncClient, room: str, worker: Runtime) -> Shelf:
    """The same for tests that leave it as it was."""
    return await stock(resources, reader, room)
