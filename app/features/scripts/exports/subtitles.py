"""Subtitles as SubRip and as WebVTT."""

import re
from html import escape

from app.features.scripts.exports.cues import cues_of
from app.features.scripts.exports.document import ExportScript

_TAG = re.compile(r"<(?=[/A-Za-z])")


def write_srt(script: ExportScript) -> str:
    """SubRip has no way to escape: what a player would take for a tag, a style or a time is written with a sign that
    looks alike."""
    blocks = [
        f"{number}\n{_stamp(cue.start, ',')} --> {_stamp(cue.end, ',')}\n{_plain(chr(10).join(cue.lines))}\n"
        for number, cue in enumerate(cues_of(script), 1)
    ]
    return "\n".join(blocks)


def write_vtt(script: ExportScript) -> str:
    blocks = [
        f"{_stamp(cue.start, '.')} --> {_stamp(cue.end, '.')}\n{escape(chr(10).join(cue.lines), quote=False)}\n"
        for cue in cues_of(script)
    ]
    return "\n".join(["WEBVTT\n", *blocks])


def _stamp(milliseconds: int, mark: str) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{mark}{rest:03}"


def _plain(text: str) -> str:
    return _TAG.sub("‹", text).replace("-->", "—›").replace("{\\", "(\\").replace("{", "(").replace("}", ")")
