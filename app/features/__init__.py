"""Finds the features: every package in this folder is one."""

from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType


def feature_modules(name: str) -> Iterator[ModuleType]:
    """Import the module called *name* from each feature that has one, and those called after it: `media_controller`."""
    for feature in iter_modules(__path__, prefix=f"{__name__}."):
        if not feature.ispkg:
            continue
        package = import_module(feature.name)
        for module in iter_modules(package.__path__):
            if module.name == name or module.name.endswith(f"_{name}"):
                yield import_module(f"{feature.name}.{module.name}")
