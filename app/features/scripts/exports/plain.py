"""What is spoken, and nothing else: no title, no marks, no placeholders."""

from app.features.scripts.exports.document import ExportScript
from app.features.scripts.speech import spoken


def write_plain(script: ExportScript) -> str:
    """Paragraphs with a line between them, for a voice or a prompter of another make."""
    lines = (line.strip() for section in script.sections for line in spoken(section.narration).split("\n"))
    said = "\n\n".join(line for line in lines if line)
    return said + "\n" if said else ""
