"""The migrations on a PostgreSQL that is older than what docker-compose.yml starts, and than the embedded one."""

import asyncio
import os
import re
import shutil
import tempfile
from importlib.util import find_spec
from pathlib import Path

import asyncpg
import pytest

from app.config import Settings
from app.db import migrate
from app.shared import embedded
from tests.conftest import in_a_thread

NEWER = (
    r"\buuidv[47]\(", r"\bvirtual\b", r"persisted\s*=\s*false", r"without overlaps", r"not enforced", r"\bcasefold\(",
    r"\barray_(sort|reverse)\(", r"\bcrc32c?\(", r"returning (old|new)\.", r"\bjson_(table|exists|query|value|scalar|serialize)\(",
    r"\bpg_c_utf8\b", r"merge_action\(", r"on_error ignore", r"transaction_timeout", r"\bhalfvec\b", r"\bsparsevec\b",
)  # fmt: skip
"""What came with 17 and 18, and with pgvector after 0.6."""


def test_the_migrations_say_nothing_that_came_with_postgres_17_or_18():
    versions = sorted(Path(migrate.MIGRATIONS / "versions").glob("*.py"))
    found = [
        (path.name, pattern)
        for path in versions
        for pattern in NEWER
        if re.search(pattern, path.read_text(), re.IGNORECASE)
    ]

    assert len(versions) > 7
    assert found == []


@pytest.fixture
def postgres_16():
    spec = find_spec("pgserver")
    if spec is None or spec.origin is None:
        pytest.skip("PostgreSQL 16 comes with the package pgserver, which has no wheels for this Python")
    package = Path(spec.origin).parent
    folder = Path(tempfile.mkdtemp(prefix="strand-16-", dir="/tmp"))
    user = None
    if os.geteuid() == 0:  # the server refuses to run as root; its binaries may lie where nobody else reads
        embedded.locate(Settings(strand_home=str(folder / "home")))  # makes the system user
        user = embedded.SYSTEM_USER
        folder.chmod(0o755)
        for part in (package, package.with_name("pgserver.libs")):
            if part.exists():
                shutil.copytree(part, folder / part.name, symlinks=True)
        package = folder / package.name
    cluster = embedded.Cluster(folder / "cluster", package / "pginstall" / "bin", user)
    (folder / "cluster").mkdir(mode=0o755)
    cluster.create()
    cluster.start()
    try:
        yield cluster.url
    finally:
        cluster.remove()
        shutil.rmtree(folder)


@pytest.mark.slow
def test_the_schema_goes_up_on_postgres_16_and_is_what_the_models_say(postgres_16):
    in_a_thread(lambda: migrate.upgrade(postgres_16))
    in_a_thread(lambda: migrate.check(postgres_16))

    async def version():
        connection = await asyncpg.connect(postgres_16)
        try:
            return int(await connection.fetchval("show server_version_num"))
        finally:
            await connection.close()

    assert in_a_thread(lambda: asyncio.run(version())) // 10_000 == 16
