from uuid import UUID

import numpy as np
from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import SourceRole
from app.features.search.ranking import CANDIDATES, FARTHEST, WORDS_ONLY_WEIGHT, Leg, SearchQuery, fuse, parse_query
from app.features.search.reembedding import ReembeddingService
from app.features.search.schemas import Hit, SearchMode
from app.features.search.service import SearchService
from app.shared.clients.llm import LLM
from app.shared.clients.meter import Meter, metered
from app.shared.exceptions import Conflict
from app.shared.pipeline import PipelineRun
from app.shared.resources import Resources


class Search(Struct, frozen=True):
    """What is looked for, and where."""

    owner_id: UUID
    project_id: UUID
    q: str
    limit: int = 10
    role: SourceRole | None = None
    source_id: UUID | None = None
    speaker: str | None = None
    mode: SearchMode = "hybrid"


async def search_project(resources: Resources, wanted: Search) -> list[Hit]:
    """Hybrid search: the query is embedded before the transaction opens, once for each model that embedded the project;
    then the legs look and are fused."""
    query, most = parse_query(wanted.q), max(wanted.limit, CANDIDATES)
    vectors: list[tuple[LLM, np.ndarray]] = []
    if wanted.mode != "keyword" and query.text:
        async with resources.db.transaction() as session:
            models = await _service(resources, session, wanted, query).embedding_models()
        with metered(Meter(owner_id=wanted.owner_id, project_id=wanted.project_id, kind="search")):
            llms = [resources.engines.embedding_with(resources.llm, model) for model in models]
            vectors = [(llm, (await llm.embed([query.text]))[0]) for llm in llms if llm]
    async with resources.db.transaction() as session:
        search = _service(resources, session, wanted, query)
        scope = await search.scope()
        lexemes = await search.lexemes(scope)
        legs = []
        if wanted.mode != "semantic":
            legs.append(Leg("keyword", 1.0, await search.by_keyword(scope, lexemes, most)))
        for llm, vector in vectors:
            weight = 1.0 if llm.semantic or wanted.mode == "semantic" else WORDS_ONLY_WEIGHT
            found = await search.by_vector(scope, vector, llm.embedding_model, FARTHEST[llm.semantic], most)
            legs.append(Leg("vector", weight, found))
        return await search.hits(fuse(legs, wanted.limit), lexemes)


def _service(resources: Resources, session: AsyncSession, wanted: Search, query: SearchQuery) -> SearchService:
    return SearchService(
        session,
        wanted.owner_id,
        wanted.project_id,
        query,
        wanted.role,
        wanted.source_id,
        wanted.speaker,
        exact_chunks=resources.settings.search_exact_chunks,
    )


class Reembedding(Struct):
    """What a project's new vectors are made by, and how many chunks wait for one."""

    model: str
    waiting: int


async def reembed_project(run: PipelineRun, project_id: UUID) -> None:
    """New vectors beside the old ones, which serve until all chunks have a new one; then they change places at once."""
    batch, number = run.resources.llm.embedding_batch, 0
    plan = await run.step(plan_reembedding, project_id)
    run.expect(2 + -(-plan.waiting // batch))
    waiting = plan.waiting
    while waiting:
        number += 1
        waiting = await run.branch(f"embed_chunks_{number}", embed_next, project_id, plan.model, batch)
    await run.step(change_places, project_id, plan.model)


async def plan_reembedding(resources: Resources, project_id: UUID) -> Reembedding:
    """Vectors that the same owner's texts have elsewhere are taken over; the rest is to be embedded."""
    model = resources.llm.embedding_model
    async with resources.db.transaction() as session:
        service = ReembeddingService(session)
        await service.take_over(project_id, model)
        return Reembedding(model, await service.count_waiting(project_id, model))


async def embed_next(resources: Resources, project_id: UUID, model: str, batch: int) -> int:
    """Embed the next batch; gives how many still wait. Storing the vectors is the receipt of the paid call."""
    if resources.llm.embedding_model != model:
        raise Conflict("The embedding model was changed meanwhile; begin anew.", code="embedding_model_changed")
    async with resources.db.transaction() as session:
        waiting = await ReembeddingService(session).waiting(project_id, model, batch)
    texts = list(dict.fromkeys(said for _, said in waiting))
    if texts:
        vectors = dict(zip(texts, await resources.llm.embed(texts), strict=True))
        rows = [(chunk_id, vectors[said]) for chunk_id, said in waiting]
        await resources.db.patiently(lambda session: ReembeddingService(session).store(rows, model))
    async with resources.db.transaction() as session:
        return await ReembeddingService(session).count_waiting(project_id, model)


async def change_places(resources: Resources, project_id: UUID, model: str) -> int:
    """From now on searches compare with the new vectors; gives how many there are."""
    async with resources.db.transaction() as session:
        return await ReembeddingService(session).change_places(project_id, model)
