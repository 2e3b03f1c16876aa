import json

import pytest

from tests.conftest import SAMPLES, add_file, add_text, finished

pytestmark = pytest.mark.usefixtures("worker")
MANIFEST = json.loads((SAMPLES / "manifest.json").read_text())
OWN = [source for source in MANIFEST["sources"] if source["role"] == "own"]


@pytest.fixture(scope="module")
async def shelf(reader, room, worker):
    """A project with the samples of the creator's own work, and their profile."""
    accepted = [
        (await add_file(reader, room, one["file"], (SAMPLES / one["file"]).read_bytes(), "own")).json() for one in OWN
    ]
    for answer in accepted:
        assert (await finished(reader, answer["job"]))["status"] == "succeeded"
    job = await finished(reader, (await reader.post(f"/projects/{room}/dna-profiles", json={"name": "Nell"})).json())
    profile = (await reader.get(f"/dna-profiles/{job['result']['id']}")).json()
    return {"project": room, "job": job, "profile": profile}


async def test_a_profile_has_a_grade_a_corpus_and_signals_with_intervals(reader, shelf):
    profile = shelf["profile"]

    measured = {signal["name"]: signal for signal in profile["signals"] if signal["status"] == "measured"}
    assert shelf["job"]["status"] == "succeeded"
    assert (profile["grade"], profile["engine"], profile["speaker"]) == ("B", "offline", "Nell Harrow")
    assert profile["corpus"]["sources"] == 7
    assert len(measured) >= 20
    assert all(
        signal["ci_low"] <= signal["value"] <= signal["ci_high"]
        for signal in measured.values()
        if signal["n_sources"] > 1
    )
    assert 150 <= measured["words_per_minute"]["value"] <= 160
    assert measured["words_per_minute"]["n_sources"] == 5


async def test_every_quote_of_a_profile_stands_in_its_source(reader, shelf):
    profile = shelf["profile"]
    quotes = [quote for signal in profile["signals"] for quote in signal["examples"]]
    quotes += [quote for trait in profile["traits"] for quote in trait["evidence"]]
    quotes += [quote for phrase in profile["catchphrases"] for quote in phrase["examples"]]
    quotes += [exemplar["evidence"] for exemplar in profile["exemplars"]]
    texts = {
        source: (await reader.get(f"/sources/{source}/text")).json()["text"]
        for source in {q["source_id"] for q in quotes}
    }

    assert len(quotes) > 50
    assert all(texts[q["source_id"]][q["span"]["start"] : q["span"]["end"]] == q["quote"] for q in quotes)
    assert all(len(trait["evidence"]) >= 2 for trait in profile["traits"])


async def test_the_catchphrases_are_those_that_were_written_into_the_samples(reader, shelf):
    said = " | ".join(phrase["phrase"] for phrase in shelf["profile"]["catchphrases"])

    for phrase in ("here's the lovely part", "let's put a number on it", "back to the bench", "hold that thought"):
        assert phrase in said


async def test_the_guests_words_are_not_the_creators(reader, shelf):
    quotes = [quote["quote"] for signal in shelf["profile"]["signals"] for quote in signal["examples"]]
    slide_rule = (SAMPLES / "own/05-slide-rule.vtt").read_text()
    guest = [line.split(">", 1)[1] for line in slide_rule.splitlines() if line.startswith("<v Tomas Reyes>")]

    assert guest
    assert not any(line[:30] in quote for line in guest for quote in quotes)


async def test_the_creators_own_text_matches_and_a_reference_does_not(reader, shelf):
    async def match(file):
        source = next(
            s for s in (await reader.get(f"/projects/{shelf['project']}/sources", params={"limit": 100})).json()["items"]
            if s["filename"] == file
        )  # fmt: skip
        text = (await reader.get(f"/sources/{source['id']}/text")).json()["text"]
        return (await reader.post(f"/dna-profiles/{shelf['profile']['id']}/match", json={"text": text})).json()

    own = await match("03-pendulum-clock.srt")
    reference = await reader.post(
        f"/dna-profiles/{shelf['profile']['id']}/match",
        json={"text": (SAMPLES / "reference/chronometer-myths.md").read_text()},
    )

    assert own["voice_match"] >= 50
    assert own["verdict"] == "yours"
    assert reference.json()["verdict"] in {"not_yours", "register_refused"}
    assert {"name", "text_value", "profile_value", "deviation", "advice"} == set(own["dimensions"][0])


async def test_a_text_under_fifty_words_is_declined(reader, shelf):
    answer = await reader.post(f"/dna-profiles/{shelf['profile']['id']}/match", json={"text": "Hold that thought."})

    assert answer.status_code == 200
    assert (answer.json()["voice_match"], answer.json()["verdict"], answer.json()["dimensions"]) == (None, "unsure", [])


@pytest.mark.parametrize("text", ["word " * 60, "é" * 5000, "1 2 3 4 5 6 7 8 9 0 " * 10, "\n".join("?!" * 100)])
async def test_a_strange_text_is_matched_calmly(reader, shelf, text):
    assert (await reader.post(f"/dna-profiles/{shelf['profile']['id']}/match", json={"text": text})).status_code == 200


async def test_the_first_profile_becomes_the_projects_voice_and_can_be_unchosen(reader, shelf):
    project = (await reader.get(f"/projects/{shelf['project']}")).json()
    assert project["dna_profile_id"] == shelf["profile"]["id"]

    cleared = await reader.patch(f"/projects/{shelf['project']}", json={"dna_profile_id": None})
    chosen = await reader.patch(f"/projects/{shelf['project']}", json={"dna_profile_id": shelf["profile"]["id"]})

    assert cleared.json()["dna_profile_id"] is None
    assert chosen.json()["dna_profile_id"] == shelf["profile"]["id"]


async def test_controls_are_kept_within_their_range(reader, shelf):
    path = f"/dna-profiles/{shelf['profile']['id']}"

    good = await reader.patch(path, json={"controls": {"humour": 2, "pace": -1}})
    bad = await reader.patch(path, json={"controls": {"humour": 3}})

    kept = await reader.patch(path, json={"controls": {"energy": 1}})
    assert (kept.json()["controls"]["humour"], kept.json()["controls"]["energy"]) == (2, 1)
    await reader.patch(path, json={"controls": {"energy": 0}})
    assert good.json()["controls"] == {"formality": 0, "energy": 0, "humour": 2, "depth": 0, "pace": -1}
    assert bad.status_code == 400
    assert bad.json()["extra"][0]["field"] == "controls.humour"


async def test_too_little_text_is_422_and_says_what_is_missing(creator, project):
    await add_text(creator, project, "I say a few words of my own here, and that is all. " * 20, role="own")

    answer = await creator.post(f"/projects/{project}/dna-profiles", json={})

    assert (answer.status_code, answer.json()["code"]) == (422, "too_little_text")
    assert [item["message"] for item in answer.json()["extra"]] == ["2 more sources", "1,240 more words"]
    assert (await creator.get("/jobs", params={"kind": "dna.build_profile"})).json()["total"] == 0


async def test_only_the_creators_own_sources_are_taken(creator, project):
    source = await add_text(creator, project, "Somebody else wrote this. " * 100, role="reference")

    answer = await creator.post(f"/projects/{project}/dna-profiles", json={"source_ids": [source["id"]]})

    assert (answer.status_code, answer.json()["code"]) == (422, "not_own")


async def test_another_projects_source_is_404(creator, project):
    other = (await creator.post("/projects", json={"title": "Other"})).json()["id"]
    source = await add_text(creator, other, "My own words, spoken once. " * 100, role="own")

    answer = await creator.post(f"/projects/{project}/dna-profiles", json={"source_ids": [source["id"]]})

    assert answer.status_code == 404


async def test_nobody_sees_matches_or_deletes_a_strangers_profile(reader, stranger, shelf):
    path = f"/dna-profiles/{shelf['profile']['id']}"
    answers = [
        await stranger.get(path),
        await stranger.patch(path, json={"name": "mine"}),
        await stranger.post(f"{path}/match", json={"text": "a"}),
        await stranger.delete(path),
        await stranger.get(f"/projects/{shelf['project']}/dna-profiles"),
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert (await stranger.get("/dna-profiles")).json()["total"] == 0


async def test_a_deleted_profile_is_gone_and_no_longer_chosen(reader, shelf):
    job = (await reader.post(f"/projects/{shelf['project']}/dna-profiles", json={"name": "Second"})).json()
    profile_id = (await finished(reader, job))["result"]["id"]
    second = (await reader.get(f"/dna-profiles/{profile_id}")).json()
    await reader.patch(f"/projects/{shelf['project']}", json={"dna_profile_id": profile_id})

    assert second["version"] > 1
    assert second["signals"] == shelf["profile"]["signals"]
    assert (await reader.delete(f"/dna-profiles/{profile_id}")).status_code == 204
    assert (await reader.get(f"/dna-profiles/{profile_id}")).status_code == 404
    assert (await reader.get(f"/projects/{shelf['project']}")).json()["dna_profile_id"] is None
    await reader.patch(f"/projects/{shelf['project']}", json={"dna_profile_id": shelf["profile"]["id"]})


async def test_a_deleted_sources_quotes_are_gone_from_every_profile(reader, shelf):
    """Last of the module: it takes a source away."""
    project = (await reader.get(f"/projects/{shelf['project']}")).headers["etag"]
    quoted = shelf["profile"]["traits"][0]["evidence"][0]["source_id"]
    assert (await reader.delete(f"/sources/{quoted}")).status_code == 204

    left = await reader.get(f"/dna-profiles/{shelf['profile']['id']}")

    assert quoted not in left.text
    assert left.json()["signals"][0]["value"] == shelf["profile"]["signals"][0]["value"]
    assert (await reader.delete(f"/dna-profiles/{shelf['profile']['id']}")).status_code == 204
    assert (await reader.get(f"/projects/{shelf['project']}", headers={"If-None-Match": project})).status_code == 200
