"""What schemas of compose files, manifests, alerts and dashboards can't see: names that lead nowhere.

`python -m tests.deploy.files` prints what is wrong, for `make check`; with `--mend` it first writes the settings that
compose passes on.
"""

import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from app.config import SECRETS, Settings

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
ONE_SHOT = {"migrate"}
OF_COMPOSE = {"APP_ENV", "SECRET_KEY", "DATABASE_URL", "BROKER_URL", "STRAND_HOME", "HOST", "PORT"}
"""Settings that the image or docker-compose.yml sets by itself."""
FOREIGN_METRICS = {"up", "kubelet_volume_stats_available_bytes", "kubelet_volume_stats_capacity_bytes"}
STORES = ("AWS_", "GOOGLE_", "AZURE_")
RUNBOOKS = (
    "redis-lost", "database-full", "provider-down", "stuck-queue", "key-leak", "upgrade", "rollback", "storage-away",
    "no-workers", "slow-api",
)  # fmt: skip
"""Headings of docs/operations.md."""
_VARIABLE = re.compile(r"(?<!\$)\$\{([A-Z0-9_]+)")
_METRIC = re.compile(r"\b(?:strand|process|kubelet)_[a-z0-9_]+\b|\bup\b")
_COUNTED = re.compile(r'\.(count|observe)\(\s*"(strand_[a-z_]+)"')
_SINGLE = re.compile(r'_one\(\s*"(strand_[a-z_]+)"')
_OF_A_PROCESS = re.compile(r"`((?:strand_)?process_[a-z_]+)`")
_FAMILY = re.compile(r'(Gauge|Counter|Histogram)MetricFamily\(\s*"(strand_[a-z_]+)"')


def settings() -> set[str]:
    return set(Settings().public())


def example_names(text: str) -> set[str]:
    """The variables that `.env.example` knows, those of the storages in its comments too."""
    return set(re.findall(r"^([A-Z0-9_]+)=", text, re.MULTILINE)) | set(
        re.findall(r"\b(?:AWS|GOOGLE|AZURE)_[A-Z0-9_]+", text)
    )


def compose_problems(text: str, known: Iterable[str], *, whole: bool = True) -> Iterator[str]:
    """*whole*: the file stands alone; else it lies on top of another, and only what it says itself is judged."""
    file: dict[str, Any] = yaml.safe_load(text)
    services: dict[str, dict[str, Any]] = file["services"]
    yield from (f"${{{name}}} is not in .env.example" for name in sorted(set(_VARIABLE.findall(text)) - set(known)))
    for name, service in services.items():
        for other, said in _depends(service):
            yield from _dependency_problems(name, other, said, services)
    if not whole:
        return
    for kind in ("volumes", "networks"):
        declared = set(file.get(kind) or {})
        used = {one for service in services.values() for one in _used(service, kind)}
        yield from (f"{kind}: {one} is used but not declared" for one in sorted(used - declared))
        yield from (f"{kind}: {one} is declared but not used" for one in sorted(declared - used))
    for name, service in services.items():
        yield from (f"{name}: {said}" for said in _hardening_problems(name, service))
        yield from (f"{name}: {said}" for said in _environment_problems(service, set(known)))


def _depends(service: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    given = service.get("depends_on") or {}
    return list(given.items()) if isinstance(given, dict) else [(one, {}) for one in given]


def _dependency_problems(
    name: str, other: str, said: Mapping[str, Any], services: Mapping[str, Mapping[str, Any]]
) -> Iterator[str]:
    if other not in services:
        yield f"{name} depends on {other}, which is no service"
        return
    condition, target = said.get("condition", "service_started"), services[other]
    if condition == "service_healthy" and (target.get("healthcheck") or {"disable": True}).get("disable"):
        yield f"{name} waits until {other} is healthy, which has no health check"
    if condition == "service_completed_successfully" and target.get("restart") in {"always", "unless-stopped"}:
        yield f"{name} waits until {other} ends, which is started again for ever"


def _used(service: Mapping[str, Any], kind: str) -> Iterator[str]:
    for one in service.get(kind) or []:
        source = one.split(":")[0] if isinstance(one, str) else one.get("source", "")
        if not source.startswith((".", "/", "~", "$")):
            yield source


def _hardening_problems(name: str, service: Mapping[str, Any]) -> Iterator[str]:
    if service.get("ports") and name != "api":
        yield "publishes a port; only the API may"
    if service.get("cap_drop") != ["ALL"]:
        yield "keeps capabilities"
    if "no-new-privileges:true" not in service.get("security_opt", []):
        yield "may gain privileges"
    if service.get("privileged") or service.get("network_mode") == "host":
        yield "runs with the host's powers"
    if not service.get("restart"):
        yield "is not started again"
    if (service.get("healthcheck") or {}).get("disable") and name not in ONE_SHOT:
        yield "has no health check"
    if name not in ONE_SHOT and not service.get("deploy", {}).get("resources", {}).get("limits", {}).get("memory"):
        yield "has no memory limit"
    if service.get("build") and not service.get("read_only"):
        yield "may write to its root"


def _environment_problems(service: Mapping[str, Any], known: set[str]) -> Iterator[str]:
    if not service.get("build"):
        return
    given = set(service["environment"])
    yield from (f"is given {name}, which nothing knows" for name in sorted(given - known))
    yield from (f"is not given the setting {name}" for name in sorted(settings() - given - OF_COMPOSE))
    written = {name for name in given if isinstance(value := service["environment"][name], str) and "${" not in value}
    yield from (f"has {name} in the file itself" for name in sorted(written & set(map(str.upper, SECRETS))))


def manifest_problems(texts: Mapping[str, str]) -> Iterator[str]:
    """Selectors that choose nothing, scaling and budgets of what isn't there, settings that nothing knows."""
    found = [one for text in texts.values() for one in yaml.safe_load_all(text) if one]
    known = settings() | example_names((ROOT / ".env.example").read_text())
    deployed = {one["metadata"]["name"]: one for one in found if one["kind"] == "Deployment"}
    labels = [one["spec"]["template"]["metadata"]["labels"] for one in found if "template" in one.get("spec", {})]
    maps = {(one["kind"], one["metadata"]["name"]): one for one in found if one["kind"] in {"ConfigMap", "Secret"}}
    for one in found:
        what, spec = f"{one['kind']}/{one['metadata']['name']}", one.get("spec", {})
        if one["kind"] != "Namespace" and one["metadata"].get("namespace") != "strand":
            yield f"{what} lies outside the namespace strand"
        for name in {**one.get("data", {}), **one.get("stringData", {})}:
            if name not in known:
                yield f"{what} sets {name}, which nothing knows"
        selector = spec.get("selector") or spec.get("podSelector") or {}
        wanted = selector.get("matchLabels", selector)
        if wanted and not any(wanted.items() <= one_set.items() for one_set in labels):
            yield f"{what} selects nothing"
        target = spec.get("scaleTargetRef", {}).get("name")
        if target and target not in deployed:
            yield f"{what} scales {target}, which is not there"
        for container in spec.get("template", {}).get("spec", {}).get("containers", []):
            yield from (f"{what} {said}" for said in _container_problems(container, spec["template"]["spec"], maps))


def _container_problems(container: Mapping[str, Any], pod: Mapping[str, Any], maps: Mapping[Any, Any]) -> Iterator[str]:
    bare = container.get("securityContext", {})
    if not (
        bare.get("readOnlyRootFilesystem")
        and bare.get("allowPrivilegeEscalation") is False
        and bare.get("capabilities") == {"drop": ["ALL"]}
        and pod.get("securityContext", {}).get("runAsNonRoot")
    ):
        yield "keeps privileges"
    if "memory" not in container.get("resources", {}).get("limits", {}):
        yield "has no memory limit"
    for source in container.get("envFrom", []):
        for key, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
            if key in source and (kind, source[key]["name"]) not in maps:
                yield f"reads the {kind} {source[key]['name']}, which is not there"
    mounted = {mount["name"] for mount in container.get("volumeMounts", [])}
    if mounted != {volume["name"] for volume in pod.get("volumes", [])}:
        yield "mounts other volumes than there are"


def metric_names(sources: Iterable[str]) -> set[str]:
    """Every series that /metrics can serve, from where they are counted."""
    names: set[str] = set()
    for text in sources:
        for how, name in _COUNTED.findall(text):
            names |= _series(name, histogram=how == "observe")
        names |= set(_SINGLE.findall(text))
        for kind, name in _FAMILY.findall(text):
            names |= _series(name, histogram=kind == "Histogram") | ({f"{name}_total"} if kind == "Counter" else set())
    return names


def _series(name: str, *, histogram: bool) -> set[str]:
    return {f"{name}_bucket", f"{name}_sum", f"{name}_count"} if histogram else {name}


def served_metrics() -> set[str]:
    """Those of a process have names that are put together; docs/observability.md lists them."""
    of_a_process = set(_OF_A_PROCESS.findall((ROOT / "docs/observability.md").read_text()))
    return metric_names(path.read_text() for path in (ROOT / "app").rglob("*.py")) | of_a_process | FOREIGN_METRICS


def alert_problems(text: str, served: set[str]) -> Iterator[str]:
    for group in yaml.safe_load(text)["groups"]:
        for rule in group["rules"]:
            what = rule.get("alert") or rule["record"]
            yield from (
                f"{what} asks for {name}, which nothing serves" for name in sorted(unserved(rule["expr"], served))
            )
            if "alert" not in rule:
                continue
            said = rule.get("annotations", {})
            if rule.get("labels", {}).get("severity") not in {"warning", "critical"} or not said.get("summary"):
                yield f"{what} lacks a severity or a summary"
            page, _, heading = said.get("runbook_url", "").partition("#")
            if page != "docs/operations.md" or heading not in RUNBOOKS:
                yield f"{what} has no runbook"


def unserved(expression: str, served: set[str]) -> set[str]:
    """Metrics in a PromQL expression that are not among *served*; what stands in quotes is no metric."""
    return set(_METRIC.findall(re.sub(r'"[^"]*"', '""', expression))) - served


def dashboard_problems(text: str, served: set[str]) -> Iterator[str]:
    board = json.loads(text)
    taken: set[tuple[int, int]] = set()
    numbers = [panel["id"] for panel in board["panels"]]
    if len(numbers) != len(set(numbers)):
        yield "two panels have one id"
    variables = {f"${{{one['name']}}}" for one in board["templating"]["list"]}
    for panel in board["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        if cells & taken or place["x"] + place["w"] > 24:
            yield f"{panel['title']} lies over another panel, or outside"
        taken |= cells
        if panel["type"] != "row" and panel["datasource"]["uid"] not in variables:
            yield f"{panel['title']} has a data source of its own"
        for target in panel.get("targets", []):
            for name in sorted(unserved(target["expr"], served)):
                yield f"{panel['title']} asks for {name}, which nothing serves"


def problems() -> Iterator[str]:
    """All of them, in the files that are there."""
    known = example_names((ROOT / ".env.example").read_text())
    for name, whole in (("docker-compose.yml", True), ("docker-compose.dev.yml", False)):
        text = (ROOT / name).read_text()
        yield from (f"{name}: {said}" for said in compose_problems(text, known, whole=whole))
    base = set(yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"])
    over = set(yaml.safe_load((ROOT / "docker-compose.dev.yml").read_text())["services"])
    yield from (f"docker-compose.dev.yml: {name} is no service of docker-compose.yml" for name in sorted(over - base))
    manifests = [*(DEPLOY / "kubernetes").glob("*.yaml"), DEPLOY / "kubernetes/secret.yaml.example"]
    yield from (
        f"kubernetes: {said}" for said in manifest_problems({path.name: path.read_text() for path in manifests})
    )
    served = served_metrics()
    alerts = (DEPLOY / "prometheus/alerts.yml").read_text()
    yield from (f"alerts.yml: {said}" for said in alert_problems(alerts, served))
    board = (DEPLOY / "grafana/dashboard.json").read_text()
    yield from (f"dashboard.json: {said}" for said in dashboard_problems(board, served))


PASSED_ON = re.compile(r"(    # what follows is passed on where it is set\n)(?:    [A-Z0-9_]+:\n)+")


def with_all_settings(text: str) -> str:
    """docker-compose.yml, passing on every setting that there is, and what the storages read by themselves."""
    stores = sorted(name for name in example_names((ROOT / ".env.example").read_text()) if name.startswith(STORES))
    names = [*(name for name in Settings().public() if name not in OF_COMPOSE), *stores]
    return PASSED_ON.sub(lambda found: found[1] + "".join(f"    {name}:\n" for name in names), text)


if __name__ == "__main__":
    if "--mend" in sys.argv:
        compose = ROOT / "docker-compose.yml"
        compose.write_text(with_all_settings(compose.read_text()))
    wrong = list(problems())
    print("\n".join(wrong), end="\n" if wrong else "")
    sys.exit(1 if wrong else 0)
