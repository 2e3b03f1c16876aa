"""Who speaks in a source: the labels that stand in it, and what the creator says of them."""

from collections.abc import Iterable, Sequence
from typing import Any

from msgspec import UNSET, Struct

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


class Names(Struct):
    """What the labels of one source stand for; `me` is what the creator is called in it, `mine` the labels that are
    them."""

    names: dict[str, str]
    mine: set[str]
    me: str | None

    def by_label(self, creator: str | None) -> dict[str, str]:
        """With one name for the creator in all sources."""
        return {label: creator if creator and label in self.mine else name for label, name in self.names.items()}


def names_in(cues: Iterable[dict[str, Any]], named: Named) -> Names:
    """What the creator said of those who speak in these cues."""
    labels = dict.fromkeys(cue["speaker"] for cue in cues if cue["speaker"] is not None)
    names = {label: speaker_name(label, named) or label for label in labels}
    mine = {label for label in labels if named.get(label, {}).get("is_me")}
    return Names(names, mine, next((names[label] for label in labels if label in mine), None))


def renamed_cues(cues: Iterable[dict[str, Any]], names: dict[str, str]) -> list[dict[str, Any]]:
    return [{**cue, "speaker": names.get(cue["speaker"], cue["speaker"])} for cue in cues]


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
