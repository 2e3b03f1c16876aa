from uuid import UUID

from app.db.models import SourceRole
from app.features.search.ranking import CANDIDATES, FARTHEST, WORDS_ONLY_WEIGHT, Leg, fuse, parse_query
from app.features.search.schemas import Hit, SearchMode
from app.features.search.service import SearchService
from app.shared.clients.meter import Meter, metered
from app.shared.resources import Resources


async def search_project(
    resources: Resources,
    owner_id: UUID,
    project_id: UUID,
    q: str,
    limit: int,
    role: SourceRole | None,
    source_id: UUID | None,
    mode: SearchMode,
) -> list[Hit]:
    """Hybrid search: the query is embedded before the transaction opens, then both legs look and are fused."""
    query, llm, vector = parse_query(q), resources.llm, None
    if mode != "keyword" and query.text:
        with metered(Meter(owner_id=owner_id, project_id=project_id, kind="search")):
            vector = (await llm.embed([query.text]))[0]
    wanted = max(limit, CANDIDATES)
    async with resources.db.transaction() as session:
        search = SearchService(session, owner_id, project_id, query, role, source_id)
        lexemes = await search.lexemes()
        legs = []
        if mode != "semantic":
            legs.append(Leg("keyword", 1.0, await search.by_keyword(lexemes, wanted)))
        if vector is not None:
            weight = 1.0 if llm.semantic or mode == "semantic" else WORDS_ONLY_WEIGHT
            found = await search.by_vector(vector, llm.embedding_model, FARTHEST[llm.semantic], wanted)
            legs.append(Leg("vector", weight, found))
        return await search.hits(fuse(legs, limit), lexemes)
