"""Whether the time of an answer tells if an e-mail has an account: `python -m benchmarks.sign_ins`.

Wrong passwords for a known and for an unknown e-mail in turn, each by itself, through the API with the default price of a
hash; and the same for asking for a new password. Compared by the area under the ROC curve (Mann-Whitney's U over the number of
pairs): 0.5 is a coin, 1 tells them apart always. The interval is the normal one of U where nothing differs, 95 %.
"""

import argparse
import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, cast
from uuid import uuid4

import httpx
import msgspec

from app.config import Settings
from app.main import create_app
from app.shared.embedded import embedded_database, with_secrets

MANY = 1_000_000
Ask = Callable[[str], Awaitable[None]]


async def compared(ask: Ask, known: str, unknown: str, pairs: int) -> str:
    took: dict[str, list[float]] = {known: [], unknown: []}
    for number in range(pairs):
        for email in (known, unknown) if number % 2 else (unknown, known):
            began = time.perf_counter()
            await ask(email)
            took[email].append((time.perf_counter() - began) * 1000)
    longer = sum((one > other) + 0.5 * (one == other) for one in took[known] for other in took[unknown])
    half = 1.96 * math.sqrt((2 * pairs + 1) / (12 * pairs * pairs))
    area = longer / pairs**2
    return (
        f"{median(took[known]):.1f} | {median(took[unknown]):.1f} | {area:.2f} | {0.5 - half:.2f} to {0.5 + half:.2f}"
    )


async def measure(settings: Settings, pairs: int) -> None:
    app = create_app(settings)
    known, unknown = f"{uuid4().hex}@example.com", f"{uuid4().hex}@example.com"
    door = httpx.ASGITransport(cast("Any", app))
    async with app.lifespan(), httpx.AsyncClient(transport=door, base_url="http://strand/api/v1", timeout=60) as client:

        async def sign_in(email: str) -> None:
            answer = await client.post("/auth/login", json={"email": email, "password": "not the password"})
            assert answer.status_code == 401, answer.text

        async def ask_for_mail(email: str) -> None:
            answer = await client.post("/auth/password-reset", json={"email": email})
            assert answer.status_code == 204, answer.text

        new = {"email": known, "password": "measure by measure", "display_name": "Nell"}
        assert (await client.post("/auth/register", json=new)).status_code == 201
        await sign_in(unknown)
        print("| asked | known e-mail, median ms | unknown | area | as a coin falls |\n| --- | --- | --- | --- | --- |")
        print(f"| sign in with a wrong password | {await compared(sign_in, known, unknown, pairs)} |")
        print(f"| ask for a new password | {await compared(ask_for_mail, known, unknown, pairs)} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=100)
    pairs = parser.parse_args().pairs
    with TemporaryDirectory() as folder:
        given = Settings(
            strand_home=str(Path(folder)), failed_logins_per_account=MANY, failed_logins_per_address=MANY,
            mails_per_hour=MANY,
        )  # fmt: skip
        with embedded_database(given) as settings:
            ready = with_secrets(msgspec.structs.replace(settings, log_level="ERROR"))
            asyncio.run(measure(ready, pairs))


if __name__ == "__main__":
    main()
