"""Research with a model at a provider on loopback: what of its answers becomes a claim."""

import json
import re

import pytest

from app.features.research import tasks
from tests.conftest import add_text, finished
from tests.features.research.shelf import add_samples, assert_every_quote_stands, citations_of, texts_of
from tests.provider.engines import engine_worker, enqueue, task
from tests.provider.server import provider, written

ENGINES = ["anthropic", "compatible", "openai"]
RESEARCH = task("study.research", tasks.research, 6)
TALL = "The Hallam tower is 62 metres tall."
OLD = "It was built in 1871 by the mason Edith Crane."
LOWER = "The Hallam tower is 55 metres tall."
GUIDE = f"{TALL} {OLD} Pigeons nest in the upper windows every spring."
BOOK = f"The survey of the county had its own figures. {LOWER} Nobody knows who measured it."
QUESTION = "How tall is the Hallam tower?"


@pytest.fixture(scope="module")
async def samples(reader, room, worker):
    """For tests that only ask."""
    return await add_samples(reader, room)


@pytest.fixture
async def tower(creator, project, worker):
    """Two sources that disagree on the height of a tower."""
    return [
        (await add_text(creator, project, said, title=title))["id"]
        for title, said in (("Guide", GUIDE), ("Book", BOOK))
    ]


def worker_for(settings, name, server, **change):
    return engine_worker(settings, name, server.url, {RESEARCH.name: RESEARCH}, **change)


async def researched(resources, creator, project, sources, question=QUESTION, depth="quick"):
    job = await enqueue(
        resources, creator, RESEARCH, project,
        project_id=project, source_ids=list(sources), question=question, depth=depth, updates=None,
    )  # fmt: skip
    ended = await finished(creator, job)
    assert ended["status"] == "succeeded", ended["error"]
    return (await creator.get(f"/research/{ended['result']['id']}")).json()


def flat(body) -> str:
    if isinstance(body, dict):
        return "\n".join(flat(one) for one in body.values())
    return "\n".join(flat(one) for one in body) if isinstance(body, list) else str(body)


def label_of(body, said, kind="S") -> str:
    """The label under which the prompt shows these words."""
    blocks = re.findall(rf'<source label="({kind}\d+)" seal="\w+">\n(.*?)\n</source', flat(body), re.DOTALL)
    return next((label for label, inside in blocks if said in inside), f"{kind}1")


def claim(body, text, quote, question=0, label=None):
    quotes = [{"source": label or label_of(body, quote), "quote": quote}]
    return {"text": text, "question": question, "quotes": quotes}


def claiming(*pairs):
    """Claims by text and quote; the labels are those of the passages that hold the quotes."""
    return lambda body: written(json.dumps({"claims": [claim(body, *pair) for pair in pairs]}))(body)


def summing_up(*pairs):
    """Sentences by text and the words of the claim that they name."""

    def answer(body):
        sentences = [{"text": text, "claims": [label_of(body, said, "C")]} for text, said in pairs]
        return written(json.dumps({"sentences": sentences}))(body)

    return answer


@pytest.mark.parametrize("name", ENGINES)
async def test_claims_are_kept_as_far_as_their_quotes_stand_and_carry_them(name, settings, creator, project, tower):
    async with provider() as server, worker_for(settings, name, server) as resources:
        server.script = [
            claiming(
                ("The Hallam tower has a height of 62 metres.", TALL),
                ("Edith Crane built it in 1871.", OLD),
                ("The Hallam tower is the tallest in the county.", "No tower of the county is as tall as this one."),
                ("The Hallam tower is 64 metres tall.", TALL),
                ("Queen Anne paid for the Hallam tower.", TALL),
            ),
            summing_up(
                ("The Hallam tower has a height of 62 metres.", "a height of 62 metres"),
                ("The Hallam tower is 80 metres tall.", "a height of 62 metres"),
            ),
        ]
        brief = await researched(resources, creator, project, tower)

    assert brief["engine"].startswith(f"{name}:")
    texts = [one["text"] for one in brief["claims"]]
    assert "The Hallam tower has a height of 62 metres." in texts
    assert "Edith Crane built it in 1871." in texts
    assert_every_quote_stands(brief, await texts_of(creator, tower))
    assert brief["metrics"]["quote_fidelity"] == 1.0
    rejected = {one["statement"]: one["reason"] for one in brief["rejected"]}
    assert "word for word" in rejected["No tower of the county is as tall as this one."]
    assert rejected["The Hallam tower is the tallest in the county."] == "none of its quotes stands"
    assert rejected["The Hallam tower is 64 metres tall."] == "its quotes don't say 64 metres"
    assert "Queen Anne paid for the Hallam tower." in rejected
    assert "The Hallam tower is 80 metres tall." in rejected
    assert not rejected.keys() & set(texts)
    assert brief["summary"] == "The Hallam tower has a height of 62 metres."
    assert brief["manifest"]["calls"][0]["model"] == brief["engine"]


@pytest.mark.parametrize("name", ENGINES)
async def test_a_contradiction_is_found_though_the_model_gives_one_side_only(name, settings, creator, project, tower):
    async with provider() as server, worker_for(settings, name, server) as resources:
        server.script = [claiming((TALL, TALL)), summing_up()]
        brief = await researched(resources, creator, project, tower)

    (found,) = brief["contradictions"]
    both = {one["text"]: one for one in brief["claims"] if one["id"] in found["claim_ids"]}
    assert both.keys() == {TALL, LOWER}
    assert {one["status"] for one in both.values()} == {"contradicted"}
    assert found["on"] == "number"
    assert "62 metres" in found["explanation"]
    assert "55 metres" in found["explanation"]
    assert {one["stance"] for claim in both.values() for one in claim["citations"]} == {"supports", "contradicts"}


@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize("made_up", [False, True])
async def test_a_question_that_the_sources_do_not_answer_ends_in_a_gap(
    name, made_up, settings, creator, project, tower
):
    question = "What colour is the roof of the Hallam tower?"
    invented = [("The roof is red.", "The roof of the tower was painted red in 1902.")] if made_up else []
    async with provider() as server, worker_for(settings, name, server) as resources:
        server.script = [claiming(*invented)]
        brief = await researched(resources, creator, project, tower, question)

    assert brief["claims"] == brief["contradictions"] == []
    assert brief["summary"] == ""
    assert [gap["question"] for gap in brief["gaps"]] == [question]
    assert brief["gaps"][0]["advice"].startswith("Not in your 2 sources.")
    assert ("The roof is red." in {one["statement"] for one in brief["rejected"]}) is made_up


async def test_a_model_plans_and_judges_and_code_has_the_last_word(settings, creator, project, tower):
    """Standard depth: sub-questions, claims, verdicts, summary."""

    def judging(body):
        one, other = label_of(body, TALL, "C"), label_of(body, OLD, "C")
        verdicts = [
            {"claim_label": one, "stance": "contradicts", "source": label_of(body, LOWER), "quote": LOWER},
            {"claim_label": one, "stance": "supports", "source": label_of(body, LOWER), "quote": LOWER},
            {"claim_label": other, "stance": "supports", "source": "S1", "quote": "Every guide says the same of it."},
        ]
        return written(json.dumps({"verdicts": verdicts}))(body)

    planned = {"sub_questions": ["Who built the Hallam tower?", "Is bread tasty?", "Describe the tower."]}
    async with provider() as server, worker_for(settings, "openai", server) as resources:
        server.script = [
            written(json.dumps(planned)), claiming((TALL, TALL), ("It was built in 1871 by Edith Crane.", OLD, 1)), judging, summing_up(),
        ]  # fmt: skip
        brief = await researched(resources, creator, project, tower, depth="standard")

    assert [one["question"] for one in brief["plan"]] == [QUESTION, "Who built the Hallam tower?"]
    assert [one["found"] for one in brief["plan"]][1] == 1
    rejected = {one["statement"] for one in brief["rejected"]}
    assert {"Is bread tasty?", "Describe the tower.", "Every guide says the same of it."} <= rejected
    assert len(brief["contradictions"]) == 1
    tall = next(one for one in brief["claims"] if one["text"] == TALL)
    assert [one["stance"] for one in tall["citations"]] == ["supports", "contradicts"]


@pytest.mark.parametrize("name", ["anthropic", "openai"])
@pytest.mark.parametrize("style", ["good", "wrong", "hostile"])
async def test_whatever_a_model_says_only_what_stands_is_shown(settings, remote, reader, room, samples, name, style):
    if style != "good":
        remote.script({"times": None, "action": {"do": "style", "style": style}})
    async with worker_for(settings, name, remote) as resources:
        brief = await researched(resources, reader, room, samples.values(), "How was the longitude found?", "standard")

    assert_every_quote_stands(brief, await texts_of(reader, samples.values()))
    shown = json.dumps({**brief, "rejected": []})
    assert not re.search(r"Ignore all|<script|https?://|refund|You read passages|No end in sight", shown)
    if style == "good":
        assert citations_of(brief)
    if style == "hostile":
        assert brief["claims"] == []
        assert brief["gaps"]


async def test_the_creators_rules_stand_in_every_prompt_and_are_held_against_the_answer(
    settings, creator, project, tower
):
    await creator.post("/preferences", json={"rule": "Never say 'height'."})
    async with provider() as server, worker_for(settings, "openai", server) as resources:
        server.script = [
            claiming(("The Hallam tower has a height of 62 metres.", TALL), (TALL, TALL)), summing_up((TALL, TALL)),
        ]  # fmt: skip
        brief = await researched(resources, creator, project, tower)

    assert all("Never say 'height'." in flat(body) for _, body in server.requests)
    assert "The Hallam tower has a height of 62 metres." not in {one["text"] for one in brief["claims"]}
    assert any("height" in one["statement"] for one in brief["rejected"])


async def test_a_source_that_is_deleted_while_the_model_reads_is_left_out(settings, creator, project, tower):
    async with provider() as server, worker_for(settings, "openai", server) as resources:

        async def answer(body):
            assert (await creator.delete(f"/sources/{tower[1]}")).status_code == 204
            return claiming((TALL, TALL), (LOWER, LOWER))(body)

        server.script = [answer, summing_up((TALL, TALL))]
        brief = await researched(resources, creator, project, tower)

    assert [one["text"] for one in brief["claims"]] == [TALL]
    assert "55 metres" not in json.dumps({**brief, "rejected": []})
    assert {one["source_id"] for one in citations_of(brief)} == {tower[0]}


async def test_a_project_whose_text_may_not_leave_is_researched_here(settings, creator, project, tower):
    await creator.patch(f"/projects/{project}", json={"allow_external_models": False})
    async with provider() as server, worker_for(settings, "openai", server) as resources:
        brief = await researched(resources, creator, project, tower)

    assert (brief["engine"], server.requests) == ("offline", [])
    assert {TALL, LOWER} <= {one["text"] for one in brief["claims"]}
