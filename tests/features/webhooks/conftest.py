import pytest

from tests.features.webhooks.receiver import Receiver


@pytest.fixture
async def receiver():
    async with Receiver.open() as opened:
        yield opened


@pytest.fixture
async def webhook(creator, receiver):
    """One that is told of everything; with its secret."""
    made = await creator.post("/webhooks", json={"url": receiver.url})
    assert made.status_code == 201, made.text
    return made.json()
