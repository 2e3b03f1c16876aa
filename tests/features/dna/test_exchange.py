"""Profiles side by side, and as documents that leave and come back."""

import io
import pickle
from base64 import b64decode, b64encode
from uuid import uuid4
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
import pytest

from app.features.dna.fingerprint import LENGTHS, VoicePrint, dump
from app.features.dna.foreign_prints import check_print
from app.shared.exceptions import Unprocessable
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


def repacked(fingerprint, **members):
    """The fingerprint with other members, each given as the bytes of its file."""
    with ZipFile(io.BytesIO(b64decode(fingerprint))) as file:
        before = {name: file.read(name) for name in file.namelist()}
    packed = io.BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED) as file:
        for name, data in {**before, **{f"{name}.npy": data for name, data in members.items()}}.items():
            file.writestr(name, data)
    return b64encode(packed.getvalue()).decode()


def as_file(array, shape=None):
    """The array as NumPy writes it; with a *shape*, a head that claims it above these numbers."""
    file = io.BytesIO()
    if shape is None:
        np.save(file, array)
    else:
        np.lib.format.write_array_header_1_0(file, {"descr": array.dtype.str, "fortran_order": False, "shape": shape})
        file.write(array.tobytes())
    return file.getvalue()


def small_print():
    """A fingerprint that fits together, of three words."""
    ones = np.ones((3, len(LENGTHS)), np.float32)
    return VoicePrint(
        np.array([1, 2, 3], np.uint32), *(np.ones(3, np.float16) for _ in range(3)), ones[0, :1], ones[0, :1], ones,
        ones[:2], ones[0, :3], ones[0, :2],
    )  # fmt: skip


FLAT = np.ones((3, len(LENGTHS)), np.float32)


@pytest.mark.parametrize(
    ("members", "why"),
    [
        ({"weights": as_file(np.zeros(20_000_000, np.float16))}, "is not one"),
        ({"weights": as_file(np.ones(3, np.float16), shape=(10**13,))}, "can't be read"),
        ({"more": as_file(np.ones(3))}, "is not one"),
        ({"weights": as_file(np.ones(2, np.float16))}, "numbers"),
        ({"weights": as_file(np.ones(3, np.float64))}, "numbers"),
        ({"weights": as_file(np.array([1, np.nan, 1], np.float16))}, "numbers"),
        ({"weights": as_file(np.array(["a", "b", "c"]))}, "can't be read|numbers"),
        ({"hashes": as_file(np.array([3, 2, 1], np.uint32))}, "numbers"),
        ({"hashes": as_file(np.array([], np.uint32))}, "numbers"),
        ({"roots": as_file(np.zeros(3, np.float16))}, "numbers"),
        ({"others": as_file(FLAT * np.array([[1], [0], [1]], np.float32))}, "numbers"),
        ({"own": as_file(-FLAT[:2])}, "numbers"),
        ({"own": as_file(FLAT)}, "numbers"),
        ({"unseen": as_file(np.array(1, np.float32))}, "numbers"),
        ({"register": as_file(np.array([0, 0, 0], np.float32))}, "numbers"),
        ({"held_out": as_file(np.array([], np.float32))}, "numbers"),
    ],
)
def test_a_fingerprint_that_no_text_can_be_scored_with_is_refused(members, why):
    """Of the first, 40 MB are packed into a thousandth."""
    whole = b64encode(dump(small_print())).decode()

    check_print(b64decode(whole))
    with pytest.raises(Unprocessable, match=why):
        check_print(b64decode(repacked(whole, **members)))


def test_a_pickle_is_no_fingerprint_and_is_not_run(tmp_path):
    class Ran:
        def __reduce__(self):
            return (tmp_path.joinpath("ran").touch, ())

    whole = b64encode(dump(small_print())).decode()
    hidden = io.BytesIO()
    np.save(hidden, np.array([Ran()], dtype=object), allow_pickle=True)

    for packed in (pickle.dumps(Ran()), b64decode(repacked(whole, weights=hidden.getvalue()))):
        with pytest.raises(Unprocessable):
            check_print(packed)
    assert not (tmp_path / "ran").exists()


async def test_an_import_of_what_the_table_can_not_hold_says_so(creator, project, built):
    document = (await creator.get(f"/dna-profiles/{await build(creator, project, built[:3])}/export")).json()
    spread = next(iter(document["dimensions"].values()))
    old = io.BytesIO()
    np.savez_compressed(old, weights=np.zeros(4, np.float16))
    changes = {
        "engine": "x" * 101, "language": "x" * 36, "speaker": "x" * 201, "manifest": {"a\0": 1},
        "dimensions": {"a\0": spread}, "fingerprint": b64encode(old.getvalue()).decode(),
    }  # fmt: skip

    answers = {
        name: await creator.post("/dna-profiles/import", json={**document, name: value})
        for name, value in changes.items()
    }

    assert {name: answer.status_code for name, answer in answers.items()} == {
        **dict.fromkeys(changes, 400), "fingerprint": 422,
    }  # fmt: skip


async def test_an_import_may_name_more_sources_than_a_query_has_parameters(creator, project, built):
    document = (await creator.get(f"/dna-profiles/{await build(creator, project, built[:3])}/export")).json()
    signal = next(signal for signal in document["signals"] if signal["examples"])
    quote = signal["examples"][0]
    signal["examples"] += [{**quote, "source_id": str(uuid4())} for _ in range(33_000)]

    imported = await creator.post("/dna-profiles/import", json=document)

    assert imported.status_code == 201, imported.text
    kept = next(one for one in imported.json()["signals"] if one["name"] == signal["name"])
    assert quote in kept["examples"]
    assert len(kept["examples"]) <= 3
