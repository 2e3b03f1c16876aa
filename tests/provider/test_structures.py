"""Structures and idea checks with a model at a provider on loopback: what of its answers is kept."""

import json
import re

import pytest
from sqlalchemy import text

from app.features.structures import tasks
from app.features.structures.drafting import PROMPT
from app.features.structures.frameworks import blueprints
from tests.conftest import SAMPLES, add_file, add_text, finished
from tests.features.structures.briefs import DISPUTED, SAID, a_brief
from tests.provider.engines import engine_worker, enqueue, task
from tests.provider.server import provider, written

ENGINES = ["anthropic", "compatible", "openai"]
MAKE = task("outlines.make_structures", tasks.make_structures)
CHECK = task("outlines.check_idea", tasks.check_idea, 4)
FRAMEWORK = "myth-busting"


@pytest.fixture
async def research(creator, project, worker, resources):
    """A brief with the claims of `SAID`; gives its id and the label of each claim."""
    await creator.patch(
        f"/projects/{project}", json={"target_minutes": 10, "creative_brief": "SECRET-BRIEF for swimmers"}
    )
    for path in sorted((SAMPLES / "reference").iterdir()):
        answer = (await add_file(creator, project, path.name, path.read_bytes())).json()
        assert (await finished(creator, answer["job"]))["status"] == "succeeded"
    me = (await creator.get("/users/me")).json()["id"]
    async with resources.db.transaction() as session:
        return await a_brief(session, me, project)


def labels(body) -> dict[str, str]:
    """Of each claim that the prompt shows, by its text."""
    sent = json.loads(json.dumps(body, ensure_ascii=False))
    return {
        said: label
        for label, said in re.findall(r'label="(C\d+)" seal="\w+">\\?n?\n?(.*?)(?:\\n|\n)Standing', flat(sent))
    }


def flat(body) -> str:
    if isinstance(body, dict):
        return "\n".join(flat(one) for one in body.values())
    if isinstance(body, list):
        return "\n".join(flat(one) for one in body)
    return str(body)


def outlines_by(draft):
    """An answer that is made when the labels are known."""

    def answer(body):
        return written(json.dumps({"outlines": draft(labels(body))}))(body)

    return answer


def outline(label, framework=FRAMEWORK, **change):
    """One that holds, for a framework of six beats."""
    claim = [label[said] for said, _ in SAID]
    beats = blueprints()[framework].beats
    places = [[], [claim[1]], [claim[DISPUTED[0]], claim[DISPUTED[1]]], [claim[2]], [], []]
    return {
        "framework": framework,
        "title": "The watch and its myths",
        "reasons": [{"text": "Your sources tell two stories of one voyage.", "labels": [claim[9], claim[10]]}],
        "hooks": [
            {"text": "What would you trust more at sea, a clock or the sky?", "labels": []},
            {"text": "H4 ticks five times a second. Can you hear it?", "labels": [claim[8]]},
        ],
        "sections": [
            {"title": f"Part {beat.type}", "purpose": "It goes on.", "share": 0.5, "labels": given}
            for beat, given in zip(beats, places, strict=False)
        ],
        **change,
    }  # fmt: skip


async def made(resources, creator, project, research, framework=FRAMEWORK):
    job = await enqueue(
        resources, creator, MAKE, project, project_id=project, research_id=research, framework=framework
    )
    ended = await finished(creator, job)
    assert ended["status"] == "succeeded", ended["error"]
    return (await creator.get(f"/projects/{project}/structures")).json()["items"], ended


def worker_for(settings, name, server, **change):
    return engine_worker(settings, name, server.url, {one.name: one for one in (MAKE, CHECK)}, **change)


@pytest.mark.parametrize("name", ENGINES)
async def test_a_models_outline_is_kept_and_the_others_are_made_by_code(name, settings, creator, project, research):
    async with provider() as server, worker_for(settings, name, server) as resources:
        server.script = [outlines_by(lambda label: [outline(label)])]
        options, job = await made(resources, creator, project, research)

    first, *others = options
    assert (first["framework"], first["title"]) == (FRAMEWORK, "The watch and its myths")
    assert first["engine"].startswith(f"{name}:")
    assert {one["engine"] for one in others} == {"offline"}
    assert first["reasons"][0]["text"] == "Your sources tell two stories of one voyage."
    assert {quote["quote"] for quote in first["reasons"][0]["evidence"]} == {SAID[one][0] for one in DISPUTED}
    assert "H4 ticks five times a second. Can you hear it?" in {hook["text"] for hook in first["hooks"]}
    assert len({hook["type"] for hook in first["hooks"]}) == len(first["hooks"]) == 5
    assert sum(one["target_seconds"] for one in first["sections"]) == pytest.approx(600)
    assert [one["purpose"] for one in first["sections"]] == ["It goes on."] * 6
    assert [len(one["claim_ids"]) for one in first["sections"]] == [0, 1, 2, 1, 0, 0]
    assert first["rejected"] == []
    assert job["usage"]["input_tokens"] > 0
    async with resources.db.transaction() as session:
        manifest = await session.scalar(text("select manifest from structures where id = :id"), {"id": first["id"]})
    assert (manifest["prompt"], manifest["engine"]) == (PROMPT.name, first["engine"])
    assert manifest["calls"][0]["model"] == first["engine"]


HOOKS = {
    "no claim C99 was given": {"text": "Is it true?", "labels": ["C99"]},
    "its claims don't say 77": {"text": "H4 ticks 77 times a second.", "labels": [8]},
    "its claims don't say Napoleon": {"text": "H4 ticked for old Napoleon five times a second.", "labels": [8]},
    "it states what the sources dispute as if it were settled": {"text": SAID[9][0], "labels": [9]},
    "it is no opening of at most 75 plain words": {"text": "Go on. " * 60, "labels": []},
    "Your rule 'never say ‘delve’' is against 'delving'; find another word.": {"text": "Why are we delving into the sea?", "labels": []},
}  # fmt: skip


async def test_a_hook_that_its_claims_do_not_carry_is_rejected_with_the_reason(settings, creator, project, research):
    await creator.post("/preferences", json={"rule": "never say ‘delve’"})

    def draft(label):
        claim = [label[said] for said, _ in SAID]
        bad = [
            {**one, "labels": [n if isinstance(n, str) else claim[n] for n in one["labels"]]} for one in HOOKS.values()
        ]
        markup = {"text": "See <b>this</b>?", "labels": []}
        return [outline(label, hooks=[*bad, markup])]

    async with provider() as server, worker_for(settings, "openai", server) as resources:
        server.script = [outlines_by(draft)]
        (first, *_), _ = await made(resources, creator, project, research)

    reasons = {one["statement"]: one["reason"] for one in first["rejected"]}
    assert [reasons[one["text"][:200].strip()] for one in HOOKS.values()] == list(HOOKS)
    assert "See <b>this</b>?" in reasons
    assert len(first["hooks"]) == 5
    assert not set(reasons) & {hook["text"] for hook in first["hooks"]}


async def test_claims_that_are_misplaced_repeated_or_unknown_leave_their_sections(settings, creator, project, research):
    def draft(label):
        claim = [label[said] for said, _ in SAID]
        given = outline(label)
        given["sections"][1]["labels"] = [claim[1], claim[DISPUTED[0]], "C99"]
        given["sections"][2]["labels"] = [claim[1], claim[DISPUTED[1]]]
        given["sections"][3]["title"] = "The 7,000 ships of Nelson"
        return [given, outline(label), {**outline(label), "framework": "seven-sins"}]

    async with provider() as server, worker_for(settings, "openai", server) as resources:
        server.script = [outlines_by(draft)]
        (first, *_), _ = await made(resources, creator, project, research)

    why = [(one["statement"], one["reason"]) for one in first["rejected"]]
    assert (SAID[1][0], "it has its place already") in why
    assert (SAID[DISPUTED[0]][0], "it is disputed, and 'First the fact' doesn't discuss it") in why
    assert ("C99", "no such claim was given") in why
    assert ("The 7,000 ships of Nelson", "it says more than its claims") in why
    assert first["sections"][3]["title"] == "Why it took hold"
    assert [reason for said, reason in why if said in {"seven-sins", FRAMEWORK}] == [
        "this outline was not asked for"
    ] * 2
    assert [len(one["claim_ids"]) for one in first["sections"]] == [0, 1, 1, 1, 0, 0]


async def test_shares_are_held_near_the_frameworks(settings, creator, project, research):
    def draft(label):
        given = outline(label)
        for section, share in zip(given["sections"], (9, -1, 0, 0.2, 0.2, 1e9), strict=True):
            section["share"] = share
        return [given]

    async with provider() as server, worker_for(settings, "openai", server) as resources:
        server.script = [outlines_by(draft)]
        (first, *_), _ = await made(resources, creator, project, research)

    seconds = [one["target_seconds"] for one in first["sections"]]
    assert sum(seconds) == pytest.approx(600)
    assert max(seconds) < 300
    assert min(seconds) >= 20


async def test_a_model_is_told_the_rules_and_gets_brief_and_claims_as_sealed_material(
    settings, creator, project, research
):
    await creator.post("/preferences", json={"rule": "Call viewers 'folks'"})

    def draft(label):
        return [outline(label, hooks=[{"text": "Would you viewers trust it?", "labels": []}])]

    async with provider() as server, worker_for(settings, "openai", server) as resources:
        server.script = [outlines_by(draft)]
        (first, *_), _ = await made(resources, creator, project, research)
        ((_, body),) = server.requests

    assert "Call viewers 'folks'" in body["instructions"]
    assert "SECRET-BRIEF" not in body["instructions"]
    outside = re.sub(
        r'<source label="[^"]*" seal="\w+">\n.*?\n</source seal="\w+">', "", body["input"], flags=re.DOTALL
    )
    assert "SECRET-BRIEF" in body["input"]
    assert not any(said in outside or "SECRET-BRIEF" in outside for said, _ in SAID)
    assert all(said in body["input"] for said, _ in SAID)
    assert FRAMEWORK in outside
    assert "Would you folks trust it?" in {hook["text"] for hook in first["hooks"]}


@pytest.mark.parametrize("style", ["good", "wrong", "hostile"])
async def test_whatever_a_model_says_only_what_stands_is_shown(settings, remote, creator, project, research, style):
    if style != "good":
        remote.script({"times": None, "action": {"do": "style", "style": style}})
    async with worker_for(settings, "anthropic", remote) as resources:
        options, _ = await made(resources, creator, project, research)

    for option in options:
        shown = json.dumps({**option, "rejected": []})
        assert not re.search(r"Ignore all|<script|https?://|refund|You outline explaining|No end in sight", shown)
        assert len({hook["type"] for hook in option["hooks"]}) == len(option["hooks"]) == 5
        assert sum(one["target_seconds"] for one in option["sections"]) == pytest.approx(600)
    assert any(option["rejected"] for option in options)


async def test_a_source_that_is_deleted_while_the_model_writes_has_no_word_in_the_result(
    settings, creator, project, research, resources
):
    listed = (await creator.get(f"/projects/{project}/sources")).json()["items"]
    gone = next(one["id"] for one in listed if one["filename"] == "harrison-h4.md")

    async with provider() as server, worker_for(settings, "openai", server) as engine:

        async def answer(body):
            assert (await creator.delete(f"/sources/{gone}")).status_code == 204
            return outlines_by(lambda label: [outline(label)])(body)

        server.script = [answer]
        options, _ = await made(engine, creator, project, research)

    told = json.dumps(options)
    assert gone not in told
    assert "H4 ticks five times" not in told
    assert "H4 was 39 seconds slow" in told


async def test_a_project_whose_text_may_not_leave_is_outlined_here(settings, creator, project, research):
    await creator.patch(f"/projects/{project}", json={"allow_external_models": False})

    async with provider() as server, worker_for(settings, "openai", server) as resources:
        options, _ = await made(resources, creator, project, research)

    assert {one["engine"] for one in options} == {"offline"}
    assert server.requests == []


def judgement(**change):
    return {
        "aspects": [
            {"question": "What is longitude?", "labels": ["R1", "R99"]},
            {"question": "Who paid for it?", "labels": []},
            {"question": "<b>Who</b> won?", "labels": ["R1"]},
        ],
        "audience_fit": 7.5,
        "audience_reason": "You explain it the way that swimmers think.",
        "gaps": [{"question": "Who paid for it?", "advice": "Look for the accounts of the Board."}],
        **change,
    }  # fmt: skip


@pytest.mark.parametrize("name", ["anthropic", "openai"])
async def test_an_idea_is_judged_by_a_model_on_passages_that_were_given(name, settings, creator, project, research):
    await creator.patch(f"/projects/{project}", json={"audience": "swimmers"})
    async with provider() as server, worker_for(settings, name, server) as resources:
        server.script = [written(json.dumps(judgement()))]
        job = await enqueue(resources, creator, CHECK, project, project_id=project, idea="Who found the longitude?")
        ended = await finished(creator, job)
        check = (await creator.get(f"/projects/{project}/idea-checks")).json()["items"][0]

    assert ended["status"] == "succeeded", ended["error"]
    assert check["engine"].startswith(f"{name}:")
    assert (check["coverage"], check["audience_fit"], check["novelty"]) == (0.5, 1, 1)
    assert check["gaps"] == [{"question": "Who paid for it?", "advice": "Look for the accounts of the Board."}]
    assert check["explanation"][2]["text"] == "You explain it the way that swimmers think."


async def test_without_an_audience_a_model_invents_none(settings, creator, project, research):
    async with provider() as server, worker_for(settings, "openai", server) as resources:
        server.script = [written(json.dumps(judgement()))]
        job = await enqueue(resources, creator, CHECK, project, project_id=project, idea="Who found the longitude?")
        await finished(creator, job)
        check = (await creator.get(f"/projects/{project}/idea-checks")).json()["items"][0]

    assert check["audience_fit"] is None
    assert "names no audience" in check["explanation"][2]["text"]


@pytest.mark.parametrize("style", ["good", "wrong", "hostile"])
async def test_an_idea_check_shows_nothing_of_a_hostile_answer(settings, remote, creator, project, research, style):
    await add_text(creator, project, "I spoke about longitude before. It is east and west. " * 5, role="own")
    if style != "good":
        remote.script({"times": None, "action": {"do": "style", "style": style}})
    async with worker_for(settings, "openai", remote) as resources:
        job = await enqueue(resources, creator, CHECK, project, project_id=project, idea="Who found the longitude?")
        ended = await finished(creator, job)
        check = (await creator.get(f"/projects/{project}/idea-checks")).json()["items"][0]

    assert ended["status"] == "succeeded", ended["error"]
    assert not re.search(r"Ignore all|<script|https?://|You judge an idea|No end in sight", json.dumps(check))
    assert "longitude" in check["similar"][0]["quote"]
    assert 0 <= check["coverage"] <= 1
