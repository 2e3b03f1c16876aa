"""A job's events as they happen: from the table, woken by hints."""

import time
from collections.abc import AsyncIterator
from uuid import UUID

import msgspec
from litestar.response import ServerSentEventMessage

from app.db.models import Job
from app.features.jobs.service import ENDED, EVENTS_A_LOOK, JobService
from app.shared.hints import Hub
from app.shared.http import Principal
from app.shared.resources import Resources

LOOK_SECONDS = 2.0
"""How often the table is looked at while no hint can be heard."""
LOOK_SECONDS_WITH_HINTS = 10.0
COMMENT_SECONDS = 15.0
RECONNECT_MILLISECONDS = 2000


async def follow(
    resources: Resources, hub: Hub, user: Principal, job_id: UUID, after: int
) -> AsyncIterator[ServerSentEventMessage]:
    """Every event after *after*, until the job has ended and all of them were sent, or the sign-in ends. An ending that
    a retry undid is told as the status that it was, so that `end` is always the last. Deltas carry no id."""
    with hub.follow(job_id) as follower:
        last_said, look_at = time.monotonic(), 0.0
        while True:
            if time.monotonic() >= look_at:
                async with resources.db.transaction() as session:
                    service = JobService(session)
                    job = await session.get(Job, job_id)
                    if job is None or not await service.signed_in(user):
                        return
                    if after > job.event_seq:
                        after = 0
                    events = await service.events_after(job_id, after)
                for event in events:
                    after, last_said = event.seq, time.monotonic()
                    kind = "status" if event.type == "end" and event.seq < job.event_seq else event.type
                    data = msgspec.json.encode(event.data).decode()
                    yield ServerSentEventMessage(data=data, event=kind, id=str(event.seq), retry=RECONNECT_MILLISECONDS)
                if job.status in ENDED and after >= job.event_seq:
                    return
                if len(events) == EVENTS_A_LOOK:
                    continue
                look_at = time.monotonic() + (LOOK_SECONDS_WITH_HINTS if hub.connected else LOOK_SECONDS)
            patience = min(look_at, last_said + COMMENT_SECONDS) - time.monotonic()
            hinted, deltas = await follower.wait(max(0.0, patience))
            for delta in deltas:
                last_said = time.monotonic()
                yield ServerSentEventMessage(data=msgspec.json.encode(delta).decode(), event="delta")
            if hinted:
                look_at = 0.0
            if time.monotonic() - last_said >= COMMENT_SECONDS:
                last_said = time.monotonic()
                yield ServerSentEventMessage(comment="still here")
