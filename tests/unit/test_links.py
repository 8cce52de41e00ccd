"""Links and leads that leave the console are no links of the browser-side router."""

import ast
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from app import pages, routes
from app.kit.paths import PROJECT_ROOT
from components.layouts.shell import shell

_TO = re.compile(r"^to:(.*)$", re.S)
_HEAD = re.compile(r'(?<![+\w])"(/[^"]*)"')
"""A text that starts an address; one behind a plus goes on with it."""


def _rendered(part: Any) -> Iterator[dict[str, Any]]:
    if isinstance(part, dict):
        yield part
        for inner in part.values():
            yield from _rendered(inner)
    elif isinstance(part, list | tuple):
        for inner in part:
            yield from _rendered(inner)


@lru_cache
def _links() -> tuple[tuple[str, str], ...]:
    """Return each page's route with the address of each link of the router, as JavaScript."""
    found: list[tuple[str, str]] = []
    for scope, module in pages.modules():
        for part in _rendered(shell(scope, module.page()).render()):
            if part.get("name") == "ReactRouterLink":
                found += [(module.ROUTE, m[1]) for p in part["props"] if (m := _TO.match(p))]
    return tuple(found)


def _starts(expression: str) -> list[str]:
    return [head.replace(" ", "") for head in _HEAD.findall(re.sub(r"\+\s+", "+", expression))]


def test_links_of_the_router_lead_to_console_pages() -> None:
    links = _links()
    assert len(links) > 100
    away = {
        (route, start)
        for route, to in links
        for start in _starts(to)
        if start.split("/")[1] not in routes.SCOPES
    }
    assert not away, "use components.ui.links for these"


@pytest.mark.parametrize("address", ["/me", "/download/platform/main/orders.csv", "/s/muxia"])
def test_the_check_sees_an_address_outside(address: str) -> None:
    assert _starts(f'"{address}"') == [address]
    assert _starts(f'(given ? "{address}" : path)') == [address]
    assert not _starts(f'(path + "{address}")')


def _calls(folder: str) -> Iterator[tuple[str, str]]:
    for path in sorted((PROJECT_ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                yield str(Path(path).relative_to(PROJECT_ROOT)), ast.unparse(node.func)


def test_anchors_and_leads_stand_in_one_place() -> None:
    anchors = {"rx.el.a", "A.create", "rx.el.A.create"}
    leads = {"rx.redirect", "rx.download", "rx.event.redirect"}
    used = [*_calls("components"), *_calls("app/pages"), *_calls("state")]
    assert {where for where, name in used if name in anchors} == {"components/ui/links.py"}
    assert {where for where, name in used if name in leads} == {"state/going.py"}
