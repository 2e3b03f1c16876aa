"""Profiles side by side, and as documents that leave and come back."""

import pytest

from tests.conftest import SAMPLES, add_file, finished

pytestmark = pytest.mark.usefixtures("worker")


@pytest.fixture
async def built(creator, project):
    sources = []
    for path in sorted((SAMPLES / "own").iterdir())[:4]:
        accepted = (await add_file(creator, project, path.name, path.read_bytes(), "own")).json()
        assert (await finished(creator, accepted["job"]))["status"] == "succeeded"
        sources.append(accepted["source"]["id"])
    return sources


async def build(creator, project, sources, **more):
    asked = await creator.post(f"/projects/{project}/dna-profiles", json={"source_ids": sources, **more})
    job = await finished(creator, asked.json())
    assert job["status"] == "succeeded", job["error"]
    return job["result"]["id"]


async def test_two_versions_stand_side_by_side_and_the_older_stays(creator, stranger, project, built):
    first, second = await build(creator, project, built[:3]), await build(creator, project, built)
    await creator.patch(f"/dna-profiles/{second}", json={"controls": {"pace": 2}})

    compared = (await creator.get(f"/dna-profiles/{first}/compare", params={"with": second})).json()
    same = (await creator.get(f"/dna-profiles/{first}/compare", params={"with": first})).json()

    assert (compared["this"]["version"], compared["other"]["version"]) == (1, 2)
    assert compared["other"]["words"] > compared["this"]["words"]
    changed = {one["name"]: one for one in compared["signals"]}
    length = changed["sentence_length_mean"]
    assert length["change"] == pytest.approx(length["other"] - length["this"], abs=1e-5)
    assert compared["controls"]["pace"] == [0, 2]
    assert all(one["change"] in {0, None} and not one["clear"] for one in same["signals"])
    assert same["catchphrases"]["only_this"] == same["catchphrases"]["only_other"] == []
    assert (await stranger.get(f"/dna-profiles/{first}/compare", params={"with": second})).status_code == 404
    assert (await creator.get(f"/dna-profiles/{first}/compare")).status_code == 400


async def test_a_profile_goes_out_and_comes_back_as_it_was(creator, project, built):
    first = await build(creator, project, built)
    document = (await creator.get(f"/dna-profiles/{first}/export")).json()

    imported = await creator.post("/dna-profiles/import", json=document)
    before, after = (await creator.get(f"/dna-profiles/{first}")).json(), imported.json()
    text = {"text": (SAMPLES / "own/07-compass.md").read_text()}
    matches = [(await creator.post(f"/dna-profiles/{one}/match", json=text)).json() for one in (first, after["id"])]

    assert imported.status_code == 201, imported.text
    assert after["version"] == before["version"] + 1
    for name in ("signals", "traits", "catchphrases", "exemplars", "structure", "grade", "corpus"):
        assert after[name] == before[name], name
    assert matches[0] == matches[1]


async def test_what_an_imported_profile_quotes_from_nowhere_is_left_out(creator, stranger, project, built):
    """Another account has none of the sources."""
    first = await build(creator, project, built)
    document = (await creator.get(f"/dna-profiles/{first}/export")).json()
    theirs = (await stranger.post("/projects", json={"title": "Theirs"})).json()["id"]

    refused = await stranger.post("/dna-profiles/import", json=document)
    imported = (await stranger.post("/dna-profiles/import", json={**document, "project_id": theirs})).json()

    assert refused.status_code == 404
    assert imported["traits"] == imported["exemplars"] == []
    assert not any(signal["examples"] for signal in imported["signals"])
    assert {one["statement"] for one in imported["rejected"]} >= {trait["name"] for trait in document["traits"]}
    assert [signal["value"] for signal in imported["signals"]] == [signal["value"] for signal in document["signals"]]


async def test_a_quote_that_was_forged_is_left_out(creator, project, built):
    document = (await creator.get(f"/dna-profiles/{await build(creator, project, built)}/export")).json()
    forged = next(signal for signal in document["signals"] if signal["examples"])
    forged["examples"][0]["quote"] = "I never said this."

    imported = (await creator.post("/dna-profiles/import", json=document)).json()

    assert "I never said this." not in str(imported)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"fingerprint": "no base64!"}, 422), ({"fingerprint": "AAAA"}, 422), ({"format": "other"}, 400),
        ({"format_version": 2}, 400), ({"grade": "Z"}, 400), ({"more": 1}, 400),
    ],
)  # fmt: skip
async def test_a_damaged_document_is_refused(creator, project, built, change, status):
    document = (await creator.get(f"/dna-profiles/{await build(creator, project, built[:3])}/export")).json()

    assert (await creator.post("/dna-profiles/import", json={**document, **change})).status_code == status


async def test_a_profile_takes_the_turns_of_whom_the_creator_says_they_are(creator, project):
    """Each recording calls its speakers differently."""
    sources = []
    own = [path.read_text(encoding="utf-8") for path in sorted((SAMPLES / "own").glob("*.md"))]
    words = " ".join(own).split()
    for number in range(3):
        part = words[number * 700 : (number + 1) * 700]
        lines = [
            f"**SPEAKER_{number}:** {' '.join(part[i : i + 70])}.\n\n**GUEST:** Right, I see what you mean there, go on then.\n\n"
            for i in range(0, 700, 70)
        ]
        accepted = (await add_file(creator, project, f"talk-{number}.md", "".join(lines).encode(), "own")).json()
        await finished(creator, accepted["job"])
        source = accepted["source"]["id"]
        named = {"speakers": [{"speaker": f"SPEAKER_{number}", "name": "Nell", "is_me": True}]}
        assert (await creator.patch(f"/sources/{source}/speakers", json=named)).status_code == 200
        sources.append(source)

    profile = (await creator.get(f"/dna-profiles/{await build(creator, project, sources)}")).json()

    assert profile["speaker"] == "Nell"
    assert profile["corpus"]["sources"] == 3
    assert "go on then" not in str(profile)
