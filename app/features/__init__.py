"""Finds the features: every package in this folder is one."""

from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules
from types import ModuleType


def feature_modules(name: str) -> Iterator[ModuleType]:
    """Import the module called *name* from each feature that has one."""
    for feature in iter_modules(__path__, prefix=f"{__name__}."):
        if feature.ispkg and find_spec(f"{feature.name}.{name}"):
            yield import_module(f"{feature.name}.{name}")
