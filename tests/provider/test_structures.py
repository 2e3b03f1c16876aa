"""Structures and idea checks with a model at a provider on loopback: what of its answers is kept."""

import json
import re

import pytest
from sqlalchemy import text

from app.features.structures.drafting import PROMPT
from tests.features.structures.briefs import DISPUTED, SAID
from tests.provider.outlining import ENGINES, FRAMEWORK, briefed, made, outline, outlines_by, worker_for
from tests.provider.server import provider


@pytest.fixture
async def research(creator, project, worker, resources):
    return await briefed(creator, project, resources)


@pytest.fixture(scope="module")
async def brief(reader, room, worker, resources):
    """The same for tests that leave it as it was."""
    return await briefed(reader, room, resources)


@pytest.mark.parametrize("name", ENGINES)
async def test_a_models_outline_is_kept_and_the_others_are_made_by_code(name, settings, reader, room, brief):
    async with provider() as server, worker_for(settings, name, server) as resources:
        server.script = [outlines_by(lambda label: [outline(label)])]
        options, job = await made(resources, reader, room, brief)

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


async def test_claims_that_are_misplaced_repeated_or_unknown_leave_their_sections(settings, reader, room, brief):
    def draft(label):
        claim = [label[said] for said, _ in SAID]
        given = outline(label)
        given["sections"][1]["labels"] = [claim[1], claim[DISPUTED[0]], "C99"]
        given["sections"][2]["labels"] = [claim[1], claim[DISPUTED[1]]]
        given["sections"][3]["title"] = "The 7,000 ships of Nelson"
        return [given, outline(label), {**outline(label), "framework": "seven-sins"}]

    async with provider() as server, worker_for(settings, "openai", server) as resources:
        server.script = [outlines_by(draft)]
        (first, *_), _ = await made(resources, reader, room, brief)

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


async def test_shares_are_held_near_the_frameworks(settings, reader, room, brief):
    def draft(label):
        given = outline(label)
        for section, share in zip(given["sections"], (9, -1, 0, 0.2, 0.2, 1e9), strict=True):
            section["share"] = share
        return [given]

    async with provider() as server, worker_for(settings, "openai", server) as resources:
        server.script = [outlines_by(draft)]
        (first, *_), _ = await made(resources, reader, room, brief)

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
async def test_whatever_a_model_says_only_what_stands_is_shown(settings, remote, reader, room, brief, style):
    if style != "good":
        remote.script({"times": None, "action": {"do": "style", "style": style}})
    async with worker_for(settings, "anthropic", remote) as resources:
        options, _ = await made(resources, reader, room, brief)

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
