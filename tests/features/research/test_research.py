"""Research through the API, offline: from a question to cited claims, contradictions and gaps."""

import re
from uuid import uuid4

import pytest
from sqlalchemy import text

from tests.conftest import add_file, add_text, finished
from tests.features.research.shelf import (
    QUESTION,
    add_samples,
    ask,
    assert_every_quote_stands,
    citations_of,
    texts_of,
)

pytestmark = pytest.mark.usefixtures("worker")

TOWER = "The Hallam tower is 62 metres tall. It was built in 1871 by the mason Edith Crane."


@pytest.fixture
async def longitude(creator, project):
    return await add_samples(creator, project)


async def test_a_brief_is_made_of_quotes_that_stand_and_finds_what_the_sources_disagree_on(creator, project, longitude):
    brief = await ask(creator, project)

    assert_every_quote_stands(brief, await texts_of(creator, longitude.values()))
    assert brief["engine"] == "offline"
    assert brief["metrics"]["quote_fidelity"] == 1.0
    assert brief["metrics"]["coverage"] == 1.0
    assert brief["metrics"]["sources_used"] == 4
    assert len(brief["claims"]) >= 10
    assert {claim["status"] for claim in brief["claims"]} == {"supported", "single_source", "contradicted"}
    planted = [
        one
        for one in brief["contradictions"]
        if "5.1 seconds" in one["explanation"] and "39 seconds" in one["explanation"]
    ]
    assert planted
    assert planted[0]["on"] == "number"
    both = [claim for claim in brief["claims"] if claim["id"] in planted[0]["claim_ids"]]
    assert {claim["status"] for claim in both} == {"contradicted"}
    for claim in both:
        assert {one["stance"] for one in claim["citations"]} == {"supports", "contradicts"}
    assert all(
        len({one["source_id"] for one in claim["citations"]}) > 1
        for claim in brief["claims"]
        if claim["status"] == "supported"
    )


async def test_a_summary_says_only_what_claims_of_the_brief_say(creator, project, longitude):
    brief = await ask(creator, project)

    claims = {claim["id"]: claim for claim in brief["claims"]}
    assert brief["summary"] == " ".join(one["text"] for one in brief["summary_sentences"])
    assert len(brief["summary_sentences"]) >= 3
    for one in brief["summary_sentences"]:
        assert one["claim_ids"]
        said = [claims[claim_id]["text"] for claim_id in one["claim_ids"]]
        quoted = re.findall(r"“([^”]+)”", one["text"]) if len(said) > 1 else [one["text"]]
        assert len(quoted) == len(said)
        assert all(quote in text for quote, text in zip(quoted, said, strict=True))


async def test_sources_are_weighed_by_what_stands_in_them(creator, project, longitude):
    brief = await ask(creator, project)

    weighed = {one["source_id"]: one for one in brief["source_evaluations"]}
    essay = weighed[longitude["chronometer-myths"]]
    assert essay["kind"] == "essay or opinion"
    assert essay["author"] == "Philippa Orme-Okoro"
    assert essay["published_at"].startswith("2022-06")
    assert any("takes sides" in note for note in essay["notes"])
    assert weighed[longitude["lunar-distances"]]["kind"] == "lecture or textbook"
    assert essay["reliability"] < weighed[longitude["lunar-distances"]]["reliability"]
    assert all(0 <= one["reliability"] <= 1 for one in weighed.values())


async def test_entities_are_those_that_claims_speak_of(creator, project, longitude):
    brief = await ask(creator, project, depth="deep")

    kinds = {one["name"]: one["kind"] for one in brief["entities"]}
    assert kinds["Board of Longitude"] == "organisation"
    assert kinds["H4"] == "work"
    assert kinds["John Arnold"] == "person"
    ids = {claim["id"] for claim in brief["claims"]}
    assert all(set(one["claim_ids"]) <= ids for one in brief["entities"])


@pytest.mark.parametrize("question", [
    "What did Harrison eat for breakfast?", "Who won the football world cup in 2014?", "What is Harrison's favourite colour?",
    "How do I bake sourdough bread?", "How many people live in Jamaica today?", "Xyzzy plugh?",
])  # fmt: skip
async def test_a_question_that_the_sources_do_not_answer_ends_in_a_gap_with_advice_and_in_nothing_else(
    creator, project, longitude, question
):
    brief = await ask(creator, project, question)

    assert brief["claims"] == brief["contradictions"] == brief["entities"] == []
    assert brief["summary"] == ""
    assert [gap["question"] for gap in brief["gaps"]] == [question]
    assert brief["gaps"][0]["advice"].startswith("Not in your 4 sources.")
    assert "Look for" in brief["gaps"][0]["advice"]
    assert brief["metrics"]["coverage"] == 0


@pytest.mark.parametrize(("question", "answer"), [
    ("How slow was H4 when it arrived in Jamaica?", "5.1 seconds"), ("When was the Nautical Almanac first published?", "1767"),
    ("How much did Kendall's copy of H4 cost?", "450 pounds"), ("Who published the idea of lunar distances in 1514?", "Johannes Werner"),
    ("How high was the highest reward of the Act of 1714?", "20,000 pounds"), ("Through how many degrees does the Earth turn in an hour?", "15 degrees"),
    ("What did HMS Beagle carry in 1831?", "22 chronometers"),
])  # fmt: skip
async def test_a_question_that_the_sources_answer_is_answered_by_a_cited_sentence(
    creator, project, longitude, question, answer
):
    brief = await ask(creator, project, question, depth="quick")

    assert any(answer in claim["text"] for claim in brief["claims"])
    assert brief["claims"][0]["citations"]


async def test_what_two_sources_say_is_one_supported_claim_and_two_copies_of_one_text_are_one_voice(creator, project):
    await add_text(creator, project, f"{TOWER} The stone of it came by canal from the north.", title="A guide")
    await add_text(
        creator,
        project,
        "According to the parish book, the Hallam tower is 62 metres tall. Pigeons nest in it.",
        title="A book",
    )
    supported = await ask(creator, project, "How tall is the Hallam tower?")
    await add_text(creator, project, f"{TOWER} The stone of it came by canal from the north.", title="A copy")
    copies = await ask(creator, project, "Where did the stone of the tower come from?")

    claim = supported["claims"][0]
    assert "62 metres" in claim["text"]
    assert claim["status"] == "supported"
    assert len({one["source_id"] for one in claim["citations"]}) == 2
    assert any("canal" in one["text"] for one in copies["claims"])
    assert all(one["status"] == "single_source" for one in copies["claims"] if "canal" in one["text"])


async def test_depths_look_at_more_and_more(creator, project, longitude):
    sizes = [len((await ask(creator, project, depth=depth))["claims"]) for depth in ("quick", "standard", "deep")]

    assert sizes[0] < sizes[1] < sizes[2]


async def test_opinions_questions_and_fragments_are_no_claims(creator, project):
    await add_text(
        creator,
        project,
        "# The Hallam tower\n\nIs the Hallam tower tall? I think the Hallam tower is ugly. Look at the Hallam tower! The Hallam tower, tall. The Hallam tower is 62 metres tall.",
    )
    brief = await ask(creator, project, "How tall is the Hallam tower?")

    assert [claim["text"] for claim in brief["claims"]] == ["The Hallam tower is 62 metres tall."]


async def test_a_citation_tells_page_or_second_where_there_is_one(creator, project):
    spoken = b"1\n00:00:05,000 --> 00:00:09,000\nThe Hallam tower is 62 metres tall.\n\n2\n00:00:09,000 --> 00:00:12,000\nPigeons nest in it every spring.\n"
    added = (await add_file(creator, project, "talk.srt", spoken)).json()
    await finished(creator, added["job"])
    brief = await ask(creator, project, "How tall is the Hallam tower?")

    assert citations_of(brief)[0]["start_seconds"] == 5.0


class TestBadInput:
    async def test_a_project_without_ready_sources_is_told_what_to_do(self, creator, project):
        await add_text(creator, project, TOWER, role="own")
        refused = await creator.post(f"/projects/{project}/research", json={"question": QUESTION})

        assert refused.status_code == 422
        assert refused.json()["code"] == "no_ready_sources"
        assert "Add an article" in refused.json()["detail"]

    async def test_sources_and_briefs_that_are_unknown_or_anothers_are_not_found(self, creator, stranger, project):
        mine = await add_text(creator, project, TOWER)
        elsewhere = (await creator.post("/projects", json={"title": "Another"})).json()["id"]
        other = await add_text(creator, elsewhere, TOWER)
        brief = await ask(creator, project, "How tall is the Hallam tower?")
        theirs = (await stranger.post("/projects", json={"title": "Theirs"})).json()["id"]
        await add_text(stranger, theirs, TOWER)

        for who, where, more in [
            (creator, project, {"source_ids": [str(uuid4())]}), (creator, project, {"source_ids": [other["id"]]}),
            (creator, project, {"source_ids": [mine["id"], str(uuid4())]}), (creator, project, {"updates": str(uuid4())}),
            (creator, elsewhere, {"updates": brief["id"]}), (stranger, theirs, {"updates": brief["id"]}), (stranger, project, {}),
        ]:  # fmt: skip
            assert (
                await who.post(f"/projects/{where}/research", json={"question": QUESTION, **more})
            ).status_code == 404
        for path in (f"/research/{brief['id']}", f"/projects/{project}/research"):
            assert (await stranger.get(path)).status_code == 404
        assert (await stranger.delete(f"/research/{brief['id']}")).status_code == 404
        assert (await creator.get(f"/research/{uuid4()}")).status_code == 404

    @pytest.mark.parametrize("body", [{}, {"question": ""}, {"question": "  a "}, {"question": "x" * 2001}, {"question": QUESTION, "depth": "bottomless"}, {"question": QUESTION, "source_ids": []}, {"question": QUESTION, "more": 1}])  # fmt: skip
    async def test_a_body_that_does_not_fit_is_named(self, creator, project, body):
        refused = await creator.post(f"/projects/{project}/research", json=body)

        assert refused.status_code == 400
        assert refused.json()["extra"]

    async def test_a_source_that_is_not_ready_is_refused(self, creator, project, resources):
        source = await add_text(creator, project, TOWER)
        async with resources.db.transaction() as session:
            await session.execute(
                text("update content_sources set status = 'failed' where id = :id"), {"id": source["id"]}
            )
        refused = await creator.post(
            f"/projects/{project}/research", json={"question": QUESTION, "source_ids": [source["id"]]}
        )

        assert (refused.status_code, refused.json()["code"]) == (422, "not_ready")


async def test_an_update_reads_only_what_came_in_since(creator, project):
    await add_text(creator, project, TOWER, title="Old")
    first = await ask(creator, project, "How tall is the Hallam tower?")
    nothing = await creator.post(f"/projects/{project}/research", json={"question": QUESTION, "updates": first["id"]})
    new = await add_text(
        creator, project, "A survey of 2020 found that the Hallam tower is 61 metres tall.", title="New"
    )

    second = await ask(creator, project, "How tall is the Hallam tower?", updates=first["id"])

    assert (nothing.status_code, nothing.json()["code"]) == (422, "no_new_sources")
    assert second["updates"] == first["id"]
    assert {one["source_id"] for one in citations_of(second)} == {new["id"]}


async def test_a_brief_is_listed_tagged_and_deleted(creator, project):
    await add_text(creator, project, TOWER)
    first, second = [
        await ask(creator, project, question)
        for question in ("How tall is the Hallam tower?", "Who built the Hallam tower?")
    ]
    listed = (await creator.get(f"/projects/{project}/research")).json()
    tagged = await creator.get(f"/research/{first['id']}")
    again = await creator.get(f"/research/{first['id']}", headers={"If-None-Match": tagged.headers["ETag"]})
    gone = await creator.delete(f"/research/{first['id']}")

    assert [one["id"] for one in listed["items"]] == [second["id"], first["id"]]
    assert listed["total"] == 2
    assert listed["items"][1]["summary"] == first["summary"]
    assert (again.status_code, gone.status_code) == (304, 204)
    assert (await creator.get(f"/research/{first['id']}")).status_code == 404


async def test_the_same_key_asks_once(creator, project):
    await add_text(creator, project, TOWER)
    sent = [
        await creator.post(
            f"/projects/{project}/research", json={"question": QUESTION}, headers={"Idempotency-Key": "k"}
        )
        for _ in range(2)
    ]

    assert sent[0].json()["id"] == sent[1].json()["id"]


async def test_an_estimate_costs_nothing_offline(creator, project):
    await add_text(creator, project, TOWER)
    told = await creator.post(f"/projects/{project}/estimates", json={"kind": "research", "question": QUESTION})

    assert told.status_code == 200, told.text


async def test_research_in_another_language_quotes_what_stands(creator, project):
    source = await add_text(
        creator,
        project,
        "Der Turm von Hallam misst 62 Meter. Er wurde im Jahr 1871 gebaut. Die Steine kamen auf dem Kanal.",
    )
    brief = await ask(creator, project, "Wie viele Meter misst der Turm von Hallam?")

    assert any("62 Meter" in claim["text"] for claim in brief["claims"])
    assert_every_quote_stands(brief, await texts_of(creator, [source["id"]]))
