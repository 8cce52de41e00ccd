"""Reading a file's records in batches: text → typed columns, and a problem for what does not fit.

All columns are read as text first. The number of a row is that of its record, the header being
row 1, as a spreadsheet shows it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl
from babel import Locale

from app.kit.currencies import minor_digits
from app.kit.errors import TradeError
from app.kit.text import showable
from app.services.imports import values
from app.services.imports.files import (
    BLANK,
    END,
    END_COLUMN,
    FEWER,
    UNREADABLE,
    Readable,
    place_name,
)
from app.services.imports.layout import KINDS, STATUSES, Column, Kind, Type
from app.services.imports.mapping import PLACE, HistoryMapping, Template
from app.services.imports.moments import FIRST_YEAR, LAST_YEAR, is_outside, parse_moment
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


class FileDamaged(TradeError):
    """A file that seemed whole breaks off while its records are read."""

    code = "import_file_damaged"
    status = 422
    message = "The file %(file)s is damaged and cannot be read. Export it again as CSV or Parquet."


def column_problems(readable: Readable, mapping: HistoryMapping) -> list[Problem]:
    """Return a problem for each column that the file must have and has not in a form to read."""
    kind = KINDS[readable.source.kind]
    if kind.name in mapping.columns:
        wanted = mapping.used_columns(kind)
    else:
        wanted = {column.name for column in kind.columns if column.required}
    words = dict.fromkeys(sorted(wanted - set(readable.columns)), "no_column")
    for name, type_ in zip(readable.columns, readable.types, strict=False):
        if name in mapping.used_columns(kind) and not values.is_plain(type_):
            words[name] = "not_plain"
    file, row = readable.source.path.name, readable.header_row
    return [Problem(kind.name, file, row, name, word) for name, word in words.items()]


def read(readable: Readable, mapping: HistoryMapping) -> Iterator[Batch]:
    """Yield the records of a file, ``BATCH`` at a time. Raises FileDamaged."""
    try:
        yield from _Reader(readable, mapping).batches()
    except UNREADABLE as error:
        if not readable.is_parquet:
            # The copy of a text is ours: what is wrong with it is a bug.
            raise
        raise FileDamaged(file=readable.source.path.name) from error


class _Reader:
    def __init__(self, readable: Readable, mapping: HistoryMapping) -> None:
        self.readable = readable
        self.mapping = mapping
        self.kind: Kind = KINDS[readable.source.kind]
        self._digits = mapping.digits if mapping.source.amounts == "decimal" else 0

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
            kept = [self._kept(column) for column in self.kind.columns]
            yield Batch(chunk.select("row", *kept), tuple(self._problems(chunk)))

    def _kept(self, column: Column) -> pl.Expr:
        """Return the value as it is staged: no number or moment that is out of bounds."""
        if column.type not in (Type.AMOUNT, Type.COUNT, Type.MOMENT):
            return pl.col(column.name)
        is_good = pl.col(_FLAG + column.name).is_null()
        return pl.when(is_good).then(pl.col(column.name)).alias(column.name)

    def _scan(self) -> pl.LazyFrame:
        if self.readable.is_parquet:
            frame = pl.scan_parquet(self.readable.path)
            texts = [
                values.as_text(pl.nth(place), type_).alias(place_name(place))
                for place, type_ in enumerate(self.readable.types)
            ]
            frame = frame.select(*texts, pl.lit(END).alias(END_COLUMN))
        else:
            frame = pl.scan_csv(
                self.readable.path,
                separator=self.readable.separator,
                infer_schema=False,
                empty_string_is_null=False,
            )
        rows = frame.with_row_index("row", offset=self.readable.header_row + 1)
        # A line without anything is none, but it counts.
        return rows.filter(pl.col(END_COLUMN) != BLANK)

    def _place(self, heading: str) -> pl.Expr:
        return pl.col(place_name(self.readable.columns.index(heading)))

    def _fields(self) -> pl.Expr:
        end = pl.col(END_COLUMN)
        return (
            pl.when(end == END)
            .then(None)
            .when(end == FEWER)
            .then(pl.lit("fewer_fields"))
            .otherwise(pl.lit("more_fields"))
            .alias(_FLAG)
        )

    def _raw(self, column: Column) -> pl.Expr:
        source = self.mapping.column_of(self.kind, column.name)
        if isinstance(source, Template):
            text = self._template(source.template)
        elif source is None or source not in self.readable.columns:
            text = pl.lit(None, pl.String)
        else:
            text = self._place(source)
        text = values.stripped(text)
        return pl.when(text != "").then(text).alias(_text(column.name))

    def _template(self, template: str) -> pl.Expr:
        parts: list[pl.Expr] = []
        place = 0
        for found in PLACE.finditer(template):
            parts.append(pl.lit(template[place : found.start()]))
            text = values.stripped(self._place(found[1]).fill_null(""))
            parts.append(text.str.slice(0, int(found[2])) if found[2] else text)
            place = found.end()
        parts.append(pl.lit(template[place:]))
        return pl.concat_str(parts)

    def _typed(self, column: Column) -> pl.Expr:
        text = pl.col(_text(column.name))
        if column.type is Type.AMOUNT:
            is_decimal = self.mapping.source.amounts == "decimal"
            value = values.amount(text, self.mapping.source.currency if is_decimal else "")
        elif column.type is Type.COUNT:
            value = values.count(text)
        elif column.type is Type.MOMENT:
            value = parse_moment(text, self.mapping.source)
        elif column.type is Type.STATUS:
            words = {word: word for word in STATUSES} | dict(self.mapping.status_words)
            value = text.replace_strict(words, default=None, return_dtype=pl.String)
        else:
            value = values.cleaned(text, lines=column.lines)
            if column.shortens:
                value = value.str.slice(0, column.most)
        return value.alias(column.name)

    def _flag(self, column: Column) -> pl.Expr:
        text, value = pl.col(_text(column.name)), pl.col(column.name)
        flag = pl.when(pl.lit(False)).then(pl.lit(""))
        if column.required:
            flag = flag.when(text.is_null()).then(pl.lit("required"))
        if column.type in (Type.ID, Type.TEXT):
            flag = flag.when(text.is_not_null() & value.is_null()).then(pl.lit("not_text"))
            flag = flag.when(value.str.len_chars() > column.most).then(pl.lit("too_long"))
        elif column.type is Type.CURRENCY:
            fits = text.is_in(_currencies(self.mapping.digits))
            flag = flag.when(text.is_not_null() & ~fits).then(pl.lit("not_currency"))
        else:
            bad = text.is_not_null() & value.is_null()
            flag = flag.when(bad).then(pl.lit(_WRONG[column.type]))
        if column.type is Type.COUNT:
            outside = ~value.is_between(column.least, column.most)
            flag = flag.when(outside).then(pl.lit("out_of_range"))
        elif column.type is Type.AMOUNT:
            flag = flag.when(value > values.MOST_CENTS).then(pl.lit("out_of_range"))
        elif column.type is Type.MOMENT:
            flag = flag.when(is_outside(value)).then(pl.lit("moment_outside"))
        return flag.otherwise(None).alias(_FLAG + column.name)

    def _problems(self, chunk: pl.DataFrame) -> Iterator[Problem]:
        """Yield one problem for each refused row: the first that was found in it."""
        names = ["", *(column.name for column in self.kind.columns)]
        flags = [_FLAG + name for name in names]
        bad = chunk.filter(pl.any_horizontal(pl.col(flags).is_not_null()))
        # What was read may be a moment that Python has not, so that only texts are looked at.
        texts = [_text(column.name) for column in self.kind.columns]
        for row in bad.select("row", *flags, *texts).iter_rows(named=True):
            name = next(name for name in names if row[_FLAG + name] is not None)
            value = showable(str(row.get(_text(name)) or "")[:_MOST_SHOWN])
            yield self._problem(row["row"], name, row[_FLAG + name], value)

    def _problem(self, row: int, name: str, word: str, value: str) -> Problem:
        params = ""
        if word == "unknown_status":
            params = f"words={', '.join(STATUSES)}"
        elif word == "moment_outside":
            params = f"least={FIRST_YEAR};most={LAST_YEAR}"
        elif name:
            column = self.kind.column(name)
            is_amount = column.type is Type.AMOUNT
            most = values.MOST_CENTS // 10**self._digits if is_amount else column.most
            params = f"least={column.least};most={most}"
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
