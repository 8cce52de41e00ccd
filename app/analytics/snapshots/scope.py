"""Who may know what of a dataset: the one place that decides, for files and for live rows."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app.access import Actor, Scope
from app.analytics.snapshots.layout import BOOKED_FOR, DATASETS, Dataset, key_of
from app.kit.errors import Forbidden

if TYPE_CHECKING:
    import polars as pl

_SUMMED = ("orders", "payments", "ledger", "products", "merchants", "analytics")


@dataclass(frozen=True)
class Sight:
    """What an actor sees of a dataset: these columns of the rows that have these values."""

    dataset: Dataset
    columns: tuple[str, ...]
    equal: tuple[tuple[str, int | str], ...]
    """(column, value) that every row has; empty for the platform, which sees all rows."""

    def own(self, rows: "pl.LazyFrame") -> "pl.LazyFrame":
        """Return those of some rows that the actor may see."""
        import polars as pl

        for column, value in self.equal:
            rows = rows.filter(pl.col(column) == value)
        return rows


def sight(actor: Actor, name: str) -> Sight:
    """Return what the actor sees of a dataset.

    Raises Forbidden where that is nothing: without permission, of a dataset that is not for its
    scope, or of a rollup that adds it up with others. Raises LookupError for an unknown name.
    """
    if name not in DATASETS:
        raise LookupError(f"there is no dataset {name}")
    dataset = DATASETS[name]
    if actor.scope not in dataset.scopes or not _may_analyse(actor):
        raise Forbidden()
    columns = dataset.known_to(actor.scope)
    if actor.scope is Scope.PLATFORM:
        return Sight(dataset, columns, ())
    if actor.scope not in columns:
        raise Forbidden()
    return Sight(dataset, columns, tuple(_own(actor, dataset)))


def _may_analyse(actor: Actor) -> bool:
    return any(actor.may(f"{actor.scope}:{of}:read") for of in ("analytics", "dashboard"))


def _own(actor: Actor, dataset: Dataset) -> Iterable[tuple[str, int | str]]:
    yield str(actor.scope), key_of(actor.merchant)
    if dataset.name == "bookings" or dataset.source == "bookings":
        yield "kind", BOOKED_FOR[actor.scope]


def reader(actor: Actor) -> Actor:
    """Return whom live rows are read as.

    Row-level security shows the platform's rows by the permission of each table. Who may analyse
    may see sums over rows that it may not open, and nothing but sums leaves the analytics.
    """
    if actor.scope is not Scope.PLATFORM or not _may_analyse(actor):
        return actor
    sums = frozenset(f"platform:{resource}:read" for resource in _SUMMED)
    return replace(actor, permissions=actor.permissions | sums)
