"""10,000 creators with 20 projects each; the first 200 of them are signed in, and have a job, a source and a script."""

import json
import random
from uuid import UUID

import asyncpg
from msgspec import Struct

from app.db.models import Role
from app.features.accounts.tokens import issue_access_token
from app.shared.keys import Keys

CREATORS, PROJECTS, SIGNED_IN = 10_000, 20, 200
CHUNKS, SECTIONS, WORDS_A_SECTION = 40, 10, 150
SEED = 20261121
WORDS = [
    "clock",
    "sea",
    "longitude",
    "noon",
    "star",
    "chart",
    "sail",
    "watch",
    "needle",
    "tide",
    "harbour",
    "captain",
    "minute",
    "degree",
    "spring",
    "brass",
]

ACCOUNTS = """
insert into users (id, email, password_hash, display_name, role, is_active, revision, created_at, updated_at)
select (lpad(to_hex(n), 8, '0') || '-0000-7000-8000-000000000001')::uuid, 'creator' || n || '@example.com', 'x', 'Creator ' || n,
  'creator', true, 1, now(), now() from generate_series(1, $1::int) n
"""
ALL_PROJECTS = """
insert into projects (id, owner_id, title, creative_brief, audience, platform, target_minutes, language, status, engine,
  allow_external_models, revision, created_at, updated_at)
select (lpad(to_hex(n), 8, '0') || '-0000-7000-8000-00000001' || lpad(to_hex(p), 4, '0'))::uuid,
  (lpad(to_hex(n), 8, '0') || '-0000-7000-8000-000000000001')::uuid, 'Project ' || p || ' of creator ' || n,
  repeat('Twelve minutes for people who never held a sextant. ', 4), 'Curious adults', 'youtube', 12, 'en', 'active', 'auto', true, 1,
  now() - make_interval(hours => p), now() from generate_series(1, $1::int) n, generate_series(1, $2::int) p
"""
SIGN_INS = """
insert into user_sessions (id, user_id, expires_at, created_at, updated_at)
select (lpad(to_hex(n), 8, '0') || '-0000-7000-8000-000000000002')::uuid, (lpad(to_hex(n), 8, '0') || '-0000-7000-8000-000000000001')::uuid,
  now() + interval '1 day', now(), now() from generate_series(1, $1::int) n
"""
JOBS = """
insert into jobs (id, owner_id, project_id, kind, input, status, stage, progress, max_attempts, attempts, code_version, created_at,
  started_at, finished_at, result)
select (lpad(to_hex(n), 8, '0') || '-0000-7000-8000-000000000003')::uuid, (lpad(to_hex(n), 8, '0') || '-0000-7000-8000-000000000001')::uuid,
  (lpad(to_hex(n), 8, '0') || '-0000-7000-8000-000000010001')::uuid, 'sources.ingest', '{}', 'succeeded', null, 1, 6, 1, '0', now(), now(), now(),
  jsonb_build_object('type', 'source', 'id', (lpad(to_hex(n), 8, '0') || '-0000-7000-8000-000000000004'))
from generate_series(1, $1::int) n
"""
STEPS = """
insert into job_steps (job_id, name, ordinal, status, input_hash, epoch, output, started_at, finished_at)
select (lpad(to_hex(n), 8, '0') || '-0000-7000-8000-000000000003')::uuid, 'step_' || s, s, 'done', 'x', 1, to_json(repeat('output ', 300)), now(), now()
from generate_series(1, $1::int) n, generate_series(1, 5) s
"""
SOURCES = """
insert into content_sources (id, owner_id, project_id, title, role, kind, media_type, status, size_bytes, version, language, word_count,
  chunk_count, revision, created_at, updated_at)
select (lpad(to_hex(n), 8, '0') || '-0000-7000-8000-000000000004')::uuid, (lpad(to_hex(n), 8, '0') || '-0000-7000-8000-000000000001')::uuid,
  (lpad(to_hex(n), 8, '0') || '-0000-7000-8000-000000010001')::uuid, 'A source', 'reference', 'text', 'text/plain', 'ready', 1000, 1, 'en', 8000,
  $2, 1, now(), now() from generate_series(1, $1::int) n
"""
TEXTS = """
insert into retrievable_text (id, owner_id, project_id, source_id, version, ordinal, text, span_start, span_end, heading_path, search_config,
  content_hash)
select (lpad(to_hex(n), 8, '0') || '-0000-7000-8000-00000002' || lpad(to_hex(c), 4, '0'))::uuid,
  (lpad(to_hex(n), 8, '0') || '-0000-7000-8000-000000000001')::uuid, (lpad(to_hex(n), 8, '0') || '-0000-7000-8000-000000010001')::uuid,
  (lpad(to_hex(n), 8, '0') || '-0000-7000-8000-000000000004')::uuid, 1, c, repeat('Half a degree is two minutes of time. ', 30), c * 1140,
  (c + 1) * 1140, '["Longitude", "Clocks"]', 'english', 'x' from generate_series(1, $1::int) n, generate_series(0, $2::int - 1) c
"""
SCRIPTS = """
insert into scripts (id, owner_id, project_id, title, target_minutes, head, revision, created_at, updated_at)
select (lpad(to_hex(n), 8, '0') || '-0000-7000-8000-000000000005')::uuid, (lpad(to_hex(n), 8, '0') || '-0000-7000-8000-000000000001')::uuid,
  (lpad(to_hex(n), 8, '0') || '-0000-7000-8000-000000010001')::uuid, 'A script', 12, 1, 1, now(), now() from generate_series(1, $1::int) n
"""
VERSIONS = """
insert into script_versions (id, script_id, number, origin, word_count, words_per_minute, pace_measured, voice_match, sections, lost, notes,
  usage, manifest, created_at, updated_at)
select (lpad(to_hex(n), 8, '0') || '-0000-7000-8000-000000000006')::uuid, (lpad(to_hex(n), 8, '0') || '-0000-7000-8000-000000000005')::uuid,
  1, 'generated', 1500, 150, true, 61, $2::jsonb, '[]', '[]', '{"input_tokens": 0, "output_tokens": 0, "cost_usd": "0"}', '{}', now(), now()
from generate_series(1, $1::int) n
"""


class Creator(Struct):
    """Who is signed in, and the ids of what is theirs."""

    token: str
    job: UUID
    source: UUID
    script: UUID


async def fill(url: str, keys: Keys) -> list[Creator]:
    """Everything, in a database that is empty; gives those who are signed in."""
    connection = await asyncpg.connect(url)
    try:
        for statement, *given in (
            (ACCOUNTS, CREATORS), (ALL_PROJECTS, CREATORS, PROJECTS), (SIGN_INS, SIGNED_IN), (JOBS, SIGNED_IN), (STEPS, SIGNED_IN),
            (SOURCES, SIGNED_IN, CHUNKS), (TEXTS, SIGNED_IN, CHUNKS), (SCRIPTS, SIGNED_IN),
            (VERSIONS, SIGNED_IN, json.dumps(sections())),
        ):  # fmt: skip
            await connection.execute(statement, *given)
        await connection.execute("vacuum analyze")
    finally:
        await connection.close()
    return [
        Creator(issue_access_token(keys, thing(n, 1), thing(n, 2), Role.CREATOR), thing(n, 3), thing(n, 4), thing(n, 5))
        for n in range(1, SIGNED_IN + 1)
    ]


def thing(creator: int, which: int) -> UUID:
    return UUID(f"{creator:08x}-0000-7000-8000-{which:012x}")


def sections() -> list[dict[str, object]]:
    """As a script of ten minutes has them, three citations each."""
    chance = random.Random(SEED)
    made: list[dict[str, object]] = []
    for number in range(SECTIONS):
        narration = " ".join(chance.choices(WORDS, k=WORDS_A_SECTION))
        cited = [
            {
                "claim_id": None, "narration_span": {"start": at, "end": at + 40}, "source_id": str(thing(1, 4)), "source_version": 1,
                "source_span": {"start": at, "end": at + 40}, "quote": narration[at : at + 40], "page": None, "start_seconds": None,
                "stale": False, "edited": False, "source_deleted": False,
            }
            for at in (0, 100, 200)
        ]  # fmt: skip
        made.append({
            "id": f"s{number}", "type": "segment", "title": f"Part {number}", "narration": narration, "visuals": "A chart.",
            "on_screen_text": "", "locked": False, "estimated_seconds": 60.0, "citations": cited, "unsupported": [], "voice_match": 61.0,
        })  # fmt: skip
    return made
