"""A video's chapters, by YouTube's rules: the first at 0:00, rising, ten seconds long or more, three at least."""

from msgspec import Struct

from app.features.scripts.exports.document import Beat, ExportScript, beats_of, clock

SHORTEST = 10
FEWEST = 3
MOST_BYTES = 2000
LONGEST_TITLE = 70
ASIDE_NOTE = "None: YouTube takes chapters from three parts of ten seconds on, and this script has fewer."


class Chapter(Struct, frozen=True):
    seconds: int
    title: str

    @property
    def line(self) -> str:
        return f"{clock(self.seconds)} {self.title}"


def chapters_of(script: ExportScript) -> list[Chapter]:
    """One a section; those too short go with the one before. Empty where fewer than three are left."""
    gap = SHORTEST
    chapters = _spaced(script, gap)
    while sum(len(chapter.line.encode()) + 1 for chapter in chapters) > MOST_BYTES:
        gap *= 2
        chapters = _spaced(script, gap)
    return chapters if len(chapters) >= FEWEST else []


def _spaced(script: ExportScript, gap: int) -> list[Chapter]:
    """A chapter of several sections is named after the longest."""
    beats = beats_of(script)
    groups: list[list[Beat]] = []
    for beat in beats:
        start = int(beat.start)
        room = start - int(groups[-1][0].start) >= gap if groups else True
        if room and (not groups or int(beats[-1].end) - start >= SHORTEST):
            groups.append([beat])
        else:
            groups[-1].append(beat)
    longest = [max(group, key=lambda beat: beat.end - beat.start) for group in groups]
    return [
        Chapter(int(group[0].start), short(beat.title, LONGEST_TITLE))
        for group, beat in zip(groups, longest, strict=True)
    ]


def short(text: str, most: int) -> str:
    """Cut after a word, with an ellipsis, where it is longer than *most* characters; no angle brackets."""
    text = " ".join(text.replace("<", "‹").replace(">", "›").split())
    if len(text) <= most:
        return text
    cut = text[: most - 1]
    head, space, _ = cut.rpartition(" ")
    return (head if space and len(head) > most // 2 else cut).rstrip(" ,;:-–—") + "…"
