"""A script as one page for the prompter: large type that scrolls at the creator's pace.

It asks nothing of the network; its policy forbids it to. What is said when is in each paragraph's `data-seconds`, so that
a long word takes no longer than its sentence's share. Where motion is to be reduced it goes on a paragraph at a time.
Space, the arrows and the page keys work it: letters are left to assistive software (WCAG 2.2, 2.1.4).
"""

from base64 import b64encode
from hashlib import sha256
from html import escape
from pathlib import Path

from app.features.scripts.exports.document import ExportScript, clock, title_of
from app.features.scripts.exports.marking import Run, paragraphs_of
from app.features.scripts.schemas import Section
from app.features.scripts.speech import count_words, placeholders, seconds_for

HERE = Path(__file__).parent
STYLE = (HERE / "teleprompter.css").read_text(encoding="utf-8")
WORKS = (HERE / "teleprompter.js").read_text(encoding="utf-8")
BUTTONS = (
    ("play", "Start", ""),
    ("slower", "Slower", ""),
    ("faster", "Faster", ""),
    ("smaller", "Smaller text", ""),
    ("bigger", "Larger text", ""),
    ("mirror", "Mirror", ' aria-pressed="false"'),
    ("again", "Back to the start", ""),
)
HINT = "Space or a tap starts and stops, left and right arrow change the speed, Page Up and Page Down go a paragraph."


def write_teleprompter(script: ExportScript) -> str:
    key = sha256(repr((script.title, [one.narration for one in script.sections])).encode(errors="replace")).hexdigest()
    title = escape(script.title)
    policy = (
        f"default-src 'none'; style-src 'sha256-{_digest(STYLE)}'; script-src 'sha256-{_digest(WORKS)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    buttons = "\n".join(f'<button type="button" id="{name}"{state}>{label}</button>' for name, label, state in BUTTONS)
    seconds = seconds_for(sum(count_words(one.narration) for one in script.sections), script.words_per_minute)
    return f"""<!DOCTYPE html>
<html lang="{escape(script.language or "en")}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}, version {script.version}: teleprompter</title>
<style>{STYLE}</style>
</head>
<body data-key="{key[:24]}" data-words-per-minute="{script.words_per_minute:g}">
<main tabindex="0" aria-label="Script">
<h1 dir="auto">{title}</h1>
{"".join(_section(section, script.words_per_minute) for section in script.sections)}</main>
<div class="line" aria-hidden="true"></div>
<div class="bar" role="toolbar" aria-label="Teleprompter" lang="en">
{buttons}
<span id="time">0:00 of {clock(seconds)}</span>
<span id="status" class="spoken" role="status"></span>
<p class="hint">{HINT}</p>
</div>
<script>{WORKS}</script>
</body>
</html>
"""


def _section(section: Section, words_per_minute: float) -> str:
    said = [f'<section><h2 dir="auto">{escape(title_of(section))}</h2>']
    for runs in paragraphs_of(section, {}):
        shown = [run for run in runs if run.kind in {"text", "placeholder"}]
        seconds = seconds_for(count_words("".join(run.text for run in shown)), words_per_minute)
        said.append(f'<p dir="auto" data-seconds="{seconds:.3f}">{"".join(map(_run, shown))}</p>')
    return "\n".join([*said, "</section>\n"])


def _run(run: Run) -> str:
    if run.kind == "text":
        return escape(run.text)
    slot = placeholders(run.text)[0]
    return f"<mark>[your {slot.kind}: {escape(slot.text)}, {slot.words} words]</mark>"


def _digest(text: str) -> str:
    return b64encode(sha256(text.encode()).digest()).decode()
