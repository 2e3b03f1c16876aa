"""What can be done about a source that is not ready: in words for people, as requests for the web app."""

from app.db.models import ContentSource, SourceStatus
from app.features.sources.schemas import NextStep, SourceRead
from app.shared.http import convert

AGAIN = "read_again"
REPLACE = "send_another"
SUBTITLES = "attach_subtitles"

ADVICE = {
    "needs_transcript": (SUBTITLES, "Attach its subtitles or a transcript with times."),
    "no_sound": (SUBTITLES, "Attach subtitles that say what is seen, or delete it."),
    "encrypted_file": (REPLACE, "Remove the protection and send the file again."),
    "malformed_file": (REPLACE, "Open it in the program that made it, save it again, and send that."),
    "unreadable_file": (REPLACE, "Send a transcript, subtitles, a text or a document."),
    "too_large_inside": (REPLACE, "Split it and send the parts."),
    "no_text": (REPLACE, "Send one with text in it; a scan needs text recognition first."),
    "empty_file": (REPLACE, "Send one with text in it."),
    "no_cue_times": (REPLACE, "Send subtitles with times, or the transcript as plain text."),
    "reader_crashed": (REPLACE, "Save it in another format, such as plain text or PDF, and send that."),
    "reader_memory": (REPLACE, "Split it and send the parts."),
    "reader_timeout": (REPLACE, "Split it and send the parts."),
    "file_missing": (REPLACE, "Send the file again."),
    "cancelled": (AGAIN, "Read it again when you want it."),
    "deadline": (AGAIN, "Read it again."),
    "gave_up": (AGAIN, "Read it again; if that fails too, send it as another kind of file."),
    "too_slow": (AGAIN, "Read it again; if that fails too, split it and send the parts."),
    "url_unavailable": (AGAIN, "Read it again later."),
    "url_unreachable": (AGAIN, "Read it again later."),
    "url_broken_off": (AGAIN, "Read it again later."),
    "url_too_slow": (AGAIN, "Read it again later, or paste the text."),
}
ELSE = (AGAIN, "Read it again; if that fails too, send it in another form.")
ELSE_OF_PAGES = (REPLACE, "Check the address; or save the page and send it as a file, or paste its text.")


def advice(code: str) -> str:
    """The sentence for a person."""
    return _advice(code)[1]


def _advice(code: str) -> tuple[str, str]:
    return ADVICE.get(code) or (ELSE_OF_PAGES if code.startswith("url_") else ELSE)


def next_steps(source: ContentSource) -> list[NextStep]:
    """Requests that get the source further; none where it is ready or being read."""
    if source.error is None or source.status in {SourceStatus.PENDING, SourceStatus.PROCESSING}:
        return []
    action, _ = _advice(source.error["code"])
    here, project = f"/api/v1/sources/{source.id}", f"/api/v1/projects/{source.project_id}"
    steps = {
        AGAIN: [NextStep(AGAIN, "POST", f"{here}/ingest")],
        REPLACE: [NextStep(REPLACE, "POST", f"{project}/sources/file"), NextStep("delete", "DELETE", here)],
        SUBTITLES: [NextStep(SUBTITLES, "POST", f"{here}/subtitles"), NextStep(AGAIN, "POST", f"{here}/ingest")],
    }
    return steps[action]


def read_source_row(source: ContentSource) -> SourceRead:
    return convert(
        source, SourceRead, next_steps=next_steps(source),
        has_poster=bool((source.media or {}).get("poster")), has_waveform=bool((source.media or {}).get("waveform")),
    )  # fmt: skip
