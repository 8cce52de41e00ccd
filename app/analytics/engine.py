"""Where measures are computed: one question in, one table out.

A question goes to the smallest dataset that answers it (``choice``). Closed days come from the
snapshots, later ones live from PostgreSQL, and both are summed together in a thread. Slots without
rows are zeros; slots that have not begun are nulls. A running day is compared with its earlier day
up to and including the same minute, for which that one day is read by the row.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from app.access import Actor
from app.analytics import snapshots
from app.analytics.choice import share_out
from app.analytics.formulas import amount_sums, value_of
from app.analytics.measures import MEASURES, Amount, Base, Measure
from app.analytics.periods import business_minute
from app.analytics.sharing import Key, Shared, whom
from app.analytics.slots import Grain, slot_of, slots_between
from app.analytics.snapshots.layout import DATASETS, Dataset, key_of
from app.analytics.views import DIMENSIONS, View
from app.kit.errors import Forbidden, TradeError
from app.kit.i18n import N_, gettext

if TYPE_CHECKING:
    import polars as pl

BEFORE = "_before"
"""The ending of a column that holds a measure's comparison."""
WORDS = frozenset({"province", "source", "campaign", "status", "device"})
"""Dimensions whose values are words rather than keys."""
_INNER = frozenset({"status", "device"})
"""Dimensions that panels use and people do not choose."""
_ONE_DAY = timedelta(days=1)


class CannotDivide(TradeError):
    """A measure that cannot be divided or filtered so."""

    code = "cannot_divide"
    status = 422
    message = "“%(measure)s” cannot be divided or filtered by “%(dimension)s”."

    @classmethod
    def of(cls, actor: Actor, measure: Measure, dimension: str) -> "CannotDivide":
        """Return the error with the names in the actor's language."""
        named = gettext(actor.locale, DIMENSIONS.get(dimension, dimension))
        return cls(measure=gettext(actor.locale, measure.name), dimension=named)


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
class _Piece:
    """Rows of one dataset, of one window.

    Those up to the day ``closed`` are in the snapshot; None where none of them are.
    """

    dataset: Dataset
    window: Window
    closed: date | None
    live: "pl.DataFrame | None"


@dataclass(frozen=True)
class _Count:
    """Amounts of a base, and the dataset that gives them."""

    base: Base
    amounts: tuple[Amount, ...]
    dataset: Dataset


@dataclass(frozen=True)
class _Read:
    """Amounts, and all rows in which they are counted."""

    amounts: tuple[Amount, ...]
    pieces: tuple[_Piece, ...]


@dataclass(frozen=True)
class _Question:
    """What is asked, in the words of the datasets."""

    actor: Actor
    view: View
    measures: tuple[Measure, ...]
    by: tuple[str, ...]
    grain: Grain | None
    windows: tuple[Window, ...]
    only: Mapping[str, Collection[int | str]]

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


async def measure_frame(
    actor: Actor,
    view: View,
    *,
    measures: Sequence[Measure | str],
    by: Sequence[str] = (),
    grain: Grain | None = None,
    compared: bool = False,
    only: Mapping[str, Collection[int | str]] | None = None,
) -> "pl.DataFrame":
    """Return the columns of ``by``, ``slot`` where there is a grain, and one for each measure.

    Ids are keys (see ``snapshots.names``). With ``compared`` each measure has a second column with
    the ending ``BEFORE``, whose slots stand where those of the period do. ``only`` keeps values of
    a dimension. With a grain, values are in order, and the slots of each follow each other.

    Raises Forbidden for a measure that the actor may not see, CannotDivide for one that has not the
    dimensions of ``by`` or of the view's filters.
    """
    asked = tuple(MEASURES[m] if isinstance(m, str) else m for m in measures)
    _check(actor, asked, (*by, *view.filters))
    _check_hours(actor, asked, grain)
    windows = windows_of(view, whole=grain is not None, compared=compared)
    question = _Question(actor, view, asked, tuple(by), grain, windows, only or {})
    with snapshots.one_snapshot():
        return await answers.once(_key(question), lambda: _found(question))


answers: Shared["pl.DataFrame"] = Shared()
"""What was asked a moment ago by anybody who may see the same figures."""


def _key(question: _Question) -> Key:
    """Name everything on which an answer depends; a running day is cut at a whole minute."""
    view = question.view
    return (
        *whom(question.actor),
        snapshots.refreshed_at(),
        view.currency,
        *sorted(view.filters.items()),
        (view.period.first, view.period.last, view.period.at.replace(second=0, microsecond=0)),
        question.measures,
        question.by,
        question.grain,
        question.windows,
        *sorted((name, *map(str, values)) for name, values in question.only.items()),
    )


async def _found(question: _Question) -> "pl.DataFrame":
    read = await asyncio.gather(*(_read(question, count) for count in _counts(question)))
    return await asyncio.to_thread(_answer, question, read)


def _check(actor: Actor, measures: Sequence[Measure], dimensions: Sequence[str]) -> None:
    for measure in measures:
        if not measure.shown_to(actor):
            raise Forbidden()
        possible = measure.divides(actor.scope) | _INNER
        for dimension in dimensions:
            if dimension not in possible:
                raise CannotDivide.of(actor, measure, dimension)


def _check_hours(actor: Actor, measures: Sequence[Measure], grain: Grain | None) -> None:
    for measure in measures:
        if grain == "hour" and not all(DATASETS[base].has("hour") for base in measure.bases):
            raise CannotDivide.of(actor, measure, _HOUR)


_HOUR = N_("Hour")


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


def _counts(question: _Question) -> list[_Count]:
    """Return what is counted in which datasets."""
    hours = ("hour",) if question.grain == "hour" else ()
    dimensions = (*question.by, *question.view.filters, *hours)
    scope = question.actor.scope
    return [
        _Count(base, amounts, dataset)
        for base in question.bases
        for dataset, amounts in share_out(base, question.amounts(base), dimensions, scope)
    ]


def _cut(count: _Count, window: Window) -> list[tuple[Dataset, Window]]:
    """Return which datasets are read for a window: rows only for a day that is cut."""
    raw = DATASETS[count.base]
    if window.minute is None or count.dataset is raw or not raw.has("minute"):
        return [(count.dataset, window)]
    last = Window(window.last, window.last, window.shift, window.is_before, window.minute)
    if window.first == window.last:
        return [(raw, last)]
    before = Window(window.first, window.last - _ONE_DAY, window.shift, window.is_before)
    return [(count.dataset, before), (raw, last)]


async def _read(question: _Question, count: _Count) -> _Read:
    """Return what is to be read of the closed days; the later days are read already."""
    closed = snapshots.closed_through()
    parts = [part for window in question.windows for part in _cut(count, window)]
    pieces = await asyncio.gather(*(_piece(question.actor, *part, closed) for part in parts))
    return _Read(count.amounts, tuple(pieces))


async def _piece(actor: Actor, dataset: Dataset, window: Window, closed: date | None) -> _Piece:
    if closed is not None and window.last <= closed:
        return _Piece(dataset, window, window.last, None)
    since = window.first if closed is None else closed + _ONE_DAY
    live = await snapshots.live(actor, dataset.name, since=since)
    return _Piece(dataset, window, closed if closed and window.first <= closed else None, live)


def _answer(question: _Question, read: Sequence[_Read]) -> "pl.DataFrame":
    """Sum, join and divide, all in one plan. Blocking."""
    sides = {"": False, BEFORE: True} if len(question.windows) > 1 else {"": False}
    sums = [
        _sums(question, one.amounts, [p for p in one.pieces if p.window.is_before is side], ending)
        for ending, side in sides.items()
        for one in read
    ]
    whole = _filled(question, _joined(sums, _heads(question)))
    return _measured(question, whole, tuple(sides)).collect()


def _heads(question: _Question) -> list[str]:
    return [*question.by, *(["slot"] if question.grain else [])]


def _joined(tables: "Sequence[pl.LazyFrame]", heads: Sequence[str]) -> "pl.LazyFrame":
    """Lay sums side by side; without heads each table is one row."""
    import polars as pl

    if not heads:
        return pl.concat(tables, how="horizontal")
    whole = tables[0]
    for table in tables[1:]:
        whole = whole.join(table, on=heads, how="full", coalesce=True, nulls_equal=True)
    return whole


def _sums(
    question: _Question, amounts: Sequence[Amount], pieces: Sequence[_Piece], ending: str
) -> "pl.LazyFrame":
    """Return the sums of amounts by the question's columns."""
    import polars as pl

    parts = [_summed(question, amounts, piece, ending) for piece in pieces]
    if len(parts) == 1:
        return parts[0]
    sums = [pl.col(column_of(amount) + ending).sum() for amount in amounts]
    return _grouped(pl.concat(parts, how="vertical"), _heads(question), sums)


def _grouped(
    rows: "pl.LazyFrame", heads: "Sequence[pl.Expr | str]", sums: "Sequence[pl.Expr]"
) -> "pl.LazyFrame":
    return rows.group_by(heads).agg(sums) if heads else rows.select(sums)


def column_of(amount: Amount) -> str:
    """Return the column of an amount; two bases may count under one name."""
    return f"{amount.base}.{amount.key}"


def _summed(
    question: _Question, amounts: Sequence[Amount], piece: _Piece, ending: str
) -> "pl.LazyFrame":
    import polars as pl

    heads = [pl.col(name) for name in question.by]
    if question.grain:
        heads.append(slot_of(question.grain, piece.window.shift).alias("slot"))
    sums = [
        how.alias(column_of(amount) + ending)
        for amount, how in amount_sums(amounts, is_raw=piece.dataset.is_raw).items()
    ]
    return _grouped(_rows(question, piece), heads, sums)


def _rows(question: _Question, piece: _Piece) -> "pl.LazyFrame":
    """Return the piece's rows that the filters leave, closed and live together."""
    import polars as pl

    window, name = piece.window, piece.dataset.name
    parts: list[pl.LazyFrame] = []
    if piece.closed is not None:
        parts.append(snapshots.scan(question.actor, name, first=window.first, last=piece.closed))
    if piece.live is not None:
        parts.append(piece.live.lazy())
    wanted = [pl.col("day").is_between(window.first, window.last)]
    if piece.dataset.has("currency"):
        wanted.append(pl.col("currency") == question.view.currency)
    wanted += [
        pl.lit(value=False) if value is None else pl.col(name) == value
        for name, value in question.filters.items()
    ]
    wanted += [pl.col(name).is_in(list(values)) for name, values in question.only.items()]
    if window.minute is not None and piece.dataset.has("minute"):
        wanted.append((pl.col("day") < window.last) | (pl.col("minute") <= window.minute))
    return pl.concat([part.filter(wanted) for part in parts], how="vertical_relaxed")


def _filled(question: _Question, table: "pl.LazyFrame") -> "pl.LazyFrame":
    """Return the table with a row for each slot (of each value of the dimensions)."""
    import polars as pl

    if not question.grain:
        return table
    period = question.view.period
    slots = pl.LazyFrame({"slot": slots_between(question.grain, period.first, period.last)})
    keys = table.select(question.by).unique().sort(question.by) if question.by else None
    frame = slots if keys is None else keys.join(slots, how="cross", maintain_order="left_right")
    return frame.join(
        table, on=[*question.by, "slot"], how="left", nulls_equal=True, maintain_order="left"
    )


def _measured(question: _Question, table: "pl.LazyFrame", endings: Sequence[str]) -> "pl.LazyFrame":
    """Return the measures of the period beside those of the comparison."""
    import polars as pl

    begun = _begun(question)
    columns = [
        (pl.when(begun).then(value) if ending == "" and question.grain else value).alias(
            measure.key + ending
        )
        for ending in endings
        for measure in question.measures
        for value in [value_of(measure, lambda a, e=ending: column_of(a) + e)]
    ]
    return table.select(*_heads(question), *columns)


def _begun(question: _Question) -> "pl.Expr":
    """Return which slots have begun."""
    import polars as pl

    at = question.view.period.at_wall
    return pl.col("slot").cast(pl.Datetime("us")) < at
