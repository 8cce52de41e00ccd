"""Stylesheets and scripts of the console: each keeps to names of its own, so that none collide."""

import re
from collections import defaultdict
from pathlib import Path

import pytest

ASSETS = Path(__file__).parents[2] / "assets"
BASE = "console.css"
"""What every page shares; the only sheet whose rules may name shared classes alone."""
OWN_NAMES = {"charts": "chart", "forms": "form"}
"""Script → the word that its attributes begin with, where that is not its own name."""
AREAS = {"platform.css", "supplier.css", "distributor.css"}
"""Each holds only below its own ``[data-scope]``, so that two of them never meet on a page."""

SHARED = {"data-scope"}
"""The kind of workspace, which the whole page carries."""

_NAME = re.compile(r"\.-?[a-zA-Z_][\w-]*|\[data-(?!scope)[\w-]+")
_STEP = re.compile(r"^(from|to|[\d.]+%)$")


def rules(css: str) -> list[str]:
    """Return the selectors of a sheet, nested ones behind those that they stand in."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    out: list[str] = []
    parents: list[str | None] = []
    for part, end in re.findall(r"([^{};]*)([{};])", css):
        head = part.strip()
        if end == "{":
            if head.startswith("@") or _STEP.match(head.split(",")[0].strip()):
                parents.append(None)
            else:
                above = " ".join(parent for parent in parents if parent)
                singles = [one.strip() for one in re.split(r",(?![^(]*\))", head)]
                out += [f"{above} {one}".strip() for one in singles]
                parents.append(head if len(singles) == 1 else f":is({head})")
        elif end == "}":
            parents.pop()
    return out


def names(selector: str) -> set[str]:
    """Return the classes and data attributes that a selector names."""
    return set(_NAME.findall(selector))


def meet(one: str, other: str) -> bool:
    """Say whether two sheets can be at work on one page."""
    return one == other or not {one, other} <= AREAS


def unscoped(sheets: dict[str, str]) -> list[str]:
    """Return the rules that name nothing of their own sheet alone: they reach another's parts."""
    found = {name: rules(css) for name, css in sheets.items()}
    used: dict[str, set[str]] = defaultdict(set)
    for name, selectors in found.items():
        for selector in selectors:
            for one in names(selector):
                used[one].add(name)
    return [
        f"{name}: {selector}"
        for name, selectors in found.items()
        if name != BASE
        for selector in selectors
        if not re.fullmatch(r'\[data-scope="\w+"\]', selector)
        if not any(
            {other for other in used[one] if meet(name, other)} == {name} for one in names(selector)
        )
    ]


def heard(script: str) -> set[str]:
    """Return the data attributes that a script looks for or reads in the page."""
    found = set(re.findall(r"\[(data-[\w-]+)", script))
    for name in re.findall(r"dataset\??\.(\w+)", script):
        found.add("data-" + re.sub(r"([A-Z])", lambda m: "-" + m[1].lower(), name))
    return {name for name in found if not name.startswith("data-radix-")} - SHARED


def test_no_rule_of_a_stylesheet_reaches_the_parts_of_another() -> None:
    sheets = {path.name: path.read_text() for path in ASSETS.glob("*.css")}
    assert unscoped(sheets) == []


def test_each_script_listens_for_attributes_of_its_own_name_alone() -> None:
    """Two scripts that hear the same click do both their work: filling a column reloaded a page."""
    strange = {
        path.name: sorted(
            name for name in heard(path.read_text()) if not name.startswith(f"data-{_own(path)}-")
        )
        for path in ASSETS.glob("*.js")
    }
    assert {name: found for name, found in strange.items() if found} == {}


def test_what_carries_the_name_of_a_script_is_known_to_it() -> None:
    known = set[str]()
    owners = [_own(path) for path in ASSETS.glob("*.js")]
    for path in (*ASSETS.glob("*.js"), *ASSETS.glob("*.css")):
        text = path.read_text()
        known |= heard(text) | set(re.findall(r"data-[\w-]+", text))
    set_by = re.compile(rf"\bdata-(?:{'|'.join(owners)})-[\w-]+")
    root = ASSETS.parent
    modules = (*root.glob("components/**/*.py"), *root.glob("app/pages/**/*.py"))
    unknown = {
        f"{path.relative_to(root)}: {name}"
        for path in modules
        for name in set_by.findall(path.read_text())
        if name not in known
    }
    assert unknown == set()


def _own(path: Path) -> str:
    return OWN_NAMES.get(path.stem, path.stem)


@pytest.mark.parametrize(
    "sheets",
    [
        {"house.css": ".matrix { top: 0 }", "supplier.css": ".matrix th { top: 0 }"},
        {"console.css": ".card { top: 0 }", "board.css": ".card { top: 0 }"},
        {"console.css": ".a { top: 0 }", "board.css": ".b { .a { x: 0 } } .a:hover { top: 0 }"},
        {"board.css": "@media print { body { top: 0 } }"},
    ],
)
def test_a_collision_is_found(sheets: dict[str, str]) -> None:
    assert unscoped(sheets)


def test_parts_within_a_class_of_the_sheet_are_its_own() -> None:
    sheets = {
        "console.css": ".card { top: 0 }",
        "board.css": ".board { .card, &.wide { top: 0 } } @keyframes x { from { top: 0 } }",
        "supplier.css": '[data-scope="supplier"] { .sums { top: 0 } }',
        "platform.css": '[data-scope="platform"] { .sums { top: 0 } }',
    }
    assert unscoped(sheets) == []
