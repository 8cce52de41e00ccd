"""Every way into the engine role is declared, with its reason, in one table."""

import ast
from collections.abc import Iterator

from app.kit.paths import PROJECT_ROOT
from app.services.engine import ENGINE_USES

DOORS = {"app/kit/db.py", "app/services/engine.py"}
AS_OWNER = {
    # ``tongshang verify`` reads everything in a read-only transaction.
    "app/services/verification.py",
    # A start asks whether there are users at all.
    "app/server/first_data.py",
    # Benchmarks fill and count a database of their own.
    "app/bench/ground.py",
}
"""These switch from the owner, who may do anything, to the engine, never from the app's role."""


def _sources() -> Iterator[tuple[str, str]]:
    for folder in ("app", "state", "components"):
        for path in sorted((PROJECT_ROOT / folder).rglob("*.py")):
            yield str(path.relative_to(PROJECT_ROOT)), path.read_text(encoding="utf-8")


def _uses_in(name: str, source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        called = getattr(node.func, "id", None) or getattr(node.func, "attr", "")
        if called not in ("engine_transaction", "engine_pipeline", "engine_reader"):
            continue
        values = [*node.args, *(word.value for word in node.keywords)]
        literals = [v.value for v in values if isinstance(v, ast.Constant)]
        assert len(literals) == 1, f"{name}:{node.lineno}: name the use as one literal"
        yield str(literals[0])


def test_every_use_of_the_engine_role_is_declared_and_every_declaration_used() -> None:
    used = {
        use for name, source in _sources() if name not in DOORS for use in _uses_in(name, source)
    }
    assert used == set(ENGINE_USES)
    assert all(len(reason) > 10 for reason in ENGINE_USES.values())


def test_only_the_doors_switch_roles() -> None:
    switching = {name for name, source in _sources() if "set local role" in source.lower()}
    assert switching <= DOORS | AS_OWNER
