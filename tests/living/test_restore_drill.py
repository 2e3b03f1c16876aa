"""What `strand backup` wrote comes back by `strand restore`: every row, every file, and the jobs go on."""

import asyncio
import hashlib
import shutil
import subprocess
import sys
import tarfile
from uuid import UUID

import httpx
import msgspec
import pytest
from sqlalchemy import text

from app.backup import backup
from app.config import SettingsError
from app.db import migrate
from app.features import feature_modules
from app.main import create_app
from app.restore import restore
from app.shared.archive import Manifest, Unfit, verify, writing
from app.shared.jobs import TASKS
from app.shared.resources import open_resources
from app.supervisor import prepare_database
from tests.conftest import in_a_thread, serving, sign_up, working
from tests.isolation.rows import a_row_of_everything
from tests.living.databases import at_once, new_database, rows_of

BIG = bytes(range(256)) * 4096 * 9
"""More than one piece, and than one part of a table."""
TAKEN = "update jobs set status = 'running', epoch = 1, worker = 'gone', lease_until = now() - interval '1 minute' where id = $1"  # fmt: skip


def files_of(folder):
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture(scope="module")
def place(settings, tmp_path_factory):
    """Settings of an installation of its own in the run's cluster."""

    def make(name):
        folder = tmp_path_factory.mktemp(name) / "files"
        url = new_database(settings, name)
        return msgspec.structs.replace(settings, database_url=url, storage_url=f"file://{folder}"), folder

    return make


@pytest.fixture(scope="module")
async def drill(place, tmp_path_factory):
    """A backup that was taken while accounts were opened and texts were added, what was there before, and after."""
    chosen, folder = place("drill_from")
    in_a_thread(lambda: prepare_database(chosen))
    path = tmp_path_factory.mktemp("backups") / "drill.tar.gz"
    async with (
        serving(create_app(chosen)) as address,
        open_resources(chosen) as resources,
        httpx.AsyncClient(base_url=f"{address}/api/v1", timeout=30) as creator,
    ):
        accounts = [await sign_up(creator) for _ in range(2)]
        creator.headers["Authorization"] = f"Bearer {accounts[0]['access_token']}"
        project = (await creator.post("/projects", json={"title": "Stars"})).json()["id"]

        async def add(number):
            said = f"The {number} stars of the north were known to sailors. " * 20
            sent = {"title": f"{number}", "role": "reference", "kind": "text", "text": said}
            answer = await creator.post(f"/projects/{project}/sources", json=sent)
            assert answer.status_code == 202, answer.text
            return answer.json()

        queued, taken = await add(1), await add(2)
        async with resources.db.transaction() as session:
            for account in accounts:
                await a_row_of_everything(session, UUID(account["id"]), nobodys=account is accounts[0])
            await session.execute(text("update source_versions set text = repeat('Words that fill a part. ', 250000)"))
        await resources.storage.put("sources/nell/big/original", BIG)
        at_once(chosen.database_url, TAKEN.replace("$1", f"'{taken['job']['id']}'"))
        before, files_before = await rows_of(chosen.database_url), files_of(folder)
        over = asyncio.Event()

        async def write_on():
            number = 10
            while not over.is_set():
                await add(number)
                number += 1

        writing_on = asyncio.create_task(write_on())
        assert await asyncio.to_thread(backup, chosen, str(path)) == 0
        over.set()
        await writing_on
        after, files_after = await rows_of(chosen.database_url), files_of(folder)
    assert len(after["content_sources"]) > len(before["content_sources"])
    return path, before, after, files_before, files_after, accounts, queued, taken


async def test_every_row_and_file_comes_back_and_jobs_go_on_or_are_taken_over(drill, place):
    path, before, after, files_before, files_after, accounts, queued, taken = drill
    chosen, folder = place("drill_to")

    assert in_a_thread(lambda: restore(chosen, path)) == 0
    there, files = await rows_of(chosen.database_url), files_of(folder)
    assert set(there) == set(before)
    for table, rows in there.items():
        assert before[table] <= rows <= after[table], table
        assert rows, f"{table} is empty: the drill doesn't show that it comes back"
    assert set(files_before.items()) <= set(files.items()) <= set(files_after.items())
    assert in_a_thread(lambda: migrate.check(chosen.database_url)) is None

    list(feature_modules("tasks"))
    async with open_resources(chosen) as resources, working(chosen, resources, TASKS):
        ended = "select count(*) = 2 from jobs where id in ($1, $2) and status = 'succeeded'"
        for _ in range(400):
            async with resources.db.transaction() as session:
                done = await session.scalar(text(ended.replace("$1", ":a").replace("$2", ":b")), {"a": queued["job"]["id"], "b": taken["job"]["id"]})  # fmt: skip
            if done:
                break
            await asyncio.sleep(0.05)
        assert done
    async with (
        serving(create_app(chosen)) as address,
        httpx.AsyncClient(base_url=f"{address}/api/v1", timeout=30) as creator,
    ):
        signed_in = {"Authorization": f"Bearer {accounts[0]['access_token']}"}
        assert (await creator.get(f"/sources/{queued['source']['id']}", headers=signed_in)).status_code == 200


def test_the_archive_is_an_ordinary_tar_whose_files_other_programs_can_check(drill, tmp_path):
    with tarfile.open(drill[0]) as tar:
        tar.extractall(tmp_path)  # our own; not every 3.11 has filters
    assert verify(drill[0]).files > 3
    if shutil.which("sha256sum"):
        subprocess.run(["sha256sum", "--check", "--quiet", "files.sha256"], cwd=tmp_path, check=True)
    parts = sorted((tmp_path / "database/source_versions").iterdir())
    assert len(parts) > 1
    assert parts[0].read_bytes().startswith(b"PGCOPY\n")


def test_an_archive_that_was_changed_or_cut_off_is_refused_before_anything_is_done(drill, settings, tmp_path):
    with tarfile.open(drill[0]) as tar:
        plain = tmp_path / "plain.tar"
        with tarfile.open(plain, "w") as copy:
            for member in tar:
                copy.addfile(member, tar.extractfile(member))
    verify(plain)
    whole = plain.read_bytes()
    for name, spoilt in (
        ("flipped", whole[:2_000_000] + bytes([whole[2_000_000] ^ 1]) + whole[2_000_001:]),
        ("cut", whole[: len(whole) // 2]),
        ("headless", b"no archive"),
        ("cut.gz", drill[0].read_bytes()[:-2000]),
    ):
        path = tmp_path / name
        path.write_bytes(spoilt)
        with pytest.raises(SettingsError, match="Nothing was restored"):
            restore(settings, path, force=True)
    assert at_once(settings.database_url, "select count(*) > 0 from information_schema.tables")[0]


def test_a_database_with_accounts_or_one_in_use_and_an_archive_of_a_newer_schema_are_refused(drill, place, tmp_path):
    chosen, _ = place("drill_refused")
    full = "create table users (id int); insert into users values (1)"
    for statement in full.split("; "):
        at_once(chosen.database_url, statement)
    with pytest.raises(SettingsError, match="--force"):
        in_a_thread(lambda: restore(chosen, drill[0]))

    newer = tmp_path / "newer.tar"
    empty = hashlib.sha256().hexdigest()
    manifest = Manifest(
        strand="9.9", made_at="2030-01-01T00:00:00Z", migration="9999", postgres="18", pgvector="1", keys=["x"], tables={},
        sequences={}, files=0, file_bytes=0, files_sha256=empty, missing=[],
    )  # fmt: skip
    with writing(str(newer)) as archive:
        archive.end(manifest)
    with pytest.raises(SettingsError, match=r"newer than this version .* install the version that made it, 9\.9"):
        in_a_thread(lambda: restore(chosen, newer, force=True))
    assert at_once(chosen.database_url, "select count(*) from users") == [1]


def test_a_backup_that_breaks_off_leaves_no_file(tmp_path):
    def break_off():
        with writing(str(tmp_path / "half.tar")) as archive, archive.member("files/x", 10) as member:
            member.write(b"123")

    with pytest.raises(Unfit, match="should have 10 bytes and has 3"):
        break_off()
    assert list(tmp_path.iterdir()) == []


def test_the_command_says_what_is_wrong_in_a_sentence(tmp_path):
    said = subprocess.run(
        [sys.executable, "-m", "app.cli", "restore", str(tmp_path / "none.tar")],
        capture_output=True,
        text=True,
        env={"STRAND_HOME": str(tmp_path)},
    )
    assert said.returncode == 2
    assert said.stderr.startswith("strand: Nothing was restored. ")
    assert "No such file" in said.stderr
