"""Lists as declarations: a Resource says what a list shows; this module reads it.

Row-level security decides which rows an actor gets; a Resource only says which columns, filters,
search and sort a list offers. One page is read in two statements: the rows, and how many there are
(counted to ``MOST_COUNTED``, since nobody pages further).
"""

import re
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Literal, LiteralString, cast
from unicodedata import normalize
from uuid import UUID

from sqlalchemy import TextClause, text

from app.access import Actor
from app.kit.clock import BUSINESS_ZONE
from app.kit.currencies import percent_text
from app.kit.db import database
from app.kit.i18n import N_, Words, day_text, moment_text, money_text
from app.kit.parameters import day_of, id_of
from app.kit.search import code_query_grams, query_grams
from app.kit.text import looked_for

PAGE_SIZE = 25
MOST_COUNTED = 10_000
MOST_EXPORTED = 100_000
CURRENCY = "currency"
"""The column that names the currency of a row's amounts; a list without it is of CNY."""

GOODS_SEARCH = "p.search_grams @> :grams or p.search_grams @> :code_grams"
"""The search of a list of products ``p``: all of the words, or a part of a SKU's code."""

Kind = Literal[
    "text",
    "title",
    "code",
    "money",
    "range",
    "quantity",
    "rate",
    "day",
    "moment",
    "status",
    "picture",
    "names",
    "titles",
    "changes",
    "change",
]
"""``range`` is an array of two amounts in cents, ``names`` one of a Chinese and an English name.

``titles`` are names as well, of what a row is about; ``change`` is one of what a value is of and
the value, which is an amount where that is a price.
"""
_NAMES: frozenset[Kind] = frozenset({"names", "titles"})


@dataclass(frozen=True)
class Column:
    """One column. ``sql`` is an expression; what sorts by it is ``sort`` (or nothing).

    ``:english`` in an expression is true for a reader who chose English.

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
    silent: bool = False
    """Read for links and conditions on rows, but never shown nor offered."""
    help: str = ""
    """What the figure means and how it is made, in a tooltip of its heading."""
    indexed: bool = False
    """Sorted by an index of a column that is never null, so that large tables are not sorted."""


@dataclass(frozen=True)
class Filter:
    """A narrowing that people choose.

    ``sql`` is a condition on ``:key``; for ``dates`` it is the expression that is compared with the
    two days chosen. ``options_sql`` reads the choices (value, label) as the actor; a third column
    is the label in English. A ``link`` filter takes an id and is only set by other pages' links.
    """

    key: str
    label: str
    sql: str
    kind: Literal["choice", "dates", "text", "link"] = "choice"
    choices: Words = ()
    options_sql: str = ""
    words: Words = ()
    """Texts of labels that ``options_sql`` gives as codes."""
    default: str = ""
    """What is chosen where the address says nothing; ``*`` in the address then means everything."""

    takes_word: bool = False
    """Whether a ``link`` filter takes a word, such as a province, instead of an id."""

    @property
    def keys(self) -> tuple[str, ...]:
        """The parameters of an address that this filter reads."""
        return (f"{self.key}_from", f"{self.key}_to") if self.kind == "dates" else (self.key,)

    @property
    def takes_id(self) -> bool:
        """Whether its value is a record's identifier."""
        if self.kind == "link":
            return not self.takes_word
        return bool(re.search(rf"cast\(:{self.key} as uuid\)|cast\(\w+\.id as text\)", self.sql))

    def read(self, value: str) -> str:
        """Return a value of an address as the filter takes it; '' for one that it cannot mean."""
        value = looked_for(value, 200)
        if value == "*" and self.default:
            return value
        if self.kind == "dates":
            return value if day_of(value) else ""
        if self.choices:
            return value if value in dict(self.choices) else ""
        return value if not self.takes_id or id_of(value) else ""


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
    """A condition on ``:q`` (as typed), ``:like`` (as a prefix pattern), ``:grams`` and
    ``:code_grams``; names and codes are compared folded and by any part."""
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
    """What the address says of a list; what cannot be meant is left out, and noted."""

    q: str = ""
    filters: Mapping[str, str] = field(default_factory=dict[str, str])
    sort: str = ""
    page: int = 1
    unread: tuple[str, ...] = ()
    """The labels of what the address says and nobody can read."""

    @classmethod
    def of(cls, resource: Resource, params: Mapping[str, str]) -> "ListQuery":
        """Read a query from the parameters of an address."""
        page, sort = params.get("page", "1"), params.get("sort", "")
        column = resource.column(sort.removeprefix("-"))
        is_sort, is_page = column is not None and column.sort, re.fullmatch(r"[1-9]\d{0,4}", page)
        given = [(f, key, params.get(key) or f.default) for f in resource.filters for key in f.keys]
        read = {key: (f, f.read(value)) for f, key, value in given if value}
        unread = [f.label for f, value in read.values() if not value]
        unread += [_SORT] if sort and not is_sort else []
        unread += [_PAGE] if not is_page else []
        return cls(
            q=looked_for(params.get("q", ""), 100),
            filters={
                key: value or f.default for key, (f, value) in read.items() if value or f.default
            },
            sort=sort if is_sort else resource.default_sort,
            page=min(int(page), MOST_COUNTED // PAGE_SIZE) if is_page else 1,
            unread=tuple(dict.fromkeys(unread)),
        )

    def params(self, resource: Resource) -> dict[str, str]:
        """Return the parameters for an address; what is the default is left out."""
        usual = {key: f.default or "*" for f in resource.filters for key in f.keys}
        chosen = {key: value for key, value in self.filters.items() if value != usual.get(key)}
        params = {"q": self.q, **chosen}
        params["sort"] = "" if self.sort == resource.default_sort else self.sort
        params["page"] = str(self.page) if self.page > 1 else ""
        return {key: value for key, value in params.items() if value}

    def narrows(self, resource: Resource) -> bool:
        """Say whether fewer rows are asked for than without search and filters."""
        return bool(self.params(resource).keys() - {"sort", "page"})

    def chosen_filters(self, resource: Resource) -> int:
        """Return how many of the filters that people see narrow the rows; a span of days is one."""
        chosen = self.params(resource).keys()
        return sum(f.kind != "link" and not chosen.isdisjoint(f.keys) for f in resource.filters)


_SORT, _PAGE = N_("Sorting"), N_("Page")


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
    where, params = _where(actor, resource, query)
    counting = f"select 1 from {resource.source} where {where} limit {MOST_COUNTED}"
    page = _select(actor, resource, query, where) + " limit :limit offset :offset"
    params |= {"limit": PAGE_SIZE, "offset": (query.page - 1) * PAGE_SIZE}
    async with database().pipeline(actor) as connection:
        # A plan for all values would not know which filter is selective, so none is kept.
        count = await connection.execute(
            _raw(f"select count(*) as total from ({counting}) as counted"), params, prepare=False
        )
        rows = await connection.execute(_raw(page), params, prepare=False)
    counted = await count.fetchone()
    return ListPage(await rows.fetchall(), counted["total"] if counted else 0)


@lru_cache(maxsize=4_000)
def _raw(sql: str) -> LiteralString:
    """Return a statement with ``:name`` places as psycopg writes them."""
    doubled = sql.replace("%", "%%")
    return cast(LiteralString, re.sub(r"(?<!:):([a-z_]\w*)", r"%(\1)s", doubled))


def bound(sql: str) -> TextClause:
    """Return a statement for SQLAlchemy, which would take the ``:00`` of a time for a place."""
    return text(re.sub(r"(?<!:):(?=\d)", r"\:", sql))


async def options(actor: Actor, resource: Resource) -> dict[str, list[tuple[str, ...]]]:
    """Return filter key → choices, for filters whose choices are rows of the database."""
    wanted = [f for f in resource.filters if f.options_sql]
    if not wanted:
        return {}
    params = {"english": actor.locale == "en"}
    async with database().pipeline(actor) as connection:
        cursors = {
            f.key: await connection.execute(_raw(f.options_sql), params, prepare=False)
            for f in wanted
        }
    return {key: [_option(row) for row in await c.fetchall()] for key, c in cursors.items()}


def _option(row: Mapping[str, object]) -> tuple[str, ...]:
    """Return a choice's value and label and, where its statement has one, the English label."""
    return tuple(str(part) for part in row.values())


async def matching_keys(actor: Actor, resource: Resource, query: ListQuery) -> list[UUID]:
    """Return the keys of all rows that match, however many."""
    actor.require(resource.permission)
    where, params = _where(actor, resource, query)
    async with database().transaction(actor) as session:
        found = await session.execute(
            bound(f"select {resource.key} as id from {resource.source} where {where}"),
            params,
        )
        return [row.id for row in found]


async def export(
    actor: Actor, resource: Resource, query: ListQuery, chunk: int = 2_000
) -> AsyncIterator[list[Row]]:
    """Yield all matching rows in pieces, by a server-side cursor.

    Where there are more than ``MOST_EXPORTED`` one row more comes, so that a file can say so.
    """
    actor.require(resource.permission)
    where, params = _where(actor, resource, query)
    async with database().transaction(actor) as session:
        result = await session.stream(
            bound(_select(actor, resource, query, where) + f" limit {MOST_EXPORTED + 1}"), params
        )
        async for part in result.mappings().partitions(chunk):
            yield [dict(row) for row in part]


def _select(actor: Actor, resource: Resource, query: ListQuery, where: str) -> str:
    columns = ", ".join(f'{c.sql} as "{c.key}"' for c in resource.visible_to(actor))
    return (
        f'select {resource.key} as "id", {columns} from {resource.source}'
        f" where {where} order by {_order(resource, query)}"
    )


def condition_of(actor: Actor, resource: Resource, query: ListQuery) -> tuple[str, dict[str, Any]]:
    """Return the condition that a query sets on a list's rows, with its values."""
    return _where(actor, resource, query)


def rows_of(actor: Actor, resource: Resource, keys: Sequence[Any]) -> tuple[str, dict[str, Any]]:
    """Return the statement that reads some rows by their keys, with its values."""
    where, params = _where(actor, resource, ListQuery())
    chosen = f"{where} and {resource.key} = any(:keys)"
    return _select(actor, resource, ListQuery(), chosen), {**params, "keys": list(keys)}


def _order(resource: Resource, query: ListQuery) -> str:
    column = resource.column(query.sort.removeprefix("-"))
    if column is None or not column.sort:
        return resource.key
    direction = "desc" if query.sort.startswith("-") else "asc"
    if not column.indexed:
        direction += " nulls last"
    return f"{_apart(resource, column)}{column.sort} {direction}, {resource.key}"


def _apart(resource: Resource, column: Column) -> str:
    """Return the order that keeps amounts of several currencies apart, CNY first.

    Numbers of two currencies say nothing about each other.
    """
    currency = resource.column("currency")
    if column.kind != "money" or currency is None:
        return ""
    return f"({currency.sql} <> 'CNY'), {currency.sql}, "


def _where(actor: Actor, resource: Resource, query: ListQuery) -> tuple[str, dict[str, Any]]:
    conditions = [resource.where]
    params: dict[str, Any] = {"english": actor.locale == "en"}
    if query.q and resource.search:
        conditions.append(f"({_folded(resource.search)})")
        # Full width, as Chinese keyboards type it, is the same as half width.
        typed = normalize("NFKC", query.q)
        escaped = re.sub(r"([%_\\])", r"\\\1", typed)
        params |= {"q": typed, "like": f"{escaped}%"}
        params |= {"grams": query_grams(typed), "code_grams": code_query_grams(typed)}
    for f in resource.filters:
        condition, bound = _condition(f, query.filters)
        conditions += condition
        params |= bound
    return " and ".join(conditions), params


@lru_cache(maxsize=200)
def _folded(search: str) -> str:
    """Return a search that finds names and codes by any part, whatever width and case."""
    return _NAME.sub(r"normalize(\1, nfkc) ilike '%' || :like", search)


_NAME = re.compile(
    r"([a-z]+\.(?:name|recipient|title_override|code|contact_name)) i?like (?:'%' \|\| )?:like"
)


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
    if not value or value == "*" or not f.read(value):
        return [], {}
    return [f"({f.sql})"], {f.key: value} if re.search(rf":{f.key}\b", f.sql) else {}


def _moment(day: str | None) -> datetime | None:
    parsed = day_of(day)
    if parsed is None:
        return None
    return datetime(parsed.year, parsed.month, parsed.day, tzinfo=BUSINESS_ZONE)


def cells(resource: Resource, row: Row) -> dict[str, str]:
    """Return a row as the console shows it: every cell as text."""
    shown = {"id": str(row["id"])}
    currency = row.get(CURRENCY)
    for column in (c for c in resource.columns if c.key in row):
        value = row[column.key]
        if column.kind in _NAMES:
            shown[column.key], shown[f"{column.key}_en"] = (name or "" for name in value)
        else:
            shown[column.key] = cell(column, value, currency)
    return shown


def rate_text(bps: int) -> str:
    """Return basis points as a percentage, such as ``32.7 %``."""
    return f"{percent_text(int(bps))} %"


def _range(cents: Sequence[int | None], currency: str | None) -> str:
    low, high = (money_text(end, currency) for end in cents)
    return low if low == high else f"{low} – {high}"


def _both(names: Iterable[str | None]) -> str:
    return " / ".join(dict.fromkeys(name for name in names if name))


def _change(pair: Sequence[str | None], currency: str | None) -> str:
    kind, value = pair
    if value is None:
        return ""
    return money_text(int(value), currency) if kind == "supply_price" else value


_AMOUNTS: Mapping[str, Callable[[Any, str | None], str]] = {
    "money": lambda value, currency: money_text(int(value), currency),
    "range": _range,
    "change": _change,
}
_TEXTS: Mapping[str, Callable[[Any], str]] = {
    "rate": rate_text,
    "names": _both,
    "titles": _both,
    "quantity": lambda value: f"{int(value):,}",
    "day": day_text,
    "moment": moment_text,
}


def cell(column: Column, value: Any, currency: str | None = None) -> str:
    """Return one value as both languages write it; amounts in their row's currency."""
    if value is None or column.kind == "changes":
        # Changes are more than a text; see app.queries.changes.
        return ""
    if isinstance(value, datetime) and column.kind != "day":
        return moment_text(value)
    if column.kind in _AMOUNTS:
        return _AMOUNTS[column.kind](value, currency)
    return _TEXTS.get(column.kind, str)(value)
