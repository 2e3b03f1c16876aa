"""docs/api.md, run as it stands: every command, in order, against a server without a key, and what it says they print."""

import asyncio
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/api.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"```bash\n(.*?)```(?:\n\nPrints:\n\n```\w+\n(.*?)```)?", re.DOTALL)
MARK = "=== block {} ==="
pytestmark = pytest.mark.slow


def as_pattern(printed: str) -> str:
    """What was promised, `...` standing for anything on that line."""
    return ".*".join(re.escape(part) for part in printed.strip().split("..."))


async def test_the_api_page_can_be_followed_from_sign_up_to_export(server, worker):
    missing = [tool for tool in ("bash", "curl", "jq") if shutil.which(tool) is None]
    if missing:
        assert not os.environ.get("CI"), f"CI needs {missing}"
        pytest.skip(f"{missing} not installed")
    blocks = BLOCK.findall(PAGE)
    marked = [f"echo '{MARK.format(number)}'\n{commands}" for number, (commands, _) in enumerate(blocks)]
    script = "set -euo pipefail\n" + "\n".join(marked)

    ended = await asyncio.to_thread(
        subprocess.run, ["bash", "-c", script], cwd=ROOT, env=os.environ | {"STRAND": server}, capture_output=True,
        text=True, timeout=180, check=False,
    )  # fmt: skip

    assert ended.returncode == 0, f"{ended.stdout[-1500:]}\n{ended.stderr[-1500:]}"
    printed = re.split(r"=== block \d+ ===\n", ended.stdout)[1:]
    assert len(printed) == len(blocks) >= 20
    for (commands, promised), said in zip(blocks, printed, strict=True):
        assert re.fullmatch(as_pattern(promised), said.strip()), f"{commands}\nprinted\n{said}\nnot\n{promised}"


def test_every_route_that_the_page_names_exists():
    from_wiring = (ROOT / "tests/test_wiring.py").read_text(encoding="utf-8")
    routes = [
        re.sub(r"\{\w+\}", "{}", path)
        for path in re.findall(r"(?:GET|POST|PATCH|DELETE|PUT) /api/v1(\S*)", from_wiring)
    ]
    named = re.findall(r"`(?:GET|POST|PATCH|DELETE|PUT)? ?(/[a-z][^`?]*)`", PAGE)

    wanted = {re.sub(r"\{\w+\}", "{}", path) for path in named} - {"/docs", "/schema/openapi.json"}
    assert len(wanted) > 8
    assert wanted <= set(routes)
