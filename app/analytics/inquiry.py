"""What is asked of the engine, in the words of the datasets, and which rows answer it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from app.access import Actor
from app.analytics.measures import Amount, Base, Measure
from app.analytics.periods import business_minute
from app.analytics.slots import Grain
from app.analytics.snapshots.layout import Dataset, key_of
from app.analytics.views import View

if TYPE_CHECKING:
    import polars as pl

WORDS = frozenset({"province", "source", "campaign", "status", "device"})
"""Dimensions whose values are words rather than keys."""


@dataclass(frozen=True)
class Window:
    """Days of which rows are read; ``shift`` later they stand in the table.

    ``minute``: of the last day only what happened up to and including this minute of the day.
    """

    first: date
    last: date
    shift: timedelta = timedelta()
    is_before: bool = False
    minute: int | None = None


@dataclass(frozen=True)
class Piece:
    """Rows of one dataset, of one window.

    Those up to the day ``closed`` are in the snapshot; None where none of them are.
    """

    dataset: Dataset
    window: Window
    closed: date | None
    live: "pl.DataFrame | None"


@dataclass(frozen=True)
class Count:
    """Amounts of a base, and the dataset that gives them."""

    base: Base
    amounts: tuple[Amount, ...]
    dataset: Dataset


@dataclass(frozen=True)
class Read:
    """Amounts, and all rows in which they are counted."""

    amounts: tuple[Amount, ...]
    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class Inquiry:
    """What is asked, in the words of the datasets."""

    actor: Actor
    view: View
    measures: tuple[Measure, ...]
    by: tuple[str, ...]
    grain: Grain | None
    windows: tuple[Window, ...]
    only: Mapping[str, Collection[int | str]]

    @property
    def heads(self) -> list[str]:
        """The columns by which everything is summed."""
        return [*self.by, *(["slot"] if self.grain else [])]

    @property
    def filters(self) -> dict[str, int | str | None]:
        """Dimension → the value as the datasets have it; None for one that cannot be."""
        return {name: value_key(name, value) for name, value in self.view.filters.items()}

    def amounts(self, base: Base) -> tuple[Amount, ...]:
        """All that is counted in a base."""
        found = (a for measure in self.measures for a in measure.amounts if a.base is base)
        return tuple(dict.fromkeys(found))

    @property
    def bases(self) -> tuple[Base, ...]:
        """The bases of all measures."""
        return tuple(dict.fromkeys(base for m in self.measures for base in m.bases))


def value_key(dimension: str, value: str) -> int | str | None:
    """Return a dimension's value as the datasets hold it; None for an id that is none."""
    if dimension in WORDS:
        return value
    try:
        return key_of(UUID(value))
    except ValueError:
        return None


def windows_of(view: View, *, whole: bool, compared: bool) -> tuple[Window, ...]:
    """Return the period's days and, where asked for, those that it is compared with.

    ``whole``: the comparison's last day to its end, as charts draw it, though the day that is
    compared with it is still running.
    """
    period = view.period
    windows = [Window(period.first, period.last)]
    if compared and view.shift is not None:
        minute = business_minute(period.at) if period.is_partial and not whole else None
        days = (period.first - view.shift, period.last - view.shift)
        windows.append(Window(*days, view.shift, is_before=True, minute=minute))
    return tuple(windows)
