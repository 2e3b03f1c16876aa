"""The usual style: FastAPI, SQLAlchemy's ORM with a session a request, Pydantic, the user read by its token, a count and a list."""

import os
from collections.abc import AsyncIterator
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

import jwt
from fastapi import Depends, FastAPI, HTTPException, Query
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from app.db.models import ContentSource, Job, JobStep, ModelCall, Project, RetrievableText, Script, ScriptVersion, User
from app.db.session import engine_url

engine = create_async_engine(engine_url(os.environ["DATABASE_URL"]), pool_size=10, max_overflow=10)
sessions = async_sessionmaker(engine, expire_on_commit=False)
app = FastAPI()
bearer = HTTPBearer()
T = TypeVar("T")


class Read(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class ProjectRead(Read):
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


class SpanRead(Read):
    start: int
    end: int


class ChunkRead(Read):
    id: UUID
    source_id: UUID
    ordinal: int
    text: str
    span: SpanRead
    page: int | None
    start_seconds: float | None
    end_seconds: float | None
    speaker: str | None
    heading_path: list[str]


class StepRead(Read):
    name: str
    status: str
    attempts: int
    started_at: datetime
    finished_at: datetime | None
    usage: dict[str, Any] | None


class UsageRead(Read):
    input_tokens: int
    output_tokens: int
    cost_usd: Decimal


class JobRead(Read):
    id: UUID
    kind: str
    status: str
    progress: float
    stage: str | None
    attempts: int
    project_id: UUID | None
    result: dict[str, Any] | None
    error: dict[str, Any] | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    steps: list[StepRead] = []
    usage: UsageRead | None = None


class CitationRead(Read):
    claim_id: UUID | None
    narration_span: SpanRead
    source_id: UUID
    source_version: int
    source_span: SpanRead
    quote: str | None
    page: int | None
    start_seconds: float | None
    stale: bool


class SectionRead(Read):
    id: str
    type: str
    title: str
    narration: str
    visuals: str
    on_screen_text: str
    locked: bool
    estimated_seconds: float
    citations: list[CitationRead]
    unsupported: list[SpanRead]
    voice_match: float | None


class VersionRead(Read):
    number: int
    origin: str
    word_count: int
    words_per_minute: float
    voice_match: float | None
    sections: list[SectionRead]


class ScriptRead(Read):
    id: UUID
    project_id: UUID
    title: str
    target_minutes: float
    head: int
    created_at: datetime
    updated_at: datetime
    version: VersionRead | None = None


class Page(Read, Generic[T]):
    items: list[T]
    total: int
    limit: int
    offset: int


async def get_session() -> AsyncIterator[AsyncSession]:
    async with sessions() as session:
        yield session


Session = Annotated[AsyncSession, Depends(get_session)]


async def get_user(session: Session, given: Annotated[HTTPAuthorizationCredentials, Depends(bearer)]) -> User:
    try:
        claims = jwt.decode(
            given.credentials, os.environ["SECRET_KEY"], algorithms=["HS256"], audience="strand-api", issuer="strand"
        )
    except jwt.InvalidTokenError:
        raise HTTPException(401) from None
    user = await session.get(User, UUID(claims["sub"]))
    if user is None:
        raise HTTPException(401)
    return user


Me = Annotated[User, Depends(get_user)]
Limit = Annotated[int, Query(ge=1, le=100)]
Offset = Annotated[int, Query(ge=0)]


async def page_of(session: AsyncSession, query: Any, order: Any, limit: int, offset: int) -> dict[str, Any]:
    total = await session.scalar(select(func.count()).select_from(query.subquery()))
    rows = await session.scalars(query.order_by(*order).limit(limit).offset(offset))
    return {"items": list(rows), "total": total, "limit": limit, "offset": offset}


@app.get("/api/v1/projects", response_model=Page[ProjectRead])
async def projects(session: Session, user: Me, limit: Limit = 20, offset: Offset = 0) -> Any:
    query = select(Project).where(Project.owner_id == user.id)
    return await page_of(session, query, (Project.created_at.desc(), Project.id.desc()), limit, offset)


class NewProject(BaseModel):
    title: str
    target_minutes: float | None = None


@app.post("/api/v1/projects", response_model=ProjectRead, status_code=201)
async def new_project(session: Session, user: Me, data: NewProject) -> Any:
    made = Project(owner_id=user.id, **data.model_dump())
    session.add(made)
    await session.commit()
    await session.refresh(made)
    return made


@app.get("/api/v1/jobs/{job_id}", response_model=JobRead)
async def job(session: Session, user: Me, job_id: UUID) -> Any:
    found = await session.scalar(select(Job).where(Job.id == job_id, Job.owner_id == user.id))
    if found is None:
        raise HTTPException(404)
    steps = await session.scalars(select(JobStep).where(JobStep.job_id == job_id).order_by(JobStep.ordinal))
    sums = func.coalesce(func.sum(ModelCall.input_tokens), 0), func.coalesce(func.sum(ModelCall.output_tokens), 0), func.coalesce(func.sum(ModelCall.cost_usd), 0)  # fmt: skip
    given, written, cost = (await session.execute(select(*sums).where(ModelCall.job_id == job_id))).one()
    read = JobRead.model_validate(found)
    read.steps = [StepRead.model_validate(step) for step in steps]
    read.usage = UsageRead(input_tokens=given, output_tokens=written, cost_usd=cost)
    return read


@app.get("/api/v1/sources/{source_id}/chunks", response_model=Page[ChunkRead])
async def chunks(session: Session, user: Me, source_id: UUID, limit: Limit = 20, offset: Offset = 0) -> Any:
    source = await session.scalar(
        select(ContentSource).where(ContentSource.id == source_id, ContentSource.owner_id == user.id)
    )
    if source is None:
        raise HTTPException(404)
    query = select(RetrievableText).where(
        RetrievableText.source_id == source_id, RetrievableText.version == source.version
    )
    found = await page_of(session, query, (RetrievableText.ordinal,), limit, offset)
    for row in found["items"]:
        row.span = SpanRead(start=row.span_start, end=row.span_end)
    return found


@app.get("/api/v1/scripts/{script_id}", response_model=ScriptRead)
async def script(session: Session, user: Me, script_id: UUID) -> Any:
    found = await session.scalar(select(Script).where(Script.id == script_id, Script.owner_id == user.id))
    if found is None:
        raise HTTPException(404)
    head = ScriptVersion.script_id == script_id, ScriptVersion.number == found.head
    read = ScriptRead.model_validate({**vars(found), "version": None})
    read.version = VersionRead.model_validate(await session.scalar(select(ScriptVersion).where(*head)))
    return read
