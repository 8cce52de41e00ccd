"""A test takes its moment when it runs, not when its file is read: a whole run takes long."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
CLOCKS = {"now", "today", "utcnow", "time", "business_day"}


def read_early(node: ast.AST) -> Iterator[ast.Call]:
    """Find calls of a clock that run when the module is imported, decorators among them."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            early = [*getattr(child, "decorator_list", ()), *child.args.defaults]
            for part in early:
                yield from read_early(ast.Expr(part))
            continue
        if isinstance(child, ast.Call):
            name = getattr(child.func, "attr", getattr(child.func, "id", ""))
            if (name in CLOCKS and not child.args) or name == "now":
                yield child
        yield from read_early(child)


@pytest.mark.parametrize("source", ["A = now()", "@given(x=f(datetime.now(UTC)))\ndef t(): ..."])
def test_a_clock_of_the_module_is_found(source: str) -> None:
    assert list(read_early(ast.parse(source)))


def test_a_clock_of_a_test_is_none_of_the_modules() -> None:
    assert not list(read_early(ast.parse("def test(): return now()\nB = lambda: now()")))


def test_no_test_file_takes_its_moment_when_it_is_read() -> None:
    found = [
        f"{path.relative_to(TESTS)}:{call.lineno}"
        for path in sorted(TESTS.rglob("*.py"))
        for call in read_early(ast.parse(path.read_text()))
    ]
    assert not found
