"""The floor: raw Litestar handlers with asyncpg and msgspec, each with one statement, and a token that nobody looks up."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import asyncpg
import jwt
import msgspec
from litestar import Litestar, MediaType, Request, Response, get, post
from litestar.exceptions import NotAuthorizedException, NotFoundException
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Struct

ENCODER = msgspec.json.Encoder(decimal_format="string")


class Project(Struct):
    id: UUID
    title: str
    creative_brief: str | None
    audience: str | None
    audience_id: UUID | None
    platform: str | None
    target_minutes: float | None
    language: str | None
    status: str
    dna_profile_id: UUID | None
    engine: str
    allow_external_models: bool
    created_at: datetime
    updated_at: datetime


class Span(Struct):
    start: int
    end: int


class Chunk(Struct):
    id: UUID
    source_id: UUID
    ordinal: int
    text: str
    span: Span
    page: int | None
    start_seconds: float | None
    end_seconds: float | None
    speaker: str | None
    heading_path: msgspec.Raw


class Usage(Struct):
    input_tokens: int
    output_tokens: int
    cost_usd: Decimal


class Job(Struct):
    id: UUID
    kind: str
    status: str
    progress: float
    stage: str | None
    attempts: int
    project_id: UUID | None
    result: msgspec.Raw
    error: msgspec.Raw
    steps: msgspec.Raw
    usage: Usage
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class Page(Struct):
    items: list[Any]
    total: int
    limit: int
    offset: int


PROJECTS = f"""select {", ".join(Project.__struct_fields__)}, count(*) over () as total from projects where owner_id = $1
order by created_at desc, id desc limit $2 offset $3"""
CHUNKS = """select t.id, t.source_id, t.ordinal, t.text, t.span_start, t.span_end, t.page, t.start_seconds, t.end_seconds, t.speaker,
t.heading_path::text, s.chunk_count from retrievable_text t join content_sources s on s.id = t.source_id and s.version = t.version
where t.source_id = $2 and s.owner_id = $1 order by t.ordinal limit $3 offset $4"""
JOB = """select id, kind, status, progress, stage, attempts, project_id, result::text, error::text, created_at, started_at, finished_at,
(select coalesce(json_agg(json_build_object('name', name, 'status', status, 'attempts', attempts, 'started_at', started_at,
 'finished_at', finished_at, 'usage', usage) order by ordinal), '[]')::text from job_steps where job_id = jobs.id) as steps,
(select array[coalesce(sum(input_tokens), 0), coalesce(sum(output_tokens), 0), coalesce(sum(cost_usd), 0)] from model_calls where job_id = jobs.id) as usage
from jobs where id = $2 and owner_id = $1"""
NEW_PROJECT = f"""insert into projects (id, owner_id, title, target_minutes, status, engine, allow_external_models, revision, created_at, updated_at)
values (gen_random_uuid(), $1, $2, $3, 'active', 'auto', true, 1, now(), now()) returning {", ".join(Project.__struct_fields__)}"""
SCRIPT = """select s.id, s.project_id, s.title, s.target_minutes, s.head, s.created_at, s.updated_at, v.number, v.origin, v.word_count,
v.words_per_minute, v.voice_match, v.sections::text from scripts s join script_versions v on v.script_id = s.id and v.number = s.head
where s.id = $2 and s.owner_id = $1"""


def owner(request: Request[Any, Any, Any]) -> UUID:
    _, _, token = request.headers.get("authorization", "").partition(" ")
    try:
        claims = jwt.decode(
            token, os.environ["SECRET_KEY"], algorithms=["HS256"], audience="strand-api", issuer="strand"
        )
    except jwt.InvalidTokenError:
        raise NotAuthorizedException from None
    return UUID(claims["sub"])


def answered(body: Any) -> Response[bytes]:
    return Response(ENCODER.encode(body), media_type=MediaType.JSON)


@get("/api/v1/projects")
async def projects(
    request: Request[Any, Any, Any], limit: FromQuery[int] = 20, offset: FromQuery[int] = 0
) -> Response[bytes]:
    rows = await request.app.state.pool.fetch(PROJECTS, owner(request), limit, offset)
    items = [Project(*tuple(row)[:-1]) for row in rows]
    return answered(Page(items, rows[0]["total"] if rows else 0, limit, offset))


class NewProject(Struct):
    title: str
    target_minutes: float | None = None


@post("/api/v1/projects")
async def new_project(request: Request[Any, Any, Any], data: JSONBody[NewProject]) -> Response[bytes]:
    row = await request.app.state.pool.fetchrow(NEW_PROJECT, owner(request), data.title, data.target_minutes)
    return answered(Project(*row))


@get("/api/v1/jobs/{job_id:uuid}")
async def job(request: Request[Any, Any, Any], job_id: FromPath[UUID]) -> Response[bytes]:
    row = await request.app.state.pool.fetchrow(JOB, owner(request), job_id)
    if row is None:
        raise NotFoundException
    found = dict(row)
    for name in ("result", "error", "steps"):
        found[name] = msgspec.Raw((found[name] or "null").encode())
    given, written, cost = found["usage"]
    found["usage"] = Usage(int(given), int(written), cost)
    return answered(Job(**found))


@get("/api/v1/sources/{source_id:uuid}/chunks")
async def chunks(
    request: Request[Any, Any, Any], source_id: FromPath[UUID], limit: FromQuery[int] = 20, offset: FromQuery[int] = 0
) -> Response[bytes]:
    rows = await request.app.state.pool.fetch(CHUNKS, owner(request), source_id, limit, offset)
    items = [Chunk(*row[:4], Span(row[4], row[5]), *row[6:10], msgspec.Raw(row[10].encode())) for row in rows]
    return answered(Page(items, rows[0]["chunk_count"] if rows else 0, limit, offset))


@get("/api/v1/scripts/{script_id:uuid}")
async def script(request: Request[Any, Any, Any], script_id: FromPath[UUID]) -> Response[bytes]:
    row = await request.app.state.pool.fetchrow(SCRIPT, owner(request), script_id)
    if row is None:
        raise NotFoundException
    found = dict(row)
    found["sections"] = msgspec.Raw(found["sections"].encode())
    return answered(found)


@asynccontextmanager
async def lifespan(app: Litestar) -> AsyncIterator[None]:
    async with asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=10, max_size=10) as pool:
        app.state.pool = pool
        yield


app = Litestar(
    [projects, new_project, job, chunks, script], lifespan=[lifespan], openapi_config=None, logging_config=None
)
