"""Reading a file's records in batches: text → typed columns, and a problem for what does not fit.

All columns are read as text first. The number of a row is that of its record, the header being
row 1, as a spreadsheet shows it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl
from babel import Locale

from app.kit.currencies import minor_digits
from app.services.imports.files import END_COLUMN, Readable
from app.services.imports.layout import KINDS, STATUSES, Column, Kind, Type
from app.services.imports.mapping import PLACE, HistoryMapping, Template
from app.services.imports.moments import parse_moment
from app.services.imports.problems import Problem

BATCH = 50_000
"""So many records are in memory at once."""

_FLAG = "!"
"""Before the name of the column that holds what is wrong with another one."""

_MOST_SHOWN = 100


@dataclass(frozen=True)
class Batch:
    """Some records of one kind: their rows as they are staged, and what is wrong with them."""

    rows: pl.DataFrame
    problems: tuple[Problem, ...]


def missing_columns(readable: Readable, mapping: HistoryMapping) -> list[Problem]:
    """Return a problem for each column that the file must have and does not."""
    kind = KINDS[readable.source.kind]
    if kind.name in mapping.columns:
        wanted = mapping.used_columns(kind)
    else:
        wanted = {column.name for column in kind.columns if column.required}
    return [
        Problem(kind.name, readable.source.path.name, 1, name, "no_column")
        for name in sorted(wanted - set(readable.columns))
    ]


def read(readable: Readable, mapping: HistoryMapping) -> Iterator[Batch]:
    """Yield the records of a file, ``BATCH`` at a time."""
    return _Reader(readable, mapping).batches()


class _Reader:
    def __init__(self, readable: Readable, mapping: HistoryMapping) -> None:
        self.readable = readable
        self.mapping = mapping
        self.kind: Kind = KINDS[readable.source.kind]

    def batches(self) -> Iterator[Batch]:
        raw = [self._raw(column) for column in self.kind.columns]
        typed = [self._typed(column) for column in self.kind.columns]
        flags = [self._flag(column) for column in self.kind.columns]
        frame = self._scan().select("row", self._fields(), *raw).with_columns(*typed)
        if self.readable.source.is_shared:
            # A row of another kind's file: without its moment, nothing of this kind happened.
            moment = next(c.name for c in self.kind.columns if c.type is Type.MOMENT and c.required)
            frame = frame.filter(pl.col(_text(moment)).is_not_null())
        lazy = frame.with_columns(*flags)
        for chunk in lazy.collect_batches(chunk_size=BATCH, maintain_order=True):
            names = [column.name for column in self.kind.columns]
            yield Batch(chunk.select("row", *names), tuple(self._problems(chunk)))

    def _scan(self) -> pl.LazyFrame:
        if self.readable.is_parquet:
            frame = pl.scan_parquet(self.readable.path)
            texts = [_as_text(name, type_) for name, type_ in frame.collect_schema().items()]
            frame = frame.select(*texts, pl.lit(END_COLUMN).alias(END_COLUMN))
        else:
            frame = pl.scan_csv(
                self.readable.path,
                separator=self.mapping.source.separator,
                infer_schema=False,
                empty_string_is_null=False,
                truncate_ragged_lines=True,
            )
        rows = frame.with_row_index("row", offset=2)
        # A line without anything is none, but it counts.
        first = self.readable.columns[0]
        return rows.filter(pl.col(first).fill_null("") != END_COLUMN)

    def _fields(self) -> pl.Expr:
        end = pl.col(END_COLUMN)
        return (
            pl.when(end == END_COLUMN)
            .then(None)
            .when(end == "")
            .then(pl.lit("fewer_fields"))
            .otherwise(pl.lit("more_fields"))
            .alias(_FLAG)
        )

    def _raw(self, column: Column) -> pl.Expr:
        source = self.mapping.column_of(self.kind, column.name)
        if isinstance(source, Template):
            text = _template(source.template)
        elif source is None or source not in self.readable.columns:
            text = pl.lit(None, pl.String)
        else:
            text = pl.col(source)
        # PostgreSQL's text holds no NUL.
        text = text.str.replace_all("\0", "", literal=True).str.strip_chars()
        if column.shortens:
            text = text.str.slice(0, column.most)
        return pl.when(text != "").then(text).alias(_text(column.name))

    def _typed(self, column: Column) -> pl.Expr:
        text = pl.col(_text(column.name))
        if column.type is Type.AMOUNT:
            digits = self.mapping.digits if self.mapping.source.amounts == "decimal" else 0
            value = _amount(text, digits)
        elif column.type is Type.COUNT:
            value = text.str.extract(r"^(\d{1,15})(?:\.0+)?$").cast(pl.Int64, strict=False)
        elif column.type is Type.MOMENT:
            value = parse_moment(text, self.mapping.source)
        elif column.type is Type.STATUS:
            words = {word: word for word in STATUSES} | dict(self.mapping.status_words)
            value = text.replace_strict(words, default=None, return_dtype=pl.String)
        else:
            value = text
        return value.alias(column.name)

    def _flag(self, column: Column) -> pl.Expr:
        text, value = pl.col(_text(column.name)), pl.col(column.name)
        flag = pl.when(pl.lit(False)).then(pl.lit(""))
        if column.required:
            flag = flag.when(text.is_null()).then(pl.lit("required"))
        if column.type in (Type.ID, Type.TEXT):
            flag = flag.when(text.str.len_chars() > column.most).then(pl.lit("too_long"))
        elif column.type is Type.CURRENCY:
            fits = text.is_in(_currencies(self.mapping.digits))
            flag = flag.when(text.is_not_null() & ~fits).then(pl.lit("not_currency"))
        else:
            bad = text.is_not_null() & value.is_null()
            flag = flag.when(bad).then(pl.lit(_WRONG[column.type]))
        if column.type is Type.COUNT:
            outside = ~value.is_between(column.least, column.most)
            flag = flag.when(outside).then(pl.lit("out_of_range"))
        return flag.otherwise(None).alias(_FLAG + column.name)

    def _problems(self, chunk: pl.DataFrame) -> Iterator[Problem]:
        """Yield one problem for each refused row: the first that was found in it."""
        names = ["", *(column.name for column in self.kind.columns)]
        flags = [_FLAG + name for name in names]
        bad = chunk.filter(pl.any_horizontal(pl.col(flags).is_not_null()))
        for row in bad.iter_rows(named=True):
            name = next(name for name in names if row[_FLAG + name] is not None)
            value = str(row.get(_text(name)) or "")[:_MOST_SHOWN]
            yield self._problem(row["row"], name, row[_FLAG + name], value)

    def _problem(self, row: int, name: str, word: str, value: str) -> Problem:
        params = ""
        if word == "unknown_status":
            params = f"words={', '.join(STATUSES)}"
        elif name:
            column = self.kind.column(name)
            params = f"least={column.least};most={column.most}"
        file = self.readable.source.path.name
        return Problem(self.kind.name, file, row, name, word, value, params)


_WRONG: Mapping[Type, str] = {
    Type.AMOUNT: "not_amount",
    Type.COUNT: "not_count",
    Type.MOMENT: "not_moment",
    Type.STATUS: "unknown_status",
}


def _text(name: str) -> str:
    return f"={name}"


def _currencies(digits: int) -> list[str]:
    known = [str(code) for code in Locale.parse("en").currencies]
    return [code for code in known if minor_digits(code) == digits]


def _template(template: str) -> pl.Expr:
    parts: list[pl.Expr] = []
    place = 0
    for found in PLACE.finditer(template):
        parts.append(pl.lit(template[place : found.start()]))
        text = pl.col(found[1]).fill_null("").str.strip_chars()
        parts.append(text.str.slice(0, int(found[2])) if found[2] else text)
        place = found.end()
    parts.append(pl.lit(template[place:]))
    return pl.concat_str(parts)


def _amount(text: pl.Expr, digits: int) -> pl.Expr:
    """Return the minor units of a decimal text, exactly; null where it is no such amount.

    Decimals beyond those of the currency must be zeros.
    """
    whole = text.str.extract(r"^(\d{1,13})(?:\.\d*)?$").cast(pl.Int64, strict=False)
    parts = text.str.extract(r"\.(\d*)$").fill_null("")
    cents = parts.str.slice(0, digits).str.pad_end(digits, "0")
    rest = parts.str.slice(digits).str.strip_chars("0")
    minor = cents.cast(pl.Int64, strict=False) if digits else pl.lit(0)
    return pl.when(rest == "").then(whole * 10**digits + minor)


def _as_text(name: str, type_: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if isinstance(type_, pl.Datetime):
        if type_.time_zone is not None:
            text = column.dt.convert_time_zone("UTC").dt.strftime("%Y-%m-%d %H:%M:%S%.6fZ")
        else:
            text = column.dt.strftime("%Y-%m-%d %H:%M:%S%.6f")
        return text.alias(name)
    return column.cast(pl.String)
