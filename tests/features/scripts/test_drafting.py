"""An offline section: whose words stand where, and what is left to the creator."""

from uuid import UUID

import pytest

from app.db.models import ClaimStatus, Stance
from app.features.research.schemas import CitationRead, ClaimRead
from app.features.scripts.budget import within
from app.features.scripts.drafting import assemble, figures, told_sentences
from app.features.scripts.plan import PlannedPart, Story, place_stories
from app.features.scripts.speech import count_words, placeholders
from app.features.structures.schemas import PlannedSection
from app.shared.evidence import Span

FERRY = """# The Ferry

*A personal anecdote, for use in a script.*

I was nine. The ferryman set a red timer and we went off into the fog without a compass.

It rang, right by my knee, and I jumped out of my skin. We touched the slip as softly as a cup.
"""


def claim(number, said, against=None):
    cited = [(said, Stance.SUPPORTS), *([(against, Stance.CONTRADICTS)] if against else [])]
    citations = [
        CitationRead(UUID(int=90 + at), 1, None, quote, Span(0, len(quote)), None, None, stance, False, False)
        for at, (quote, stance) in enumerate(cited)
    ]
    status = ClaimStatus.CONTRADICTED if against else ClaimStatus.SINGLE_SOURCE
    return ClaimRead(UUID(int=number), said, status, None, citations)


SLOW, SLOWER = "H4 was 5.1 seconds slow in Jamaica.", "H4 was 39 seconds slow in Jamaica."
CLAIMS = {
    "C1": claim(1, SLOW, SLOWER),
    "C2": claim(2, "Conclusion: a pendulum does not keep time on a ship that rolls."),
    "C3": claim(3, SLOWER, SLOW),
}


def part(count, **more):
    labels = {label: one.id for label, one in CLAIMS.items()}
    return PlannedPart("s2", "segment", "The watch", "Show how it went.", 60, count, **{"claims": labels, **more})


@pytest.mark.parametrize("count", [40, 90, 150, 400])
def test_a_section_has_its_length_and_cites_what_it_says(count):
    narration = assemble(part(count, leads_to="The moon"), CLAIMS, 60)

    assert within(count_words(narration.text), count)
    for one in narration.citations:
        assert one.narration_span.of(narration.text) in {
            SLOW,
            SLOWER,
            "A pendulum does not keep time on a ship that rolls.",
        }
    assert not any("." in one.text[-1:] for one in placeholders(narration.text))


def test_claims_that_differ_stand_together_with_one_place_to_judge_them():
    said = assemble(part(200), CLAIMS, 60).text

    assert (
        f"{SLOW}\n\n{SLOWER}\n\n[your words: your sources differ here: say both, and which you trust | 20 words]"
        in said
    )
    assert said.count("differ") == 1


def test_a_long_section_has_a_place_for_the_creator_in_its_middle():
    narration = assemble(part(300), CLAIMS, 60)

    assert len([one for one in placeholders(narration.text) if "example" in one.text]) >= 1
    assert all(one.narration_span.end <= len(narration.text) for one in narration.citations)


def test_a_story_is_told_from_its_beginning_without_its_title():
    whole = assemble(part(200, story=Story("Ferry", FERRY, UUID(int=5), 1)), CLAIMS, 80)
    half = assemble(part(200, story=Story("Ferry", FERRY, UUID(int=5), 1)), CLAIMS, 36)

    assert "I was nine. The ferryman" in whole.text
    assert "We touched the slip as softly as a cup." in whole.text
    assert "anecdote" not in whole.text
    assert "[your story: tell how it ended | 17 words]" in half.text
    assert "It rang" not in half.text
    (cited,) = [one for one in whole.citations if one.claim_id is None]
    assert cited.quote == cited.source_span.of(FERRY) == cited.narration_span.of(whole.text)


def test_of_a_story_without_a_title_nothing_is_left_out():
    assert told_sentences("I was nine. It rang.")[0] == Span(0, 11)


def test_only_real_figures_are_for_the_screen():
    narration = assemble(part(200), CLAIMS, 60)

    assert figures(narration) == "5.1 seconds · 39 seconds"


SECTIONS = [
    PlannedSection("hook", "Open", "Catch them.", 10),
    PlannedSection("segment", "The moon", "The sky as a clock.", 10),
    PlannedSection("segment", "The ferry in fog", "Time tells the place.", 10),
    PlannedSection("outro", "Close", "Goodbye.", 10),
]


def test_a_projects_story_always_has_a_place_and_a_saved_one_where_it_fits():
    ferry = Story("Ferry", "The ferry went through the fog.", UUID(int=1), 1)
    stranger = Story("Cake", "My uncle baked bread on Sundays.", UUID(int=2), 1)
    saved = Story("Cake", "My uncle baked bread on Sundays.")

    assert place_stories(SECTIONS, [], [ferry]) == {2: ferry}
    assert place_stories(SECTIONS, [], [stranger]) == {1: stranger}
    assert place_stories(SECTIONS, [], [saved]) == {}
    assert place_stories(SECTIONS[:2], [], [stranger]) == {1: stranger}
    assert place_stories([], [], [stranger]) == {}
