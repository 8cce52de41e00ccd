"""The amounts of an inquiry, summed by its columns.

Closed days do not change, so what their rows come to is kept for everybody who may see the same
rows, and found under the files that were read. The days after them are summed each time.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from app.analytics import snapshots
from app.analytics.computing import ENGINE
from app.analytics.formulas import amount_sums, holds
from app.analytics.inquiry import Inquiry, Piece, Read
from app.analytics.measures import Amount
from app.analytics.slots import slot_of
from app.analytics.snapshots.cache import Frames

if TYPE_CHECKING:
    import polars as pl

MOST_BYTES = 96 * 2**20
kept = Frames(MOST_BYTES)
"""What closed days came to, in this process."""


@dataclass(frozen=True)
class _Side:
    """Amounts on one side of a comparison, and their rows."""

    amounts: tuple[Amount, ...]
    pieces: tuple[Piece, ...]
    ending: str
    is_set: bool
    """Whether what is counted may lie on both sides of midnight, so that its values are needed."""


class _Part(NamedTuple):
    """What the closed days of a piece come to."""

    key: tuple[object, ...]
    plan: "pl.LazyFrame"
    is_kept: bool


def column_of(amount: Amount) -> str:
    """Return the column of an amount; two bases may count under one name."""
    return f"{amount.base}.{amount.key}"


def summed(
    inquiry: Inquiry,
    reads: Sequence[Read],
    endings: Sequence[str],
    finish: "Callable[[Sequence[pl.LazyFrame]], pl.LazyFrame]",
) -> "pl.DataFrame":
    """Return what ``finish`` makes of tables of the inquiry's heads and of amounts; blocking.

    A column is called after its amount, with the ending of the period or of its comparison.
    """
    import polars as pl

    sides = [
        _side(inquiry, read, ending, is_before=place > 0)
        for place, ending in enumerate(endings)
        for read in reads
    ]
    parts = [[_part(inquiry, s, p) for p in s.pieces if p.closed is not None] for s in sides]
    is_closed = all(piece.live is None for side in sides for piece in side.pieces)
    key = _whole(inquiry, chain(*parts)) if is_closed else None
    if key is not None and (frame := kept.get(key)) is not None:
        return frame
    whole = finish([_together(inquiry, s, mine) for s, mine in zip(sides, parts, strict=True)])
    # One plan computes the answer and, on its way, what is worth keeping: the answer itself, or
    # what closed days bring to it.
    fresh = {part.key: part.plan for part in chain(*parts) if not (part.is_kept or key)}
    answer, *frames = pl.collect_all([whole, *fresh.values()], engine=ENGINE)
    for name, frame in zip(fresh, frames, strict=True):
        kept.keep(name, frame)
    if key is not None:
        kept.keep(key, answer)
    return answer


def _whole(inquiry: Inquiry, parts: Iterable[_Part]) -> tuple[object, ...]:
    """Name an answer that is of closed days alone, which stays as it is."""
    period, keys = inquiry.view.period, tuple(part.key for part in parts)
    return (keys, tuple(m.key for m in inquiry.measures), period.first, period.last)


def _side(inquiry: Inquiry, read: Read, ending: str, *, is_before: bool) -> _Side:
    pieces = tuple(p for p in read.pieces if p.window.is_before is is_before)
    is_torn = any(p.closed is not None and p.live is not None for p in pieces)
    crosses = not _keeps_days_apart(inquiry) and not read.amounts[0].adds_over_days
    return _Side(read.amounts, pieces, ending, is_torn and crosses)


def _part(inquiry: Inquiry, side: _Side, piece: Piece) -> _Part:
    """Return what the closed days of a piece come to: from memory, or as a plan."""
    key = _key(inquiry, side, piece)
    frame = kept.get(key)
    if frame is not None:
        return _Part(key, frame.lazy(), is_kept=True)
    assert piece.closed is not None
    rows = snapshots.scan(
        inquiry.actor, piece.dataset.name, first=piece.window.first, last=piece.closed
    )
    return _Part(key, _reduced(inquiry, side, piece, rows), is_kept=False)


def _key(inquiry: Inquiry, side: _Side, piece: Piece) -> tuple[object, ...]:
    """Name all on which a part depends: the rows, who sees what of them, and what is asked."""
    window = piece.window
    assert piece.closed is not None
    return (
        snapshots.content(inquiry.actor, piece.dataset.name, first=window.first, last=piece.closed),
        (window.shift, window.last, window.minute),
        (inquiry.by, inquiry.grain, inquiry.view.currency),
        tuple(sorted(inquiry.view.filters.items())),
        tuple(sorted((name, *sorted(map(str, some))) for name, some in inquiry.only.items())),
        (side.amounts, side.is_set),
    )


def _live(inquiry: Inquiry, side: _Side, piece: Piece) -> "pl.LazyFrame":
    import polars as pl

    assert piece.live is not None
    mine = pl.col("day").is_between(piece.window.first, piece.window.last)
    return _reduced(inquiry, side, piece, piece.live.lazy().filter(mine))


def _reduced(inquiry: Inquiry, side: _Side, piece: Piece, rows: "pl.LazyFrame") -> "pl.LazyFrame":
    """Return what rows come to: sums by the heads, or the values of a set."""
    import polars as pl

    heads = [pl.col(name) for name in inquiry.by]
    if inquiry.grain:
        heads.append(slot_of(inquiry.grain, piece.window.shift).alias("slot"))
    rows = rows.filter(*_wanted(inquiry, piece))
    if side.is_set:
        (amount,) = side.amounts
        condition = holds(amount)
        counted = rows if condition is None else rows.filter(condition)
        value = pl.col(amount.source).alias(column_of(amount))
        return counted.select(*heads, value).drop_nulls(column_of(amount))
    sums = amount_sums(side.amounts, piece.dataset)
    named = [how.alias(column_of(amount)) for amount, how in sums.items()]
    return _grouped(rows, heads, named)


def _wanted(inquiry: Inquiry, piece: Piece) -> "list[pl.Expr]":
    """Return which of the days' rows are wanted."""
    import polars as pl

    window, wanted = piece.window, list[pl.Expr]()
    if piece.dataset.has("currency"):
        wanted.append(pl.col("currency") == inquiry.view.currency)
    wanted += [
        pl.lit(value=False) if value is None else pl.col(name) == value
        for name, value in inquiry.filters.items()
    ]
    wanted += [pl.col(name).is_in(list(values)) for name, values in inquiry.only.items()]
    if window.minute is not None and piece.dataset.has("minute"):
        wanted.append((pl.col("day") < window.last) | (pl.col("minute") <= window.minute))
    return wanted


def _together(inquiry: Inquiry, side: _Side, closed: Sequence[_Part]) -> "pl.LazyFrame":
    """Add up closed and later days of a side, and give its columns their ending."""
    import polars as pl

    live = [_live(inquiry, side, piece) for piece in side.pieces if piece.live is not None]
    tables = [*(part.plan for part in closed), *live]
    names = [column_of(amount) for amount in side.amounts]
    columns = [pl.col(name).alias(name + side.ending) for name in names]
    whole = pl.concat(tables, how="vertical_relaxed") if len(tables) > 1 else tables[0]
    if side.is_set:
        return _grouped(whole, inquiry.heads, [c.n_unique().cast(pl.Int64) for c in columns])
    if len(tables) == 1 or _keeps_days_apart(inquiry):
        return whole.select(*inquiry.heads, *columns)
    return _grouped(whole, inquiry.heads, [column.sum() for column in columns])


def _keeps_days_apart(inquiry: Inquiry) -> bool:
    """Say whether no slot has closed and later days, so that nothing need be added up."""
    return inquiry.grain in ("day", "hour")


def _grouped(
    rows: "pl.LazyFrame", heads: "Sequence[pl.Expr | str]", sums: "Sequence[pl.Expr]"
) -> "pl.LazyFrame":
    return rows.group_by(heads).agg(sums) if heads else rows.select(sums)
