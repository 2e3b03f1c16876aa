"""Every request as it came and as it ended: lines in a file for those who watch, records for those who ask."""

import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from tests.provider.request import Request
from tests.provider.usage import Usage

Record = dict[str, Any]


@dataclass
class RequestLog:
    """A line is written when a request was received, and one when its answer was sent or cut."""

    file: Path | None = None
    records: list[Record] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def received(self, request: Request, action: Any) -> Record:
        line = {
            "received": request.number, "time": time.time(), "path": request.path, "model": request.model,
            "idempotency_key": request.idempotency_key, "authorization": request.key_hash,
            "body_sha256": request.sha256, "action": action,
        }  # fmt: skip
        self._write(line)
        number = line.pop("received")
        record = {"n": number, **line, "state": "open", "body": request.body}
        self.records.append(record)
        return record

    def answered(self, record: Record, status: int, response_id: str | None, usage: Usage) -> None:
        counted = asdict(usage)
        if usage.seconds is None:
            del counted["seconds"]
        ending = {"status": status, "response_id": response_id, **counted}
        self._end(record, "answered", ending)

    def cut(self, record: Record, why: str) -> None:
        self._end(record, "cut", {"why": why})

    def clear(self) -> None:
        """Forget the records; the file keeps its lines, and numbers go on."""
        self.records.clear()

    def _end(self, record: Record, state: str, ending: Record) -> None:
        now = time.time()
        self._write({state: record["n"], "time": now, **ending})
        record.update(ending, state=state, ended=now)

    def _write(self, line: Record) -> None:
        if self.file:
            with self.file.open("a", encoding="utf-8") as lines:
                lines.write(json.dumps(line, ensure_ascii=False) + "\n")
