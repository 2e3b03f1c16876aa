"""What a script says against what its sources say: the parts of `strand evaluate safety` that compare two texts.

`claims.jsonl`: `sentence` and `status` (supported, contradicted, not_found), held against the texts in `sources/` beside it, or
without that folder against the samples of the demo; a folder in the folder may hold another such pair. `originality.jsonl`: `script`, `source` and `label`: `close` where the one
follows the other too nearly, `free` where it tells the same in words of its own, `other` where it tells something else.
"""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, get_args
from uuid import UUID

from app.db.models import FindingField
from app.features.safety import claims, originality
from app.features.safety.claims import Status
from app.features.safety.findings import TextField
from app.features.safety.originality import Cited, Document
from app.features.safety.passages import Claim, nearest, passages_of
from app.features.scripts.schemas import ScriptCitation
from app.features.sources import chunks
from app.features.sources.readers.model import Reading
from app.shared.evidence import Span

SAMPLES = Path(__file__).parents[1] / "demo/samples/reference"
STATUSES: tuple[Status, ...] = get_args(Status)
SOURCE = str(UUID(int=1))


def parts(folder: Path) -> Iterator[Iterator[str]]:
    for path in (*folder.glob("claims.jsonl"), *sorted(folder.glob("*/claims.jsonl"))):
        name = str(path.relative_to(folder))
        yield claims_table(name, _rows(path, {"sentence", "status"}), read_sources(path.parent))
    if (path := folder / "originality.jsonl").exists():
        yield originality_table(_rows(path, {"script", "source", "label"}))


def read_sources(folder: Path) -> dict[str, str]:
    """The texts that claims are held against, by name."""
    given = folder / "sources" if (folder / "sources").is_dir() else SAMPLES
    paths = [path for path in sorted(given.iterdir()) if path.suffix in {".md", ".txt"}]
    if not paths:
        raise ValueError(f"{given} has no .md or .txt that claims could be held against.")
    return {path.stem: path.read_text(encoding="utf-8") for path in paths}


def claims_table(name: str, rows: Sequence[dict[str, Any]], sources: dict[str, str]) -> Iterator[str]:
    """Each claim weighed against the nearest sentences of all sources, without the search in between."""
    passages = [
        passage
        for title, text in sources.items()
        for chunk in chunks.cut(Reading(text, "text/markdown", "evaluate"))
        for passage in passages_of(chunk.text, chunk.span.start, source_id=title, source_version=1, title=title)
    ]
    asked, said = [row["status"] for row in rows], []
    for row in rows:
        sentence = row["sentence"]
        claim = Claim(FindingField.NARRATION, "s1", Span(0, len(sentence)), sentence, nearest(sentence, passages))
        said.append(claims.weigh(claim).status)
    counts = Counter(zip(asked, said, strict=True))
    yield f"{name}: {len(rows)} claims against {len(sources)} sources.\n"
    yield "| claims that are | number | " + " | ".join(f"found {one}" for one in STATUSES) + " | precision | recall |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for status in STATUSES:
        right, known, found = counts[status, status], asked.count(status), said.count(status)
        cells = " | ".join(str(counts[status, one]) for one in STATUSES)
        yield f"| {status} | {known} | {cells} | {right / max(1, found):.2f} | {right / max(1, known):.2f} |"
    yield f"\nRight in all: {sum(counts[one, one] for one in STATUSES) / max(1, len(rows)):.2f}."


def originality_table(rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Each script against its source, and once more the words of the source itself: bare, and properly cited."""
    yield f"originality.jsonl: {len(rows)} pairs.\n"
    yield "| the script | pairs | alarms |\n| --- | --- | --- |"
    for label in dict.fromkeys(row["label"] for row in rows):
        own = [row for row in rows if row["label"] == label]
        yield f"| {label} | {len(own)} | {sum(alarms(row['script'], row['source']) for row in own)} |"
    sources = list(dict.fromkeys(row["source"] for row in rows))
    yield f"| the source's own words | {len(sources)} | {sum(alarms(one, one) for one in sources)} |"
    cited = sum(alarms(one, one, cited=True) for one in sources)
    yield f"| the source's own words, cited | {len(sources)} | {cited} |"


def alarms(script: str, source: str, *, cited: bool = False) -> bool:
    """Whether the script is said to reuse the source."""
    whole = Span(0, len(script))
    citation = ScriptCitation(None, whole, UUID(SOURCE), 1, Span(0, len(source)), source)
    field = TextField(FindingField.NARRATION, "s1", script)
    document = Document(SOURCE, "the source", "reference", source, 1)
    return bool(originality.detect([field], [Cited("s1", [citation] if cited else [])], [document]))


def _rows(path: Path, fields: set[str]) -> list[dict[str, Any]]:
    try:
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    except json.JSONDecodeError as error:
        raise ValueError(f"{path.name} is no JSON a line: {error}.") from error
    if not all(isinstance(row, dict) and fields <= row.keys() for row in rows):
        raise ValueError(f"{path.name} lacks {', '.join(sorted(fields))} in a line.")
    return rows
