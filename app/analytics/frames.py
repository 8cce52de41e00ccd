"""From rows to figures: one pass of polars over the flows of a dashboard.

Blocking and CPU-bound: call ``aggregate`` in a thread. Polars is imported inside, see the package.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.analytics.periods import Period
from app.kit.clock import BUSINESS_ZONE

Series = tuple[int | None, ...]
"""One value for each slot of a period; None where the slot has not begun."""


@dataclass(frozen=True)
class Amount:
    """Cents and how many."""

    cents: int = 0
    count: int = 0


@dataclass(frozen=True)
class Flows:
    """What flowed in a period and in its comparison, looked up by fact. Nothing is zero."""

    period: Period
    now: Mapping[str, Amount] = field(default_factory=dict[str, Amount])
    before: Mapping[str, Amount] = field(default_factory=dict[str, Amount])
    slots_now: Mapping[tuple[str, datetime], Amount] = field(
        default_factory=dict[tuple[str, datetime], Amount]
    )
    slots_before: Mapping[tuple[str, datetime], Amount] = field(
        default_factory=dict[tuple[str, datetime], Amount]
    )
    dims: Mapping[tuple[str, str], Amount] = field(default_factory=dict[tuple[str, str], Amount])

    def total(self, fact: str) -> Amount:
        """Return a fact's total of the period."""
        return self.now.get(fact, Amount())

    def total_before(self, fact: str) -> Amount:
        """Return a fact's total of the comparison, up to the same time of day."""
        return self.before.get(fact, Amount())

    def series(self, fact: str) -> tuple[Amount | None, ...]:
        """Return a fact by slot; empty slots are zero, those to come are None."""
        slots, begun = self.period.slots, self.period.begun
        return tuple(
            self.slots_now.get((fact, slot), Amount()) if place < begun else None
            for place, slot in enumerate(slots)
        )

    def series_before(self, fact: str) -> tuple[Amount, ...]:
        """Return a fact by slot of the comparison, its last day whole."""
        shift = self.period.shift
        return tuple(
            self.slots_before.get((fact, slot - shift), Amount()) for slot in self.period.slots
        )

    def by_dim(self, fact: str) -> dict[str, int]:
        """Return how many of a fact the period has by its dimension, such as a status."""
        return {dim: amount.count for (of, dim), amount in self.dims.items() if of == fact}


def aggregate(period: Period, rows: Sequence[Sequence[Any]]) -> Flows:
    """Sum flow rows (see ``statements``) to totals, series and dimensions."""
    import polars as pl

    frame = pl.DataFrame(
        rows,
        schema={
            "fact": pl.String,
            "slot": pl.Datetime(time_zone="UTC"),
            "early": pl.Boolean,
            "dim": pl.String,
            "cents": pl.Int64,
            "n": pl.Int64,
        },
        orient="row",
    ).with_columns(
        pl.col("slot").dt.convert_time_zone(str(BUSINESS_ZONE)).dt.replace_time_zone(None),
        is_now=pl.col("slot") >= period.start,
    )
    counted, present = frame.filter(pl.col("early")), frame.filter(pl.col("is_now"))
    sums = [pl.col("cents").sum(), pl.col("n").sum()]
    totals = counted.group_by("fact", "is_now").agg(sums).rows()
    slots = frame.group_by("fact", "slot", "is_now").agg(sums).rows()
    dims = present.filter(pl.col("dim").is_not_null()).group_by("fact", "dim").agg(sums).rows()
    return Flows(
        period,
        now={fact: Amount(cents, n) for fact, is_now, cents, n in totals if is_now},
        before={fact: Amount(cents, n) for fact, is_now, cents, n in totals if not is_now},
        slots_now={(f, slot): Amount(c, n) for f, slot, is_now, c, n in slots if is_now},
        slots_before={(f, slot): Amount(c, n) for f, slot, is_now, c, n in slots if not is_now},
        dims={(fact, dim): Amount(cents, n) for fact, dim, cents, n in dims},
    )


def ratio(part: int, whole: int, scale: int = 1) -> int | None:
    """Return ``part * scale / whole`` rounded half up; None where there is no whole."""
    return (2 * part * scale + whole) // (2 * whole) if whole > 0 else None


def change_bps(value: int | None, before: int | None) -> int | None:
    """Return the change in basis points of ``before``; None where there is nothing to compare."""
    if value is None or not before:
        return None
    return ratio((value - before), abs(before), 10_000)
