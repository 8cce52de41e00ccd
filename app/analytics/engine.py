"""Where measures are computed: one question in, one table out.

A question goes to the smallest dataset that answers it (``choice``). Closed days come from the
snapshots, later ones live from PostgreSQL, and both are summed together in a thread. Slots without
rows are zeros; slots that have not begun are nulls. A running day is compared with its earlier day
up to and including the same minute, for which that one day is read by the row.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Literal

from app.access import Actor
from app.analytics import snapshots
from app.analytics.choice import share_out
from app.analytics.computing import computed
from app.analytics.formulas import value_of
from app.analytics.inquiry import Count, Inquiry, Piece, Read, Window, windows_of
from app.analytics.measures import MEASURES, Amount, Measure
from app.analytics.sharing import Key, Shared, forget_closed, whom
from app.analytics.slots import Grain, slot_frame
from app.analytics.snapshots.layout import DATASETS, Dataset
from app.analytics.snapshots.live import forget as forget_live
from app.analytics.sums import column_of, kept, summed
from app.analytics.views import DIMENSIONS, View
from app.kit.errors import Forbidden, TradeError
from app.kit.i18n import N_, gettext

if TYPE_CHECKING:
    import polars as pl

BEFORE = "_before"
"""The ending of a column that holds a measure's comparison."""
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
    inquiry = Inquiry(actor, view, asked, tuple(by), grain, windows, only or {})
    with snapshots.one_snapshot():
        return await answers.once(_key(inquiry), lambda: _found(inquiry))


answers: Shared["pl.DataFrame"] = Shared()
"""What was asked a moment ago by anybody who may see the same figures."""


def forget(*, closed: bool = True, running: bool = True) -> None:
    """Compute every answer anew: what closed days came to, and the rows of the running day too.

    Without one of these, that part is left as it is.
    """
    answers.forget()
    if closed:
        kept.forget()
        forget_closed()
    if running:
        forget_live()


def _key(inquiry: Inquiry) -> Key:
    """Name everything on which an answer depends; a running day is cut at a whole minute."""
    return (
        *whom(inquiry.actor),
        snapshots.refreshed_at(),
        inquiry.view.period.minute,
        *inquiry.view.rows_key,
        inquiry.measures,
        inquiry.by,
        inquiry.grain,
        inquiry.windows,
        *sorted((name, *map(str, values)) for name, values in inquiry.only.items()),
    )


async def _found(inquiry: Inquiry) -> "pl.DataFrame":
    closed = snapshots.closed_through()
    cuts = [(count, _cuts(inquiry, count)) for count in _counts(inquiry)]
    later = await _later(inquiry.actor, [part for _, parts in cuts for part in parts], closed)
    reads = [
        Read(count.amounts, tuple(_piece(*part, closed, later) for part in parts))
        for count, parts in cuts
    ]
    return await computed(_answer, inquiry, reads)


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


def _counts(inquiry: Inquiry) -> list[Count]:
    """Return what is counted in which datasets."""
    slots = (inquiry.grain,) if inquiry.grain in ("hour", "day") else ()
    dimensions = (*inquiry.by, *inquiry.view.filters, *slots)
    scope = inquiry.actor.scope
    return [
        Count(base, some, dataset)
        for base in inquiry.bases
        for dataset, amounts in share_out(base, inquiry.amounts(base), dimensions, scope)
        for some in _apart(amounts)
    ]


def _apart(amounts: Sequence[Amount]) -> list[tuple[Amount, ...]]:
    """Return what days can be added up for together, and all else one by one."""
    together = tuple(amount for amount in amounts if amount.adds_over_days)
    alone = [(amount,) for amount in amounts if not amount.adds_over_days]
    return [together, *alone] if together else alone


_Part = tuple[Dataset, Window]
_Later = dict[tuple[str, date], "pl.DataFrame"]
"""Dataset and first day → the rows of the days that are not in the snapshot."""


def _cuts(inquiry: Inquiry, count: Count) -> list[_Part]:
    """Return which datasets are read of which days."""
    return [part for window in inquiry.windows for part in _cut(count, window)]


def _cut(count: Count, window: Window) -> list[_Part]:
    """Return which datasets are read for a window: rows only for a day that is cut."""
    raw = DATASETS[count.base]
    if window.minute is None or count.dataset is raw or not raw.has("minute"):
        return [(count.dataset, window)]
    last = Window(window.last, window.last, window.shift, window.is_before, window.minute)
    if window.first == window.last:
        return [(raw, last)]
    before = Window(window.first, window.last - _ONE_DAY, window.shift, window.is_before)
    return [(count.dataset, before), (raw, last)]


async def _later(actor: Actor, parts: Sequence[_Part], closed: date | None) -> _Later:
    """Read the later days of all parts, each dataset once."""
    wanted = dict.fromkeys(
        (dataset.name, since)
        for dataset, window in parts
        if (since := _since(window, closed)) is not None
    )
    found = await asyncio.gather(
        *(snapshots.live(actor, name, since=since) for name, since in wanted)
    )
    return dict(zip(wanted, found, strict=True))


def _since(window: Window, closed: date | None) -> date | None:
    """Return the first day of a window's live rows; None where the snapshot has all its days."""
    if closed is None:
        return window.first
    return closed + _ONE_DAY if window.last > closed else None


def _piece(dataset: Dataset, window: Window, closed: date | None, later: _Later) -> Piece:
    since = _since(window, closed)
    if since is None:
        return Piece(dataset, window, window.last, None)
    whole = closed if closed and window.first <= closed else None
    return Piece(dataset, window, whole, later[dataset.name, since])


def _answer(inquiry: Inquiry, read: Sequence[Read]) -> "pl.DataFrame":
    """Sum, join and divide. Blocking."""
    endings = ("", BEFORE) if len(inquiry.windows) > 1 else ("",)

    def finish(tables: "Sequence[pl.LazyFrame]") -> "pl.LazyFrame":
        return _measured(inquiry, _laid(inquiry, tables), endings)

    return summed(inquiry, read, endings, finish)


def _laid(inquiry: Inquiry, tables: "Sequence[pl.LazyFrame]") -> "pl.LazyFrame":
    """Lay sums side by side, with a row for each slot (of each value of the dimensions)."""
    import polars as pl

    if not inquiry.heads:
        return pl.concat(tables, how="horizontal")
    period = inquiry.view.period
    if not inquiry.grain:
        return _joined(inquiry, tables, "full")
    slots = slot_frame(inquiry.grain, period.first, period.last, period.at_wall)
    if not inquiry.by:
        return _joined(inquiry, [slots, *tables], "left")
    whole = _joined(inquiry, tables, "full")
    values = whole.select(inquiry.by).unique().sort(inquiry.by)
    slots = values.join(slots, how="cross", maintain_order="left_right")
    return _joined(inquiry, [slots, whole], "left")


def _joined(
    inquiry: Inquiry, tables: "Sequence[pl.LazyFrame]", how: Literal["left", "full"]
) -> "pl.LazyFrame":
    whole = tables[0]
    for table in tables[1:]:
        whole = whole.join(
            table,
            on=inquiry.heads,
            how=how,
            coalesce=True,
            nulls_equal=True,
            maintain_order="left" if how == "left" else None,
        )
    return whole


def _measured(inquiry: Inquiry, table: "pl.LazyFrame", endings: Sequence[str]) -> "pl.LazyFrame":
    """Return the measures of the period beside those of the comparison."""
    import polars as pl

    columns = [
        (value if ending or not inquiry.grain else pl.when("begun").then(value)).alias(
            measure.key + ending
        )
        for ending in endings
        for measure in inquiry.measures
        for value in [value_of(measure, lambda a, e=ending: column_of(a) + e)]
    ]
    return table.select(*inquiry.heads, *columns)
