from collections.abc import Sequence
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.base import DIMENSIONS
from app.db.models import SourceRole
from app.features.search.ranking import (
    BM25_B,
    BM25_K1,
    CANDIDATES,
    EXACT_CHUNKS,
    HIGHLIGHT_OFF,
    HIGHLIGHT_ON,
    Ranked,
    SearchQuery,
    read_highlights,
    unmarked,
    words_beginning,
)
from app.features.search.schemas import Hit, Why
from app.shared.evidence import Span

LEXEMES = """
with configs as (
  select search_config::regconfig as config, count(*) as chunks from retrievable_text where project_id = :project group by 1
), given as (
  select configs.config, configs.chunks, word.lexeme as word, to_tsvector(configs.config, word.lexeme) as read
  from configs cross join unnest(to_tsvector('simple', :words)) word
), asked as (  -- the language that takes most of the query's words for stop words, else the one of most chunks
  select config from given group by config, chunks order by count(*) filter (where length(read) = 0) desc, chunks desc limit 1
)
select distinct found.lexeme
from given cross join unnest(given.read) found
where given.word in (select word from given join asked using (config) where length(read) > 0)
"""

ALLOWED = """
  chunk.owner_id = :owner and chunk.project_id = :project and chunk.version = source.version
  and (cast(:role as text) is null or source.role = :role)
  and (cast(:source as uuid) is null or chunk.source_id = :source)
  and (cast(:speaker as text) is null or chunk.speaker = :speaker or source.speakers -> chunk.speaker ->> 'name' = :speaker)
  and not exists (select 1 from unnest(cast(:phrases as text[])) as wanted
    where not to_tsvector(chunk.search_config::regconfig, chunk.text) @@ phraseto_tsquery(chunk.search_config::regconfig, wanted))
  and not exists (select 1 from unnest(cast(:excluded as text[])) as refused
    where to_tsvector(chunk.search_config::regconfig, chunk.text) @@ phraseto_tsquery(chunk.search_config::regconfig, refused))
"""

KEYWORD_LEG = f"""
with scope as materialized (  -- else it is counted anew for each posting, wherever the planner expects but one
  select count(*)::float as chunks, greatest(avg(length), 1)::float as mean_length
  from retrievable_text where project_id = :project
), postings as (
  select lexeme, chunk_id, frequency, count(*) over (partition by lexeme) as holders
  from search_postings where project_id = :project and lexeme = any(:lexemes)
), scored as (
  select postings.chunk_id, sum(
    ln(1 + (scope.chunks - postings.holders + 0.5) / (postings.holders + 0.5)) * postings.frequency * ({BM25_K1} + 1)
    / (postings.frequency + {BM25_K1} * ({1 - BM25_B} + {BM25_B} * chunk.length / scope.mean_length))) as score
  from postings cross join scope
    join retrievable_text chunk on chunk.id = postings.chunk_id join content_sources source on source.id = chunk.source_id
  where {ALLOWED}
  group by postings.chunk_id
)
select chunk_id from scored order by score desc, chunk_id limit :limit
"""

MODELS = """
with recursive known as (
  (select embedding_model as name from retrievable_text
    where project_id = :project and embedding_model is not null order by embedding_model limit 1)
  union all
  select (select embedding_model from retrievable_text
    where project_id = :project and embedding_model > known.name order by embedding_model limit 1)
  from known where known.name is not null
)
select name from known where name is not null
"""

SCOPE_SIZE = """
select coalesce(sum(chunk_count), 0) from content_sources source
where source.project_id = :project and (cast(:role as text) is null or source.role = :role)
  and (cast(:source as uuid) is null or source.id = :source)
"""

EXACT_LEG = f"""
select chunk.id
from retrievable_text chunk join content_sources source on source.id = chunk.source_id
where {ALLOWED} and chunk.embedding_model = :model and chunk.embedding <=> :vector < :farthest
order by (chunk.embedding <=> :vector) + 0, chunk.id limit :limit  -- the sum keeps the index out of it
"""

INDEX_LEG = f"""
with near as materialized (
  select chunk.id, chunk.embedding <=> :vector as distance
  from retrievable_text chunk join content_sources source on source.id = chunk.source_id
  where {ALLOWED} and chunk.embedding_model = :model
  order by chunk.embedding::halfvec({DIMENSIONS}) <=> cast(:vector as vector)::halfvec({DIMENSIONS}) limit :limit
)
select id from near where distance < :farthest order by distance, id
"""

PLANNED_ANEW = "set local plan_cache_mode = force_custom_plan"
"""The plan that a connection keeps after five executions knows neither the scope's size nor the words."""
INDEX_SETTINGS = (  # without them a filtered query finds 1 to 3 of 10
    "set local hnsw.iterative_scan = relaxed_order", "set local hnsw.ef_search = 100",
    "set local ivfflat.iterative_scan = relaxed_order", "set local ivfflat.probes = 10",
    PLANNED_ANEW,
)  # fmt: skip

HITS = f"""
select chunk.id, chunk.source_id, source.title, source.role, chunk.text, chunk.span_start, chunk.span_end, chunk.page,
  chunk.start_seconds, case when :any_word = '' then chunk.text else ts_headline(chunk.search_config::regconfig, chunk.text,
    cast(:any_word as tsquery), 'HighlightAll=true, StartSel={HIGHLIGHT_ON}, StopSel={HIGHLIGHT_OFF}') end as marked
from retrievable_text chunk join content_sources source on source.id = chunk.source_id
where chunk.id = any(:ids)
"""


class SearchService:
    """The two legs of search in one project of one owner, and what they found in full."""

    def __init__(
        self,
        session: AsyncSession,
        owner_id: UUID,
        project_id: UUID,
        query: SearchQuery,
        role: SourceRole | None,
        source_id: UUID | None,
        speaker: str | None,
    ) -> None:
        self.session = session
        self.query = query
        self._scope: dict[str, Any] = {
            "owner": owner_id,
            "project": project_id,
            "role": role.value if role else None,
            "source": source_id,
            "speaker": speaker,
            "phrases": query.phrases,
            "excluded": query.excluded,
            "limit": CANDIDATES,
        }

    async def lexemes(self) -> list[str]:
        """The query's words as the chunks' languages index them. The stop words of the language it is asked in are left out
        for all chunks: rare in chunks of another language, they would outweigh what is asked for."""
        given = {"project": self._scope["project"], "words": self.query.text}
        return list(await self.session.scalars(text(LEXEMES), given))

    async def by_keyword(self, lexemes: Sequence[str], limit: int) -> list[UUID]:
        """BM25 over the postings of the project, best first."""
        if not lexemes:
            return []
        given = self._scope | {"lexemes": list(lexemes), "limit": limit}
        await self.session.execute(text(PLANNED_ANEW))
        return list(await self.session.scalars(text(KEYWORD_LEG), given))

    async def embedding_models(self) -> list[str]:
        """What made the vectors of this project: more than one model while it is being embedded anew."""
        return list(await self.session.scalars(text(MODELS), {"project": self._scope["project"]}))

    async def by_vector(self, vector: np.ndarray, model: str, farthest: float, limit: int) -> list[UUID]:
        """Cosine order among the chunks that the same model embedded, nearer than *farthest*: exact in a small scope, by
        the index in a large one."""
        if not np.any(vector):
            return []
        names = ("project", "role", "source")
        size = await self.session.scalar(text(SCOPE_SIZE), {name: self._scope[name] for name in names})
        leg = EXACT_LEG
        if size > EXACT_CHUNKS:
            leg = INDEX_LEG
            for setting in INDEX_SETTINGS:
                await self.session.execute(text(setting))
        raw = await (await self.session.connection()).get_raw_connection()
        statement, given = _numbered(
            leg, self._scope | {"model": model, "vector": vector, "farthest": farthest, "limit": limit}
        )
        return [row[0] for row in await raw.driver_connection.fetch(statement, *given)]  # type: ignore[union-attr]

    async def hits(self, ranked: Sequence[Ranked], lexemes: Sequence[str]) -> list[Hit]:
        """The hits in the order given, with their words marked."""
        any_word = " | ".join("'" + lexeme.replace("\\", "\\\\").replace("'", "''") + "'" for lexeme in lexemes)
        rows = await self.session.execute(text(HITS), {"ids": [one.chunk_id for one in ranked], "any_word": any_word})
        found = {row.id: row for row in rows}
        return [_hit(found[one.chunk_id], one, lexemes) for one in ranked if one.chunk_id in found]


def _hit(row: Any, ranked: Ranked, lexemes: Sequence[str]) -> Hit:
    highlights, terms = read_highlights(row.marked)
    if unmarked(row.marked) != row.text:  # ts_headline leaves words of over 2 kB out, which shifts all that follow
        highlights = words_beginning(row.text, lexemes)
        terms = list(dict.fromkeys(span.of(row.text).lower() for span in highlights))
    return Hit(
        chunk_id=row.id,
        source_id=row.source_id,
        source_title=row.title,
        role=SourceRole(row.role),
        text=row.text,
        span=Span(row.span_start, row.span_end),
        highlights=highlights,
        page=row.page,
        start_seconds=row.start_seconds,
        score=ranked.score,
        why=Why(legs=sorted(ranked.ranks), matched_terms=terms, ranks=ranked.ranks),
    )


def _numbered(statement: str, given: dict[str, Any]) -> tuple[str, list[Any]]:
    """The statement with asyncpg's numbered parameters, for values that go in binary."""
    used = [name for name in given if f":{name}" in statement]
    for number, name in enumerate(sorted(used, key=len, reverse=True), 1):
        statement = statement.replace(f":{name}", f"${number}")
    return statement, [given[name] for name in sorted(used, key=len, reverse=True)]
