"""``tongshang bench``: figures next to a floor of the same run."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, cast

import uvloop


def _run(main: Coroutine[Any, Any, dict[str, Any]]) -> dict[str, Any]:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main)


def checkout(*, seconds: int) -> dict[str, Any]:
    """Shoppers place and pay orders of two lines from two suppliers."""
    from app.bench.checkout import run

    return _run(run(seconds))


def hot_sku(*, seconds: int) -> dict[str, Any]:
    """More buyers than units of one SKU."""
    from app.bench.hot_sku import run

    return _run(run(seconds))


def events(*, seconds: int) -> dict[str, Any]:
    """Two hundred tabs of the console send an event a second."""
    from app.bench.events import run

    return _run(run(seconds))


def dashboards(*, seconds: int, lines: int | None = None) -> dict[str, Any]:
    """The platform's dashboard over ten million order lines, beside SQL and DuckDB."""
    from app.bench.dashboards import LINES, run

    return _run(run(seconds, lines or LINES))


def memory(*, seconds: int, loads: int | None = None) -> dict[str, Any]:
    """Thousands of page loads of the console, and what its process weighs after a rest."""
    from app.bench.memory import LOADS, check_measurable, run

    check_measurable()
    return _run(run(seconds, loads or LOADS))


BENCHES: dict[str, Callable[..., dict[str, Any]]] = {
    "checkout": checkout,
    "hot-sku": hot_sku,
    "events": events,
    "dashboards": dashboards,
    "memory": memory,
}


def render(figures: dict[str, Any]) -> str:
    """Return the figures for a person, one to a line."""
    return "\n".join(_lines(figures, ""))


def _lines(value: Mapping[str, Any], indent: str) -> list[str]:
    lines: list[str] = []
    for name, part in value.items():
        if isinstance(part, dict):
            inner = cast("dict[str, Any]", part)
            lines += [f"{indent}{name}", *_lines(inner, indent + "  ")]
        else:
            lines.append(f"{indent}{name:<22} {part}")
    return lines
