"""What a site's answer says: its headers, and what went wrong, told by whether trying again may help."""

import re
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpcore2

from app.shared.clients.downloads import broken_off
from app.shared.exceptions import AppError, Unavailable, Unprocessable

PRODUCT = "Strand"
REDIRECTS = {301, 302, 303, 307, 308}
AWAY = {408, 425, 429}
LONGEST_WAIT_SECONDS = 3600.0
MEDIA_TYPE = re.compile(r"\s*([\w.+-]+/[\w.+-]+)\s*(?:;|$)", re.ASCII)
CHARSET = re.compile(r";\s*charset\s*=\s*[\"']?([\w.:-]{1,40})", re.ASCII | re.IGNORECASE)
VALIDATOR = re.compile(r"[\x20-\x7e]{1,500}")


def user_agent(version: str, contact: str | None = None) -> str:
    """Who reads, and where a site's owner may ask about it (an address or a mailbox)."""
    shown = "".join(char for char in contact or "" if "\x21" <= char <= "\x7e" and char not in "()")
    return f"{PRODUCT}/{version}" + (f" (+{shown})" if shown else "")


def first_of_each(response: httpcore2.Response) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in response.headers:
        try:
            text = value.decode()
        except UnicodeDecodeError:
            text = value.decode("latin-1")
        found.setdefault(name.decode("latin-1").lower(), text)
    return found


def validator(headers: Mapping[str, str], name: str) -> str | None:
    value = headers.get(name, "").strip()
    return value if VALIDATOR.fullmatch(value) else None


def content_type(header: str) -> tuple[str, str | None]:
    """Without a usable header it is bytes of no known kind: what they are is found by their content anyway."""
    found, charset = MEDIA_TYPE.match(header), CHARSET.search(header)
    return found[1].lower() if found else "application/octet-stream", charset[1].lower() if charset else None


def wait_seconds(retry_after: str) -> float:
    """Seconds or a date, as RFC 9110 has it, up to an hour; 30 where nothing usable is said."""
    said = retry_after.strip()
    if re.fullmatch(r"[0-9]{1,9}", said):
        return min(float(said), LONGEST_WAIT_SECONDS)
    try:
        at = parsedate_to_datetime(said)
    except (ValueError, TypeError, IndexError, OverflowError):
        return 30.0
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return min(max((at - datetime.now(UTC)).total_seconds(), 0.0), LONGEST_WAIT_SECONDS)


def of_status(host: str, status: int, retry_after: str) -> AppError:
    if status in AWAY or status >= 500:
        return Unavailable(
            f"{host} can't send the page for now ({status}); it is tried again later.",
            code="url_unavailable",
            retry_after_seconds=wait_seconds(retry_after),
        )
    if status in {404, 410}:
        return Unprocessable(
            f"{host} has no page at this address ({status}); check it in a browser.", code="url_not_found"
        )
    return Unprocessable(
        f"{host} doesn't give this page to Strand ({status}); "
        "if you may use it, save it in a browser and send it as a file.",
        code="url_refused",
    )


def of_connection(host: str, error: Exception) -> AppError:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return Unprocessable(
                f"{host} can't prove that it is {host}: {cause.verify_message or 'its certificate is not valid'}; "
                "look at the site in a browser, or send the page as a file.",
                code="url_bad_certificate",
            )
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, httpcore2.RemoteProtocolError) and "complete message body" in str(error):
        return broken_off()
    return Unavailable(
        f"{host} can't be reached or doesn't answer; it is tried again later.",
        code="url_unreachable",
        retry_after_seconds=30,
    )


def robots_away(host: str, retry_after: str = "") -> Unavailable:
    return Unavailable(
        f"{host} can't say for now what programs may read (robots.txt fails); it is tried again later.",
        code="url_unavailable",
        retry_after_seconds=wait_seconds(retry_after),
    )
