"""A small journey from a question to files, as the API gives its artefacts; the schemas see to their shape."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

from app.db.models import (
    AdLevel,
    ClaimStatus,
    Depth,
    FindingField,
    FindingStatus,
    Severity,
    Stance,
    Verdict,
    VersionOrigin,
)
from app.features.chat import schemas as chat
from app.features.research import schemas as research
from app.features.safety import schemas as safety
from app.features.scripts import schemas as scripts
from app.features.structures import schemas as structures
from app.shared.evidence import Span

NOW = datetime(2026, 11, 21, tzinfo=UTC)
WATCH = "The watch was 5 seconds slow. It beats five times a second."
ESSAY = "The watch was 39 seconds slow. Nobody sold it."
TEXTS = {"watch": (UUID(int=101), WATCH), "essay": (UUID(int=102), ESSAY)}
NARRATION = (
    "The watch was 5 seconds slow.\n\n[your words: say what a second is | 40 words]\n\n"
    "Harrison lived in a lighthouse. Write to her at anna@example.com."
)
"""Cited, open, unsupported, and with an address that the safety check finds."""


def journey() -> dict[str, Any]:
    """What `onward.go_on` gives, to be laid over what `speaker.found` gives."""
    claims = [_claim(1, "watch", "essay", "5 seconds"), _claim(2, "essay", "watch", "39 seconds")]
    made = {
        "chat": [
            _message("user", "How slow was it?"), _message("assistant", "The watch was 5 seconds slow."),
            _message("user", "Who sold it?"), _message("assistant", "Your sources don't say.", abstained=True),
        ],
        "research": _brief(claims, [research.Contradiction([claims[0].id, claims[1].id], "number", "5 against 39.")], []),
        "beyond": _brief([], [], [research.Gap("And satellites?", ["satellites"], "Look for a manual.")]),
        "structures": [_structure(claims[0].id)],
        "frameworks": {"question-ladder": "Question ladder"},
        "script": _script(_version(4)), "checked": _version(3), "versions": [_version(3), _version(4)],
        "diff": _diff(), "safety": _check(3), "safety_again": _check(4),
        "files": [{"format": "txt", "name": "a-watch-v4.txt", "data": b"said"}],
    }  # fmt: skip
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode({**made, "files": []}))
    return {**plain, "files": made["files"]}


def texts() -> dict[str, str]:
    return {str(source_id): text for source_id, text in TEXTS.values()}


def sources() -> list[dict[str, Any]]:
    return [
        {
            "id": str(source_id), "title": f"Title of {name}", "role": "reference", "media_type": "text/plain",
            "status": "ready", "word_count": 9, "chunk_count": 1, "duration_seconds": None, "error": None, "next_steps": [],
        }
        for name, (source_id, _) in TEXTS.items()
    ]  # fmt: skip


def place(said: str, text: str) -> Span:
    start = text.index(said)
    return Span(start, start + len(said))


def _cite(name: str, stance: Stance) -> research.CitationRead:
    source_id, text = TEXTS[name]
    said = text.split(". ")[0] + "."
    return research.CitationRead(
        source_id, 1, None, said, place(said, text), None, None, stance, stale=False, source_deleted=False
    )


def _message(role: str, text: str, *, abstained: bool = False) -> chat.ChatMessageRead:
    """An answer that doesn't abstain is one sentence, cited as a whole."""
    one = msgspec.structs.asdict(_cite("watch", Stance.SUPPORTS))
    cited = [chat.ChatCitation(**one, text_span=Span(0, len(text)))] if role == "assistant" and not abstained else []
    return chat.ChatMessageRead(
        id=UUID(int=50), project_id=UUID(int=4), job_id=None, role=chat.ChatRole(role), text=text, citations=cited,
        abstained=abstained, gap=None, engine="offline", rejected=[], manifest={}, created_at=NOW,
    )  # fmt: skip


def _claim(number: int, mine: str, other: str, amount: str) -> research.ClaimRead:
    cited = [_cite(mine, Stance.SUPPORTS), _cite(other, Stance.CONTRADICTS)]
    return research.ClaimRead(UUID(int=number), f"The watch was {amount} slow.", ClaimStatus.CONTRADICTED, 0, cited)


def _brief(
    claims: list[research.ClaimRead], contradictions: list[research.Contradiction], gaps: list[research.Gap]
) -> research.ResearchRead:
    judged = [
        research.SourceEvaluation(TEXTS["watch"][0], "Title of watch", "museum", None, NOW, 1, 0.0, 0.7, ["Disputed."])
    ]
    return research.ResearchRead(
        id=UUID(int=3), project_id=UUID(int=4), updates=None, question="How good was the watch?", depth=Depth.STANDARD,
        engine="offline", summary="It was slow.", summary_sentences=[], plan=[research.SubQuestion("How slow?", len(claims))],
        claims=claims, source_evaluations=judged, contradictions=contradictions, gaps=gaps, entities=[],
        rejected=[research.RejectedStatement("It was fast.", "quote_not_found")],
        metrics=research.BriefMetrics(1.0, 1.0, 2), manifest={}, created_at=NOW,
    )  # fmt: skip


def _structure(claim: UUID) -> structures.StructureRead:
    hooks = [
        structures.Hook(UUID(int=5), "question", "How slow?"),
        structures.Hook(UUID(int=6), "promise", "You'll see."),
    ]
    parts = [
        structures.PlannedSection("hook", "Begin", "Catch them.", 30.0),
        structures.PlannedSection("segment", "Tell", "Say it.", 90.0, [claim]),
    ]
    return structures.StructureRead(
        id=UUID(int=7), project_id=UUID(int=4), research_id=None, dna_profile_id=None, job_id=UUID(int=8),
        framework="question-ladder", title="A watch", engine="offline", rationale="It fits.",
        reasons=[structures.Reason("It fits.")], hooks=hooks, sections=parts, selected=True, hook_id=UUID(int=5), rejected=[],
        created_at=NOW,
    )  # fmt: skip


def _version(number: int) -> scripts.VersionRead:
    source_id, text = TEXTS["watch"]
    said = "The watch was 5 seconds slow."
    citation = scripts.ScriptCitation(UUID(int=1), place(said, NARRATION), source_id, 1, place(said, text), said)
    section = scripts.Section(
        id="s1", type="segment", title="Tell", narration=NARRATION, visuals="Show the watch", on_screen_text="5 seconds",
        locked=False, estimated_seconds=61.0, citations=[citation],
        unsupported=[place("Harrison lived in a lighthouse.", NARRATION)], voice_match=44.0,
    )  # fmt: skip
    return scripts.VersionRead(
        number=number, parent=number - 1, origin=VersionOrigin.EDITED, instruction=None, engine=None, word_count=60,
        estimated_seconds=61.0, words_per_minute=150.0, pace_measured=True, voice_match=None, sections=[section],
        lost_citations=[], rejected=[], notes=[], usage=scripts.VersionUsage(), created_at=NOW,
    )  # fmt: skip


def _script(version: scripts.VersionRead) -> scripts.ScriptRead:
    return scripts.ScriptRead(
        UUID(int=9), UUID(int=4), None, None, None, "A watch", 2.0, None, version.number, version, NOW, NOW
    )


def _diff() -> dict[str, Any]:
    operations = [
        scripts.Operation("equal", "We "), scripts.Operation("delete", "utilise", "c1"),
        scripts.Operation("insert", "use", "c1"), scripts.Operation("equal", f" it {'and wait ' * 60}"),
    ]  # fmt: skip
    sections = [scripts.SectionDiff("s1", "Tell", "changed", operations), scripts.SectionDiff("s2", "End", "same", [])]
    return {**msgspec.to_builtins(scripts.ScriptDiff(2, 3, sections)), "instruction": "Make this plainer."}


def _check(version: int) -> safety.CheckRead:
    """Of version 3 three findings; version 4 has the address only, whose dismissal came along."""
    address, tale, absent = (
        _finding(1, "personal-data", "anna@example.com", Severity.INFO),
        _finding(2, "claims", "Harrison lived in a lighthouse.", Severity.HIGH),
        _finding(3, "sponsorship", None, Severity.MEDIUM),
    )
    address.status, address.note = FindingStatus.DISMISSED, "She wants it."
    return safety.CheckRead(
        id=UUID(int=20 + version), script_id=UUID(int=9), version=version,
        verdict=Verdict.LIMITED if version == 3 else Verdict.CLEAR, engine="offline",
        packs=[safety.CheckedPack("evidence", 1, current=True)],
        ratings=[safety.RatingRead("claims", AdLevel.FULL, "partly")],
        findings=[address, tale, absent] if version == 3 else [address], claims=[_claim_check()],
        detectors_run=[safety.DetectorRun("lexicon", "1")],
        detectors_skipped=[safety.DetectorSkipped("policy-reading", "No model is set up.")], rejected=[], created_at=NOW,
    )  # fmt: skip


def _finding(number: int, category: str, quote: str | None, severity: Severity) -> safety.FindingRead:
    said = "Write to her at anna@example.com."
    mention = {
        "section_id": "s1",
        "field": "narration",
        "quote": said,
        "span": msgspec.to_builtins(place(said, NARRATION)),
    }
    return safety.FindingRead(
        id=UUID(int=30 + number), category=category, level=AdLevel.LIMITED, severity=severity, confidence=0.9,
        field=FindingField.NARRATION if quote else None, section_id="s1" if quote else None,
        span=place(quote, NARRATION) if quote else None, quote=quote, rationale=f"About {category}.",
        policy=safety.PolicyReference("evidence", 1, "some-clause", "The clause."), evidence=[] if quote else [mention],
        suggestion=None if quote else "This is paid for.", detector="lexicon-1", status=FindingStatus.OPEN, note=None,
        resolved_at=None, carried_from=None,
    )  # fmt: skip


def _claim_check() -> safety.ClaimCheckRead:
    source_id, text = TEXTS["watch"]
    said = "The watch was 5 seconds slow."
    evidence = safety.ClaimEvidence(
        source_id, 1, "Title of watch", None, said, place(said, text), None, None, "supports"
    )
    return safety.ClaimCheckRead(
        FindingField.NARRATION, "s1", place(said, NARRATION), said, "supported", None, "It is carried.", 0.9, [evidence],
        "claims-1",
    )  # fmt: skip
