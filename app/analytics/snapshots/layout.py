"""What the snapshots hold: datasets, their columns, who may know them, and how rollups sum up.

Pure data, the one source of the SQL that reads, the Parquet that is written and the check of who
sees what. ``SCHEMA_VERSION`` must rise with every change here, so that old files are made anew.
Those of visits long ago cannot be: they are taken over if their columns are as before, so that one
whose meaning changes needs another name.

A *raw* dataset has one row for each thing that happened; a *rollup* sums a raw one by day,
currency and some keys; a *summary* is made from the whole history at once. Keys are the low 64
bits of UUIDs (SQL ``short_key``, Python ``key_of``), so that grouping compares integers; amounts
are cents of the row's ``currency``; ``day`` is the business day of the event. Nothing is personal:
``customer`` is a key that only the database can lead back to somebody.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal
from uuid import UUID

from app.access import Scope

SCHEMA_VERSION = 5


class Kind(StrEnum):
    """The type of a column, as PostgreSQL calls it."""

    DAY = "date"
    SMALL = "smallint"
    COUNT = "integer"
    LONG = "bigint"
    """Keys, cents, and sums."""
    FLOAT = "double precision"
    TEXT = "text"
    YES_NO = "boolean"


@dataclass(frozen=True)
class Column:
    """One column. ``retail`` ones tell what consumers pay or who they are: never to a supplier."""

    name: str
    kind: Kind
    retail: bool = False


def _columns(kind: Kind, names: str, *, retail: bool = False) -> tuple[Column, ...]:
    return tuple(Column(name, kind, retail) for name in names.split())


@dataclass(frozen=True)
class Total:
    """How a rollup makes a column of the rows of its source that share a key."""

    name: str
    how: Literal["sum", "rows", "distinct", "known"]
    of: str = ""
    where: str = ""
    """A column that has to be known; rows without are left out."""


def _sums(names: str) -> tuple[Total, ...]:
    return tuple(Total(name, "sum", name) for name in names.split())


@dataclass(frozen=True)
class Dataset:
    """A table of the snapshots.

    ``source`` is the raw dataset that a rollup sums, ``keys`` what it sums by beside day and
    currency; a raw dataset and a summary have neither. ``sort`` is the order of rows in a file.
    """

    name: str
    columns: tuple[Column, ...]
    scopes: frozenset[Scope]
    sort: tuple[str, ...]
    source: str | None = None
    keys: tuple[str, ...] = ()
    totals: tuple[Total, ...] = ()
    is_summary: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(column.name for column in self.columns)

    @property
    def is_raw(self) -> bool:
        """Say whether a row is one thing that happened."""
        return self.source is None and not self.is_summary

    def has(self, column: str) -> bool:
        """Say whether there is such a column."""
        return column in self.names

    def known_to(self, scope: Scope) -> tuple[str, ...]:
        """Return the columns that somebody who acts in a scope may know."""
        hides = scope is Scope.SUPPLIER
        return tuple(c.name for c in self.columns if not (hides and c.retail))


_PLATFORM = frozenset({Scope.PLATFORM})
_BUYING = _PLATFORM | {Scope.DISTRIBUTOR}
_MAKING = _PLATFORM | {Scope.SUPPLIER}
_ALL = _BUYING | _MAKING

_DAY = _columns(Kind.DAY, "day")
_HOUR = _columns(Kind.SMALL, "hour minute")
"""``minute`` counts from midnight, so that a running day meets as much of an earlier one."""
_CURRENCY = _columns(Kind.TEXT, "currency")

RAW = (
    Dataset(
        "lines",
        (
            *_DAY,
            *_HOUR,
            *_CURRENCY,
            *_columns(Kind.LONG, "order_key"),
            *_columns(Kind.TEXT, "order_number", retail=True),
            *_columns(Kind.LONG, "line_key part_key"),
            *_columns(Kind.LONG, "store distributor supplier product category"),
            *_columns(Kind.TEXT, "province"),
            *_columns(Kind.LONG, "customer", retail=True),
            *_columns(Kind.COUNT, "quantity"),
            *_columns(Kind.LONG, "goods_cents discount_cents", retail=True),
            *_columns(Kind.LONG, "freight_cents supply_cents"),
            *_columns(Kind.LONG, "commission_cents fee_cents margin_cents", retail=True),
            *_columns(Kind.LONG, "refunded_cents", retail=True),
            *_columns(Kind.LONG, "supply_returned_cents"),
            *_columns(Kind.LONG, "margin_returned_cents commission_returned_cents", retail=True),
        ),
        _ALL,
        ("day", "supplier", "store", "line_key"),
    ),
    Dataset(
        "parts",
        (
            *_DAY,
            *_HOUR,
            *_CURRENCY,
            *_columns(Kind.LONG, "order_key part_key"),
            *_columns(Kind.TEXT, "part_number"),
            *_columns(Kind.LONG, "store distributor supplier"),
            *_columns(Kind.TEXT, "status"),
            *_columns(Kind.COUNT, "accept_minutes ship_minutes receive_minutes"),
            *_columns(Kind.YES_NO, "on_time rejected"),
            *_columns(Kind.LONG, "supply_cents freight_cents"),
            *_columns(Kind.LONG, "refunded_cents", retail=True),
            *_columns(Kind.FLOAT, "score"),
        ),
        _ALL,
        ("day", "supplier", "store", "part_key"),
    ),
    Dataset(
        "orders",
        (
            *_DAY,
            *_HOUR,
            *_CURRENCY,
            *_columns(Kind.LONG, "order_key"),
            *_columns(Kind.TEXT, "order_number"),
            *_columns(Kind.LONG, "store distributor customer"),
            *_columns(Kind.TEXT, "province status"),
            *_columns(Kind.LONG, "total_cents"),
            *_columns(Kind.DAY, "paid_day"),
            *_columns(Kind.LONG, "paid_cents refunded_cents"),
            *_columns(Kind.TEXT, "source campaign"),
            *_columns(Kind.YES_NO, "is_first"),
        ),
        _BUYING,
        ("day", "store", "order_key"),
    ),
    Dataset(
        "refunds",
        (
            *_DAY,
            *_HOUR,
            *_CURRENCY,
            *_columns(Kind.LONG, "order_key part_key store distributor supplier amount_cents"),
        ),
        _BUYING,
        ("day", "store", "part_key", "minute", "amount_cents"),
    ),
    Dataset(
        "bookings",
        (
            *_DAY,
            *_HOUR,
            *_CURRENCY,
            *_columns(Kind.TEXT, "kind"),
            *_columns(Kind.LONG, "supplier distributor store cents"),
        ),
        _ALL,
        ("day", "kind", "supplier", "store", "minute", "currency"),
    ),
    Dataset(
        "traffic",
        (
            *_DAY,
            *_HOUR,
            *_columns(Kind.LONG, "store distributor"),
            *_columns(Kind.TEXT, "source campaign device"),
            *_columns(Kind.LONG, "visitors page_views product_views searches cart_adds"),
            *_columns(Kind.LONG, "checkouts ordered viewed carted checked_out"),
        ),
        _BUYING,
        ("day", "store", "minute", "source", "campaign", "device"),
    ),
    Dataset(
        "product_traffic",
        (
            *_DAY,
            *_columns(Kind.LONG, "store distributor supplier product views cart_adds buyers"),
        ),
        _ALL,
        ("day", "supplier", "product", "store"),
    ),
)

BOOKED_FOR: Mapping[Scope, str] = {Scope.SUPPLIER: "SUPPLY", Scope.DISTRIBUTOR: "MARGIN"}
"""The kind of bookings that a merchant sees: those on its own accounts in its role."""

_TOTALS: Mapping[str, tuple[Total, ...]] = {
    "lines": (
        Total("orders", "distinct", "order_key"),
        Total("parts", "distinct", "part_key"),
        *_sums("quantity goods_cents discount_cents freight_cents supply_cents commission_cents"),
        *_sums("fee_cents margin_cents refunded_cents supply_returned_cents"),
        *_sums("margin_returned_cents commission_returned_cents"),
    ),
    "parts": (
        Total("parts", "rows"),
        Total("accepted", "known", "accept_minutes"),
        Total("shipped", "known", "ship_minutes"),
        Total("received", "known", "receive_minutes"),
        Total("decided", "known", "on_time"),
        Total("scored", "known", "score"),
        *_sums("accept_minutes ship_minutes receive_minutes on_time rejected"),
        *_sums("supply_cents freight_cents refunded_cents score"),
    ),
    "orders": (
        Total("orders", "rows"),
        Total("paid_orders", "known", "paid_day"),
        Total("first_orders", "sum", "is_first"),
        *_sums("total_cents paid_cents refunded_cents"),
    ),
    "refunds": (Total("refunds", "rows"), *_sums("amount_cents")),
    "bookings": _sums("cents"),
    "traffic": _sums(
        "visitors page_views product_views searches cart_adds checkouts ordered"
        " viewed carted checked_out"
    ),
}

_CARRIED: Mapping[str, tuple[str, ...]] = {
    "store": ("distributor",),
    "product": ("supplier", "category"),
}
"""What follows from a key, so that it costs no further rows."""

_ROLLED: tuple[tuple[str, str, str], ...] = (
    ("daily", "lines", ""),
    ("daily_category", "lines", "category"),
    ("daily_province", "lines", "province"),
    ("daily_supplier", "lines", "supplier"),
    ("daily_store", "lines", "store"),
    ("daily_product", "lines", "product"),
    ("daily_category_province", "lines", "category province"),
    ("daily_supplier_category", "lines", "supplier category"),
    ("daily_supplier_province", "lines", "supplier province"),
    ("daily_supplier_store", "lines", "supplier store"),
    ("daily_store_category", "lines", "store category"),
    ("daily_store_province", "lines", "store province"),
    ("daily_store_product", "lines", "store product"),
    ("parts_daily", "parts", "status"),
    ("parts_daily_supplier", "parts", "supplier status"),
    ("parts_daily_store", "parts", "store status"),
    ("parts_daily_supplier_store", "parts", "supplier store status"),
    ("buyers_daily", "orders", ""),
    ("orders_daily", "orders", "status"),
    ("orders_daily_store", "orders", "store status"),
    ("orders_daily_province", "orders", "province status"),
    ("orders_daily_store_province", "orders", "store province status"),
    ("orders_daily_source", "orders", "source campaign status"),
    ("orders_daily_store_source", "orders", "store source campaign status"),
    ("refunds_daily", "refunds", ""),
    ("refunds_daily_store", "refunds", "store"),
    ("refunds_daily_supplier", "refunds", "supplier"),
    ("bookings_daily", "bookings", "kind"),
    ("bookings_daily_supplier", "bookings", "kind supplier"),
    ("bookings_daily_store", "bookings", "kind store"),
    ("traffic_daily", "traffic", ""),
    ("traffic_daily_store", "traffic", "store"),
    ("traffic_daily_source", "traffic", "source campaign device"),
    ("traffic_daily_store_source", "traffic", "store source campaign device"),
)
"""(rollup, what it sums, by which keys)."""

_OTHER_TOTALS: Mapping[str, tuple[Total, ...]] = {
    # Whoever bought on two days is one buyer, so this answers for days and for nothing else.
    "buyers_daily": (Total("customers", "distinct", "customer", "paid_day"),),
}
"""Rollup → what it holds in place of the totals of its source."""


def _with_carried(keys: Iterable[str]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for key in keys:
        found |= dict.fromkeys((key, *_CARRIED.get(key, ())))
    return tuple(found)


def _rollup(name: str, source: Dataset, keys: tuple[str, ...]) -> Dataset:
    by_name = {column.name: column for column in source.columns}
    keys = _with_carried(keys)
    heads = tuple(by_name[head] for head in ("day", "currency", *keys) if head in by_name)
    totals = _OTHER_TOTALS.get(name, _TOTALS[source.name])
    return Dataset(
        name,
        (*heads, *(_total_column(total, by_name) for total in totals)),
        source.scopes,
        tuple(column.name for column in heads),
        source=source.name,
        keys=keys,
        totals=totals,
    )


def _total_column(total: Total, source: Mapping[str, Column]) -> Column:
    of = source.get(total.of)
    is_float = total.how == "sum" and of is not None and of.kind is Kind.FLOAT
    return Column(
        total.name, Kind.FLOAT if is_float else Kind.LONG, retail=of is not None and of.retail
    )


_RAW_BY_NAME = {dataset.name: dataset for dataset in RAW}
ROLLUPS = tuple(
    _rollup(name, _RAW_BY_NAME[source], tuple(keys.split())) for name, source, keys in _ROLLED
)

SUMMARIES = (
    Dataset(
        "customers",
        (
            *_columns(Kind.LONG, "distributor customer"),
            *_CURRENCY,
            *_columns(Kind.DAY, "first_day last_day"),
            *_columns(Kind.LONG, "orders paid_cents refunded_cents"),
            *_columns(Kind.TEXT, "segment province"),
        ),
        _BUYING,
        ("distributor", "customer"),
        is_summary=True,
    ),
    Dataset(
        "cohorts",
        (
            *_columns(Kind.LONG, "distributor"),
            *_CURRENCY,
            *_columns(Kind.DAY, "cohort"),
            *_columns(Kind.COUNT, "month"),
            *_columns(Kind.LONG, "customers orders paid_cents"),
        ),
        _BUYING,
        ("distributor", "cohort", "month"),
        is_summary=True,
    ),
    Dataset(
        "segments",
        (
            *_columns(Kind.LONG, "distributor"),
            *_CURRENCY,
            *_columns(Kind.TEXT, "segment"),
            *_columns(Kind.LONG, "customers orders paid_cents"),
            *_columns(Kind.FLOAT, "mean_days_since"),
        ),
        _BUYING,
        ("distributor", "segment"),
        is_summary=True,
    ),
    Dataset(
        "names",
        (
            *_columns(Kind.TEXT, "kind"),
            *_columns(Kind.LONG, "key"),
            *_columns(Kind.TEXT, "id label label_en"),
            *_columns(Kind.LONG, "parent_key"),
        ),
        frozenset(),
        ("kind", "key"),
        is_summary=True,
    ),
)
"""``cohort`` is the first day of the month of the first paid order, ``month`` how many months
later; in cohorts and segments a row without a distributor is of all. ``names`` is for nobody to
scan: ``names()`` answers for keys that somebody already holds."""

DATASETS: Mapping[str, Dataset] = {d.name: d for d in (*RAW, *ROLLUPS, *SUMMARIES)}
"""Every dataset by name."""


def rollups_of(source: str) -> tuple[Dataset, ...]:
    """Return the rollups that sum a raw dataset."""
    return tuple(rollup for rollup in ROLLUPS if rollup.source == source)


def print_of(dataset: Dataset) -> str:
    """Return a digest of what a dataset's files look like."""
    columns = [(column.name, str(column.kind)) for column in dataset.columns]
    shape = repr((columns, dataset.source, dataset.keys, dataset.totals))
    return hashlib.sha256(shape.encode()).hexdigest()[:16]


def key_of(id_: UUID) -> int:
    """Return the low 64 bits of an id as a signed integer, as SQL ``short_key`` does."""
    return int.from_bytes(id_.bytes[8:], "big", signed=True)
