"""What a script is written from, fixed at its start: sections with their words, the claims each may cite, the stories."""

from collections.abc import Sequence
from uuid import UUID

from msgspec import Struct

from app.features.research.schemas import ClaimRead
from app.features.scripts import budget
from app.features.structures.schemas import PlannedSection
from app.shared.text import FUNCTION_WORDS, words

USUAL_MINUTES = 8.0
STORY_SHARE = 0.15
"""Of the script's words that a story may take."""
FEWEST_SHARED = 2
"""Content words that a saved story and a script have in common before the story is told in it."""
_COMMON = frozenset(FUNCTION_WORDS["en"].split()) | {
    "how",
    "why",
    "when",
    "where",
    "who",
    "which",
    "there",
    "their",
    "then",
}


class Story(Struct, frozen=True):
    """A story of the creator's, as a `story` source or a saved material; a material has no source to be cited."""

    title: str
    text: str
    source_id: UUID | None = None
    source_version: int = 0


class PlannedPart(Struct, frozen=True):
    """One section to be written."""

    id: str
    type: str
    title: str
    purpose: str
    seconds: float
    words: int
    claims: dict[str, UUID] = {}
    """By the label that a draft cites it with, such as C1."""
    hook: str | None = None
    hook_claims: list[str] = []
    story: Story | None = None
    leads_to: str | None = None
    """The title of the section after it."""


class ScriptPlan(Struct, frozen=True):
    """The whole script to be written. `labels` gives every claim that may be cited its label."""

    script_id: UUID
    title: str
    language: str
    words_per_minute: float
    pace_measured: bool
    words: int
    parts: list[PlannedPart]
    dna_profile_id: UUID | None
    research_id: UUID | None
    instructions: str | None
    sources: list[tuple[UUID, int]] = []
    """Each source that may be cited, with the version that its spans point into."""


def parts_of(
    sections: Sequence[PlannedSection],
    total_words: int,
    claims: Sequence[ClaimRead],
    hook: tuple[str, Sequence[UUID]] | None,
    stories: Sequence[Story],
) -> list[PlannedPart]:
    """The sections with their words, labels and stories."""
    labels = {claim.id: f"C{number}" for number, claim in enumerate(claims, 1)}
    spread = budget.shares(total_words, [section.target_seconds for section in sections])
    placed = place_stories(sections, claims, stories)
    opening = {claim_id for claim_id in hook[1] if claim_id in labels} if hook else set()
    found = []
    for index, (section, count) in enumerate(zip(sections, spread, strict=True)):
        said = opening if index else set()  # what the hook says is not said again
        mine = [claim_id for claim_id in section.claim_ids if claim_id in labels and claim_id not in said]
        hooked = [claim_id for claim_id in hook[1] if claim_id in labels] if hook and index == 0 else []
        found.append(
            PlannedPart(
                id=f"s{index + 1}",
                type=section.type,
                title=section.title,
                purpose=section.purpose,
                seconds=section.target_seconds,
                words=count,
                claims={labels[claim_id]: claim_id for claim_id in dict.fromkeys((*hooked, *mine))},
                hook=hook[0] if hook and index == 0 else None,
                hook_claims=[labels[claim_id] for claim_id in hooked],
                story=placed.get(index),
                leads_to=sections[index + 1].title if index + 1 < len(sections) else None,
            )
        )
    return found


def usual_sections(claims: Sequence[ClaimRead], minutes: float) -> list[PlannedSection]:
    """The parts of a script that has no structure: an opening, as many segments as its time and claims give, an end."""
    seconds = minutes * 60
    count = max(1, min(6, round(minutes / 2), len(claims) or 6))
    middle = seconds * 0.8 / count
    groups = [list(claims[start::count]) for start in range(count)] if claims else [[] for _ in range(count)]
    if claims:
        size = -(-len(claims) // count)
        groups = [list(claims[start : start + size]) for start in range(0, len(claims), size)]
        middle = seconds * 0.8 / len(groups)
    return [
        PlannedSection("hook", "Opening", "Catch the viewer and say what this video answers.", seconds * 0.1),
        *(
            PlannedSection("segment", f"Part {number}", "Explain one thing.", middle, [claim.id for claim in group])
            for number, group in enumerate(groups, 1)
        ),
        PlannedSection("outro", "Ending", "Say what was learnt and what comes next.", seconds * 0.1),
    ]


def place_stories(
    sections: Sequence[PlannedSection], claims: Sequence[ClaimRead], stories: Sequence[Story]
) -> dict[int, Story]:
    """Each story at the one free section that shares most words with it. A story of the project was put there to be told; a
    saved one is told where it shares words with what the script is about. The first section and the last are left to the
    hook and the farewell where there are others."""
    said = {claim.id: claim.text for claim in claims}
    about = [
        content_words(" ".join((one.title, one.purpose, *(said[key] for key in one.claim_ids if key in said))))
        for one in sections
    ]
    topic = set().union(*about, *(content_words(claim.text) for claim in claims))
    inner = list(range(1, len(sections) - 1)) or list(range(len(sections)))[-1:]
    placed: dict[int, Story] = {}
    for story in stories:
        told = content_words(f"{story.title} {story.text}")
        free = [index for index in inner if index not in placed]
        if free and (story.source_id is not None or len(told & topic) >= FEWEST_SHARED):
            placed[max(free, key=lambda index: (len(told & about[index]), -index))] = story
    return placed


def content_words(text: str) -> set[str]:
    """Stems by their first six letters, without what every text has."""
    return {word.lower()[:6] for word in words(text) if len(word) > 3 and word.lower() not in _COMMON}
