"""What is installed is what was chosen: pinned by hash, from nowhere in particular, in step with pyproject.toml."""

import json
import re
import tomllib
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.supply import audit, licences

ROOT = Path(__file__).parents[2]
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PINNED = re.compile(
    r"[a-z0-9._-]+==[^ ;]+( ; [^\\]+)? \\\n(?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+", re.IGNORECASE
)
REMARKS = re.compile(r"^ *#.*\n", re.MULTILINE)


def wanted(*files: str) -> list[Requirement]:
    lines = [line for file in files for line in (ROOT / file).read_text(encoding="utf-8").splitlines()]
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_every_package_is_pinned_with_hashes_and_no_place_is_named(lock):
    said = REMARKS.sub("", lock.read_text(encoding="utf-8"))

    assert PINNED.sub("", said).strip() == "", "lines that are no pinned package with its hashes"
    assert "://" not in said
    assert "--" not in said.replace("--hash=sha256:", "")


def test_the_locks_have_what_pyproject_and_the_lists_ask_for_in_versions_that_fit_and_agree():
    main = [Requirement(line) for line in PYPROJECT["project"]["dependencies"]]
    extra = [Requirement(line) for line in PYPROJECT["project"]["optional-dependencies"]["embedded"]]
    base, image, dev = (
        {canonicalize_name(name): version for name, version in licences.pinned(ROOT / "requirements" / file).items()}
        for file in ("base.txt", "image.txt", "dev.txt")
    )

    for lock, asked in (
        (base, [*main, *extra, *wanted("requirements/base.in")]),
        (image, main),
        (dev, [*main, *extra, *wanted("requirements/base.in", "requirements/dev.in")]),
    ):
        for one in asked:
            name = canonicalize_name(one.name)
            assert name in lock, f"{name} is asked for and not locked; run `make lock`"
            assert one.specifier.contains(lock[name], prereleases=True), f"{name} {lock[name]} is not {one.specifier}"
    assert {name: dev[name] for name in base} == base, "the tests run with other versions than the product"
    assert {name: base[name] for name in image} == image, "the image has other versions"
    assert not {canonicalize_name(one.name) for one in extra} & set(image), "the image leaves the embedded database out"


def test_what_npm_installs_is_pinned_by_its_content_and_names_no_place():
    for lock in ROOT.glob("tests/*/package-lock.json"):
        packages = json.loads(lock.read_text(encoding="utf-8"))["packages"]
        for name, one in packages.items():
            if name and not one.get("link"):
                assert one.get("integrity", "").startswith("sha512-"), f"{name} in {lock}"
                assert "://" not in one.get("resolved", ""), f"{name} in {lock}"


def test_every_package_that_is_passed_on_has_a_licence_that_fits():
    unfit = {}
    for name in licences.pinned(ROOT / "requirements/base.txt"):
        try:
            licence = licences.licence_of(metadata(name))
        except PackageNotFoundError:
            continue  # for another system or version of Python
        if not licences.fits(licence):
            unfit[name] = licence

    assert unfit == {}


@pytest.mark.parametrize(
    ("licence", "fit"),
    [("MIT", True), ("LGPL-3.0-only", True), ("GPL-3.0-only", False), ("AGPL-3.0", False), ("", False), ("Proprietary", False), ("MPL-1.1 OR GPL-2.0-only", True), ("GPL-2.0-only AND MIT", False), ("GNU General Public License v3 (GPLv3)", False), ("Submitted", False)],
)  # fmt: skip
def test_a_licence_fits_or_not(licence, fit):
    assert licences.fits(licence) is fit


def test_a_vulnerability_fails_the_audit_unless_it_is_accepted_and_what_was_not_looked_up_is_counted():
    report = {
        "dependencies": [
            {"name": "a", "version": "1", "vulns": [{"id": "X-1", "aliases": ["Y-1"], "fix_versions": ["2"]}]},
            {"name": "b", "version": "1", "vulns": []},
            {"name": "c", "skip_reason": "not found"},
        ]
    }

    assert audit.summary(report, []) == (["a 1: X-1, mended in 2"], 2, 1)
    assert audit.summary(report, ["Y-1"]) == ([], 2, 1)
