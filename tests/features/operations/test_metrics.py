"""What operators watch: figures of all processes, and of the one that answers."""

from dataclasses import replace

import httpx
import msgspec
from prometheus_client.parser import text_string_to_metric_families

from app.db.session import Database
from app.features.operations.exposition import Here, page
from app.worker.metrics_port import told_to_prometheus
from tests.conftest import add_text, free_port


def samples(text: str) -> dict[str, list]:
    found: dict[str, list] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found.setdefault(sample.name, []).append((sample.labels, sample.value))
    return found


async def test_requests_are_counted_by_their_route_and_steps_by_their_function(server, creator, project, worker):
    await add_text(creator, project, "Harrison built clocks that kept time at sea. " * 20)
    for _ in range(3):
        await creator.get(f"/projects/{project}")
    await creator.get("/no/such/place")
    async with httpx.AsyncClient() as client:
        await worker.resources.metrics.write(worker.resources.db)
        shown = samples((await client.get(f"{server}/metrics")).text)

    answers = {
        (one["method"], one["route"], one["status"]): value for one, value in shown["strand_http_request_seconds_count"]
    }
    assert answers["GET", "/api/v1/projects/{project_id}", "200"] >= 3
    assert answers["GET", "other", "404"] >= 1
    assert not any(project in str(key) for key in answers)
    assert {"le": "0.005"}.items() <= shown["strand_http_request_seconds_bucket"][0][0].items()
    steps = {(one["kind"], one["step"]) for one, _ in shown["strand_step_seconds_count"]}
    assert ("sources.ingest_source", "embed_chunks") in steps
    for name in ("strand_workers", "strand_worker_slots", "strand_database_up", "strand_process_db_connections_limit"):
        assert shown[name][0][1] >= 1, name
    assert shown["strand_process_event_listeners"] == [({}, 0)]
    assert "strand_model_calls_unknown" in shown


async def test_without_the_database_a_process_still_tells_of_itself(resources):
    alone = replace(resources, db=Database(f"postgresql://nobody@127.0.0.1:{free_port()}/none", 3))

    shown = samples((await page(alone, Here(jobs_running=2))).decode())

    assert shown["strand_database_up"] == [({}, 0)]
    assert shown["strand_process_jobs_running"] == [({}, 2)]
    assert shown["strand_process_db_connections_limit"] == [({}, 6)]
    assert "strand_jobs" not in shown


async def test_a_worker_answers_on_a_port_of_its_own_to_who_has_the_token(resources):
    port = free_port()
    settings = msgspec.structs.replace(resources.settings, metrics_port=port, metrics_token="open sesame")
    url = f"http://127.0.0.1:{port}"
    async with told_to_prometheus(replace(resources, settings=settings), lambda: 4), httpx.AsyncClient() as client:
        refused = [
            await client.get(f"{url}/metrics", headers=headers) for headers in ({}, {"Authorization": "Bearer sesame"})
        ]
        nowhere = await client.get(f"{url}/else", headers={"Authorization": "Bearer open sesame"})
        told = await client.get(f"{url}/metrics", headers={"Authorization": "Bearer open sesame"})

    assert [one.status_code for one in (*refused, nowhere, told)] == [404, 404, 404, 200]
    assert samples(told.text)["strand_process_jobs_running"] == [({}, 4)]
