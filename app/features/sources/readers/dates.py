"""Dates as documents and pages write them."""

import re
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

_PDF = re.compile(r"^(?:D:)?(\d{4})(\d{2})?(\d{2})?(\d{2})?(\d{2})?(\d{2})?(?:Z|([+-])(\d{2})'?(\d{2})?)?")
EARLIEST_YEAR, LATEST_YEAR = 1400, 2200


def moment(given: str | None) -> datetime | None:
    """ISO 8601, a PDF's own form or an e-mail's; without a zone it is taken as UTC; None for anything else."""
    text = (given or "").strip()[:60]
    found = _iso(text) or _pdf(text) or _mail(text)
    if found is None or not EARLIEST_YEAR <= found.year <= LATEST_YEAR:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _iso(text: str) -> datetime | None:
    text = f"{text}-01-01" if re.fullmatch(r"\d{4}", text) else f"{text}-01" if re.fullmatch(r"\d{4}-\d\d", text) else text  # fmt: skip
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _pdf(text: str) -> datetime | None:
    found = _PDF.match(text)
    if found is None or not (text.startswith("D:") or text[:14].isdigit()):
        return None
    year, *others = (int(part) if part else None for part in found.groups()[:6])
    month, day, hour, minute, second = others
    zone = UTC
    if found.group(7):
        ahead = timedelta(hours=int(found.group(8)), minutes=int(found.group(9) or 0))
        zone = timezone(ahead if found.group(7) == "+" else -ahead) if ahead < timedelta(days=1) else UTC
    try:
        return datetime(year or 1, month or 1, day or 1, hour or 0, minute or 0, second or 0, tzinfo=zone)
    except ValueError:
        return None


def _mail(text: str) -> datetime | None:
    try:
        return parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
