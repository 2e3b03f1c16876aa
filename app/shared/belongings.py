"""What a feature adds to the export of an account, in forms that people and programs can open.

A feature that has such forms has a module `belongings` with

    def belongings(session, owner_id) -> AsyncIterator[Belonging]

The rows of all tables are in the export without it.
"""

import re
import unicodedata
from collections.abc import Callable
from typing import Any, Self
from uuid import UUID

import msgspec
from msgspec import Struct

LONGEST_NAME = 30
"""Of a title in a file's path: with two ids, all of it stays below the 260 characters that Windows takes."""
ENDING = re.compile(r"\.[A-Za-z0-9]{1,8}$")


class Written(Struct, frozen=True):
    """A file that is made from what was read. `make` may take its time, and is called once, off the event loop."""

    name: str
    make: Callable[[], bytes]

    @classmethod
    def of_text(cls, name: str, make: Callable[[], str]) -> Self:
        return cls(name, lambda: make().encode(errors="replace"))

    @classmethod
    def of_json(cls, name: str, make: Callable[[], Any]) -> Self:
        return cls(name, lambda: msgspec.json.format(msgspec.json.encode(make()), indent=2) + b"\n")


class Stored(Struct, frozen=True):
    """A file that lies in the storage. It may be gone since."""

    name: str
    key: str


Belonging = Written | Stored


def project_folder(title: str, project_id: UUID) -> str:
    return f"projects/{folder(title, project_id)}"


def folder(title: str, row_id: UUID) -> str:
    """A name that is safe on every file system, and no other's: the title's words, and the id."""
    words = plain_name(title)
    return f"{words}-{row_id}" if words else str(row_id)


def plain_name(title: str) -> str:
    """The letters and digits of a title, in lower case: no separators, no dots, nothing that a system reserves."""
    words = "-".join(re.findall(r"[^\W_]+", unicodedata.normalize("NFC", title).lower()))
    return words[:LONGEST_NAME].strip("-")


def file_name(begins: str, filename: str | None) -> str:
    """The name that a file was sent under, made safe, with its ending: `original-interview.mp4`. A name that begins with
    a word of ours is none of those that Windows reserves."""
    ending = ENDING.search(filename or "")
    words = plain_name((filename or "")[: ending.start()] if ending else filename or "")
    return f"{begins}{'-' if words else ''}{words}{ending.group().lower() if ending else ''}"
