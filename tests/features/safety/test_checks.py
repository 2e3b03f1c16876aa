"""A script checked from the request to the report, offline."""

import asyncio
from uuid import uuid4

import pytest

from app.features.safety.policy import shipped
from tests.conftest import SAMPLES, add_text
from tests.features.safety.scripts import CHAPTERS, check, cited, of_clause, section, write_script, write_version

pytestmark = pytest.mark.usefixtures("worker")
OFFER = "Use my code NELL for 20% off at Brasswork."


@pytest.fixture
async def references(creator, project):
    """The sample references: by title the source and its text."""
    paths = [SAMPLES / "reference" / f"{name}.md" for name in ("chronometer-myths", "harrison-h4", "longitude-problem")]
    added = [add_text(creator, project, path.read_text(encoding="utf-8"), title=path.stem) for path in paths]
    return {source["title"]: source for source in await asyncio.gather(*added)}


async def texts_of(creator, report):
    ids = {entry["source_id"] for claim in report["claims"] for entry in claim["evidence"]}
    return {one: (await creator.get(f"/sources/{one}/text")).json()["text"] for one in ids}


async def test_a_report_says_of_each_claim_what_the_sources_say(creator, project, resources, references):
    wrong = CHAPTERS.replace("1831", "1851").replace("1828", "1838")
    extra = " Sailors on the Deptford drank 2,000 gallons of beer."
    script = await write_script(resources, creator, project, section(wrong + extra))
    report = await check(creator, script)

    statuses = {claim["quote"].split()[0]: claim["status"] for claim in report["claims"]}
    assert statuses["HMS"] == "contradicted"
    assert statuses["Kendall's"] == "supported"
    assert statuses["The"] == "contradicted"
    assert statuses["Sailors"] == "not_found"
    beagle = next(claim for claim in report["claims"] if claim["quote"].startswith("HMS"))
    assert (beagle["on"], beagle["evidence"][0]["stance"]) == ("date", "contradicts")
    texts = await texts_of(creator, report)
    for claim in report["claims"]:
        for entry in claim["evidence"]:
            assert texts[entry["source_id"]][entry["span"]["start"] : entry["span"]["end"]] == entry["quote"]
    (finding, _) = of_clause(report, "contradicted-claim")
    assert (finding["severity"], finding["level"], finding["category"]) == ("high", "limited", "claims")
    assert report["verdict"] == "limited"
    assert next(one for one in report["ratings"] if one["category"] == "claims")["level"] == "limited"


async def test_what_the_sources_disagree_on_is_marked_as_disputed(creator, project, resources, references):
    script = await write_script(
        resources, creator, project, section("On arrival in Jamaica, H4 was 39 seconds slow. That is the whole story.")
    )
    report = await check(creator, script)

    (claim,) = report["claims"]
    assert {entry["stance"] for entry in claim["evidence"]} == {"supports", "contradicts"}
    (finding,) = of_clause(report, "disputed-claim")
    assert finding["quote"] == "On arrival in Jamaica, H4 was 39 seconds slow."


async def test_every_quote_stands_at_its_span_of_the_script(creator, project, resources, references):
    parts = [
        section(f"Hello. {OFFER} Careful captains therefore carried three when they could get them.", "a"),
        section(CHAPTERS.replace("1831", "1851"), "b", on_screen_text="The Board of Longitude was abolished in 1838."),
    ]
    script = await write_script(resources, creator, project, *parts, title="The Board was abolished in 1838")
    report = await check(creator, script)

    texts = {(part.id, name): getattr(part, name) for part in parts for name in ("narration", "on_screen_text")}
    placed = [finding for finding in [*report["findings"], *report["claims"]] if finding["span"]]
    assert placed
    for one in placed:
        text = "The Board was abolished in 1838" if one["field"] == "title" else texts[one["section_id"], one["field"]]
        assert text[one["span"]["start"] : one["span"]["end"]] == one["quote"]
    assert {finding["field"] for finding in placed} >= {"narration", "on_screen_text"}


async def test_an_absent_disclosure_has_neither_span_nor_quote(creator, project, resources):
    script = await write_script(resources, creator, project, section(f"Look at this lathe. {OFFER}"))
    report = await check(creator, script)

    (finding,) = of_clause(report, "sponsorship")
    assert (finding["field"], finding["section_id"], finding["span"], finding["quote"]) == (None, None, None, None)
    assert finding["evidence"][0]["quote"] == OFFER
    assert finding["policy"]["pack"] == "disclosure"


async def test_what_needs_a_model_is_named_as_skipped(creator, project, resources):
    script = await write_script(resources, creator, project, section("The tide comes in and the tide goes out."))
    report = await check(creator, script)

    skipped = {one["detector"]: one["reason"] for one in report["detectors_skipped"]}
    assert {"policy-reading", "moderation", "claims"} <= skipped.keys()
    assert all(skipped.values())
    assert {"originality", "disclosure"} <= {one["detector"] for one in report["detectors_run"]}
    assert report["engine"] == "offline"
    categories = {clause.category for pack in shipped() for clause in pack.clauses}
    assert {rating["category"] for rating in report["ratings"]} >= categories
    assert {rating["assessed"] for rating in report["ratings"]} <= {"full", "partly", "none"}


async def test_placeholders_are_neither_claims_nor_findings(creator, project, resources, references):
    narration = f"[your words: {OFFER} HMS Beagle carried 22 chronometers in 1851 | 40 words] [your story: In 1714 a ferry | 9 words]"
    script = await write_script(resources, creator, project, section(narration))
    report = await check(creator, script)

    assert report["findings"] == []
    assert report["claims"] == []


async def test_a_cited_quote_is_no_alarm_and_the_same_words_without_a_citation_are(
    creator, project, resources, references
):
    words = "Careful captains therefore carried three when they could get them."
    source = references["chronometer-myths"]
    text = (await creator.get(f"/sources/{source['id']}/text")).json()["text"]
    narration = f"What did they do? {words}"
    bare = await write_script(resources, creator, project, section(narration))
    honest = await write_script(
        resources, creator, project, section(narration, citations=[cited(narration, words, source, text, words)])
    )
    (finding,) = of_clause(await check(creator, bare), "verbatim-reuse")
    report = await check(creator, honest)

    assert finding["quote"] == words.rstrip(".")
    assert finding["evidence"][0]["source_id"] == source["id"]
    assert of_clause(report, "verbatim-reuse") == []
    assert {claim["status"] for claim in report["claims"]} <= {"supported"}


async def test_the_same_script_gives_the_same_findings(creator, project, resources, references):
    script = await write_script(resources, creator, project, section(f"{OFFER} {CHAPTERS}".replace("1831", "1851")))
    first, second = await check(creator, script), await check(creator, script, version=1)

    changing = {"id", "carried_from", "resolved_at"}
    same = [
        [{name: value for name, value in finding.items() if name not in changing} for finding in report["findings"]]
        for report in (first, second)
    ]
    assert same[0] == same[1]
    assert same[0]
    assert (first["claims"], first["ratings"]) == (second["claims"], second["ratings"])


async def test_a_request_that_cannot_be_met_is_refused_with_a_sentence(creator, stranger, project, resources):
    script = await write_script(resources, creator, project, section("Tides."))
    empty = await write_script(resources, creator, project)
    at = f"/scripts/{script}/safety-checks"

    unknown_version = await creator.post(at, json={"version": 9})
    unknown_pack = await creator.post(at, json={"policy_packs": ["disclosure", "martian-law"]})
    unwritten = await creator.post(f"/scripts/{empty}/safety-checks", json={})
    malformed = [
        await creator.post(at, json=body)
        for body in ({"version": 0}, {"version": "x"}, {"policy_packs": []}, {"policy_packs": [3]}, {"packs": []})
    ]
    foreign = [
        await stranger.post(at, json={}), await stranger.get(at),
        await creator.post(f"/scripts/{uuid4()}/safety-checks", json={}),
    ]  # fmt: skip

    assert (unknown_version.status_code, unknown_version.json()["code"]) == (404, "not_found")
    assert (unknown_pack.status_code, unknown_pack.json()["code"]) == (422, "unknown_pack")
    assert "martian-law" in unknown_pack.json()["detail"]
    assert (unwritten.status_code, unwritten.json()["code"]) == (409, "no_version")
    assert {answer.status_code for answer in malformed} == {400}
    assert {answer.status_code for answer in foreign} == {404}


async def test_a_request_sent_twice_with_one_key_is_one_job(creator, project, resources):
    script = await write_script(resources, creator, project, section("Tides."))
    headers = {"Idempotency-Key": uuid4().hex}
    jobs = [await creator.post(f"/scripts/{script}/safety-checks", json={}, headers=headers) for _ in range(2)]

    assert jobs[0].json()["id"] == jobs[1].json()["id"]
    assert jobs[0].headers["location"] == f"/api/v1/jobs/{jobs[0].json()['id']}"


async def test_only_the_packs_that_were_chosen_are_held_against_it_and_evidence_always(creator, project, resources):
    script = await write_script(resources, creator, project, section(OFFER))
    report = await check(creator, script, policy_packs=["personal-data"])

    assert [pack["id"] for pack in report["packs"]] == ["personal-data", "evidence"]
    assert of_clause(report, "sponsorship") == []


async def test_a_report_is_listed_read_with_its_tag_and_deleted(creator, stranger, project, resources):
    script = await write_script(resources, creator, project, section(OFFER))
    report = await check(creator, script)
    await write_version(resources, script, section("Nothing of it."))
    second = await check(creator, script)
    at = f"/safety-checks/{report['id']}"

    listed = (await creator.get(f"/scripts/{script}/safety-checks")).json()
    tag = (await creator.get(at)).headers["etag"]
    unchanged = await creator.get(at, headers={"If-None-Match": tag})
    hidden = [await stranger.get(at), await stranger.delete(at)]
    deleted = await creator.delete(at)

    assert [(one["id"], one["version"]) for one in listed["items"]] == [(second["id"], 2), (report["id"], 1)]
    assert listed["items"][1]["open_findings"] == len(report["findings"])
    assert unchanged.status_code == 304
    assert {answer.status_code for answer in hidden} == {404}
    assert deleted.status_code == 204
    assert (await creator.get(at)).status_code == 404


async def test_a_finding_is_answered_and_the_verdict_follows(creator, stranger, project, resources):
    script = await write_script(resources, creator, project, section(OFFER))
    report = await check(creator, script)
    (finding,) = of_clause(report, "sponsorship")
    at = f"/safety-checks/{report['id']}/findings/{finding['id']}"
    tag = (await creator.get(f"/safety-checks/{report['id']}")).headers["etag"]

    silent = await creator.patch(at, json={"status": "dismissed"})
    odd = await creator.patch(at, json={"status": "forgotten"})
    foreign = await stranger.patch(at, json={"status": "accepted"})
    unknown = await creator.patch(f"/safety-checks/{report['id']}/findings/{uuid4()}", json={"status": "accepted"})
    accepted = await creator.patch(at, json={"status": "accepted"})
    stale = await creator.patch(at, json={"status": "open"}, headers={"If-Match": tag})
    dismissed = await creator.patch(at, json={"status": "dismissed", "note": "The code is a joke about my name."})
    bare = await creator.patch(at, json={"note": None})
    after = (await creator.get(f"/safety-checks/{report['id']}")).json()
    reopened = await creator.patch(at, json={"status": "open", "note": None})

    assert (silent.status_code, silent.json()["extra"][0]["field"]) == (400, "note")
    assert odd.status_code == 400
    assert (foreign.status_code, unknown.status_code) == (404, 404)
    assert (accepted.status_code, accepted.json()["status"]) == (200, "accepted")
    assert stale.status_code == 412
    assert (dismissed.json()["status"], dismissed.json()["note"]) == ("dismissed", "The code is a joke about my name.")
    assert bare.status_code == 400
    assert (report["verdict"], after["verdict"]) == ("limited", "clear")
    assert next(one["level"] for one in after["ratings"] if one["category"] == "sponsorship") == "full"
    assert (reopened.json()["status"], reopened.json()["resolved_at"]) == ("open", None)
    assert (await creator.get(f"/safety-checks/{report['id']}")).json()["verdict"] == "limited"


async def test_answers_are_carried_over_where_the_text_is_the_same(creator, project, resources, references):
    wrong = "HMS Beagle carried 22 chronometers when she sailed in 1851. The Board of Longitude was abolished in 1838."
    script = await write_script(resources, creator, project, section(f"{OFFER} {wrong}"))
    first = await check(creator, script)
    for finding in first["findings"]:
        body = {"status": "dismissed", "note": f"Seen: {finding['quote']}"}
        answered = await creator.patch(f"/safety-checks/{first['id']}/findings/{finding['id']}", json=body)
        assert answered.status_code == 200
    changed = f"A new beginning. {OFFER} {wrong.replace('1838', '1848')}"
    await write_version(resources, script, section(changed))
    second = await check(creator, script)
    await write_version(resources, script, section(changed, "another"))
    third = await check(creator, script)

    by_quote = {finding["quote"]: finding for finding in second["findings"]}
    beagle = by_quote["HMS Beagle carried 22 chronometers when she sailed in 1851."]
    earlier = next(one for one in first["findings"] if one["quote"] == beagle["quote"])
    assert (beagle["status"], beagle["carried_from"]) == ("dismissed", earlier["id"])
    assert beagle["note"] == f"Seen: {beagle['quote']}"
    assert by_quote["The Board of Longitude was abolished in 1848."]["status"] == "open"
    assert of_clause(second, "sponsorship")[0]["status"] == "dismissed"
    assert {finding["status"] for finding in third["findings"] if finding["section_id"]} == {"open"}


async def test_an_answer_that_was_taken_back_is_not_carried(creator, project, resources):
    script = await write_script(resources, creator, project, section(OFFER))
    first = await check(creator, script)
    at = f"/safety-checks/{first['id']}/findings/{of_clause(first, 'sponsorship')[0]['id']}"
    await creator.patch(at, json={"status": "accepted"})
    second = await check(creator, script)
    (again,) = of_clause(second, "sponsorship")
    await creator.patch(f"/safety-checks/{second['id']}/findings/{again['id']}", json={"status": "open"})
    third = await check(creator, script)

    assert again["status"] == "accepted"
    assert of_clause(third, "sponsorship")[0]["status"] == "open"
