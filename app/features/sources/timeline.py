"""Where a place of a source's text is in its recording or its pages."""

from bisect import bisect_right

from app.db.models import SourceVersion


class Timeline:
    """The starts of a version's cues and pages, to be asked for any place."""

    def __init__(self, version: SourceVersion) -> None:
        timed = [cue for cue in version.cues if cue["start_seconds"] is not None]
        self._starts = [cue["start"] for cue in timed]
        self._seconds = [cue["start_seconds"] for cue in timed]
        self._pages = [(page["start"], page["number"]) for page in version.pages]

    def second_at(self, place: int) -> float | None:
        index = bisect_right(self._starts, place) - 1
        return self._seconds[index] if index >= 0 else None

    def page_at(self, place: int) -> int | None:
        index = bisect_right([start for start, _ in self._pages], place) - 1
        return self._pages[index][1] if index >= 0 else None
