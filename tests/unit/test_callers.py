"""What the product can do is reached from somewhere: every job and every use case has a caller."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PRODUCT = ("app", "state", "components")
SERVICES = "app.services"

UNCALLED = {
    "api_keys.create": "programs of merchants get their door with the channel API for merchants",
    "api_keys.list_keys": "as above",
    "api_keys.revoke": "as above",
    "api_keys.actor_of_key": "as above",
    "rules.orders.order_status": "the rule in words, with which the statement is compared",
    "shopfront.forget_fronts": "lets a test begin with an empty memory",
    "visits.forget": "lets a test begin with an empty memory",
}
"""Public use cases that nothing of the product calls, with the reason."""


@cache
def sources() -> dict[str, ast.Module]:
    """Return every module of the product by its dotted name."""
    found: dict[str, ast.Module] = {}
    for top in PRODUCT:
        for path in sorted((ROOT / top).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            name = ".".join(part for part in parts if part != "__init__")
            found[name] = ast.parse(path.read_text(encoding="utf-8"))
    return found


def use_cases(module: ast.Module) -> Iterator[str]:
    for node in module.body:
        is_function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if is_function and not node.name.startswith("_"):
            yield node.name


def mentions(name: str, module: ast.Module) -> Iterator[str]:
    """Return what of the services a module speaks of, as ``module.name``."""
    modules: dict[str, str] = {}
    for node in ast.walk(module):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                yield f"{node.module}.{alias.name}"
                modules[alias.asname or alias.name] = f"{node.module}.{alias.name}"
        elif isinstance(node, ast.Import):
            for alias in node.names:
                modules[alias.asname or alias.name] = alias.name
    for node in ast.walk(module):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield f"{modules.get(node.value.id, '')}.{node.attr}"
    # Within a module, a name that is loaded is a call or a reference.
    for node in ast.walk(module):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            yield f"{name}.{node.id}"


def test_every_use_case_has_a_caller() -> None:
    mentioned = {one for name, module in sources().items() for one in mentions(name, module)}
    uncalled = {
        f"{name.removeprefix(SERVICES + '.')}.{case}"
        for name, module in sources().items()
        if name.startswith(f"{SERVICES}.")
        for case in use_cases(module)
        if f"{name}.{case}" not in mentioned
    }
    assert uncalled == set(UNCALLED)


def _called(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _constant(call: ast.Call, name: str, place: int) -> str | None:
    values = [word.value for word in call.keywords if word.arg == name]
    if len(call.args) > place:
        values.append(call.args[place])
    for value in values:
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            return value.value
    return None


def tasks() -> dict[str, bool]:
    """Return the tasks by name, and whether the clock starts them."""
    found: dict[str, bool] = {}
    for node in sources()["app.jobs.tasks"].body:
        if isinstance(node, ast.AsyncFunctionDef):
            calls = [d for d in node.decorator_list if isinstance(d, ast.Call)]
            names = [_constant(call, "name", 9) for call in calls if _called(call.func) == "task"]
            is_periodic = any(_called(call.func) == "periodic" for call in calls)
            found |= {name: is_periodic for name in names if name}
    return found


def deferred() -> set[str]:
    """Return the names of the jobs that services put into the queue."""
    found: set[str] = set()
    for module in sources().values():
        for node in ast.walk(module):
            value = node.value if isinstance(node, ast.Constant) else None
            if isinstance(value, str) and re.fullmatch(r"tongshang:\w+", value):
                found.add(value.removeprefix("tongshang:"))
    return found


def test_every_deferred_job_is_a_task() -> None:
    assert deferred() and deferred() <= tasks().keys()


def test_every_task_is_deferred_or_started_by_the_clock() -> None:
    idle = {name for name, is_periodic in tasks().items() if not is_periodic}
    assert idle and idle <= deferred()
