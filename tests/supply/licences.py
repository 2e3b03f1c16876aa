"""`make licences`: what the installed packages that Strand needs are licensed under, and which of them don't fit.

Strand is served, not linked into: permissive licences fit, and so do weak copyleft ones of libraries that are used as
they are (LGPL, MPL). The GPL and the AGPL alone don't, and a package that names no licence can't be passed on at all.
"""

import re
import sys
from importlib.metadata import PackageMetadata, PackageNotFoundError, metadata
from pathlib import Path

FITTING = (
    "MIT", "MIT-0", "BSD", "Apache", "PSF", "Python Software Foundation", "CNRI-Python", "ISC", "0BSD", "Zlib", "CC0", "MPL",
    "Mozilla", "LGPL", "Unlicense",
)  # fmt: skip
_NAMES = re.compile(r"(?<![A-Za-z])(?:" + "|".join(map(re.escape, FITTING)) + r")(?![a-z])", re.IGNORECASE)
_STRONG = re.compile(r"(?<!L)(?<!Lesser )\bA?GPL|Affero|\bGNU General Public", re.IGNORECASE)
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)", re.MULTILINE)


def pinned(lock: Path) -> dict[str, str]:
    """Name to version."""
    return dict(_PINNED.findall(lock.read_text(encoding="utf-8")))


def licence_of(about: PackageMetadata) -> str:
    """The expression (PEP 639) where there is one, else the first line of the field and the classifiers; empty for none."""
    given = about.get_all("License-Expression") or []
    if given:
        return str(given[0])
    field = [str(one).strip().partition("\n")[0][:60] for one in about.get_all("License") or [] if str(one).strip()]
    kinds = [one.rpartition(" :: ")[2] for one in about.get_all("Classifier") or [] if one.startswith("License ::")]
    return "; ".join(dict.fromkeys([*field, *kinds]))


def fits(licence: str) -> bool:
    """Of several to choose from, one is enough; what is said beside it must not be a strong copyleft."""
    if " OR " in licence:
        return any(fits(one) for one in licence.split(" OR "))
    return bool(_NAMES.search(licence)) and not _STRONG.search(licence)


def main() -> int:
    bad = 0
    for name, version in pinned(Path("requirements/base.txt")).items():
        try:
            licence = licence_of(metadata(name))
        except PackageNotFoundError:
            continue  # for another system or version of Python
        bad += not fits(licence)
        print(f"{name} {version}: {licence or 'names none'}{'' if fits(licence) else '   <- does not fit'}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
