from uuid import UUID

from app.db.models import SourceRole
from app.features.search.ranking import CANDIDATES, FARTHEST, WORDS_ONLY_WEIGHT, Leg, fuse, parse_query
from app.features.search.schemas import Hit, SearchMode
from app.features.search.service import SearchService
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
    query, embedder = parse_query(q), resources.embedder
    vector = (await embedder.embed([query.text]))[0] if mode != "keyword" and query.text else None
    wanted = max(limit, CANDIDATES)
    async with resources.db.transaction() as session:
        search = SearchService(session, owner_id, project_id, query, role, source_id)
        lexemes = await search.lexemes()
        legs = []
        if mode != "semantic":
            legs.append(Leg("keyword", 1.0, await search.by_keyword(lexemes, wanted)))
        if vector is not None:
            weight = 1.0 if embedder.semantic or mode == "semantic" else WORDS_ONLY_WEIGHT
            found = await search.by_vector(vector, embedder.model, FARTHEST[embedder.semantic], wanted)
            legs.append(Leg("vector", weight, found))
        return await search.hits(fuse(legs, limit), lexemes)
