"""The provider of these tests: one process, without rules and records at the start of each test."""

from collections.abc import AsyncIterator, Iterator

import pytest

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
