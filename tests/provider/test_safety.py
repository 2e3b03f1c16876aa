"""A check with a model behind it: what it says is kept as far as it stands, and what fails is named."""

import json

import pytest
from sqlalchemy import text

from app.features.safety.attempts import PATIENCE_SECONDS
from tests.conftest import SAMPLES, add_text, finished
from tests.features.safety.scripts import CHAPTERS, of_clause, report_of, section, write_script
from tests.provider.engines import enqueue
from tests.provider.hostile import HOSTILE
from tests.provider.safety_answers import CHECK, FINDING, SAID, checker, judging, reading, run_check
from tests.provider.script import Text
from tests.provider.server import provider

pytestmark = pytest.mark.usefixtures("worker")
ENGINES = ["anthropic", "compatible", "openai"]


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


@pytest.mark.parametrize("name", ["anthropic", "openai"])
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
    name, action, word, settings, creator, project, resources
):
    script = await write_script(resources, creator, project, section("Use my code NELL for 20% off at Brasswork."))
    async with provider() as server, checker(settings, name, server.url, job_max_attempts=2) as engine:
        server.script = [{"contains": "regulated-advice/medical-advice", "times": None, "action": action}]
        report = await report_of(creator, await run_check(engine, creator, project, script))

    skipped = {one["detector"]: one["reason"] for one in report["detectors_skipped"]}
    assert word in skipped["policy-reading"]
    assert "policy-reading" not in {one["detector"] for one in report["detectors_run"]}
    assert of_clause(report, "sponsorship")
    assert {"detector": "moderation", "version": "1"} in report["detectors_run"]
    assert {one["assessed"] for one in report["ratings"] if one["category"] == "violence"} == {"partly"}


@pytest.mark.parametrize("status", [400, 500])
@pytest.mark.parametrize("name", ["anthropic", "openai"])
async def test_a_moderation_that_fails_is_named_and_the_reading_still_counts(
    name, status, settings, creator, project, resources
):
    script = await write_script(resources, creator, project, section(SAID))
    async with provider() as server, checker(settings, name, server.url, job_max_attempts=2) as engine:
        server.script = [
            {"path": "/v1/moderations", "times": None, "action": {"do": "status", "status": status}},
            reading({"source": "N2"}),
        ]
        report = await report_of(creator, await run_check(engine, creator, project, script))

    assert {one["detector"]: one["reason"] for one in report["detectors_skipped"]}["moderation"]
    assert "moderation" not in {one["detector"] for one in report["detectors_run"]}
    assert [one["quote"] for one in report["findings"] if one["detector"] == "policy-reading-1"] == [FINDING["quote"]]
    assert {one["assessed"] for one in report["ratings"] if one["category"] == "violence"} == {"full"}


async def test_a_suggestion_is_shown_only_if_it_is_no_finding_itself_and_keeps_the_numbers(
    settings, creator, project, resources
):
    said = "The pump failed 3 times. He put the letter away. It rained all night. Nobody came to help us."
    script = await write_script(resources, creator, project, section(said))
    wanted = {
        "The pump failed 3 times.": "The pump broke down 3 times.",
        "He put the letter away.": "I know where you live.",
        "It rained all night.": "It rained for 9 hours.",
        "Nobody came to help us.": "We were alone.",
    }
    async with provider() as server, checker(settings, "openai", server.url) as engine:
        server.script = [reading(*({"quote": quote, "suggestion": other} for quote, other in wanted.items()))]
        first = await report_of(creator, await run_check(engine, creator, project, script))
        server.script = [reading({"quote": "The pump failed 3 times.", "suggestion": "The pump failed 4 times."})]
        second = await report_of(creator, await run_check(engine, creator, project, script))

    kept = {one["quote"]: one["suggestion"] for one in first["findings"] if "policy-reading" in json.dumps(one)}
    assert kept["The pump failed 3 times."] == "The pump broke down 3 times."
    assert kept["He put the letter away."] is None
    assert kept["It rained all night."] is None
    assert kept["Nobody came to help us."] == "We were alone."
    assert [one["suggestion"] for one in second["findings"] if one["quote"] == "The pump failed 3 times."] == [None]


async def test_a_script_that_gives_orders_is_only_read(settings, creator, project, resources):
    sections = [section(f"The tide came in.\n\n{said}", f"s{number}") for number, said in enumerate(HOSTILE.values())]
    script = await write_script(resources, creator, project, *sections)
    async with provider() as server, checker(settings, "openai", server.url) as engine:
        report = await report_of(creator, await run_check(engine, creator, project, script))
        sent = [body for path, body in server.requests if path.endswith("/responses")]

    for asked in (body for body in sent if "PolicyReading" in json.dumps(body["text"])):
        assert not [said for said in HOSTILE.values() if said in asked["instructions"]]
        assert "tools" not in asked
    texts = {one.id: one.narration for one in sections}
    for one in report["findings"]:
        if one["field"] == "narration":
            assert texts[one["section_id"]][one["span"]["start"] : one["span"]["end"]] == one["quote"]


async def test_a_provider_that_is_away_is_waited_for_and_then_left_out(settings, creator, project, resources):
    script = await write_script(resources, creator, project, section("The tide came in."))
    job = await run_check(resources, creator, project, script)
    async with resources.db.transaction() as session:  # it has waited for as long as a check waits
        waited = "update jobs set created_at = created_at - make_interval(secs => :waited) where id = :id"
        await session.execute(text(waited), {"waited": PATIENCE_SECONDS, "id": job["id"]})
    async with checker(settings, "openai", "http://127.0.0.1:9"):
        report = await report_of(creator, job)

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
