"""What models cost, what is left, and what a job would take."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert

from app.db.models import ModelCall

NOW = datetime.now(UTC)


async def spend(resources, owner, **values):
    row = {
        "id": uuid4(), "owner_id": UUID(owner), "provider": "openai", "model": "gpt-5.4-mini", "purpose": "generate",
        "state": "done", "input_tokens": 100, "output_tokens": 20, "cost_usd": Decimal("0.25"), "kind": "dna.build_profile",
    }  # fmt: skip
    async with resources.db.transaction() as session:
        await session.execute(insert(ModelCall).values(row | values))


@pytest.fixture
async def me(creator):
    return (await creator.get("/users/me")).json()["id"]


@pytest.mark.parametrize(
    ("group_by", "keys"),
    [
        ("day", {NOW.strftime("%Y-%m-%d")}),
        ("kind", {"dna.build_profile", "search"}),
        ("model", {"gpt-5.4-mini", "text-embedding-3-small"}),
    ],
)
async def test_usage_adds_up_by_day_kind_and_model(creator, me, resources, group_by, keys):
    await spend(resources, me)
    await spend(resources, me, cost_usd=Decimal("0.50"))
    await spend(resources, me, kind="search", model="text-embedding-3-small", cost_usd=Decimal("0.01"))
    await spend(resources, str(uuid4()), cost_usd=Decimal(99))

    report = (await creator.get("/usage", params={"group_by": group_by})).json()

    assert {item["key"] for item in report["items"]} == keys
    assert (
        sum(Decimal(item["cost_usd"]) for item in report["items"])
        == Decimal(report["total"]["cost_usd"])
        == Decimal("0.76")
    )
    assert report["total"]["input_tokens"] == 300
    assert report["total"]["calls"] == 3


async def test_usage_is_cut_by_time(creator, me, resources):
    await spend(resources, me, sent_at=NOW - timedelta(days=40))
    await spend(resources, me)

    early = {"from": (NOW - timedelta(days=50)).isoformat(), "to": (NOW - timedelta(days=30)).isoformat()}

    assert (await creator.get("/usage", params=early)).json()["total"]["calls"] == 1
    assert (await creator.get("/usage")).json()["total"]["calls"] == 1
    wrong = {"from": NOW.isoformat(), "to": (NOW - timedelta(days=1)).isoformat()}
    assert (await creator.get("/usage", params=wrong)).status_code == 400


async def test_the_budget_says_what_is_left_of_it(creator, me, operator, resources):
    await spend(resources, me)
    free = (await creator.get("/usage")).json()["budget"]
    await operator.patch(f"/users/{me}", json={"monthly_budget_usd": "1.00"})
    limited = (await creator.get("/usage")).json()["budget"]

    assert (free["monthly_usd"], free["left_usd"]) == (None, None)
    assert (Decimal(limited["spent_usd"]), Decimal(limited["left_usd"])) == (Decimal("0.25"), Decimal("0.75"))
    assert datetime.fromisoformat(limited["resets_at"]) > NOW


async def test_an_estimate_offline_costs_nothing_and_says_so(creator, project):
    body = {"kind": "sources.ingest_source", "title": "T", "role": "reference"}
    text = "The tide comes in twice a day. " * 200

    answer = await creator.post(f"/projects/{project}/estimates", json=body | {"text": text})
    wrong = await creator.post(f"/projects/{project}/estimates", json={"kind": "nothing"})
    unknown = await creator.post(f"/projects/{project}/estimates", json=body | {"text": text, "more": 1})
    too_little = await creator.post(f"/projects/{project}/estimates", json={"kind": "dna.build_profile"})

    assert answer.status_code == 200
    estimate = answer.json()
    assert estimate["engine"] == "offline"
    assert {Decimal(cost) for cost in estimate["cost_usd"].values()} == {Decimal(0)}
    assert 0 < estimate["seconds"]["low"] <= estimate["seconds"]["high"]
    assert estimate["within_budget"] is True
    assert (wrong.status_code, unknown.status_code, too_little.status_code) == (400, 400, 422)


async def test_a_strangers_project_gives_no_estimate(stranger, project):
    body = {"kind": "dna.build_profile"}

    assert (await stranger.post(f"/projects/{project}/estimates", json=body)).status_code == 404


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "0.5", "yesterday", "2026-13-01T00:00:00Z"])
async def test_what_is_no_moment_is_refused_by_the_name_of_its_field(creator, moment):
    answer = await creator.get("/usage", params={"from": moment})

    assert (answer.status_code, answer.json()["extra"][0]["field"]) == (400, "from"), answer.text
