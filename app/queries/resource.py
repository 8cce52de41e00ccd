"""Lists as declarations: a Resource says what a list shows; this module reads it.

Row-level security decides which rows an actor gets; a Resource only says which columns, filters,
search and sort a list offers. One page is read in two statements: the rows, and how many there are
(counted to ``MOST_COUNTED``, since nobody pages further).
"""

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.access import Actor
from app.kit.clock import BUSINESS_ZONE
from app.kit.db import database
from app.kit.i18n import day_text, moment_text, yuan
from app.kit.search import query_grams

PAGE_SIZE = 25
MOST_PER_PAGE = 50
MOST_COUNTED = 10_000
MOST_SELECTED = 10_000
"""So many rows at most are taken by "all that match"."""
MOST_EXPORTED = 100_000

Kind = Literal[
    *("text", "title", "code", "money", "quantity", "rate", "day", "moment", "status", "picture"),
    # A range of amounts, written out by the database.
    "range",
]
Words = tuple[tuple[str, str], ...]
"""Code → English text (a gettext message id), for statuses and choices."""


@dataclass(frozen=True)
class Column:
    """One column. ``sql`` is an expression; what sorts by it is ``sort`` (or nothing).

    ``words`` are the codes of a status with their texts. A column with a ``permission`` is neither
    read nor shown without it. ``link`` is a page below the workspace, such as ``orders/{number}``.
    """

    key: str
    label: str
    sql: str
    kind: Kind = "text"
    sort: str | None = None
    words: Words = ()
    link: str = ""
    permission: str = ""
    hidden: bool = False
    """Only shown when chosen in the column menu."""
    on_phone: bool = True
    total: bool = False


@dataclass(frozen=True)
class Filter:
    """A narrowing that people choose.

    ``sql`` is a condition on ``:key``; for ``dates`` it is the expression that is compared with the
    two days chosen. ``options_sql`` reads the choices (value, label) as the actor.
    """

    key: str
    label: str
    sql: str
    kind: Literal["choice", "dates", "text"] = "choice"
    choices: Words = ()
    options_sql: str = ""


@dataclass(frozen=True)
class Resource:
    """What a list shows. ``source`` is all that follows FROM; ``key`` identifies a row."""

    name: str
    title: str
    permission: str
    source: str
    columns: tuple[Column, ...]
    key: str = "id"
    filters: tuple[Filter, ...] = ()
    search: str = ""
    """A condition on ``:q`` (as typed), ``:like`` (as a prefix pattern) and ``:grams``."""
    search_hint: str = ""
    where: str = "true"
    default_sort: str = ""
    """A column's key, with a leading ``-`` for descending."""

    def column(self, key: str) -> Column | None:
        """Return a column by its key."""
        return next((column for column in self.columns if column.key == key), None)

    def visible_to(self, actor: Actor) -> tuple[Column, ...]:
        """Return the columns that an actor may read."""
        return tuple(c for c in self.columns if not c.permission or actor.may(c.permission))


@dataclass(frozen=True)
class ListQuery:
    """What the address says of a list; anything unknown in it is ignored."""

    q: str = ""
    filters: Mapping[str, str] = field(default_factory=dict)
    sort: str = ""
    page: int = 1

    @classmethod
    def of(cls, resource: Resource, params: Mapping[str, str]) -> "ListQuery":
        """Read a query from the parameters of an address."""
        page = params.get("page", "1")
        sort = params.get("sort", "")
        column = resource.column(sort.removeprefix("-"))
        known = {
            key: params[key][:200]
            for f in resource.filters
            for key in ([f.key] if f.kind != "dates" else [f"{f.key}_from", f"{f.key}_to"])
            if params.get(key)
        }
        return cls(
            q=params.get("q", "")[:100].strip(),
            filters=known,
            sort=sort if column is not None and column.sort else resource.default_sort,
            page=min(int(page), MOST_COUNTED // PAGE_SIZE)
            if re.fullmatch(r"[1-9]\d{0,4}", page)
            else 1,
        )

    def params(self, resource: Resource) -> dict[str, str]:
        """Return the parameters for an address; what is the default is left out."""
        params = {"q": self.q, **self.filters}
        params["sort"] = "" if self.sort == resource.default_sort else self.sort
        params["page"] = str(self.page) if self.page > 1 else ""
        return {key: value for key, value in params.items() if value}


Row = dict[str, Any]


@dataclass(frozen=True)
class ListPage:
    """One page of rows, keyed by column; ``total`` is at most ``MOST_COUNTED``."""

    rows: Sequence[Row]
    total: int

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.total // PAGE_SIZE))


async def fetch(actor: Actor, resource: Resource, query: ListQuery) -> ListPage:
    """Read one page as the actor. Raises Forbidden without the resource's permission."""
    actor.require(resource.permission)
    where, params = _where(resource, query)
    async with database().transaction(actor) as session:
        count = await session.execute(
            text(
                f"select count(*) from (select 1 from {resource.source} where {where}"
                f" limit {MOST_COUNTED}) as counted"
            ),
            params,
        )
        total = int(count.scalar_one())
        rows = await session.execute(
            text(_select(actor, resource, query, where) + " limit :limit offset :offset"),
            {**params, "limit": PAGE_SIZE, "offset": (query.page - 1) * PAGE_SIZE},
        )
        return ListPage([dict(row) for row in rows.mappings()], total)


async def options(actor: Actor, resource: Resource) -> dict[str, list[tuple[str, str]]]:
    """Return filter key → choices, for filters whose choices are rows of the database."""
    found: dict[str, list[tuple[str, str]]] = {}
    wanted = [f for f in resource.filters if f.options_sql]
    if not wanted:
        return found
    async with database().transaction(actor) as session:
        for f in wanted:
            found[f.key] = await _pairs(session, f.options_sql)
    return found


async def _pairs(session: AsyncSession, sql: str) -> list[tuple[str, str]]:
    return [(str(row[0]), str(row[1])) for row in await session.execute(text(sql))]


async def matching_keys(actor: Actor, resource: Resource, query: ListQuery) -> list[UUID]:
    """Return the keys of all rows that match, at most ``MOST_SELECTED``."""
    actor.require(resource.permission)
    where, params = _where(resource, query)
    async with database().transaction(actor) as session:
        found = await session.execute(
            text(
                f"select {resource.key} as id from {resource.source} where {where}"
                f" limit {MOST_SELECTED}"
            ),
            params,
        )
        return [row.id for row in found]


async def export(
    actor: Actor, resource: Resource, query: ListQuery, chunk: int = 2_000
) -> AsyncIterator[list[Row]]:
    """Yield all matching rows in pieces, at most ``MOST_EXPORTED``, by a server-side cursor."""
    actor.require(resource.permission)
    where, params = _where(resource, query)
    async with database().transaction(actor) as session:
        result = await session.stream(
            text(_select(actor, resource, query, where) + f" limit {MOST_EXPORTED}"), params
        )
        async for part in result.mappings().partitions(chunk):
            yield [dict(row) for row in part]


def _select(actor: Actor, resource: Resource, query: ListQuery, where: str) -> str:
    columns = ", ".join(f'{c.sql} as "{c.key}"' for c in resource.visible_to(actor))
    return (
        f'select {resource.key} as "id", {columns} from {resource.source}'
        f" where {where} order by {_order(resource, query)}"
    )


def _order(resource: Resource, query: ListQuery) -> str:
    column = resource.column(query.sort.removeprefix("-"))
    if column is None or not column.sort:
        return resource.key
    direction = "desc nulls last" if query.sort.startswith("-") else "asc nulls last"
    return f"{column.sort} {direction}, {resource.key}"


def _where(resource: Resource, query: ListQuery) -> tuple[str, dict[str, Any]]:
    conditions, params = [resource.where], {}
    if query.q and resource.search:
        conditions.append(f"({resource.search})")
        escaped = re.sub(r"([%_\\])", r"\\\1", query.q)
        params |= {"q": query.q, "like": f"{escaped}%", "grams": query_grams(query.q)}
    for f in resource.filters:
        condition, bound = _condition(f, query.filters)
        conditions += condition
        params |= bound
    return " and ".join(conditions), params


def _condition(f: Filter, chosen: Mapping[str, str]) -> tuple[list[str], dict[str, Any]]:
    if f.kind == "dates":
        start, end = (_moment(chosen.get(f"{f.key}_{end}")) for end in ("from", "to"))
        if start is None and end is None:
            return [], {}
        # The last day counts whole.
        bounds = {f"{f.key}_from": start, f"{f.key}_to": end and end + timedelta(days=1)}
        parts = [f"{f.sql} >= :{f.key}_from"] if start else []
        parts += [f"{f.sql} < :{f.key}_to"] if end else []
        return parts, {name: value for name, value in bounds.items() if value}
    value = chosen.get(f.key)
    if not value or (f.choices and value not in dict(f.choices)):
        return [], {}
    return [f"({f.sql})"], {f.key: value} if re.search(rf":{f.key}\b", f.sql) else {}


def _moment(day: str | None) -> datetime | None:
    try:
        parsed = date.fromisoformat(day or "")
    except ValueError:
        return None
    return datetime(parsed.year, parsed.month, parsed.day, tzinfo=BUSINESS_ZONE)


def cells(resource: Resource, row: Row) -> dict[str, str]:
    """Return a row as the console shows it: every cell as text."""
    shown = {c.key: cell(c, row.get(c.key)) for c in resource.columns if c.key in row}
    return {"id": str(row["id"])} | shown


def cell(column: Column, value: Any) -> str:
    """Return one value as both languages write it."""
    if value is None:
        return ""
    if column.kind == "money":
        return yuan(int(value))
    if column.kind == "rate":
        return f"{int(value) / 100:.2f}".rstrip("0").rstrip(".") + " %"
    if column.kind == "quantity":
        return f"{int(value):,}"
    if isinstance(value, datetime):
        return day_text(value) if column.kind == "day" else moment_text(value)
    return str(value)
