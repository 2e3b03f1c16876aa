"""Writes `database_design.md` from the models: `python -m app.db.design database_design.md`."""

import sys
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import CheckConstraint, Column, Table, UniqueConstraint
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Mapper

import app.db.models  # noqa: F401  fills the registry
from app.db.base import Base

GROUPS = {
    "Accounts": (
        "users",
        "attempts",
        "api_keys",
        "user_sessions",
        "refresh_tokens",
        "account_tokens",
        "second_factors",
        "recovery_codes",
        "audit_events",
        "account_exports",
        "erased_accounts",
    ),
    "Projects and sources": (
        "projects",
        "uploads",
        "content_sources",
        "source_versions",
        "retrievable_text",
        "search_postings",
    ),
    "DNA": ("dna_profiles", "dna_profile_sources"),
    "Research and chat": ("research_briefs", "research_claims", "research_citations", "chat_messages"),
    "Structures and scripts": (
        "structures",
        "idea_checks",
        "scripts",
        "script_versions",
        "script_sources",
        "repurposings",
    ),
    "Safety": ("safety_checks", "safety_findings", "policy_packs"),
    "Webhooks": ("webhooks", "webhook_deliveries"),
    "Memory": ("feedback", "preferences", "audiences", "materials", "settings_templates"),
    "Jobs": (
        "jobs",
        "idempotency_keys",
        "job_lines",
        "job_steps",
        "job_events",
        "worker_processes",
        "paused_kinds",
        "chores",
    ),
    "Money and counters": ("model_calls", "provider_lanes", "metric_totals"),
}
INTRODUCTION = """# Database design

PostgreSQL 16 or newer with pgvector. This page is written from the models by `make database-design`, and a test fails
where it and they differ. Keys are UUIDv7, made by the application, so that they sort by time; timestamps are in UTC;
enums are stored by value with a check. Migrations live in `app/db/migrations/versions`; they also hold what models
can't say: the `vector` extension, `STORAGE PLAIN` for embeddings, and the functions and triggers of the job engine
(`job_claim`, `job_line_touch`, `job_lines_follow`, `job_lines_rebuild`, `job_aside`), those of webhooks
(`webhook_publish`, and `webhook_job_ended` on `job_events`), and the triggers that let no audit event be changed
(`audit_events_stay`). The schema `saq` belongs to SAQ's own tables when PostgreSQL carries the bell.
"""


def design() -> str:
    """The whole page as Markdown."""
    tables = Base.metadata.tables
    listed = [name for names in GROUPS.values() for name in names]
    if missing := sorted(set(tables) ^ set(listed)):
        raise SystemExit(f"app/db/design.py has to put these tables in a group: {', '.join(missing)}")
    parts = [INTRODUCTION, "## Relations\n", "```mermaid", "erDiagram", *_diagram(), "```\n"]
    for group, names in GROUPS.items():
        parts.append(f"## {group}\n")
        for name in names:
            parts.extend(_table(tables[name]))
    return "\n".join(parts).rstrip() + "\n"


def _diagram() -> Iterator[str]:
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            for key in column.foreign_keys:
                many = "o|" if column.unique else "o{"
                one = "|o" if column.nullable else "||"
                yield f"    {key.column.table.name} {one}--{many} {table.name} : {column.name}"


def _table(table: Table) -> Iterator[str]:
    yield f"### {table.name}\n"
    yield f"{_purpose(table)}\n"
    yield "| column | type | null | default | meaning |"
    yield "| --- | --- | --- | --- | --- |"
    for column in table.columns:
        yield f"| {column.name} | {_type(column)} | {'yes' if column.nullable else 'no'} | {_default(column)} | {_meaning(column)} |"
    yield ""
    rules = [*_constraints(table), *_indexes(table)]
    if rules:
        yield from (f"- {rule}" for rule in rules)
        yield ""


def _purpose(table: Table) -> str:
    mapper: Mapper[object] = next(mapper for mapper in Base.registry.mappers if mapper.local_table is table)
    return " ".join((mapper.class_.__doc__ or "").split())


def _type(column: Column[object]) -> str:
    if type(column.type).__name__ == "Embedding":
        return "vector(1536)"
    return str(column.type.compile(postgresql.dialect())).lower()  # type: ignore[no-untyped-call]


def _default(column: Column[object]) -> str:
    if column.server_default is None:
        return ""
    given = getattr(column.server_default, "arg", "")
    return f"`{getattr(given, 'text', given)}`"


def _meaning(column: Column[object]) -> str:
    said = [column.comment or {"id": "Key.", "created_at": "When it was made.", "updated_at": "When it last changed."}.get(column.name, "")]  # fmt: skip
    said += [
        f"→ {key.column.table.name}.{key.column.name}, on delete {(key.ondelete or 'no action').lower()}."
        for key in column.foreign_keys
    ]
    return " ".join(part for part in said if part).replace("|", "or")


def _constraints(table: Table) -> list[str]:
    found = [f"primary key ({', '.join(column.name for column in table.primary_key.columns)})"]
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint):
            found.append(f"unique ({', '.join(column.name for column in constraint.columns)})")
        elif isinstance(constraint, CheckConstraint) and constraint.name:
            sql = constraint.sqltext.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True})  # type: ignore[no-untyped-call]
            found.append(f"check `{sql}`")
    return [found[0], *sorted(found[1:])]


def _indexes(table: Table) -> list[str]:
    found = []
    for index in table.indexes:
        columns = ", ".join(getattr(expression, "name", None) or str(expression) for expression in index.expressions)
        where = index.dialect_options["postgresql"]["where"]
        found.append(f"index {index.name} ({columns}){f' where {where}' if where is not None else ''}")
    return sorted(found)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(design(), encoding="utf-8")
