"""`strand demo`: the creator's journey on the samples, through the HTTP API, from nothing to a report."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec
from rich.console import Console

from app.config import Settings, SettingsError
from app.demo.desk import PASSWORD, DemoFailed, Desk
from app.demo.onward import go_on
from app.demo.output import print_summary, write_files
from app.demo.standing import check_quotes
from app.shared.embedded import locate

SAMPLES = Path(__file__).parent / "samples"
SERVERS = ("DATABASE_URL", "BROKER_URL", "STORAGE_URL", "APP_ENV")


def show(output: str, *, keep: bool = False) -> int:
    """Run the journey; 0 when every step worked, 1 with a sentence when one did not."""
    console, folder = Console(), Path(output)
    folder.mkdir(parents=True, exist_ok=True)
    home = Path(tempfile.mkdtemp(prefix="strand-demo-"))
    log = folder / "strand.log"
    began = time.monotonic()
    try:
        with _serving(home, log, keep=keep) as (address, process):
            journey = Journey(Desk(console, address, process))
            found = journey.run()
            files = write_files(folder, found)
            print_summary(console, found)
            if found["quotes"]["standing"] != found["quotes"]["total"]:
                raise DemoFailed("A quote does not stand in its source; this is a defect, please report it.")
            seconds = time.monotonic() - began
            console.print(f"\nDone in {seconds:.0f} s with the [bold]{found['profile']['engine']}[/] engine. Open:")
            console.print(f"  [bold]{files[0]}[/]", soft_wrap=True)
            formats = ", ".join(file["format"] for file in found["files"])
            console.print(f"and beside it the script as {formats}, and every artefact as JSON.")
            if keep:
                console.print(
                    f"\nStrand goes on serving at [bold]{address}[/] (reference: {address}/docs).", soft_wrap=True
                )
                console.print(
                    f"Sign in as [bold]{journey.email}[/] with '{PASSWORD}'; stop it with: kill {process.pid}",
                    soft_wrap=True,
                )
    except (DemoFailed, SettingsError) as error:
        console.print(f"[red]The demo stopped:[/] {error}")
        return 1
    except httpx.HTTPError as error:
        console.print(f"[red]The demo stopped:[/] Strand stopped answering ({type(error).__name__}); see {log}.")
        return 1
    log.unlink(missing_ok=True)
    return 0


class Journey:
    """The steps, each of them calls of the public API."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.email = f"nell-{os.getpid()}@example.com"

    def run(self) -> dict[str, Any]:
        manifest = msgspec.json.decode((SAMPLES / "manifest.json").read_bytes())
        with self.desk.progress:
            with self.desk.step("Starting Strand with an embedded PostgreSQL"):
                self.desk.wait_until_healthy()
            with self.desk.step("Signing a creator up"):
                self.desk.sign_up(self.email, manifest["creator"])
                project = self.desk.call("POST", "/projects", json=_project(manifest))
            sources = self._add_sources(project["id"], manifest)
            profile = self._build_profile(project["id"], manifest)
            with self.desk.step("Matching texts against the voice"):
                texts = {source["id"]: self.desk.call("GET", f"/sources/{source['id']}/text") for source in sources}
                matches = self._match(profile["id"], sources, texts)
            with self.desk.step("Searching the sources"):
                searches = [self._search(project["id"], query) for query in manifest["searches"]]
            written = go_on(self.desk, project["id"], manifest["research_question"])
        found = {
            "channel": manifest["channel"],
            "creator": manifest["creator"],
            "project": self.desk.call("GET", f"/projects/{project['id']}"),
            "sources": sources,
            "pictures": self._pictures(sources),
            "texts": {source_id: text["text"] for source_id, text in texts.items()},
            "profile": profile,
            "matches": matches,
            "searches": searches,
            "usage": self.desk.call("GET", "/usage?group_by=kind"),
            **written,
        }
        return {**found, "quotes": check_quotes(found)}

    def _pictures(self, sources: Sequence[Mapping[str, Any]]) -> dict[str, str]:
        """A frame of each video that has one, as an address that carries its data."""
        found = {}
        for source in sources:
            if source["has_poster"]:
                answer = self.desk.client.get(f"/sources/{source['id']}/poster")
                if answer.status_code == httpx.codes.OK:
                    found[source["id"]] = f"data:image/jpeg;base64,{b64encode(answer.content).decode()}"
        return found

    def _add_sources(self, project_id: str, manifest: Mapping[str, Any]) -> list[dict[str, Any]]:
        samples = manifest["sources"]
        with self.desk.step("Reading the creator's videos and the references", total=2 * len(samples)) as task:
            accepted = []
            for sample in samples:
                path = SAMPLES / sample["file"]
                answer = self.desk.call(
                    "POST",
                    f"/projects/{project_id}/sources/file",
                    files={"file": (path.name, path.read_bytes())},
                    data={"role": sample["role"], "title": sample["title"]},
                    headers={"Idempotency-Key": sample["file"]},
                )
                accepted.append(answer)
                self.desk.progress.update(task, advance=1, stage=path.name)
            sources = []
            for answer in accepted:
                self.desk.wait(answer["job"]["id"])
                source = self.desk.call("GET", f"/sources/{answer['source']['id']}")
                sources.append(source)
                self.desk.progress.update(
                    task, advance=1, stage=f"{source['chunk_count']} chunks: {source['title'][:40]}"
                )
        return sources

    def _build_profile(self, project_id: str, manifest: Mapping[str, Any]) -> dict[str, Any]:
        with self.desk.step(f"Measuring {manifest['creator']}'s voice", total=1.0) as task:
            name = f"{manifest['creator']} on {manifest['channel']}"
            job = self.desk.call("POST", f"/projects/{project_id}/dna-profiles", json={"name": name})
            ended = self.desk.wait(job["id"], task)
            profile: dict[str, Any] = self.desk.call("GET", f"/dna-profiles/{ended['result']['id']}")
        return profile

    def _match(
        self, profile_id: str, sources: Sequence[Mapping[str, Any]], texts: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        """One of the creator's own texts, one reference and one story against the voice."""
        matches = []
        for role in ("own", "reference", "story"):
            source = next(source for source in reversed(sources) if source["role"] == role)
            text = texts[source["id"]]["text"]
            answer = self.desk.call("POST", f"/dna-profiles/{profile_id}/match", json={"text": text})
            matches.append({"title": source["title"], "role": role, "excerpt": text[:280], **answer})
        return matches

    def _search(self, project_id: str, query: str) -> dict[str, Any]:
        answer = self.desk.call("GET", f"/projects/{project_id}/search", params={"q": query, "limit": 3})
        return {"query": query, "items": answer["items"]}


@contextmanager
def _serving(home: Path, log: Path, *, keep: bool) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Strand on a free loopback port with a home of its own; stopped and removed again, unless it is to be kept."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if name not in SERVERS}
    environment |= {"PORT": str(port), "HOST": "127.0.0.1", "STRAND_HOME": str(home), "OWNER_MAX_RUNNING": "5"}
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "app.cli", "run"],
            env=environment,
            stdout=file,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    stays = False
    try:
        yield f"http://127.0.0.1:{port}", process
        stays = keep
    finally:
        if not stays:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(45)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            locate(Settings.from_env({"STRAND_HOME": str(home)})).remove()
            shutil.rmtree(home, ignore_errors=True)


def _project(manifest: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "title": manifest["research_question"],
        "creative_brief": "Twelve minutes on how time solved the riddle of position at sea, with one thing to try at home.",
        "audience": "Curious adults who like instruments",
        "platform": "youtube",
        "target_minutes": 12,
        "language": "en",
    }
