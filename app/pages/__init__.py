"""Console pages: one module each, with ROUTE, TITLE, LOAD (its handler) and ``page()``."""

import importlib
import pkgutil
from collections.abc import Iterator
from types import ModuleType

AREAS = ("platform", "supplier", "distributor")


def modules() -> Iterator[tuple[str, ModuleType]]:
    """Yield every page's module with the scope of its workspace."""
    for area in AREAS:
        package = importlib.import_module(f"{__name__}.{area}")
        for found in pkgutil.iter_modules(package.__path__):
            yield area, importlib.import_module(f"{package.__name__}.{found.name}")
