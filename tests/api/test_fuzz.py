"""Generated requests, valid and not, against the running API: never a 5xx, never an answer that the document doesn't name."""

from collections.abc import Iterator

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import CheckFunction, not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from app.config import Settings
from app.main import create_app
from tests.faults.harness import Stage

pytestmark = pytest.mark.slow
EXAMPLES = 25
CHECKS: list[CheckFunction] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
STREAM = "/api/v1/jobs/{job_id}/events"


@pytest.fixture(scope="module")
def running() -> Iterator[Stage]:
    """The API as a process, with a creator signed in."""
    opened = Stage("postgres")
    try:
        yield opened
    finally:
        opened.close()


schema = schemathesis.openapi.from_dict(create_app(Settings()).openapi_schema.to_schema())


@schema.exclude(path=STREAM).parametrize()
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_request_breaks_the_api_or_its_document(case: schemathesis.Case, running: Stage) -> None:
    token = {"Authorization": running.client.headers["Authorization"]}
    case.call_and_validate(base_url=f"http://127.0.0.1:{running.port}", headers=token, checks=CHECKS, timeout=30)
