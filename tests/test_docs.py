"""What the pages name is there: files, make targets, settings."""

import re
from pathlib import Path

import pytest

from app.config import Settings

ROOT = Path(__file__).parent.parent
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "deploy").rglob("*.md")]
PATHS = re.compile(r"`((?:app|tests|docs|deploy|benchmarks|clients|requirements)/[\w./-]+?)/?`")
LINKS = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")
TARGETS = re.compile(r"(?:`|^)make ([a-z][a-z-]+)\b", re.MULTILINE)
SETTING = re.compile(r"`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)(?:=[^`]*)?`")
NOT_OURS = re.compile(r"^(AWS|AZURE|GOOGLE|OTEL|PG|XDG)_|_FILE$")
ELSEWHERE = {
    "POSTGRES_PASSWORD", "REDIS_PASSWORD", "FUZZ_SEED", "FUZZ_TIMES", "BUILD_OPTIONS", "RUN_OPTIONS", "IMAGE_DATABASE_URL",
    "READ_COMMITTED",
}  # fmt: skip
"""Of compose, of make, of PostgreSQL."""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_names_only_what_is_there(page):
    text = page.read_text()
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    made = page.name == "adding-a-feature.md"  # there what it makes is named

    missing = [path for path in PATHS.findall(text) if not made and "*" not in path and not (ROOT / path).exists()]
    missing += [link for link in LINKS.findall(text) if not (page.parent / link).exists()]
    missing += [f"make {target}" for target in TARGETS.findall(text) if target not in targets]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_names_only_figures_that_are_shown(page):
    shown = (ROOT / "docs/observability.md").read_text()
    assert [
        name for name in re.findall(r"`(strand_[a-z_]+[a-z])[`{]", page.read_text()) if f"`{name}`" not in shown
    ] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_names_only_settings_that_there_are(page):
    code = {path.read_text() for path in (ROOT / "app").rglob("*.py")} | {(ROOT / ".env.example").read_text()}
    known = set(Settings().public()) | ELSEWHERE
    named = {name for name in SETTING.findall(page.read_text()) if not NOT_OURS.search(name)}
    assert [name for name in sorted(named - known) if not any(name in text for text in code)] == []
