"""What operators do about vectors at the command line: `strand index status|rebuild|reembed`."""

import asyncio
import sys
from argparse import Namespace

import asyncpg
from rich.console import Console
from sqlalchemy import text

from app.config import Settings
from app.db.session import Database, plain_url
from app.features.search import vector_index
from app.features.search.reembedding import OTHERS
from app.features.search.tasks import reembed_project
from app.shared.bell import Bell, build_bell
from app.shared.embedded import embedded_database, with_secrets
from app.shared.jobs import JobQueue
from app.shared.resources import open_resources


def run(given: Namespace) -> int:
    console = Console(width=None if sys.stdout.isatty() else 160, highlight=False)
    with embedded_database(with_secrets(Settings.from_env())) as settings:
        if given.action == "reembed":
            return asyncio.run(_reembed(settings, console))
        return asyncio.run(_index(settings, console, given))


async def _index(settings: Settings, console: Console, given: Namespace) -> int:
    connection = await asyncpg.connect(plain_url(settings.database_url or ""))
    try:
        if given.action == "rebuild":
            kind = given.kind or settings.vector_index
            console.print(
                f"Building {kind}; searches go on meanwhile ..." if kind != "none" else "Taking the index away ..."
            )
            await vector_index.rebuild(connection, kind)
        found = await vector_index.status(connection, given.kind or settings.vector_index if given.action == "rebuild" else settings.vector_index)  # fmt: skip
    finally:
        await connection.close()
    for model, count in sorted(found.models.items()):
        console.print(f"{count:>10,} chunks by {model}")
    what = f"{found.kind} ({found.parameters}), {found.size_bytes / 1e6:,.1f} MB" if found.kind else "no index"
    console.print(f"{what}. {found.advice}")
    return 0


async def _reembed(settings: Settings, console: Console) -> int:
    """A job for each project that another model embedded than its engine uses now."""
    db, bell = (
        Database(settings.database_url or "", 2),
        Bell(build_bell(settings.broker_url or settings.database_url or "")),
    )
    jobs = JobQueue(bell, settings)
    count = 0
    try:
        async with open_resources(settings) as resources, db.transaction() as session:
            for project in await session.execute(text(OTHERS)):
                model = resources.with_engine(project.engine, external=project.external).llm.embedding_model
                if set(project.models) - {model}:
                    await jobs.enqueue(
                        session, reembed_project, project.owner_id, project.id, None, project_id=project.id
                    )
                    console.print(f"{project.id}: {', '.join(project.models)} becomes {model}")
                    count += 1
    finally:
        await db.close()
        await bell.close()
    console.print(f"{count} projects are embedded anew, each by a job.")
    return 0
