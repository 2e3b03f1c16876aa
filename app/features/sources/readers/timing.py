"""The times that subtitles carry, and what a file with them looks like.

SubRip and WebVTT have an arrow between them, YouTube's SBV a comma.
"""

import re

CUE_TIMES = re.compile(
    r"^[ \t]*(?:(\d{1,3}):)?(\d{1,2}):(\d{2})(?:[.,](\d{1,6}))?[ \t]*(?:-->|,(?=\d+:\d\d:\d\d\.\d{3}$))[ \t]*"
    r"(?:(\d{1,3}):)?(\d{1,2}):(\d{2})(?:[.,](\d{1,6}))?[^\n]*$",
    re.MULTILINE,
)


def has_cue_times(text: str) -> bool:
    return CUE_TIMES.search(text) is not None


def cue_times(match: re.Match[str]) -> tuple[float, float]:
    """When the cue begins and ends, in seconds."""
    return _seconds(match, 1), _seconds(match, 5)


def _seconds(match: re.Match[str], first: int) -> float:
    hours, minutes, seconds, fraction = match.group(first, first + 1, first + 2, first + 3)
    return int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds) + int((fraction or "0")[:3].ljust(3, "0")) / 1000
