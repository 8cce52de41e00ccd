"""Choices of records that a list offers: searched by name, a few at a time, as the actor."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from app.access import Actor
from app.kit.db import database
from app.kit.errors import NotFound
from app.kit.i18n import gettext
from app.kit.search import fold
from app.queries.resource import Filter, Resource, bound
from app.queries.titles import english_title

SHOWN = 20
"""So many are shown at a time; who looks for another one types a part of its name."""
_CODED = 500
"""Choices whose names are codes, such as roles, are few; they are compared in people's words."""


@dataclass(frozen=True)
class Choice:
    """A record that can be chosen; ``english`` is its name for who reads English."""

    value: str
    label: str
    english: str


@dataclass(frozen=True)
class Choices:
    """What was found; ``more`` where others match as well."""

    found: tuple[Choice, ...]
    more: bool = False


async def find_choices(actor: Actor, resource: Resource, key: str, typed: str) -> Choices:
    """Return the records whose names hold what was typed. Raises NotFound for another choice."""
    actor.require(resource.permission)
    source = _source(resource, key)
    if source.words:
        found = [c for c in await _read(actor, source, "true", {}, _CODED) if _holds(c, typed)]
    else:
        found = await _read(actor, source, _MATCHES, {"typed": _pattern(typed)}, SHOWN + 1)
    return Choices(tuple(found[:SHOWN]), len(found) > SHOWN)


async def named_choices(
    actor: Actor, resource: Resource, chosen: Mapping[str, str]
) -> dict[str, Choice]:
    """Return what is chosen by key, for those that the actor may see."""
    named = await _named_links(actor, resource, chosen)
    for key, value in chosen.items():
        source = next((f for f in resource.filters if f.key == key and f.options_sql), None)
        if source is not None and value:
            found = await _read(actor, source, "cast(o.value as text) = :value",
                                {"value": value}, 1)  # fmt: skip
            if found:
                named[key] = found[0]
    return named


_LINKED = {
    "product": f"select p.id, p.title, {english_title()} from products p",
    "category": "select id, name_zh, coalesce(nullif(name_en, ''), name_zh) from categories",
    "supplier": "select id, name, name from merchants",
}
"""The names of records that other pages' links set as a filter, by the filter's key."""


async def _named_links(
    actor: Actor, resource: Resource, chosen: Mapping[str, str]
) -> dict[str, Choice]:
    named: dict[str, Choice] = {}
    for f in resource.filters:
        value = chosen.get(f.key)
        if f.kind != "link" or not value:
            continue
        named[f.key] = Choice(value, value, value)
        if f.key in _LINKED and not f.takes_word:
            async with database().transaction(actor) as session:
                found = await session.execute(
                    text(f"{_LINKED[f.key]} where cast(id as text) = :value"), {"value": value}
                )
                row = found.first()
            if row is not None:
                named[f.key] = Choice(value, f"{row[1]}", f"{row[2]}")
    return named


_MATCHES = (
    "exists (select 1 from jsonb_each_text(to_jsonb(o) - 'value') e"
    " where normalize(e.value, nfkc) ilike :typed)"
)


def _source(resource: Resource, key: str) -> Filter:
    found = next((f for f in resource.filters if f.key == key and f.options_sql), None)
    if found is None:
        raise NotFound()
    return found


async def _read(
    actor: Actor, source: Filter, where: str, params: Mapping[str, Any], limit: int
) -> list[Choice]:
    sql = f"select * from ({source.options_sql}) as o(value, label) where {where} limit {limit}"
    async with database().transaction(actor) as session:
        found = await session.execute(bound(sql), {"english": actor.locale == "en", **params})
        return [_choice(source, [f"{part}" for part in row]) for row in found]


def _choice(source: Filter, parts: list[str]) -> Choice:
    words = dict(source.words)
    if source.words:
        message = words.get(parts[1], parts[1])
        return Choice(parts[0], gettext("zh_CN", message), gettext("en", message))
    return Choice(parts[0], parts[1], parts[-1])


def _holds(choice: Choice, typed: str) -> bool:
    return fold(typed.strip()) in fold(f"{choice.label} {choice.english}")


def _pattern(typed: str) -> str:
    plain = fold(typed.replace("\0", "")).strip()[:60]
    for char in "\\%_":
        plain = plain.replace(char, f"\\{char}")
    return f"%{plain}%"
