"""How a creator's videos are built: their hooks, their beats, and where they ask for something."""

from collections.abc import Sequence

from msgspec import Struct

from app.features.dna.beats import Outline, beat_outline
from app.features.dna.calls import CallSummary, calls_to_action
from app.features.dna.corpus import Document
from app.features.dna.hooks import HookDistribution, hook_distribution


class Structure(Struct):
    """Over the sources of a profile."""

    hooks: HookDistribution
    outline: Outline
    calls_to_action: CallSummary


def structure_of(documents: Sequence[Document], language: str) -> Structure:
    return Structure(
        hook_distribution(documents, language), beat_outline(documents, language), calls_to_action(documents, language)
    )
