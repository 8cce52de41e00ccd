"""The lists of the console as declarations; ``resource_named`` finds any of them for downloads.

A module of this package is found by being here: whatever Resources it holds, alone or in a tuple,
list or dict, can be downloaded from their list's page.
"""

import importlib
import pkgutil
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, cast

from app.queries.resource import Resource


@lru_cache(maxsize=1)
def all_resources() -> Mapping[tuple[str, str], Resource]:
    """Return (scope, name) → Resource. Raises ValueError where two share a name in a scope."""
    found: dict[tuple[str, str], Resource] = {}
    for resource in _declared():
        key = (resource.permission.split(":", maxsplit=1)[0], resource.name)
        if found.setdefault(key, resource) is not resource:
            raise ValueError(f"two lists are named {key}")
    return found


def resource_named(scope: str, name: str) -> Resource | None:
    """Return the list that a scope knows under a name."""
    return all_resources().get((scope, name))


def _declared() -> Iterator[Resource]:
    for found in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{found.name}")
        yield from _inside(vars(module).values())


def _inside(values: Iterable[Any]) -> Iterator[Resource]:
    for value in values:
        if isinstance(value, Resource):
            yield value
        elif isinstance(value, Mapping):
            yield from _inside(cast("Mapping[str, Any]", value).values())
        elif isinstance(value, (tuple, list)):
            yield from _inside(cast("tuple[Any, ...]", value))
