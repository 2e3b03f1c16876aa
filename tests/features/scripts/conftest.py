"""Sources, a structure and a script of theirs."""

import pytest

from tests.features.scripts.shelves import stock
from tests.features.scripts.writing import write


@pytest.fixture
async def shelf(resources, creator, project):
    return await stock(resources, creator, project)


@pytest.fixture
async def script(creator, shelf):
    return await write(creator, shelf)


@pytest.fixture(scope="module")
async def written(reader, room, resources, worker):
    return await write(reader, await stock(resources, reader, room))
