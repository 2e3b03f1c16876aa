"""One database, grown: so many creators, each with 20 projects, 10 jobs with their steps and events, and a source, a script and a
year's books as `benchmarks.reads.shelf` has them. Filling again with more creators adds what is missing."""

import asyncpg

from benchmarks.reads import shelf

CHUNKS, JOBS, EVENTS = 10, 10, 6
DIMENSIONS = 1536
MORE_JOBS = """
insert into jobs (id, owner_id, project_id, kind, input, status, progress, max_attempts, attempts, code_version, created_at, started_at,
  finished_at, event_seq)
select (lpad(to_hex(n), 8, '0') || '-0000-7000-8000-00000003' || lpad(to_hex(j), 4, '0'))::uuid,
  (lpad(to_hex(n), 8, '0') || '-0000-7000-8000-000000000001')::uuid, (lpad(to_hex(n), 8, '0') || '-0000-7000-8000-000000010001')::uuid,
  'sources.ingest_source', '{}', 'succeeded', 1, 6, 1, '0', moment, moment, moment, $3
from generate_series(1, $1::int) n, generate_series(1, $2::int) j, lateral (select now() - make_interval(hours => j) as moment) then_
on conflict do nothing
"""
OF_ITS_JOBS = """
from generate_series(1, $1::int) n, generate_series(1, $2::int) j, generate_series(1, $3::int) e,
  lateral (select (lpad(to_hex(n), 8, '0') || '-0000-7000-8000-00000003' || lpad(to_hex(j), 4, '0'))::uuid as job_id) its
on conflict do nothing
"""
EVENTS_OF_JOBS = f"insert into job_events (job_id, seq, type, data) select job_id, e, 'progress', '{{}}' {OF_ITS_JOBS}"
STEPS_OF_JOBS = f"""
insert into job_steps (job_id, name, ordinal, status, input_hash, epoch, output, started_at, finished_at)
select job_id, 'step_' || e, e, 'done', 'x', 1, to_json(repeat('output ', 20)), now(), now() {OF_ITS_JOBS}
"""
CALLS = """
insert into model_calls (id, owner_id, project_id, job_id, kind, step, epoch, provider, model, purpose, state, input_tokens, output_tokens,
  cost_usd, sent_at, finished_at)
select (lpad(to_hex(n), 8, '0') || '-0000-7000-8000-00000004' || lpad(to_hex(c), 4, '0'))::uuid,
  (lpad(to_hex(n), 8, '0') || '-0000-7000-8000-000000000001')::uuid, null, null, 'research', 's', 1, 'openai', 'm', 'p', 'done', 100, 100,
  0.001, now() - make_interval(days => c), now() from generate_series(1, $1::int) n, generate_series(1, $2::int) c on conflict do nothing
"""
QUEUED = """
insert into jobs (id, owner_id, kind, input, status, max_attempts, code_version)
select (lpad(to_hex(n), 8, '0') || '-0000-7000-8000-000000050001')::uuid, (lpad(to_hex(n), 8, '0') || '-0000-7000-8000-000000000001')::uuid,
  'benchmark.waits', '{}', 'queued', 6, '0' from generate_series(1, $1::int) n on conflict do nothing
"""
SOME_VECTORS = """
create temporary table some_vectors as select v as number, ('[' || string_agg((random() - 0.5)::real::text, ',') || ']')::vector as value
from generate_series(0, 199) v, generate_series(1, $1::int) group by v
"""
VECTORS = """
update retrievable_text set embedding_model = $1, embedding = some_vectors.value from some_vectors
where embedding is null and number = abs(hashtext(retrievable_text.id::text)) % 200
"""
WORDS = """
insert into search_postings (project_id, lexeme, chunk_id, frequency, length, source_id)
select chunk.project_id, word.lexeme, chunk.id, cardinality(word.positions), 40, chunk.source_id
from retrievable_text chunk, unnest(to_tsvector('english', chunk.text)) word on conflict do nothing
"""


async def grow(url: str, creators: int, embedding_model: str) -> None:
    connection = await asyncpg.connect(url)
    again = " on conflict do nothing"
    try:
        for statement, *given in (
            (shelf.ACCOUNTS + again, creators), (shelf.ALL_PROJECTS + again, creators, shelf.PROJECTS),
            (shelf.SIGN_INS + again, creators), (shelf.SOURCES + again, creators, CHUNKS), (shelf.TEXTS + again, creators, CHUNKS),
            (shelf.SCRIPTS + again, creators), (shelf.VERSIONS + again, creators, "[]"), (MORE_JOBS, creators, JOBS, EVENTS),
            (EVENTS_OF_JOBS, creators, JOBS, EVENTS), (STEPS_OF_JOBS, creators, JOBS, 3), (CALLS, creators, 12), (QUEUED, creators),
            (SOME_VECTORS, DIMENSIONS),
            (VECTORS, embedding_model), (WORDS,),
        ):  # fmt: skip
            await connection.execute(statement, *given)
        await connection.execute("vacuum analyze")
    finally:
        await connection.close()
