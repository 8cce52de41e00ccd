"""``tongshang texts``: bring the gettext catalogs up to date with the source.

Each room of the app has a catalog of its own, so that people can work on two rooms side by side.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping
from io import BytesIO
from itertools import product
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from app.kit.i18n import LOCALES, catalog, catalog_path
from app.kit.paths import PROJECT_ROOT

ROOMS: Mapping[str, tuple[str, ...]] = {
    "server": (
        *("app/kit", "app/services", "app/queries", "app/adapters"),
        *("app/access.py", "app/words.py"),
    ),
    "analytics": ("app/analytics",),
    "account": ("app/api",),
    "store": ("app/storefront",),
    "console": ("app/pages", "components", "state"),
}
"""Room → the sources whose texts its catalog holds."""

_METHODS: tuple[tuple[str, str, dict[str, tuple[int, ...] | None]], ...] = (
    ("**.py", "python", {"_": None, "N_": None, "gettext": (2,), "t": None, "ngettext": (1, 2)}),
    # In templates the language is known, so that ``gettext`` takes the message first.
    ("**.html", "jinja2", {"_": None, "gettext": None, "ngettext": (1, 2)}),
    ("**.txt", "jinja2", {"_": None}),
)
"""Files, how texts are found in them, and by which calls."""

_CONSOLE: dict[str, tuple[int, ...] | None] = {"text": None}
"""``acting().text("…")`` of the console; elsewhere that name means SQL."""

_OPTIONS = {"**.html": {"trimmed": "true"}, "**.txt": {"trimmed": "true"}}


def extract(room: str) -> Catalog:
    """Return the message ids of a room, with the places where they stand."""
    found = Catalog()
    for message, place in _messages(room):
        found.add(message, locations=[(place, 1)])
    return found


def _messages(room: str) -> Iterator[tuple[str, str]]:
    extra = _CONSOLE if room == "console" else {}
    for path, (pattern, method, keywords) in product(_sources(room), _METHODS):
        folder = path if path.is_dir() else path.parent
        for name, _, message, _, _ in extract_from_dir(
            folder, [(pattern, method)], keywords=keywords | extra, options_map=_OPTIONS
        ):
            where = folder / name
            if (path.is_dir() or where == path) and isinstance(message, str):
                yield message, str(where.relative_to(PROJECT_ROOT))
    # Errors keep their texts in a class attribute or a dictionary, which are no calls.
    yield from _error_messages(room)


def _sources(room: str) -> list[Path]:
    paths = [PROJECT_ROOT / source for source in ROOMS[room]]
    return [path for path in paths if path.exists()]


def _error_messages(room: str) -> Iterator[tuple[str, str]]:
    for path in _sources(room):
        for file in sorted(path.rglob("*.py") if path.is_dir() else [path]):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                for message in _messages_of(node):
                    yield message, str(file.relative_to(PROJECT_ROOT))


def _messages_of(node: ast.AST) -> Iterator[str]:
    """Yield an error class's message, or what ``Invalid({field: message})`` says."""
    if isinstance(node, ast.ClassDef):
        for line in node.body:
            if isinstance(line, ast.Assign) and any(
                isinstance(target, ast.Name) and target.id == "message" for target in line.targets
            ):
                yield from _texts([line.value])
    elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Invalid":
        for argument in node.args:
            if isinstance(argument, ast.Dict):
                yield from _texts(argument.values)


def _texts(values: Iterable[ast.expr]) -> Iterator[str]:
    for value in values:
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            yield value.value


def update() -> dict[str, int]:
    """Write every catalog anew, keeping translations; return room → untranslated in Chinese."""
    left: dict[str, int] = {}
    for room in ROOMS:
        found = extract(room)
        for locale in LOCALES:
            merged = _merged(catalog_path(locale, room), found, locale)
            if locale == "zh_CN":
                left[room] = sum(1 for message in merged if message.id and not message.string)
    catalog.cache_clear()
    return left


def _merged(path: Path, found: Catalog, locale: str) -> Catalog:
    before = Catalog(locale=locale)
    if path.exists():
        with path.open("rb") as file:
            before = read_po(file, locale=locale)
    merged = Catalog(locale=locale, fuzzy=False)
    for message in found:
        if message.id:
            old = before.get(message.id)
            merged.add(message.id, old.string if old else None, locations=message.locations)
    out = BytesIO()
    write_po(out, merged, omit_header=True, sort_output=True, include_lineno=False, width=100)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(HEADER + out.getvalue())
    return merged


HEADER = b"""msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"

"""
"""Without dates, so that two people's catalogs merge."""


def missing() -> dict[str, list[str]]:
    """Return room → message ids that have no Chinese translation."""
    return {room: sorted({m for m, _ in _messages(room)} - set(catalog("zh_CN"))) for room in ROOMS}
