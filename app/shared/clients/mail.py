"""Mail: to a server by SMTP, or as files where there is none."""

import asyncio
import os
import smtplib
import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid, parseaddr
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit
from uuid import uuid4

import idna

from app.config import Settings
from app.shared.exceptions import Unavailable, Unprocessable

SECONDS = 20.0
Send = Callable[[EmailMessage, str], None]


class MailRefused(Unprocessable):
    """The server will never take this mail: sending it again is of no use."""

    code = "mail_refused"


class MailDelayed(Unavailable):
    """The server can't be reached, or not now: some take nothing from strangers before they have come several times for
    minutes. So a job waits for it as for any provider, until its deadline."""

    code = "mail_not_sent"
    waits_for = "provider"


async def send(settings: Settings, to: str, subject: str, words: str) -> None:
    """Hand the mail over; `MailRefused` where that will never do, `MailDelayed` where it may do later."""
    recipient, shown = _recipient(to)
    name, sender = parseaddr(settings.mail_from)
    mail = EmailMessage(policy=SMTP)
    mail["From"] = Address(name, addr_spec=sender)
    mail["To"] = shown
    mail["Subject"] = subject
    mail["Date"] = format_datetime(datetime.now(UTC))
    mail["Message-ID"] = make_msgid(domain=sender.partition("@")[2])
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's holiday answers it
    mail.set_content(words)
    if settings.smtp_url is None:
        await asyncio.to_thread(_write, settings.home / "mail", mail)
        return
    try:
        await asyncio.to_thread(_hand_over, urlsplit(settings.smtp_url), mail, sender, recipient)
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        if all(code >= 500 for code in codes):
            raise MailRefused(f"The mail server refuses the address ({codes[0]}).") from None
        raise MailDelayed(
            f"The mail server takes no mail now ({codes[0]}).", retry_after_seconds=settings.smtp_retry_seconds
        ) from None
    except (smtplib.SMTPException, OSError) as error:  # its words may repeat what was sent
        raise MailDelayed(
            f"The mail can't be sent: {type(error).__name__}.", retry_after_seconds=settings.smtp_retry_seconds
        ) from None


def _recipient(address: str) -> tuple[str, Address]:
    """One recipient, whatever the characters in the address, as the envelope and as the header write it."""
    local, _, domain = address.rpartition("@")
    try:
        shown = Address(username=local, domain=idna.encode(domain, uts46=True).decode())
    except (idna.IDNAError, ValueError, IndexError):
        raise MailRefused("There can be no mailbox at this address.") from None
    return shown.addr_spec, shown


def _hand_over(server: SplitResult, mail: EmailMessage, sender: str, recipient: str) -> None:
    host, secure = server.hostname or "", ssl.create_default_context()
    if server.scheme == "smtps":
        connection: smtplib.SMTP = smtplib.SMTP_SSL(host, server.port or 465, timeout=SECONDS, context=secure)
    else:
        connection = smtplib.SMTP(host, server.port or 587, timeout=SECONDS)
    with connection:
        if server.scheme == "smtp" and "no" not in parse_qs(server.query).get("starttls", []):
            connection.ehlo_or_helo_if_needed()
            if connection.has_extn("starttls") or not _is_this_machine(host):
                connection.starttls(context=secure)  # a server that doesn't offer it is an error: links are secrets
        if server.username:
            connection.login(unquote(server.username), unquote(server.password or ""))
        connection.send_message(mail, sender, [recipient])


def _is_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _write(folder: Path, mail: EmailMessage) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{uuid4().hex[:8]}.eml"
    arriving = folder / f".{name}"
    with os.fdopen(os.open(arriving, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(bytes(mail))
    arriving.rename(folder / name)
