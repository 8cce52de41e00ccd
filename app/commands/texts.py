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
from babel.messages.pofile import write_po

from app.kit.i18n import (
    DEFAULT,
    catalog_path,
    chinese_texts,
    message_of,
    parts_of,
    plural,
    translations,
)
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
    ("**.py", "python", {"_": None, "N_": None, "gettext": (2,), "t": None, "plural": (1, 2)}),
    # In templates the language is known, so that ``gettext`` takes the message first.
    ("**.html", "jinja2", {"_": None, "gettext": None, "ngettext": (1, 2), "plural": (1, 2)}),
    ("**.txt", "jinja2", {"_": None, "plural": (1, 2)}),
)
"""Files, how texts are found in them, and by which calls."""

_CONSOLE: dict[str, tuple[int, ...] | None] = {"text": None}
"""``acting().text("…")`` of the console; elsewhere that name means SQL."""

_OPTIONS = {"**.html": {"trimmed": "true"}, "**.txt": {"trimmed": "true"}}


def extract(room: str) -> Catalog:
    """Return the message ids of a room, with the places where they stand."""
    found = Catalog()
    for message, place in _messages(room):
        context, one, many = parts_of(message)
        found.add((one, many) if many else one, context=context or None, locations=[(place, 1)])
    return found


def _messages(room: str) -> Iterator[tuple[str, str]]:
    extra = _CONSOLE if room == "console" else {}
    for path, (pattern, method, keywords) in product(_sources(room), _METHODS):
        folder = path if path.is_dir() else path.parent
        for name, _, message, _, _ in extract_from_dir(
            folder, [(pattern, method)], keywords=keywords | extra, options_map=_OPTIONS
        ):
            where = folder / name
            if path.is_dir() or where == path:
                said = message if isinstance(message, str) else plural(*message)
                yield said, str(where.relative_to(PROJECT_ROOT))
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
    """Write every catalog anew, keeping translations; return room → how many have none."""
    left: dict[str, int] = {}
    for room in ROOMS:
        path = catalog_path(room)
        before = translations(room)
        merged = Catalog(locale=DEFAULT, fuzzy=False)
        for entry in extract(room):
            if entry.id:
                text = before.get(message_of(entry)[0], "")
                string = (text,) if entry.pluralizable else text
                merged.add(entry.id, string, context=entry.context, locations=entry.locations)
        out = BytesIO()
        write_po(out, merged, omit_header=True, sort_output=True, include_lineno=False, width=100)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(HEADER + out.getvalue())
        left[room] = sum(1 for entry in merged if entry.id and not message_of(entry)[1])
    chinese_texts.cache_clear()
    return left


def used_in(room: str) -> set[str]:
    """Return the messages that a room's sources show, as a catalog keeps them."""
    return {message_of(entry)[0] for entry in extract(room) if entry.id}


HEADER = b"""msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"

"""
"""Without dates, so that two people's catalogs merge."""


def missing() -> dict[str, list[str]]:
    """Return room → messages that its catalog does not translate."""
    return {room: sorted(used_in(room) - translations(room).keys()) for room in ROOMS}
