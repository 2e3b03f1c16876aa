"""A check with a model behind it: what it says is kept as far as it stands, and what fails is named."""

import json

import pytest
from sqlalchemy import text

from app.features.safety import tasks
from tests.conftest import SAMPLES, add_text, finished
from tests.features.safety.scripts import CHAPTERS, of_clause, report_of, section, write_script
from tests.provider.engines import engine_worker, enqueue, task
from tests.provider.script import Text
from tests.provider.server import provider

pytestmark = pytest.mark.usefixtures("worker")
CHECK = task("engines.check_script", tasks.check_script, 7)
ENGINES = ["anthropic", "compatible", "openai"]
SAID = "He kept his watch in a box. You will regret the day you crossed me. The tide came in."
FINDING = {
    "source": "N2", "quote": "You will regret the day you crossed me.", "clause": "youtube-advertiser/violence",
    "level": "limited", "severity": "high", "confidence": 0.8, "rationale": "It is a threat.", "suggestion": "",
}  # fmt: skip


def says(schema, answer, **more):
    """The model's answer to every question of this form."""
    return {"contains": schema, "times": None, "action": {"do": "text", "text": json.dumps(answer)}, **more}


def reading(*findings):
    return says("PolicyReading", {"findings": [{**FINDING, **one} for one in findings]})


def judging(*judgements):
    blank = {"claim": 1, "verdict": "not_found", "source": "", "quote": "", "why": "So it is."}
    return says("ClaimJudgements", {"judgements": [{**blank, **one} for one in judgements]})


def checker(settings, name, url, **change):
    return engine_worker(settings, name, url, {CHECK.name: CHECK}, **change)


async def run_check(resources, creator, project, script):
    given = {"script_id": script, "version": None, "policy_packs": None}
    return await enqueue(resources, creator, CHECK, project, **given)


@pytest.mark.parametrize("name", ENGINES)
async def test_a_models_findings_are_kept_where_their_quote_and_their_clause_stand(
    name, settings, creator, project, resources
):
    script = await write_script(resources, creator, project, section(SAID, on_screen_text="A box"))
    async with provider() as server, checker(settings, name, server.url) as engine:
        server.script = [
            reading(
                {},
                {"quote": "you will  REGRET the day", "clause": "youtube-advertiser/incendiary-demeaning"},
                {"quote": "I will find you."},
                {"source": "O3"},
                {"source": "X9"},
                {"clause": "youtube-advertiser/bad-vibes"},
                {"clause": "evidence/verbatim-reuse"},
                {"quote": ""},
            )
        ]
        report = await report_of(creator, await run_check(engine, creator, project, script))

    found = [one for one in report["findings"] if one["detector"] == "policy-reading-1"]
    assert [(one["quote"], one["policy"]["clause_id"]) for one in found] == [
        ("You will regret the day", "incendiary-demeaning"),
        ("You will regret the day you crossed me.", "violence"),
    ]
    assert found[1]["policy"]["text"]
    assert len([one for one in report["rejected"] if one["reason"].startswith("policy-reading-1")]) == 6
    assert report["engine"].startswith(f"{name}:")
    assert {"detector": "policy-reading", "version": "1"} in report["detectors_run"]


async def test_the_clauses_go_as_the_task_and_the_script_as_sealed_sources(settings, creator, project, resources):
    brand = (
        await creator.post(
            "/policy-packs",
            json={
                "name": "B",
                "clauses": [{"id": "no-cheap", "kind": "banned_words", "text": "x", "words": ["cheap"]}],
            },
        )
    ).json()
    await creator.post("/preferences", json={"rule": "never say 'delve'"})
    script = await write_script(resources, creator, project, section(f"{SAID} [your words: regret | 9 words]"))
    async with provider() as server, checker(settings, "openai", server.url) as engine:
        job = await enqueue(
            engine, creator, CHECK, project,
            script_id=script, version=None, policy_packs=["youtube-advertiser", brand["id"]],
        )  # fmt: skip
        await report_of(creator, job)
        sent = [body for path, body in server.requests if path.endswith("/responses")]

    asked = next(body for body in sent if "PolicyReading" in json.dumps(body["text"]))
    assert "youtube-advertiser/violence" in asked["input"]
    assert "delve" in asked["input"]
    assert "no-cheap" not in asked["input"]
    assert "your words" not in asked["input"]
    assert 'label="N2"' in asked["input"]
    assert "tools" not in asked


async def test_the_moderation_model_is_asked_and_its_sentence_is_found(settings, creator, project, resources):
    script = await write_script(resources, creator, project, section("The tide came in. They are vermin. It went out."))
    async with provider() as server, checker(settings, "openai", server.url) as engine:
        server.script = [reading()]
        report = await report_of(creator, await run_check(engine, creator, project, script))

    found = [one for one in report["findings"] if "moderation-1" in json.dumps([one["detector"], one["evidence"]])]
    assert [(one["category"], one["level"]) for one in found] == [("hateful-derogatory", "none")]
    assert found[0]["quote"] in "They are vermin."
    assert {"detector": "moderation", "version": "1"} in report["detectors_run"]


async def test_an_engine_without_moderation_says_so(settings, creator, project, resources):
    script = await write_script(resources, creator, project, section("The tide came in."))
    async with provider() as server, checker(settings, "compatible", server.url) as engine:
        report = await report_of(creator, await run_check(engine, creator, project, script))

    assert "moderation" in {one["detector"] for one in report["detectors_skipped"]}


@pytest.mark.parametrize("name", ["anthropic", "openai"])
async def test_a_models_judgement_of_a_claim_counts_where_its_quote_stands_and_its_numbers_agree(
    name, settings, creator, project, resources
):
    said = (SAMPLES / "reference/chronometer-myths.md").read_text(encoding="utf-8")
    source = await add_text(creator, project, said)
    narration = (
        "The Royal Navy could not equip its ships at 450 pounds a watch. "
        "HMS Beagle carried 22 chronometers when she sailed in 1851. Sailors drank 2,000 gallons of beer in 1762."
    )
    carrying = "You do not equip a navy at such a rate."
    script = await write_script(resources, creator, project, section(narration))
    async with provider() as server, checker(settings, name, server.url) as engine:

        def judge(body):
            """By the labels that this very prompt has."""
            sent = body["input"] if "input" in body else body["messages"][0]["content"][0]["text"]
            label = next(part[: part.index('"')] for part in sent.split('label="')[1:] if carrying in part)
            beagle = next(part[: part.index('"')] for part in sent.split('label="')[2:] if "in 1831" in part)
            claims = [
                {"claim": 1, "verdict": "supported", "source": label, "quote": carrying},
                {"claim": 2, "verdict": "supported", "source": beagle, "quote": "HMS Beagle carried 22 chronometers when she sailed in 1831."},
                {"claim": 2, "verdict": "supported", "source": label, "quote": "The navy bought none of them ever."},
                {"claim": 77, "verdict": "supported"},
            ]  # fmt: skip
            return Text(judging(*claims)["action"]["text"])

        server.script = [judge, reading()]
        report = await report_of(creator, await run_check(engine, creator, project, script))

    claims = [(claim["status"], claim["detector"]) for claim in report["claims"]]
    assert claims == [("supported", "claims-judging-1"), ("contradicted", "claims-1"), ("not_found", "claims-1")]
    assert report["claims"][0]["evidence"][0]["quote"] == carrying
    reasons = [one["reason"] for one in report["rejected"] if one["reason"].startswith("claims-judging")]
    assert len(reasons) == 3
    whole = (await creator.get(f"/sources/{source['id']}/text")).json()["text"]
    for claim in report["claims"]:
        for entry in claim["evidence"]:
            assert whole[entry["span"]["start"] : entry["span"]["end"]] == entry["quote"]


@pytest.mark.parametrize("style", ["wrong", "hostile"])
async def test_whatever_the_engine_answers_only_what_stands_is_stored(style, settings, creator, project, resources):
    await add_text(creator, project, (SAMPLES / "reference/chronometer-myths.md").read_text(encoding="utf-8"))
    script = await write_script(resources, creator, project, section(f"{CHAPTERS} {SAID}"))
    async with provider() as server, checker(settings, "openai", server.url) as engine:
        server.script = [{"times": None, "action": {"do": "style", "style": style}}]
        report = await report_of(creator, await run_check(engine, creator, project, script))

    said = f"{CHAPTERS} {SAID}"
    assert not [one for one in report["findings"] if one["detector"] == "policy-reading-1"]
    assert report["rejected"]
    for one in [*report["findings"], *report["claims"]]:
        if one["field"] == "narration":
            assert said[one["span"]["start"] : one["span"]["end"]] == one["quote"]


@pytest.mark.parametrize(
    ("action", "word"),
    [
        ({"do": "status", "status": 400}, "refused"),
        ({"do": "refuse"}, "declined"),
        ({"do": "invalid"}, "did not fit"),
        ({"do": "status", "status": 500}, "failed"),
    ],
)
async def test_a_detector_whose_provider_fails_for_good_is_named_and_the_rest_is_reported(
    action, word, settings, creator, project, resources
):
    script = await write_script(resources, creator, project, section("Use my code NELL for 20% off at Brasswork."))
    async with provider() as server, checker(settings, "openai", server.url, job_max_attempts=2) as engine:
        server.script = [{"contains": "PolicyReading", "times": None, "action": action}]
        report = await report_of(creator, await run_check(engine, creator, project, script))

    skipped = {one["detector"]: one["reason"] for one in report["detectors_skipped"]}
    assert word in skipped["policy-reading"]
    assert "policy-reading" not in {one["detector"] for one in report["detectors_run"]}
    assert of_clause(report, "sponsorship")
    assert {"detector": "moderation", "version": "1"} in report["detectors_run"]


async def test_a_provider_that_is_away_is_waited_for_and_then_left_out(
    settings, creator, project, resources, monkeypatch
):
    monkeypatch.setattr("app.features.safety.attempts.PATIENCE_SECONDS", 1.0)
    script = await write_script(resources, creator, project, section("The tide came in."))
    async with checker(settings, "openai", "http://127.0.0.1:9") as engine:
        report = await report_of(creator, await run_check(engine, creator, project, script))

    skipped = {one["detector"]: one["reason"] for one in report["detectors_skipped"]}
    assert "reached" in skipped["policy-reading"]
    assert "reached" in skipped["moderation"]


async def test_a_project_that_keeps_its_text_to_itself_sends_nothing(settings, creator, project, resources):
    await creator.patch(f"/projects/{project}", json={"allow_external_models": False})
    script = await write_script(resources, creator, project, section(SAID))
    async with provider() as server, checker(settings, "openai", server.url) as engine:
        report = await report_of(creator, await run_check(engine, creator, project, script))

    assert server.requests == []
    assert report["engine"] == "offline"


async def test_a_deleted_script_ends_the_job_with_a_reason(settings, creator, project, resources):
    script = await write_script(resources, creator, project, section(SAID))
    async with provider() as server, checker(settings, "openai", server.url) as engine:

        async def delete_meanwhile(_):
            async with resources.db.transaction() as session:
                await session.execute(text("delete from scripts where id = :id"), {"id": script})
            return 200, {}, b"{}"

        server.script = [delete_meanwhile]
        job = await run_check(engine, creator, project, script)
        ended = await finished(creator, job)

    assert (ended["status"], ended["error"]["code"]) == ("failed", "script_deleted")
