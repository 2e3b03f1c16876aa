"""What an export says of itself: to people in README.txt, to programs in manifest.json."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from app import VERSION
from app.features.exports.archive import Packed
from app.features.exports.records import left_out

FORMAT = "strand.account-export/1"

README = """\
Everything that your Strand account owned on {date} at {time} UTC.

account.json      who you are to us
projects/         a folder for each project: its sources as you sent them and as they were read, its research, its
                  scripts with all their versions. Text is UTF-8; .md is text too.
dna-profiles/     your voice profiles; Strand takes such a file back in (POST /api/v1/dna-profiles/import)
records/          every row of the database that is yours, a file for each table: complete, also where a folder above
                  leaves something out. Rows name each other by their ids.
manifest.json     every file with its size and its SHA-256 checksum; what was left out, and why

Times are in UTC. Spans count Unicode code points in the text that they point into; the end is exclusive.
Files named under `missing` in manifest.json were deleted while this was made; those under `unwritten` could not be
brought into a readable form, but their rows are in records/.
"""


def readme(made_at: datetime) -> bytes:
    return README.format(date=f"{made_at:%Y-%m-%d}", time=f"{made_at:%H:%M}").encode()


def manifest(
    made_at: datetime, owner_id: UUID, files: Sequence[Packed], missing: Sequence[str], unwritten: Sequence[str]
) -> bytes:
    """It names every file but itself."""
    told = {
        "format": FORMAT,
        "strand_version": VERSION,
        "made_at": made_at,
        "account_id": owner_id,
        "files": files,
        "missing": missing,
        "unwritten": unwritten,
        "left_out": left_out(),
    }
    return msgspec.json.format(msgspec.json.encode(told), indent=2) + b"\n"
