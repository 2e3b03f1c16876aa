import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.shared.clients.site import Site

CONFIG = """
[req]
distinguished_name = name
[name]
[authority]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
[leaf]
basicConstraints = CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
authorityKeyIdentifier = keyid
subjectKeyIdentifier = hash
subjectAltName = DNS:library.example
"""


@dataclass
class Certificates:
    """For library.example only, from an authority that nobody else knows."""

    server: ssl.SSLContext
    trusting: ssl.SSLContext


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with Site.open() as opened:
        yield opened


@pytest.fixture
async def inner() -> AsyncIterator[Site]:
    """What must never be reached: a server at an address that isn't allowed."""
    try:
        async with Site.open("127.0.0.2") as opened:
            yield opened
    except OSError:
        pytest.skip("this machine has no second loopback address")


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs the openssl command")
    folder = tmp_path_factory.mktemp("tls")
    (folder / "config").write_text(CONFIG)
    new_key = "-newkey rsa:2048 -nodes -config config"
    for arguments in (
        f"req -x509 {new_key} -keyout ca.key -out ca.pem -days 2 -subj /CN=Test -extensions authority",
        f"req -new {new_key} -keyout leaf.key -out leaf.csr -subj /CN=library.example",
        "x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -set_serial 2 -days 2 -extfile config -extensions leaf -out leaf.pem",
    ):
        subprocess.run([openssl, *arguments.split()], cwd=folder, check=True, capture_output=True)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "leaf.pem", folder / "leaf.key")
    return Certificates(server, ssl.create_default_context(cafile=str(folder / "ca.pem")))


@pytest.fixture
def into(tmp_path: Path) -> Path:
    return tmp_path / "page"
