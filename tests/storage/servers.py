"""Object stores of the suite's own on free ports: a folder, an S3-compatible server, the Azure Blob emulator."""

import base64
import hashlib
import hmac
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from tests.conftest import free_port

HERE = Path(__file__).parent
BUCKET = "strand"
ACCOUNT = "devstoreaccount1"
ACCOUNT_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
"""The emulator's own, the same for everybody."""
VERSION = "2021-08-06"


@contextmanager
def folder() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="strand-folder-") as path:
        yield f"file://{path}"


@contextmanager
def s3() -> Iterator[str]:
    port = free_port()
    command = [str(Path(sys.executable).parent / "moto_server"), "-H", "127.0.0.1", "-p", str(port)]
    with _serving(command, port):
        httpx.put(f"http://127.0.0.1:{port}/{BUCKET}").raise_for_status()
        given = {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "us-east-1", "AWS_ALLOW_HTTP": "true",
        }  # fmt: skip
        with _environment(given):
            yield f"s3://{BUCKET}"


@contextmanager
def azure() -> Iterator[str]:
    binary = HERE / "node_modules/.bin/azurite-blob"
    if not binary.exists():
        if os.environ.get("CI"):
            pytest.fail("CI needs the emulator: `make test-storage` brings it.")
        pytest.skip("the Azure emulator is not installed; `make test-storage` brings it")
    port, home = free_port(), tempfile.mkdtemp(prefix="strand-azure-")
    command = [
        str(binary), "--blobHost", "127.0.0.1", "--blobPort", str(port), "--location", home, "--silent",
        "--skipApiVersionCheck", "--disableTelemetry",
    ]  # fmt: skip
    address = f"http://127.0.0.1:{port}/{ACCOUNT}"
    try:
        with _serving(command, port):
            httpx.put(f"{address}/{BUCKET}?restype=container", headers=_signed()).raise_for_status()
            given = {
                "AZURE_STORAGE_ACCOUNT_NAME": ACCOUNT, "AZURE_STORAGE_ACCOUNT_KEY": ACCOUNT_KEY,
                "AZURE_STORAGE_ENDPOINT": address, "AZURE_ALLOW_HTTP": "true",
            }  # fmt: skip
            with _environment(given):
                yield f"az://{BUCKET}"
    finally:
        shutil.rmtree(home, ignore_errors=True)


STORES = {"folder": folder, "s3": s3, "azure": azure}


def _signed() -> dict[str, str]:
    """Azure's shared-key signature over the request that makes the container."""
    now = datetime.now(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
    headers = f"x-ms-date:{now}\nx-ms-version:{VERSION}"
    said = "PUT" + "\n" * 12 + f"{headers}\n/{ACCOUNT}/{ACCOUNT}/{BUCKET}\nrestype:container"
    signature = base64.b64encode(hmac.new(base64.b64decode(ACCOUNT_KEY), said.encode(), hashlib.sha256).digest())
    return {"x-ms-date": now, "x-ms-version": VERSION, "Authorization": f"SharedKey {ACCOUNT}:{signature.decode()}"}


@contextmanager
def _serving(command: list[str], port: int, seconds: float = 60) -> Iterator[None]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        give_up = time.monotonic() + seconds
        while True:
            assert process.poll() is None, f"{command[0]} ended"
            assert time.monotonic() < give_up, f"{command[0]} does not answer"
            try:
                httpx.get(f"http://127.0.0.1:{port}/", timeout=5)
                break
            except httpx.HTTPError:
                time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait(10)


@contextmanager
def _environment(given: dict[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in given}
    os.environ.update(given)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
