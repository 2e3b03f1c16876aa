"""Which of the chosen sources a profile is measured on, and what is said of the others."""

import pytest

from tests.conftest import add_file, add_text, finished
from tests.features.dna.speech import ENGLISH, GERMAN

pytestmark = pytest.mark.usefixtures("worker")


def interview(host, guest):
    cue = "{n}\n00:{m:02}:{s:02},000 --> 00:{m:02}:{e:02},000\n{who}: {said}\n"
    lines = [(host, ENGLISH), (guest, "And what I would like to say about that is a word of my own, if I may.")] * 5
    cues = [
        cue.format(n=number + 1, m=number, s=1, e=50, who=who, said=said) for number, (who, said) in enumerate(lines)
    ]
    return "\n".join(cues).encode()


@pytest.fixture
async def mixed(creator, project):
    """Three English sources and a German one."""
    english = [await add_text(creator, project, f"Part {number}. " + ENGLISH * 5, role="own") for number in range(3)]
    german = await add_text(creator, project, GERMAN * 3, role="own")
    return english, german


async def build(creator, project, **asked):
    answer = await creator.post(f"/projects/{project}/dna-profiles", json=asked)
    assert answer.status_code == 202, answer.text
    return await finished(creator, answer.json())


async def test_a_source_in_another_language_is_left_out_and_named(creator, project, mixed):
    _, german = mixed
    job = await build(creator, project)
    profile = (await creator.get(f"/dna-profiles/{job['result']['id']}")).json()

    assert (profile["language"], profile["corpus"]["sources"]) == ("en", 3)
    assert profile["corpus"]["left_out"] == [
        {"source_id": german["id"], "reason": "It is in 'de', most of the others in 'en'."}
    ]
    assert german["id"] not in str(profile["signals"])
    assert profile["corpus"]["next_grade"]["grade"] == "B"
    assert profile["corpus"]["next_grade"]["missing"][0] == "2 more sources"


async def test_words_in_another_language_do_not_make_up_for_what_is_missing(creator, project, mixed):
    english, german = mixed
    chosen = [english[0]["id"], english[1]["id"], german["id"]]

    answer = await creator.post(f"/projects/{project}/dna-profiles", json={"source_ids": chosen})

    assert (answer.status_code, answer.json()["code"]) == (422, "too_little_text")
    said = [item["message"] for item in answer.json()["extra"]]
    assert said[0] == "1 more source"
    assert said[-1] == f"{german['id']}: It is in 'de', most of the others in 'en'."


async def test_a_speaker_whom_nobody_hears_is_refused_with_those_who_are_there(creator, project):
    for number in range(3):
        added = await add_file(creator, project, f"{number}.srt", interview("Nell", "Tom"), "own")
        await finished(creator, added.json()["job"])

    refused = await build(creator, project, speaker="Mary")
    built = await build(creator, project, speaker="nell")

    assert refused["status"] == "failed"
    assert "Nobody called 'Mary' speaks in these sources; there are Nell, Tom." in str(refused["error"])
    profile = (await creator.get(f"/dna-profiles/{built['result']['id']}")).json()
    signals = {signal["name"]: signal for signal in profile["signals"]}
    assert profile["corpus"]["words"] < 3 * 5 * (len(ENGLISH.split()) + 10)
    assert signals["words_per_minute"]["value"] == pytest.approx(60 / 49 * len(ENGLISH.split()), rel=0.03)
    assert len(signals["words_per_minute"]["curve"]["median"]) == 10
