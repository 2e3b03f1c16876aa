"""Which passages of the planned versions of a project's sources a question is answered from."""

from collections.abc import Sequence
from uuid import UUID

from app.features.research.material import Found, PlannedSource
from app.features.research.passages import Passage
from app.features.research.shelf import Shelf, search_words
from app.features.search.pipelines import Search, search_project
from app.shared.resources import Resources

HITS = 50
FEW_SOURCES = 6
"""So few are searched one by one, so that none is drowned by the others."""


async def find_passages(
    resources: Resources,
    owner_id: UUID,
    project_id: UUID,
    sources: Sequence[PlannedSource],
    words: str,
    reach: int,
    share: int,
) -> list[Found]:
    """Of a collection of at most *reach* passages all, else the best *share*, not more than half of them from one source."""
    if sum(source.chunks for source in sources) <= reach:
        async with resources.db.transaction() as session:
            return await Shelf(session).all_chunks(sources)
    wanted = search_words(words)
    roles = {source.role for source in sources}
    role = next(iter(roles)) if len(roles) == 1 else None
    ids = {source.source_id for source in sources}
    search = Search(owner_id, project_id, wanted, HITS, role)
    hits = [hit for hit in await search_project(resources, search) if hit.source_id in ids]
    if len(hits) < share and len(ids) <= FEW_SOURCES:
        for source_id in ids:
            hits += await search_project(resources, Search(owner_id, project_id, wanted, HITS, None, source_id))
    async with resources.db.transaction() as session:
        found = await Shelf(session).found_chunks(sources, list(dict.fromkeys(hit.chunk_id for hit in hits)))
    return spread(found, share, len(ids))


async def load(resources: Resources, found: Sequence[Found]) -> list[Passage]:
    """The passages with their words."""
    async with resources.db.transaction() as session:
        return await Shelf(session).passages(found)


def distinct(found: Sequence[Sequence[Found]], most: int) -> list[Found]:
    """Each passage once, the best of each question first."""
    deepest = max((len(one) for one in found), default=0)
    by_rank = (one[rank] for rank in range(deepest) for one in found if rank < len(one))
    return list({one.chunk_id: one for one in by_rank}.values())[:most]


def spread(found: Sequence[Found], most: int, sources: int) -> list[Found]:
    """The first of them, of each source at most half where there are several; what is left fills up."""
    share = most if sources == 1 else max(3, most // 2)
    taken: dict[UUID, int] = {}
    kept: list[Found] = []
    rest: list[Found] = []
    for one in found:
        taken[one.source_id] = taken.get(one.source_id, 0) + 1
        (kept if taken[one.source_id] <= share else rest).append(one)
    return [*kept, *rest][:most]
