"""The SQL of search, and how a scope's filters go into it.

A chunk's row fills a page with its vector, so what ranks words never looks at it unless a filter must.
"""

from collections.abc import Mapping

from app.db.base import DIMENSIONS
from app.features.search.ranking import BM25_B, BM25_K1, HIGHLIGHT_OFF, HIGHLIGHT_ON

SCOPE = """
select search_config as config, sum(chunk_count)::int as chunks, sum(indexed_words)::bigint as words,
  coalesce(sum(chunk_count) filter (where (cast(:role as text) is null or role = :role)
    and (cast(:source as uuid) is null or id = :source)), 0)::int as wanted
from content_sources where owner_id = :owner and project_id = :project and version > 0 group by search_config
"""

LEXEMES = """
with given as (
  select configs.config::regconfig as config, configs.chunks, word.lexeme as word,
    to_tsvector(configs.config::regconfig, word.lexeme) as read
  from unnest(cast(:configs as text[]), cast(:chunks as int[])) as configs (config, chunks)
    cross join unnest(to_tsvector('simple', :words)) word
), asked as (  -- the language that takes most of the query's words for stop words, else the one of most chunks
  select config from given group by config, chunks order by count(*) filter (where length(read) = 0) desc, chunks desc limit 1
)
select distinct found.lexeme
from given cross join unnest(given.read) found
where given.word in (select word from given join asked using (config) where length(read) > 0)
"""

OF_SOURCES = """
and {row}.source_id in (select id from content_sources
  where project_id = :project and (cast(:role as text) is null or role = :role) and (cast(:source as uuid) is null or id = :source))
"""
OF_SPEAKER = """
and (chunk.speaker = :speaker or (select speakers -> chunk.speaker ->> 'name' from content_sources where id = chunk.source_id) = :speaker)
"""
SAYS = """
case when numnode(phraseto_tsquery(chunk.search_config::regconfig, {phrase})) = 0  -- nothing but stop words
  then to_tsvector('simple', chunk.text) @@ phraseto_tsquery('simple', {phrase})
  else to_tsvector(chunk.search_config::regconfig, chunk.text) @@ phraseto_tsquery(chunk.search_config::regconfig, {phrase}) end
"""
WITH_PHRASES = f"and (select bool_and({SAYS.format(phrase='wanted')}) from unnest(cast(:phrases as text[])) wanted)"
WITHOUT_PHRASES = f"and not (select bool_or({SAYS.format(phrase='no')}) from unnest(cast(:excluded as text[])) no)"

IN_CHUNK = {"speaker": OF_SPEAKER, "phrases": WITH_PHRASES, "excluded": WITHOUT_PHRASES}

KEYWORD_LEG = f"""
with posted as materialized (
  select lexeme, chunk_id, source_id, frequency, length from search_postings
  where project_id = :project and lexeme = any(:lexemes)
), held as (
  select lexeme, ln(1 + (cast(:chunks as float) - count(*) + 0.5) / (count(*) + 0.5)) as weight from posted group by lexeme
), scored as (
  select posted.chunk_id, sum(held.weight * posted.frequency * ({BM25_K1} + 1)
    / (posted.frequency + {BM25_K1} * ({1 - BM25_B} + {BM25_B} * posted.length / cast(:mean_length as float)))) as score
  from posted join held using (lexeme) {{chunk}}
  where true {{filters}}
  group by posted.chunk_id
)
select chunk_id from scored order by score desc, chunk_id limit :limit
"""
CHUNK_ROW = "join retrievable_text chunk on chunk.id = posted.chunk_id"

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

NEAR = """
from retrievable_text chunk join content_sources source on source.id = chunk.source_id and source.version = chunk.version
where chunk.owner_id = :owner and chunk.project_id = :project and chunk.embedding_model = :model
"""

EXACT_LEG = f"""
select id from (  -- the distance is computed once, as it is most of the work; the sum keeps the index out of it
  select chunk.id, (chunk.embedding <=> :vector) + 0 as distance {NEAR} {{filters}} order by distance, chunk.id limit :limit
) near where distance < :farthest order by distance, id
"""

INDEX_LEG = f"""
with near as materialized (
  select chunk.id, chunk.embedding <=> :vector as distance {NEAR} {{filters}}
  order by chunk.embedding::halfvec({DIMENSIONS}) <=> cast(:vector as vector)::halfvec({DIMENSIONS}) limit :limit
)
select id from near where distance < :farthest order by distance, id
"""

ALL_CHUNKS = "select greatest(reltuples, 0)::bigint from pg_class where oid = 'retrievable_text'::regclass"

PLANNED_ANEW = {"plan_cache_mode": "force_custom_plan"}
"""The plan that a connection keeps after five executions knows neither the scope's size nor the words."""
INDEX_SETTINGS = PLANNED_ANEW | {  # without the iterative scan a filtered query finds 1 to 3 of 10
    "hnsw.iterative_scan": "relaxed_order", "hnsw.ef_search": "600",
    "ivfflat.iterative_scan": "relaxed_order", "ivfflat.probes": "60",
}  # fmt: skip

HITS = f"""
select chunk.id, chunk.source_id, source.title, source.role, chunk.text, chunk.span_start, chunk.span_end, chunk.page,
  chunk.start_seconds, coalesce(source.speakers -> chunk.speaker ->> 'name', chunk.speaker) as speaker, case when :any_word = '' then chunk.text else ts_headline(chunk.search_config::regconfig, chunk.text,
    cast(:any_word as tsquery), 'HighlightAll=true, StartSel={HIGHLIGHT_ON}, StopSel={HIGHLIGHT_OFF}') end as marked
from retrievable_text chunk join content_sources source on source.id = chunk.source_id
where chunk.id = any(:ids)
"""


def settings(wanted: Mapping[str, str], *, of_session: bool = False) -> str:
    """One statement that sets these, for the transaction or for the session."""
    local = str(not of_session).lower()
    return "select " + ", ".join(f"set_config('{name}', '{value}', {local})" for name, value in wanted.items())


def filters(given: dict[str, object], row: str) -> str:
    """The conditions that this scope needs, of a *row* (`posted` or `chunk`) that knows its source. Those that aren't asked
    for are left out, as the planner would expect them to drop nearly all rows."""
    wanted = [OF_SOURCES.format(row=row)] if given["role"] or given["source"] else []
    for name, condition in IN_CHUNK.items():
        if given[name]:
            wanted.append(condition)
    return "".join(wanted)


def keyword_leg(given: dict[str, object]) -> str:
    looks_into = any(given[name] for name in IN_CHUNK)
    return KEYWORD_LEG.format(chunk=CHUNK_ROW if looks_into else "", filters=filters(given, "posted"))


def vector_leg(given: dict[str, object], *, by_index: bool) -> str:
    return (INDEX_LEG if by_index else EXACT_LEG).format(filters=filters(given, "chunk"))
