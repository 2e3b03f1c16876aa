"""Generated requests, valid and not, alone and one after another, against the running API: never a 5xx, never an answer that
the document doesn't name, nothing wrong taken, nothing open to who has no token.

The same requests each time. `FUZZ_SEED=7` makes others, `FUZZ_SEED=random` new ones each time, `FUZZ_TIMES=10` more of them.
"""

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import CHECKS, CheckFunction, load_all_checks
from schemathesis.generation.stateful.state_machine import APIStateMachine

from app.config import Settings
from app.main import create_app
from tests.conftest import PASSWORD
from tests.faults.harness import Stage

pytestmark = pytest.mark.slow
SEED = os.environ.get("FUZZ_SEED", "")
TIMES = float(os.environ.get("FUZZ_TIMES", "1"))
EXAMPLES = max(1, round(4 * TIMES))
SCENARIOS = max(1, round(20 * TIMES))
STEPS = 8
LEAST_REQUESTS = 2000
FEWER_CHECKS = {
    "max_response_time": "a loaded machine is slow",
    "positive_data_acceptance": "a valid body may be impossible (422), or one too many (429)",
    "ensure_resource_availability": "a source whose job was cancelled may be gone; the isolation tests read everything",
}
STREAM = "/api/v1/jobs/{job_id}/events"
TRIED: Counter[str] = Counter()
ANSWERED: Counter[int] = Counter()

load_all_checks()
EVERY_CHECK: list[CheckFunction] = [CHECKS.get_one(name) for name in CHECKS.get_all_names() if name not in FEWER_CHECKS]
document = create_app(Settings()).openapi_schema.to_schema()
schema = schemathesis.openapi.from_dict(document).exclude(path=STREAM)


class Callers:
    """A creator with a token and a key, and an operator."""

    def __init__(self) -> None:
        self.stage = Stage("postgres")
        self.address = f"http://127.0.0.1:{self.stage.port}"
        client = self.stage.client
        self.token = client.headers["Authorization"]
        made = client.post("/users/me/api-keys", json={"name": "Fuzz", "scopes": ["read", "write"]})
        self.key = f"Bearer {made.json()['key']}"
        operator = {"email": "operator@example.com", "password": PASSWORD}
        client.post("/auth/register", json={**operator, "display_name": "Operator"})
        self.stage.sql("update users set role = 'operator' where email = 'operator@example.com'")
        pair = client.post("/auth/login", json=operator).json()
        self.operator = f"Bearer {pair['access_token']}"

    def headers(self, case: schemathesis.Case) -> dict[str, str]:
        """The right caller for the operation; where a key is as good as a token, every other time the key."""
        security = case.operation.definition.raw.get("security", [])
        if not security:
            return {}
        if security == [{"operator_token": []}]:
            return {"Authorization": self.operator}
        TRIED[case.operation.label] += 1
        by_key = {"api_key": []} in security and TRIED[case.operation.label] % 2 == 0
        return {"Authorization": self.key if by_key else self.token}


@pytest.fixture(scope="module")
def callers() -> Iterator[Callers]:
    opened = Callers()
    before = time.monotonic()
    try:
        yield opened
    finally:
        seconds = time.monotonic() - before
        print(
            f"\n{ANSWERED.total()} generated requests to {len(TRIED)} operations in {seconds:.0f} s: {dict(sorted(ANSWERED.items()))}"
        )
        opened.stage.close()


def generating(count: int) -> Callable[[Any], Any]:
    return settings(
        max_examples=count, deadline=None, derandomize=not SEED, database=None, suppress_health_check=list(HealthCheck),
        stateful_step_count=STEPS,
    )  # fmt: skip


def seeded(test: Any) -> Any:
    return hypothesis.seed(int(SEED))(test) if SEED.isdigit() else test


@seeded
@schema.parametrize()
@generating(EXAMPLES)
def test_no_request_breaks_the_api_or_its_document(case: schemathesis.Case, callers: Callers) -> None:
    answer = case.call(base_url=callers.address, headers=callers.headers(case), timeout=30)
    ANSWERED[answer.status_code] += 1
    case.validate_response(answer, checks=EVERY_CHECK, headers=callers.headers(case))


def test_no_chain_of_requests_breaks_the_api_or_its_document(callers: Callers) -> None:
    machine: type[APIStateMachine] = schema.as_state_machine()

    class Journeys(machine):  # type: ignore[valid-type,misc]
        def get_call_kwargs(self, case: schemathesis.Case) -> dict[str, Any]:
            return {"base_url": callers.address, "headers": callers.headers(case), "timeout": 30}

        def validate_response(self, response: Any, case: schemathesis.Case, **kwargs: Any) -> None:
            ANSWERED[response.status_code] += 1
            case.validate_response(response, checks=EVERY_CHECK, headers=kwargs.get("headers"))

    seeded(Journeys).run(settings=generating(SCENARIOS))


def test_so_many_requests_were_sent_and_none_of_them_failed(callers: Callers, request: pytest.FixtureRequest) -> None:
    if len(request.session.items) < len(list(schema.get_all_operations())):
        pytest.skip("only some of the operations were tried")
    assert ANSWERED.total() >= LEAST_REQUESTS, ANSWERED
    assert not [status for status in ANSWERED if status >= 500], ANSWERED
