from collections.abc import Iterator

import pytest

from tests.faults.harness import Stage

BELLS = ("postgres", "redis")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Cells that share servers run in one process; others beside them."""
    for item in items:
        if "faults" in item.path.parts:
            bell = next((name for name in BELLS if f"[{name}" in item.name or f"-{name}" in item.name), "postgres")
            item.add_marker(pytest.mark.slow)
            item.add_marker(pytest.mark.xdist_group(f"{item.path.stem}-{bell}"))


@pytest.fixture(scope="module", params=BELLS)
def servers(request: pytest.FixtureRequest) -> Iterator[Stage]:
    opened = Stage(request.param)
    try:
        yield opened
    finally:
        opened.close()


@pytest.fixture
def stage(servers: Stage) -> Stage:
    """The module's servers, with nothing left of the cell before."""
    servers.clean()
    return servers
