"""`make audit`: every pinned package against the list of known vulnerabilities, by pip-audit.

A vulnerability fails it. A machine that can't reach the list, or a mirror that doesn't have it, gets a warning that says
how much was not looked up: nobody's build fails for a lost network, and nobody takes silence for a clean bill.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

LOCKS = (Path("requirements/base.txt"), Path("requirements/dev.txt"))
ACCEPTED: dict[str, str] = {}
"""The id of a vulnerability, and why it can't hurt here: what is not used, or used in a way that it doesn't reach."""
SECONDS = 300


def main() -> int:
    findings, seen, missed = 0, 0, 0
    for lock in LOCKS:
        report = audited(lock)
        if report is None:
            print(f"WARNING: {lock} was not audited: the list of vulnerabilities can't be reached.")
            missed += 1
            continue
        found, looked_up, unknown = summary(report)
        findings, seen, missed = findings + len(found), seen + looked_up, missed + unknown
        print("\n".join(f"{lock}: {line}" for line in found), end="\n" if found else "")
        if unknown:
            print(
                f"WARNING: {unknown} of {looked_up + unknown} packages of {lock} were not found on the list's server and not audited."
            )
    if not findings and not missed:
        print(f"{seen} packages, no known vulnerability.")
    return 1 if findings else 0


def audited(lock: Path) -> Any:
    """Pip-audit's report; None where it could not make one."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [sys.executable, "-m", "pip_audit", "-r", str(lock), "--require-hashes", "--disable-pip", "--progress-spinner", "off", "-f", "json", "-o", str(report)]  # fmt: skip
        try:
            subprocess.run(command, capture_output=True, timeout=SECONDS, check=False)
        except subprocess.TimeoutExpired:
            return None
        return json.loads(report.read_text()) if report.exists() else None


def summary(report: Any, accepted: Sequence[str] = tuple(ACCEPTED)) -> tuple[list[str], int, int]:
    """A line for each vulnerability, how many packages were looked up, and how many the server didn't know."""
    found = []
    known = [one for one in report["dependencies"] if "skip_reason" not in one]
    for one in known:
        for hole in one["vulns"]:
            if not {hole["id"], *hole.get("aliases", ())} & set(accepted):
                fixed = ", ".join(hole["fix_versions"]) or "no version yet"
                found.append(f"{one['name']} {one['version']}: {hole['id']}, mended in {fixed}")
    return found, len(known), len(report["dependencies"]) - len(known)


if __name__ == "__main__":
    sys.exit(main())
