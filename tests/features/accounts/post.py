"""A mail server on this machine that speaks SMTP, and the mails that were written as files."""

import asyncio
import base64
import re
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import Message
from email.policy import default
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

TOKEN = re.compile(r"#token=(\S+)")


@dataclass
class Mailbox:
    """What a server took, and how; `answers` gives the reply to a verb in place of the usual one, each once."""

    port: int = 0
    mails: list[tuple[str, list[str], Message]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    answers: dict[str, list[str]] = field(default_factory=dict)
    secure: list[bool] = field(default_factory=list)


@asynccontextmanager
async def mail_server(  # noqa: C901  a protocol is a list of verbs
    certificate: Path | None = None, password: str | None = None
) -> AsyncIterator[Mailbox]:
    box = Mailbox()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sender, recipients, is_secure = "", [], False

        async def say(line: str) -> None:
            writer.write(f"{line}\r\n".encode())
            await writer.drain()

        await say("220 here")
        while line := (await reader.readline()).decode().strip():
            verb = line.split()[0].upper()
            box.said.append(verb)
            if box.answers.get(verb):
                await say(box.answers[verb].pop(0))
                continue
            match verb:
                case "EHLO":
                    offers = ["STARTTLS"] if certificate and not is_secure else ["AUTH PLAIN"] if password else []
                    for offer in ["post", *offers]:
                        await say(f"250-{offer}")
                    await say("250 SMTPUTF8")
                case "STARTTLS":
                    await say("220 go on")
                    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
                    context.load_cert_chain(str(certificate))
                    await writer.start_tls(context)
                    is_secure = True
                case "AUTH":
                    given = base64.b64decode(line.split()[2]).decode().split("\0")
                    await say("235 welcome" if given == ["", "post", password] else "535 no")
                case "MAIL":
                    sender, recipients = line, []
                    await say("250 ok")
                case "RCPT":
                    recipients.append(re.search(r"<(.*)>", line).group(1))
                    await say("250 ok")
                case "DATA":
                    await say("354 go on")
                    body = (await reader.readuntil(b"\r\n.\r\n"))[:-5]
                    box.mails.append((sender, recipients, message_from_bytes(body, policy=default)))
                    box.secure.append(is_secure)
                    await say("250 taken")
                case "QUIT":
                    await say("221 bye")
                    break
                case _:
                    await say("250 ok")
        writer.close()

    async def quietly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
        except (ConnectionError, ssl.SSLError, asyncio.IncompleteReadError):
            writer.close()

    server = await asyncio.start_server(quietly, "127.0.0.1", 0)
    box.port = server.sockets[0].getsockname()[1]
    async with server:
        yield box


def certificate(folder: Path) -> Path:
    """A certificate for 127.0.0.1 with its key in one file, signed by itself."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "post")])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now - timedelta(days=1), now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    kept = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = folder / "post.pem"
    file.write_bytes(kept + built.public_bytes(serialization.Encoding.PEM))
    return file


def mails_to(home: Path, address: str) -> list[str]:
    """The words of the mails that were written for this address, oldest first."""
    files = sorted((home / "mail").glob("*.eml"), key=lambda file: file.stat().st_mtime_ns)
    mails = [message_from_bytes(file.read_bytes(), policy=default) for file in files]
    return [mail.get_content() for mail in mails if mail["To"] == address]


async def mailed(home: Path, address: str, count: int = 1) -> str:
    """The token of the newest mail to this address, once there are so many."""
    for _ in range(600):
        if len(found := mails_to(home, address)) >= count:
            return TOKEN.search(found[-1]).group(1)
        await asyncio.sleep(0.05)
    raise AssertionError(f"no mail came for {address}")
