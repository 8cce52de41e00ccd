"""The slots of a table in time: hours, days, weeks from Monday, months, in the business zone."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import polars as pl

Grain = Literal["hour", "day", "week", "month"]
GRAINS: tuple[Grain, ...] = ("hour", "day", "week", "month")


def first_of(grain: Grain, day: date) -> date:
    """Return the first day of the week or month in which a day lies; else the day itself."""
    if grain == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if grain == "month" else day


def slots_between(grain: Grain, first: date, last: date) -> list[datetime] | list[date]:
    """Return the starts of all slots of the days, as wall-clock time where they are hours."""
    if grain == "hour":
        hours = ((last - first).days + 1) * 24
        return [datetime.combine(first, time()) + timedelta(hours=hour) for hour in range(hours)]
    return list(dict.fromkeys(first_of(grain, day) for day in _days(first, last)))


def slot_frame(grain: Grain, first: date, last: date, at: datetime) -> "pl.LazyFrame":
    """Return the slots of all days, and which of them have ``begun`` at a wall-clock time."""
    hour = at.replace(minute=0, second=0, microsecond=0)
    # Slots begin on the hour, so that nothing changes until the next one.
    return _slot_frame(grain, first, last, hour if hour == at else hour + _HOUR)


_HOUR = timedelta(hours=1)


@lru_cache(maxsize=200)
def _slot_frame(grain: Grain, first: date, last: date, at: datetime) -> "pl.LazyFrame":
    import polars as pl

    slots = pl.DataFrame({"slot": slots_between(grain, first, last)})
    begun = slots["slot"].cast(pl.Datetime("us")) < at
    return slots.with_columns(begun.alias("begun")).lazy()


def _days(first: date, last: date) -> Iterator[date]:
    for count in range((last - first).days + 1):
        yield first + timedelta(days=count)


def slot_of(grain: Grain, shift: timedelta) -> "pl.Expr":
    """Return the slot of a row's ``day`` (and ``hour``), moved by ``shift``."""
    import polars as pl

    day = pl.col("day") + pl.lit(shift) if shift else pl.col("day")
    if grain == "hour":
        return day.cast(pl.Datetime("us")) + pl.duration(hours=pl.col("hour"))
    if grain == "day":
        return day
    return day.dt.truncate("1w" if grain == "week" else "1mo")
