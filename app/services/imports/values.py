"""Cells of an import as columns of texts, amounts and counts: fast for millions of plain ones.

What is not written plainly goes through the readers that all of Tongshang has, cell by cell.
"""

from collections.abc import Callable
from functools import partial

import polars as pl

from app.kit.currencies import minor_digits
from app.kit.errors import BadInput
from app.kit.money import parse_cents, parse_count
from app.kit.text import AROUND, SPACE, clean

MOST_CENTS = 10**11
"""No amount of one row is larger, in minor units; sums of many still fit the database."""

# Characters that cleaning may change or refuse; the others stay as they are.
_ODD = r"[^\x20-\x7e\u00a1-\u00ac\u00ae-\u02ff\u3001-\u3029\u4e00-\u9fff\uff01-\uff5e]"

_PLAIN_TYPES = (
    pl.String,
    pl.Categorical,
    pl.Enum,
    pl.Boolean,
    pl.Date,
    pl.Datetime,
    pl.Time,
    pl.Null,
)


def is_plain(type_: pl.DataType) -> bool:
    """Say whether values of a Parquet file's type have one reading as text."""
    return type_.is_numeric() or isinstance(type_, _PLAIN_TYPES)


def as_text(column: pl.Expr, type_: pl.DataType) -> pl.Expr:
    """Return a Parquet file's column as text; codes that became decimals lose their ``.0``."""
    if not is_plain(type_):
        return pl.lit(None, pl.String)
    if isinstance(type_, pl.Datetime):
        if type_.time_zone is not None:
            utc = column.dt.convert_time_zone("UTC")
            return utc.dt.strftime("%Y-%m-%d %H:%M:%S%.6fZ")
        return column.dt.strftime("%Y-%m-%d %H:%M:%S%.6f")
    if type_.is_float():
        whole = column.cast(pl.Int64, strict=False)
        is_whole = (whole.cast(pl.Float64) == column.cast(pl.Float64)) & (whole.abs() < 10**15)
        return pl.when(is_whole).then(whole.cast(pl.String)).otherwise(column.cast(pl.String))
    return column.cast(pl.String)


def stripped(text: pl.Expr) -> pl.Expr:
    """Return texts without white space and marks without width around them."""
    return text.str.strip_chars(SPACE + AROUND)


def cleaned(text: pl.Expr, *, lines: bool) -> pl.Expr:
    """Return texts as they are kept (see ``app.kit.text``); null where one cannot be."""
    is_odd = text.str.contains(_ODD)
    read = partial(clean, lines=lines)
    odd = _each(pl.when(is_odd).then(text), read, pl.String())
    return pl.when(is_odd).then(odd).otherwise(text)


def amount(text: pl.Expr, currency: str) -> pl.Expr:
    """Return minor units, exactly; null where a text is no amount or a negative one.

    Without a currency, texts are minor units. Decimals beyond those of the currency must be zeros.
    """
    digits = minor_digits(currency) if currency else 0
    plain = _plain_amount(text, digits)
    read = partial(parse_cents, currency=currency) if currency else parse_count
    return _plain_or(plain, text, read)


def count(text: pl.Expr) -> pl.Expr:
    """Return whole numbers; null where a text is none or a negative one."""
    plain = text.str.extract(r"^([0-9]{1,15})(?:\.0+)?$").cast(pl.Int64, strict=False)
    return _plain_or(plain, text, parse_count)


def _plain_amount(text: pl.Expr, digits: int) -> pl.Expr:
    whole = text.str.extract(r"^([0-9]{1,13})(?:\.[0-9]*)?$").cast(pl.Int64, strict=False)
    parts = text.str.extract(r"\.([0-9]*)$").fill_null("")
    cents = parts.str.slice(0, digits).str.pad_end(digits, "0")
    rest = parts.str.slice(digits).str.strip_chars("0")
    minor = cents.cast(pl.Int64, strict=False) if digits else pl.lit(0)
    return pl.when(rest == "").then(whole * 10**digits + minor)


def _plain_or(plain: pl.Expr, text: pl.Expr, read: Callable[[str], int]) -> pl.Expr:
    odd = _each(pl.when(plain.is_null()).then(text), read, pl.Int64())
    return pl.coalesce(plain, pl.when(odd >= 0).then(odd))


def _each(text: pl.Expr, read: Callable[[str], object], type_: pl.DataType) -> pl.Expr:
    def value(typed: str) -> object:
        try:
            return read(typed)
        except BadInput:
            return None

    def values(column: pl.Series) -> pl.Series:
        known = {typed: value(typed) for typed in column.drop_nulls().unique()}
        found = [known.get(typed) for typed in column] if known else [None] * len(column)
        return pl.Series(column.name, found, dtype=type_)

    return text.map_batches(values, return_dtype=type_, is_elementwise=True)
