from uuid import uuid4

import pytest

from app.db.models import User
from app.shared.bell import Bell, build_bell
from app.shared.jobs import JobQueue


@pytest.fixture
async def owner(resources):
    async with resources.db.transaction() as session:
        user = User(email=f"{uuid4().hex}@example.com", password_hash="x", display_name="x")
        session.add(user)
    return user.id


@pytest.fixture
async def queue(settings):
    bell = Bell(build_bell(settings.database_url))
    yield JobQueue(bell, settings)
    await bell.close()
