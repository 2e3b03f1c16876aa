"""Feedback on what was made, and what corrections teach."""

from uuid import UUID, uuid4

import pytest

from app.db.models import (
    ChatMessage,
    IdeaCheck,
    Repurposing,
    ResearchBrief,
    SafetyCheck,
    SafetyFinding,
    Script,
    ScriptVersion,
    Structure,
)
from app.features.memory.targets import OWNED, WITHIN


@pytest.fixture
async def targets(creator, project, resources):
    """One of each artefact that feedback can be about but for the profile, as rows."""
    me, ours = UUID((await creator.get("/users/me")).json()["id"]), UUID(project)
    lists = {"rejected": [], "manifest": {}}
    rows = {
        "research": ResearchBrief(
            owner_id=me, project_id=ours, question="Why?", depth="quick", engine="offline", summary=[], plan=[],
            source_evaluations=[], contradictions=[], gaps=[], entities=[], metrics={}, **lists,
        ),
        "structure": Structure(
            owner_id=me, project_id=ours, job_id=uuid4(), ordinal=0, framework="5e", title="T", engine="offline",
            rationale=[], hooks=[], sections=[], **lists,
        ),
        "idea_check": IdeaCheck(
            owner_id=me, project_id=ours, idea="I", engine="offline", novelty=1, coverage=0, similar=[], gaps=[],
            explanation=[], manifest={},
        ),
        "script": Script(owner_id=me, project_id=ours, title="T", target_minutes=8),
        "chat_message": ChatMessage(
            owner_id=me, project_id=ours, role="assistant", text="So.", citations=[], **lists
        ),
    }  # fmt: skip
    async with resources.db.transaction() as session:
        session.add_all(rows.values())
        await session.flush()
        script = rows["script"].id
        rows["script_version"] = ScriptVersion(
            script_id=script, number=1, origin="generated", word_count=0, words_per_minute=150, pace_measured=False,
            sections=[], lost=[], notes=[], usage={}, manifest={},
        )  # fmt: skip
        rows["repurposing"] = Repurposing(
            owner_id=me, script_id=script, version=1, format="blog", title="T", parts=[], engine="offline", **lists
        )
        rows["safety_check"] = SafetyCheck(
            owner_id=me, script_id=script, version=1, verdict="clear", engine="offline", packs=[], ratings=[],
            claims=[], detectors_run=[], detectors_skipped=[], **lists,
        )  # fmt: skip
        session.add_all(rows.values())
        await session.flush()
        columns = SafetyFinding.__table__.columns
        given = {"level": "full", "severity": "low", "status": "open", "confidence": 0.5, "ordinal": 0}
        filled = {
            column.name: given.get(column.name, {} if "JSON" in str(column.type) else "x")
            for column in columns
            if not column.nullable and column.name not in {"id", "check_id", "created_at", "updated_at", "revision"}
        }
        rows["finding"] = SafetyFinding(check_id=rows["safety_check"].id, **filled)
        session.add(rows["finding"])
        await session.flush()
        return {name: str(row.id) for name, row in rows.items()}


async def correct(creator, target, correction):
    sent = {"target_type": "script", "target_id": target, "verdict": "correction", "correction": correction}
    return await creator.post("/feedback", json=sent)


async def test_feedback_is_kept_on_every_artefact_and_only_on_ones_own(creator, stranger, targets):
    assert targets.keys() == (OWNED | WITHIN).keys() - {"dna_profile"}
    for target_type, target_id in targets.items():
        sent = {"target_type": target_type, "target_id": target_id, "verdict": "up", "note": " Good. "}

        given = await creator.post("/feedback", json=sent)
        theirs = await stranger.post("/feedback", json=sent)

        assert given.status_code == 201, given.text
        assert (given.json()["note"], given.json()["preference"]) == ("Good.", None)
        assert (theirs.status_code, theirs.json()["code"]) == (404, "not_found")
    listed = (await creator.get("/feedback")).json()
    of_one = (await creator.get("/feedback", params={"target_id": targets["finding"]})).json()
    assert listed["total"] == len(targets)
    assert [one["target_type"] for one in of_one["items"]] == ["finding"]
    assert (await stranger.get("/feedback")).json()["total"] == 0


async def test_feedback_on_nothing_is_404(creator):
    for target_type in OWNED | WITHIN:
        sent = {"target_type": target_type, "target_id": str(uuid4()), "verdict": "down"}
        assert (await creator.post("/feedback", json=sent)).status_code == 404


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"verdict": "correction"}, "correction"),
        ({"verdict": "correction", "correction": "  "}, "correction"),
        ({"verdict": "meh"}, "verdict"),
        ({"target_type": "weather"}, "target_type"),
        ({"target_id": "1"}, "target_id"),
        ({"note": "x" * 5001}, "note"),
        ({"colour": "red"}, "colour"),
    ],
)
async def test_feedback_that_can_not_be_used_is_400_and_names_the_field(creator, targets, change, field):
    sent = {"target_type": "script", "target_id": targets["script"], "verdict": "up"} | change

    answer = await creator.post("/feedback", json=sent)

    assert answer.status_code == 400, answer.text
    assert [item["field"] for item in answer.json()["extra"]] == [field]
    assert (await creator.get("/feedback")).json()["total"] == 0


async def test_a_correction_becomes_a_preference_once(creator, targets):
    first = await correct(creator, targets["script"], "Never say 'delve'. Call viewers 'folks'.")
    second = await correct(creator, targets["script"], "never say delve")

    learnt = first.json()["preference"]
    assert (learnt["kind"], learnt["avoid"], learnt["feedback_id"]) == ("avoid", ["delve"], first.json()["id"])
    assert [one["use"] for one in first.json()["preferences"]] == [None, "folks"]
    assert second.json()["preference"]["id"] == learnt["id"]
    assert (await creator.get("/preferences")).json()["total"] == 2


async def test_a_text_that_is_too_long_for_a_rule_teaches_nothing(creator, targets):
    answer = await correct(creator, targets["script"], "It went like this. " * 100)

    assert (answer.status_code, answer.json()["preference"], answer.json()["preferences"]) == (201, None, [])
