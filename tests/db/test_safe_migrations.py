"""A migration runs while the version before it serves: none may lock a table for long, or take what that version uses."""

import io
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from app.db import migrate

OF_TASTE = (
    "prefer-text-field",  # a short text's limit is the API's, and is widened without a lock
    "prefer-bigint-over-int",  # what is counted here are versions, tries and tokens of one thing
    "prefer-bigint-over-smallint",
    "prefer-robust-stmts",  # each migration is one transaction: it is done, or not begun
    "require-lock-timeout",  # the environment of the migrations sets it for each
    "require-statement-timeout",  # a long index build is no mistake; a long wait for a lock is
)
BEFORE_THE_FIRST_RELEASE = "no installation had data in it yet"
EXCUSED: dict[str, tuple[set[str], str]] = {
    "0003": (
        {"require-concurrent-index-creation", "require-concurrent-index-deletion", "ban-drop-column", "ban-drop-constraint"},
        BEFORE_THE_FIRST_RELEASE,
    ),
    "0004": (
        {"require-concurrent-index-creation", "changing-column-type", "ban-drop-not-null"},
        BEFORE_THE_FIRST_RELEASE,
    ),
    "0005": (
        {
            "adding-not-nullable-field", "constraint-missing-not-valid", "ban-drop-constraint", "ban-drop-column",
            "adding-serial-primary-key-field",
        },
        BEFORE_THE_FIRST_RELEASE,
    ),
    "0007": (
        {"require-concurrent-index-creation", "constraint-missing-not-valid", "adding-foreign-key-constraint"},
        BEFORE_THE_FIRST_RELEASE,
    ),
}  # fmt: skip
"""Rules that a migration breaks, and why it may: a column is dropped, say, that no released version has used since."""

REVISIONS = {one.revision: one for one in ScriptDirectory.from_config(migrate.config()).walk_revisions()}


def sql_of(revision):
    """What Alembic would send, without a database."""
    written = io.StringIO()
    given = {"as_sql": True, "output_buffer": written, "literal_binds": True, "transactional_ddl": True}
    context = MigrationContext.configure(dialect_name="postgresql", opts=given)
    with Operations.context(context), context.begin_transaction():
        REVISIONS[revision].module.upgrade()
    return written.getvalue()


def broken(path):
    """The rules that the statements in this file break."""
    squawk = Path(sys.executable).parent / "squawk"
    command = [squawk, "--pg-version", "16", "--reporter", "gcc", "--exclude", ",".join(OF_TASTE), path]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode in {0, 1}, done.stderr
    lines = [
        line.partition(": warning: ")[2] or line for line in done.stdout.splitlines() if line.startswith(str(path))
    ]
    assert bool(lines) == bool(done.returncode), done.stdout + done.stderr
    return {line.split()[0]: line for line in lines}


@pytest.mark.parametrize("revision", sorted(REVISIONS))
def test_no_migration_disturbs_the_version_that_serves(revision, tmp_path):
    path = tmp_path / f"{revision}.sql"
    path.write_text(sql_of(revision))
    found = broken(path)
    excused, _ = EXCUSED.get(revision, (set(), ""))

    assert {rule: said for rule, said in found.items() if rule not in excused} == {}
    assert excused <= set(found), "it no longer needs this excuse"


@pytest.mark.parametrize(
    "statement",
    [
        "alter table jobs add column owner text not null",
        "alter table jobs alter column stage set not null",
        "alter table jobs alter column stage type int using stage::int",
        "alter table jobs rename column stage to phase",
        "alter table jobs rename to works",
        "alter table jobs drop column stage",
        "drop table jobs",
        "create index ix_jobs_stage on jobs (stage)",
        "alter table jobs add constraint stage_length check (length(stage) < 9)",
        "alter table jobs add foreign key (stage) references stages (id)",
        "alter table jobs add unique (stage)",
        "create index concurrently ix_jobs_stage on jobs (stage)",
    ],
)
def test_what_would_disturb_it_is_seen(statement, tmp_path):
    path = tmp_path / "bad.sql"
    path.write_text(f"begin;\n{statement};\ncommit;\n")

    assert broken(path)


def test_what_adds_without_a_long_lock_is_let_through(tmp_path):
    path = tmp_path / "good.sql"
    path.write_text(
        "begin;\n"
        "create table plans (id uuid primary key, owner_id uuid not null);\n"
        "create index ix_plans_owner_id on plans (owner_id);\n"
        "alter table jobs add column plan text;\n"
        "alter table jobs add column tries integer not null default 0;\n"
        "alter table jobs add constraint tries_positive check (tries >= 0) not valid;\n"
        "commit;\n"
        "create index concurrently ix_jobs_plan on jobs (plan);\n"
    )
    assert broken(path) == {}
