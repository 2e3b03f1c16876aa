import pytest

from app.features.structures.ideas import fit_of, grade_of_audience, nearest, novelty_of, parts_of, says
from app.shared.evidence import Span, stands
from tests.conftest import SAMPLES, add_file, add_text, finished

pytestmark = pytest.mark.usefixtures("worker")
FILES = (
    ("own/04-sundial.vtt", "own"), ("own/01-sextant.srt", "own"), ("reference/longitude-problem.md", "reference"),
    ("reference/lunar-distances.md", "reference"),
)  # fmt: skip


@pytest.fixture(scope="module")
async def shelf(reader, room, worker):
    """A project about longitude, and an older one with another video."""
    old = (await reader.post("/projects", json={"title": "Last year"})).json()["id"]
    for file, role in FILES:
        project = old if file == "own/04-sundial.vtt" else room
        answer = (await add_file(reader, project, file, (SAMPLES / file).read_bytes(), role)).json()
        assert (await finished(reader, answer["job"]))["status"] == "succeeded"
    return {"project": room}


async def checked(client, project, idea):
    posted = await client.post(f"/projects/{project}/idea-checks", json={"idea": idea})
    assert posted.status_code == 202, posted.text
    job = await finished(client, posted.json())
    assert job["status"] == "succeeded", job["error"]
    listed = (await client.get(f"/projects/{project}/idea-checks")).json()
    assert job["result"] == {"type": "idea_check", "id": listed["items"][0]["id"]}
    return listed["items"][0]


async def test_what_was_said_before_is_found_in_every_project_with_its_second(reader, shelf):
    check = await checked(reader, shelf["project"], "A sundial in your own garden tells the true time")

    nearest = check["similar"][0]
    text = (await reader.get(f"/sources/{nearest['source_id']}/text")).json()["text"]
    assert check["novelty"] < 0.5
    assert nearest["similarity"] > 0.5
    assert "sundial" in nearest["quote"].lower()
    assert stands(text, nearest["quote"], Span(**nearest["span"]))
    assert nearest["start_seconds"] is not None
    assert check["engine"] == "offline"


async def test_an_idea_of_ones_own_is_new_and_each_number_is_explained(reader, shelf):
    check = await checked(reader, shelf["project"], "How sourdough bread rises in a cold kitchen")

    assert check["novelty"] > 0.85
    assert check["coverage"] == 0
    assert [one["number"] for one in check["explanation"]] == ["novelty", "coverage", "audience_fit"]
    assert all(one["text"].endswith(".") for one in check["explanation"])
    assert {"sourdough bread rises"} <= {gap["question"].split("“")[1].split("”")[0] for gap in check["gaps"]}


async def test_coverage_is_the_share_of_the_parts_that_the_references_speak_of(reader, shelf):
    check = await checked(reader, shelf["project"], "Longitude, lunar distances, and submarines")

    assert check["coverage"] == 0.67
    assert [gap["question"] for gap in check["gaps"]] == ["What is there to say about “submarines”?"]
    assert "2 of its 3 parts" in check["explanation"][1]["text"]


async def test_the_fit_is_of_the_audience_that_the_project_names(reader, shelf):
    unknown = await checked(reader, shelf["project"], "Longitude and lunar distances")
    children = (await reader.post("/audiences", json={"name": "Class 3", "age_from": 8, "knows": "longitude"})).json()[
        "id"
    ]
    await reader.patch(f"/projects/{shelf['project']}", json={"audience_id": children})
    young = await checked(reader, shelf["project"], "Longitude and lunar distances")
    await reader.patch(f"/projects/{shelf['project']}", json={"audience_id": None, "audience": "engineers"})
    grown = await checked(reader, shelf["project"], "Longitude and lunar distances")
    await reader.patch(f"/projects/{shelf['project']}", json={"audience": None})

    assert unknown["audience_fit"] is None
    assert "names no audience" in unknown["explanation"][2]["text"]
    assert young["audience_fit"] < grown["audience_fit"] == 1
    assert "They know some of it already" in young["explanation"][2]["text"]


async def test_of_a_deleted_source_it_is_known_only_that_something_was_said(reader, shelf):
    project = (await reader.post("/projects", json={"title": "Kettles"})).json()["id"]
    source = await add_text(reader, project, "My kettle sings before it boils. Then it falls silent. " * 4, role="own")
    before = await checked(reader, project, "Why a kettle sings before it boils")

    await reader.delete(f"/sources/{source['id']}")

    left = (await reader.get(f"/projects/{project}/idea-checks")).json()["items"][0]
    assert "kettle" in before["similar"][0]["quote"]
    assert (left["similar"][0]["quote"], left["similar"][0]["source_deleted"]) == (None, True)
    assert left["novelty"] == before["novelty"]


async def test_an_empty_project_is_judged_without_a_stumble(creator, project):
    check = await checked(creator, project, "Why the sea is salt")

    assert (check["novelty"], check["coverage"], check["audience_fit"], check["similar"]) == (1, 0, None, [])
    assert "no past work" in check["explanation"][0]["text"]


@pytest.mark.parametrize("idea", ["???", "潮の満ち引きはなぜ起こるのか", "the and of", "x" * 5000])
async def test_a_strange_idea_is_judged_calmly(reader, shelf, idea):
    check = await checked(reader, shelf["project"], idea)

    assert 0 <= check["coverage"] <= 1
    assert 0 <= check["novelty"] <= 1


@pytest.mark.parametrize(("body", "field"), [({}, "idea"), ({"idea": "ab"}, "idea"), ({"idea": "x" * 5001}, "idea")])
async def test_an_idea_that_can_not_be_checked_is_400(creator, project, body, field):
    answer = await creator.post(f"/projects/{project}/idea-checks", json=body)

    assert (answer.status_code, answer.json()["extra"][0]["field"]) == (400, field)


async def test_nobody_checks_ideas_in_a_strangers_project(stranger, project):
    answers = [
        await stranger.post(f"/projects/{project}/idea-checks", json={"idea": "Tides"}),
        await stranger.get(f"/projects/{project}/idea-checks"),
    ]

    assert {answer.status_code for answer in answers} == {404}


def test_the_parts_of_an_idea_are_its_runs_of_content_words():
    assert parts_of("Build a sextant from a CD and two mirrors") == ["sextant", "CD", "two mirrors"]
    assert parts_of("A sundial, the sundial, and my sundials") == ["sundial"]
    assert says("Harrison's clock", "The clocks that Harrison made")
    assert not says("two mirrors", "one mirror")


def test_similarity_rises_with_shared_words_and_novelty_falls():
    same = nearest("A sundial for your garden", "Put a sundial in the garden. It is true.")
    other = nearest("A sundial for your garden", "The sea was calm that day. Nobody spoke.")

    assert same.similarity > 0.5 > other.similarity
    assert nearest("the", "and of it") is None
    assert novelty_of([]) == 1
    assert novelty_of([0.9]) < novelty_of([0.9, 0.1, 0.1]) < novelty_of([0.6]) < novelty_of([0.3]) == 1


def test_an_audience_is_as_old_as_it_is_said_to_be():
    grades = [
        grade_of_audience(*one) for one in (("children", None), ("", 9), ("curious people", None), ("engineers", None))
    ]

    assert grades == sorted(grades)
    assert (fit_of(12, 9), fit_of(5, 9), fit_of(20, 9)) == (0.5, 1, 0)
