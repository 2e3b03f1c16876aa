"""Puts a benchmark's table into `docs/benchmarks.md`, with the machine, the versions and the date."""

import os
import platform
import re
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs/benchmarks.md"
PACKAGES = ("litestar", "sqlalchemy", "asyncpg", "saq", "numpy")


def record(section: str, command: str, table: str) -> None:
    """Replace the section of the page, or add it at the end; print the table too."""
    print(table)
    cores = os.cpu_count()
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    said = (
        f"## {section}\n\n`{command}` on {cores} shared cores, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}; {versions}; {datetime.now(UTC):%Y-%m-%d}.\n\n{table}\n"
    )
    page = PAGE.read_text(encoding="utf-8") if PAGE.exists() else "# Benchmarks\n"
    found = re.search(rf"^## {re.escape(section)}\n.*?(?=^## |\Z)", page, re.DOTALL | re.MULTILINE)
    page = page.replace(found.group(), f"{said}\n") if found else f"{page.rstrip()}\n\n{said}"
    PAGE.write_text(page.rstrip() + "\n", encoding="utf-8")
