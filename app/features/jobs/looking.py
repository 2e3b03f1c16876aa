"""Looks for new events on behalf of all who follow jobs in this process: those wanted at the same time are one query."""

from collections.abc import Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any
from uuid import UUID

from msgspec import Struct
from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, INTEGER
from sqlalchemy.dialects.postgresql import UUID as SQL_UUID

from app.db.models import JobStatus
from app.db.session import Database
from app.shared.gathering import Gathering
from app.shared.http import Principal

EVENTS_A_LOOK = 500
LOOKS_A_QUERY = 500
GATHER_SECONDS = 0.005

LOOK = text(
    """
select wanted.place, job.event_seq, job.status, event.seq, event.type, event.data::text as data,
  job.id is not null and case when wanted.sign_in is null
    then exists (select 1 from api_keys where owner_id = wanted.owner)
    else exists (select 1 from user_sessions where id = wanted.sign_in and revoked_at is null) end as may
from unnest(:jobs, :afters, :owners, :sign_ins) with ordinality as wanted (job_id, after, owner, sign_in, place)
left join jobs job on job.id = wanted.job_id and job.owner_id = wanted.owner
left join lateral (
  select seq, type, data from job_events where job_id = job.id
    and seq > case when wanted.after > job.event_seq then 0 else wanted.after end
  order by seq limit :most
) event on true
order by wanted.place, event.seq
"""
).bindparams(
    *(bindparam(name, type_=ARRAY(SQL_UUID(as_uuid=True))) for name in ("jobs", "owners", "sign_ins")),
    bindparam("afters", type_=ARRAY(INTEGER)),
)


class Seen(Struct, frozen=True):
    """An event, its data as JSON."""

    seq: int
    type: str
    data: str


class Look(Struct, frozen=True):
    """What has happened since: the job's newest event and state, and the next events, 500 at most."""

    newest: int
    status: JobStatus
    events: list[Seen]


class Wanted(Struct, frozen=True):
    user: Principal
    job_id: UUID
    after: int


class Looks:
    def __init__(self, db: Database) -> None:
        self._db = db
        self._gathered = Gathering(self._query, LOOKS_A_QUERY, GATHER_SECONDS)

    async def look(self, user: Principal, job_id: UUID, after: int) -> Look | None:
        """None: the job is gone, or the sign-in has ended. One opened by a key lasts while its owner has any."""
        return await self._gathered.ask(Wanted(user, job_id, after))

    async def _query(self, batch: Sequence[Wanted]) -> list[Look | None]:
        given = {
            "jobs": [one.job_id for one in batch],
            "afters": [one.after for one in batch],
            "owners": [one.user.id for one in batch],
            "sign_ins": [one.user.session_id for one in batch],
            "most": EVENTS_A_LOOK,
        }
        async with self._db.transaction() as session:
            rows = (await session.execute(LOOK, given)).all()
        found: dict[int, Look] = {}
        for place, lines in groupby(rows, attrgetter("place")):
            several: list[Any] = list(lines)
            if several[0].may:
                events = [Seen(row.seq, row.type, row.data) for row in several if row.seq is not None]
                found[place] = Look(several[0].event_seq, JobStatus(several[0].status), events)
        return [found.get(place) for place in range(1, len(batch) + 1)]
