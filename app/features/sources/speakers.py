"""Who speaks in a source: the labels that stand in it, and what the creator says of them."""

from collections.abc import Sequence
from typing import Any

from msgspec import UNSET

from app.db.models import SourceVersion
from app.features.sources.schemas import SpeakerRead, SpeakerUpdate
from app.shared.text import words

Named = dict[str, Any]
"""{label: {name, is_me}}"""


def speaker_name(label: str | None, named: Named) -> str | None:
    """What the speaker is called: by the creator, else as the source has it."""
    if label is None:
        return None
    name: str | None = named.get(label, {}).get("name")
    return name or label


def mine(named: Named) -> set[str]:
    """The labels of which the creator said: this is me."""
    return {label for label, about in named.items() if about.get("is_me")}


def heard_speakers(version: SourceVersion, named: Named) -> list[SpeakerRead]:
    """Each speaker with their turns, words and seconds; who says the most comes first."""
    heard: dict[str, SpeakerRead] = {}
    before = None
    for cue in version.cues:
        label = cue["speaker"]
        if label is not None:
            one = heard.setdefault(
                label,
                SpeakerRead(
                    label, speaker_name(label, named) or label, bool(named.get(label, {}).get("is_me")), 0, 0, None
                ),
            )
            one.turns += label != before
            one.word_count += len(words(version.text[cue["start"] : cue["end"]]))
            if cue["start_seconds"] is not None and cue["end_seconds"] is not None:
                one.seconds = round((one.seconds or 0) + max(0, cue["end_seconds"] - cue["start_seconds"]), 3)
        before = label
    return sorted(heard.values(), key=lambda one: (-one.word_count, one.speaker))


def renamed(named: Named, updates: Sequence[SpeakerUpdate]) -> Named:
    """What is known of the speakers after these changes; an empty rename gives the source's own label back."""
    after = {label: dict(about) for label, about in named.items()}
    for update in updates:
        about = after.setdefault(update.speaker, {})
        if update.name is not UNSET:
            about["name"] = update.name
        if update.is_me is not UNSET:
            about["is_me"] = update.is_me
    return after
