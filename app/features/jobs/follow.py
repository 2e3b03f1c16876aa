"""A job's events as they happen: from the table, woken by hints."""

import time
from collections.abc import AsyncIterator
from uuid import UUID

import msgspec
from litestar.response import ServerSentEventMessage

from app.db.models import JobStatus
from app.db.session import unreachable
from app.features.jobs.looking import EVENTS_A_LOOK, Look, Looks
from app.features.jobs.service import ENDED
from app.shared.hints import Hub
from app.shared.http import Principal

LOOK_SECONDS = 2.0
"""How often the table is looked at while no hint can be heard."""
LOOK_SECONDS_WITH_HINTS = 10.0
COMMENT_SECONDS = 15.0
RECONNECT_MILLISECONDS = 2000
NOTHING = Look(0, JobStatus.RUNNING, [])


async def follow(
    looks: Looks, hub: Hub, user: Principal, job_id: UUID, after: int
) -> AsyncIterator[ServerSentEventMessage]:
    """Every event after *after*, until the job has ended and all of them were sent, or the sign-in ends. An ending that
    a retry undid is told as the status that it was, so that `end` is always the last. Deltas carry no id. A process that
    ends sends its followers elsewhere; they go on from the last id that they have."""
    with hub.follow(job_id) as follower:
        last_said, look_at = time.monotonic(), 0.0
        while not hub.leaving:
            if time.monotonic() >= look_at:
                look_at = time.monotonic() + (LOOK_SECONDS_WITH_HINTS if hub.connected else LOOK_SECONDS)
                try:
                    found = await looks.look(user, job_id, after)
                except Exception as error:
                    if not unreachable(error):
                        raise
                    found, look_at = (
                        NOTHING,
                        time.monotonic() + LOOK_SECONDS,
                    )  # the stream outlives the database's being away
                if found is None:
                    return
                for event in found.events:
                    after, last_said = event.seq, time.monotonic()
                    kind = "status" if event.type == "end" and event.seq < found.newest else event.type
                    yield ServerSentEventMessage(
                        event.data, event=kind, id=str(event.seq), retry=RECONNECT_MILLISECONDS
                    )
                if found.status in ENDED and after >= found.newest:
                    return
                if len(found.events) == EVENTS_A_LOOK:
                    look_at = 0.0
                    continue
            patience = min(look_at, last_said + COMMENT_SECONDS) - time.monotonic()
            hinted, deltas = await follower.wait(max(0.0, patience))
            for delta in deltas:
                last_said = time.monotonic()
                yield ServerSentEventMessage(data=msgspec.json.encode(delta).decode(), event="delta")
            if hinted:
                look_at = 0.0
            if time.monotonic() - last_said >= COMMENT_SECONDS:
                last_said = time.monotonic()
                yield ServerSentEventMessage(None, comment="still here")
        yield ServerSentEventMessage(
            None, comment="the server ends; go on from here at another", retry=RECONNECT_MILLISECONDS
        )
