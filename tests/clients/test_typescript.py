"""The public linter, the public generator, the compiler and node, on our document and our client (`make test-clients`)."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "clients/typescript"
pytestmark = pytest.mark.slow


async def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command in the client's folder, which asks nobody on the network for anything."""
    env = os.environ | {"npm_config_offline": "true", "npm_config_update_notifier": "false"} | environment
    ended = await asyncio.to_thread(
        subprocess.run, command, cwd=FOLDER, env=env, capture_output=True, text=True, timeout=120, check=False
    )
    assert ended.returncode == 0, f"{' '.join(command)}\n{ended.stdout[-3000:]}\n{ended.stderr[-2000:]}"
    return ended


async def document(path: Path, *options: str) -> None:
    await run(sys.executable, "document.py", str(path), *options, PYTHONPATH=str(FOLDER.parents[1]))


async def test_a_public_linter_finds_nothing_in_the_document(tmp_path):
    await document(tmp_path / "openapi.json")

    await run("node_modules/.bin/spectral", "lint", "--fail-severity=warn", "--ruleset", "spectral.yaml", str(tmp_path / "openapi.json"))  # fmt: skip


async def test_the_clients_types_are_in_step_with_the_document(tmp_path):
    await document(tmp_path / "small.json", "--small")

    await run(
        "node_modules/.bin/openapi-typescript", str(tmp_path / "small.json"), "--default-non-nullable=false",
        "--output", str(tmp_path / "schema.ts"),
    )  # fmt: skip

    now, kept = (tmp_path / "schema.ts").read_text(), (FOLDER / "src/schema.ts").read_text()
    assert now == kept, "The routes have changed; run `make client` and commit clients/typescript/src/schema.ts."


async def test_the_example_type_checks_and_goes_its_way_against_a_running_api(server, worker, tmp_path):
    await run("node_modules/.bin/tsc", "--outDir", str(tmp_path / "build"))
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "node_modules").symlink_to(FOLDER / "node_modules")

    said = (await run("node", str(tmp_path / "build/example.js"), STRAND_URL=server)).stdout

    assert "Notes on the prize: In 1714 Parliament offered a prize" in said
    assert "Without a token: 401 unauthenticated" in said
