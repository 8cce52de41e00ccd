"""The amounts of an inquiry, summed by its columns.

Closed days do not change, so what their rows come to is kept for everybody who may see the same
rows, and found under the files that were read. The days after them are summed each time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.analytics import snapshots
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


@dataclass(frozen=True)
class _Part:
    """The closed days of a piece."""

    side: _Side
    piece: Piece


def column_of(amount: Amount) -> str:
    """Return the column of an amount; two bases may count under one name."""
    return f"{amount.base}.{amount.key}"


def sums_of(
    inquiry: Inquiry, reads: Sequence[Read], endings: Sequence[str]
) -> "list[pl.LazyFrame]":
    """Return tables of the inquiry's heads and of amounts; blocking.

    A column is called after its amount, with the ending of the period or of its comparison.
    """
    sides = [
        _side(inquiry, read, ending, is_before=place > 0)
        for place, ending in enumerate(endings)
        for read in reads
    ]
    parts = [_Part(s, p) for s in sides for p in s.pieces if p.closed is not None]
    closed = dict(zip(map(id, parts), _closed(inquiry, parts), strict=True))
    tables: list[pl.LazyFrame] = []
    for side in sides:
        mine = [closed[id(part)].lazy() for part in parts if part.side is side]
        live = [_live(inquiry, side, piece) for piece in side.pieces if piece.live is not None]
        tables.append(_together(inquiry, side, [*mine, *live]))
    return tables


def _side(inquiry: Inquiry, read: Read, ending: str, *, is_before: bool) -> _Side:
    pieces = tuple(p for p in read.pieces if p.window.is_before is is_before)
    is_torn = any(p.closed is not None and p.live is not None for p in pieces)
    crosses = inquiry.grain not in ("day", "hour") and not read.amounts[0].adds_over_days
    return _Side(read.amounts, pieces, ending, is_torn and crosses)


def _closed(inquiry: Inquiry, parts: Sequence[_Part]) -> "list[pl.DataFrame]":
    """Return what closed days come to, from memory or in one go from the files."""
    import polars as pl

    keys = [_key(inquiry, part) for part in parts]
    found = {key: frame for key in keys if (frame := kept.get(key)) is not None}
    missing = {key: part for key, part in zip(keys, parts, strict=True) if key not in found}
    plans = [_reduced(inquiry, p.side, p.piece, _scanned(inquiry, p)) for p in missing.values()]
    for key, frame in zip(missing, pl.collect_all(plans), strict=True):
        kept.keep(key, frame)
        found[key] = frame
    return [found[key] for key in keys]


def _key(inquiry: Inquiry, part: _Part) -> tuple[object, ...]:
    """Name all on which a part depends: the files, who sees what of them, and what is asked."""
    piece, window = part.piece, part.piece.window
    assert piece.closed is not None
    return (
        snapshots.content(inquiry.actor, piece.dataset.name, first=window.first, last=piece.closed),
        (window.first, piece.closed, window.shift, window.minute),
        (inquiry.by, inquiry.grain, inquiry.view.currency),
        tuple(sorted(inquiry.view.filters.items())),
        tuple(sorted((name, *sorted(map(str, some))) for name, some in inquiry.only.items())),
        (part.side.amounts, part.side.is_set),
    )


def _scanned(inquiry: Inquiry, part: _Part) -> "pl.LazyFrame":
    piece, window = part.piece, part.piece.window
    assert piece.closed is not None
    return snapshots.scan(inquiry.actor, piece.dataset.name, first=window.first, last=piece.closed)


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


def _together(inquiry: Inquiry, side: _Side, tables: "Sequence[pl.LazyFrame]") -> "pl.LazyFrame":
    """Add up the tables of a side, and give its columns their ending."""
    import polars as pl

    names = [column_of(amount) for amount in side.amounts]
    columns = [pl.col(name).alias(name + side.ending) for name in names]
    if side.is_set:
        counts = [column.n_unique().cast(pl.Int64) for column in columns]
        return _grouped(pl.concat(tables, how="vertical_relaxed"), inquiry.heads, counts)
    if len(tables) == 1:
        return tables[0].select(*inquiry.heads, *columns)
    sums = [column.sum() for column in columns]
    return _grouped(pl.concat(tables, how="vertical_relaxed"), inquiry.heads, sums)


def _grouped(
    rows: "pl.LazyFrame", heads: "Sequence[pl.Expr | str]", sums: "Sequence[pl.Expr]"
) -> "pl.LazyFrame":
    return rows.group_by(heads).agg(sums) if heads else rows.select(sums)
