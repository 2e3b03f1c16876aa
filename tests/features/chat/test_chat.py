"""Asking the sources through the API, offline: cited sentences, or a plain sentence that they don't say."""

from uuid import uuid4

import pytest

from tests.conftest import add_file, add_text, finished
from tests.features.chat.talk import (
    TOWER,
    ask,
    assert_every_sentence_is_carried,
    history,
    sentences_of,
)
from tests.features.research.shelf import add_samples, texts_of

pytestmark = pytest.mark.usefixtures("worker")


@pytest.fixture(scope="module")
async def samples(reader, room, worker):
    return await add_samples(reader, room)


@pytest.fixture
async def longitude(reader, room, samples):
    """Nothing was said yet."""
    assert (await reader.delete(f"/projects/{room}/chat")).status_code == 204
    return samples


@pytest.mark.parametrize(("question", "answer"), [
    ("When was the Nautical Almanac first published?", "1767"), ("How much did Kendall's copy of H4 cost?", "450 pounds"),
    ("Who published the idea of lunar distances in 1514?", "Johannes Werner"), ("What did HMS Beagle carry in 1831?", "22 chronometers"),
    ("Through how many degrees does the Earth turn in an hour?", "15 degrees"),
])  # fmt: skip
async def test_an_answer_is_made_of_cited_sentences_that_stand(reader, room, longitude, question, answer):
    said = await ask(reader, room, question)

    assert answer in said["text"]
    assert (said["abstained"], said["engine"], said["gap"], said["rejected"]) == (False, "offline", None, [])
    assert_every_sentence_is_carried(said, await texts_of(reader, longitude.values()))
    assert len(sentences_of(said)) <= 4


async def test_a_broad_question_is_answered_from_several_sources_and_not_at_length(reader, room, longitude):
    said = await ask(reader, room, "How did navigators learn to find their longitude at sea?")
    more = await ask(reader, room, "Tell me more")

    for one in (said, more):
        assert_every_sentence_is_carried(one, await texts_of(reader, longitude.values()))
        assert 2 <= len(sentences_of(one)) <= 9
    assert len({one["source_id"] for one in (*said["citations"], *more["citations"])}) >= 2


async def test_what_the_sources_disagree_on_is_answered_with_both_sides(reader, room, longitude):
    said = await ask(reader, room, "How slow was H4 when it arrived in Jamaica?")

    first, *others = sentences_of(said)
    against = [one for one in others if "says otherwise" in one]
    assert against
    assert {"5.1 seconds", "39 seconds"} == {
        amount for amount in ("5.1 seconds", "39 seconds") if amount in said["text"]
    }
    assert "says otherwise" not in first


@pytest.mark.parametrize(("question", "missing"), [
    ("What did Harrison eat for breakfast?", "breakfast"), ("Who won the football world cup in 2014?", "football"),
    ("How do I bake sourdough bread?", "sourdough"), ("Xyzzy plugh?", "plugh"), ("How many children did Harrison have?", None),
    ("How many people live in Jamaica today?", None),
])  # fmt: skip
async def test_where_the_sources_do_not_say_the_answer_is_a_plain_sentence_that_tells_what_was_looked_for(
    reader, room, longitude, question, missing
):
    said = await ask(reader, room, question)

    assert (said["abstained"], said["citations"]) == (True, [])
    assert said["text"].startswith("Your 4 sources don't say.")
    assert "Look for" in said["text"]
    assert said["gap"]["question"] == question
    assert said["gap"]["advice"] == said["text"]
    if missing:
        assert f"“{missing}”" in said["text"]
        assert missing in said["gap"]["looked_for"]


async def test_a_greeting_is_told_that_it_asks_nothing(reader, room, longitude):
    said = await ask(reader, room, "And so?")

    assert said["abstained"]
    assert "Name what you ask about" in said["text"]


async def test_a_question_may_go_on_from_the_one_before(reader, room, longitude):
    await ask(reader, room, "Who made the copy of H4?")
    cost = await ask(reader, room, "And how much did it cost?")
    alone = (await reader.post("/projects", json={"title": "Without what was said before"})).json()["id"]
    await add_samples(reader, alone)
    unknown = await ask(reader, alone, "And how much did he weigh?")

    assert "450 pounds" in cost["text"]
    assert unknown["abstained"]


async def test_a_question_that_goes_on_is_not_answered_by_its_topic_alone(reader, room, longitude):
    await ask(reader, room, "Who made the copy of H4?")
    said = await ask(reader, room, "And what did he eat for breakfast?")

    assert said["abstained"]


async def test_asking_for_more_brings_what_was_not_said_yet(reader, room, longitude):
    first = await ask(reader, room, "How did lunar distances work?")
    more = await ask(reader, room, "Tell me more")

    assert not more["abstained"]
    assert not {(one["source_id"], one["span"]["start"]) for one in first["citations"]} & {
        (one["source_id"], one["span"]["start"]) for one in more["citations"]
    }


async def test_the_history_holds_question_and_answer_by_their_job_and_can_be_deleted(creator, stranger, project):
    await add_text(creator, project, TOWER)
    await ask(creator, project, "How tall is the Hallam tower?")
    await ask(creator, project, "Who built it?")
    page = (await creator.get(f"/projects/{project}/chat")).json()
    whole = await history(creator, project)
    one = (await creator.get(f"/projects/{project}/chat", params={"limit": 1, "offset": 1})).json()
    assert (await stranger.get(f"/projects/{project}/chat")).status_code == 404
    assert (await stranger.delete(f"/projects/{project}/chat")).status_code == 404
    gone = await creator.delete(f"/projects/{project}/chat")

    assert [one["role"] for one in whole] == ["user", "assistant", "user", "assistant"]
    assert [one["id"] for one in page["items"]] == [one["id"] for one in reversed(whole)]
    assert (page["total"], one["items"][0]["id"]) == (4, whole[2]["id"])
    assert whole[0]["text"] == "How tall is the Hallam tower?"
    assert whole[0]["job_id"] == whole[1]["job_id"] != whole[2]["job_id"]
    assert "Edith Crane" in whole[3]["text"]
    assert gone.status_code == 204
    assert (await creator.get(f"/projects/{project}/chat")).json()["total"] == 0


async def test_own_work_may_be_asked_too_and_single_sources_may_be_named(creator, project):
    own = await add_text(
        creator, project, "I built my first sundial in 1999. My uncle laughed at the sundial.", role="own"
    )
    guide = await add_text(creator, project, TOWER)
    mine = await ask(creator, project, "When did I build my first sundial?")
    named = await ask(creator, project, "How tall is the Hallam tower?", source_ids=[own["id"]])
    other = await ask(creator, project, "How tall is the Hallam tower?", source_ids=[guide["id"]])

    assert "1999" in mine["text"]
    assert named["abstained"]
    assert named["text"].startswith("Your source doesn't say.")
    assert "62 metres" in other["text"]


async def test_a_citation_tells_page_or_second_where_there_is_one(creator, project):
    spoken = b"1\n00:00:05,000 --> 00:00:09,000\nThe Hallam tower is 62 metres tall.\n\n2\n00:00:09,000 --> 00:00:12,000\nPigeons nest in it every spring.\n"
    added = (await add_file(creator, project, "talk.srt", spoken)).json()
    await finished(creator, added["job"])
    said = await ask(creator, project, "How tall is the Hallam tower?")

    assert said["citations"][0]["start_seconds"] == 5.0


async def test_another_language_is_answered_by_what_stands(creator, project):
    await add_text(creator, project, "Der Turm von Hallam misst 62 Meter. Er wurde im Jahr 1871 gebaut.")
    said = await ask(creator, project, "Wie viele Meter misst der Turm von Hallam?")

    assert "62 Meter" in said["text"]


class TestBadInput:
    async def test_a_project_without_ready_sources_is_told_what_to_do(self, creator, project):
        refused = await creator.post(f"/projects/{project}/chat", json={"message": "How tall is it?"})

        assert (refused.status_code, refused.json()["code"]) == (422, "no_ready_sources")
        assert (await history(creator, project)) == []

    @pytest.mark.parametrize("body", [{}, {"message": ""}, {"message": "  "}, {"message": "x" * 2001}, {"message": 3}, {"message": "a", "source_ids": []}, {"message": "a", "more": 1}])  # fmt: skip
    async def test_a_body_that_does_not_fit_is_named(self, creator, project, body):
        refused = await creator.post(f"/projects/{project}/chat", json=body)

        assert refused.status_code == 400
        assert refused.json()["extra"]

    async def test_what_is_anothers_or_unknown_is_not_found(self, creator, stranger, project):
        await add_text(creator, project, TOWER)
        elsewhere = (await creator.post("/projects", json={"title": "Another"})).json()["id"]
        other = await add_text(creator, elsewhere, TOWER)

        for who, where, more in [
            (stranger, project, {}), (creator, str(uuid4()), {}), (creator, project, {"source_ids": [other["id"]]}),
            (creator, project, {"source_ids": [str(uuid4())]}),
        ]:  # fmt: skip
            sent = await who.post(f"/projects/{where}/chat", json={"message": "How tall is it?", **more})
            assert sent.status_code == 404, sent.text


async def test_the_same_key_asks_once(creator, project):
    await add_text(creator, project, TOWER)
    sent = [
        await creator.post(
            f"/projects/{project}/chat", json={"message": "How tall is it?"}, headers={"Idempotency-Key": "k"}
        )
        for _ in range(2)
    ]
    await finished(creator, sent[0].json())

    assert sent[0].json()["id"] == sent[1].json()["id"]
    assert [one["role"] for one in await history(creator, project)] == ["user", "assistant"]


async def test_an_estimate_costs_nothing_offline(creator, project):
    await add_text(creator, project, TOWER)
    told = await creator.post(f"/projects/{project}/estimates", json={"kind": "chat", "message": "How tall is it?"})

    assert told.status_code == 200, told.text
