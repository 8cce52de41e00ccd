# The writer of spreadsheets carries no types.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
"""Lists as files: CSV that any spreadsheet opens, and XLSX with numbers and moments as such."""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import xlsxwriter

from app.kit.clock import BUSINESS_ZONE
from app.kit.currencies import HOME_CURRENCY, decimal_text, major, number_format
from app.kit.i18n import N_, gettext
from app.queries.changes import changes_text
from app.queries.resource import CURRENCY, MOST_EXPORTED, Column, Row, cell

CUT = N_("Only the first %(most)s rows are in this file. Narrow the list to get the others.")
_FORMULA = re.compile(r"^[=+\-@\t\r]")
_FORMATS: Mapping[str, str] = {
    "quantity": "#,##0",
    "rate": "0.00%",
    "moment": "yyyy-mm-dd hh:mm",
    "day": "yyyy-mm-dd",
}
_WIDTHS: Mapping[str, int] = {"title": 32, "text": 24, "changes": 60, "moment": 17}


_ENDS: Mapping[str, str] = {"low": N_("%(name)s, lowest"), "high": N_("%(name)s, highest")}
"""A range of amounts is two columns of a file, so that both can be counted with."""


def exported(columns: Sequence[Column], chosen: Sequence[str]) -> list[Column]:
    """Return the columns that go into a file: the chosen ones (or all), without pictures.

    Amounts stand in a file as bare numbers, so their currency comes with them.
    """
    written = [column for column in columns if column.kind != "picture"]
    narrowed = [column for column in written if column.key in chosen] or written
    taken = [c for c in written if c in narrowed or (c.key == CURRENCY and _has_amounts(narrowed))]
    return [part for column in taken for part in _parts(column)]


def _has_amounts(columns: Sequence[Column]) -> bool:
    return any(column.kind in ("money", "range") for column in columns)


def _parts(column: Column) -> list[Column]:
    if column.kind != "range":
        return [column]
    return [replace(column, key=f"{column.key}.{end}", kind="money") for end in _ENDS]


def _heading(column: Column, locale: str) -> str:
    name = gettext(locale, column.label)
    end = column.key.partition(".")[2]
    return gettext(locale, _ENDS[end], name=name) if end else name


def _value(row: Row, column: Column) -> Any:
    key, _, end = column.key.partition(".")
    value = row.get(key)
    return value[list(_ENDS).index(end)] if end and value else value


def without_formula(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula when it opens a CSV file."""
    return f"'{text}" if _FORMULA.match(text) else text


def _currency(row: Row) -> str:
    return row.get(CURRENCY) or HOME_CURRENCY


def _text(column: Column, value: Any, locale: str, currency: str) -> str:
    if column.kind == "changes":
        return changes_text(value, locale)
    shown = cell(column, value, currency)
    words = dict(column.words)
    return gettext(locale, words[shown]) if shown in words else shown


class CsvSheet:
    """Turns rows into pieces of a CSV file in UTF-8 with its mark, which Excel needs."""

    def __init__(self, columns: Sequence[Column], locale: str) -> None:
        self._columns, self._locale = columns, locale
        self._left = MOST_EXPORTED

    def head(self) -> bytes:
        """Return the first piece: the mark and the headings."""
        labels = [_heading(column, self._locale) for column in self._columns]
        return b"\xef\xbb\xbf" + self._lines([labels])

    def piece(self, rows: Sequence[Row]) -> bytes:
        """Return rows as text; behind the last permitted one, a line says that there are more."""
        taken = rows[: self._left]
        lines = [self._fields(row) for row in taken]
        self._left -= len(taken)
        if len(taken) < len(rows):
            lines.append([gettext(self._locale, CUT, most=f"{MOST_EXPORTED:,}")])
        return self._lines(lines)

    def _fields(self, row: Row) -> list[str]:
        currency = _currency(row)
        return [self._field(column, _value(row, column), currency) for column in self._columns]

    def _field(self, column: Column, value: Any, currency: str) -> str:
        if value is not None and column.kind == "money":
            return decimal_text(int(value), currency)
        if value is not None and column.kind == "quantity":
            return str(int(value))
        return without_formula(_text(column, value, self._locale, currency))

    @staticmethod
    def _lines(lines: Sequence[Sequence[str]]) -> bytes:
        out = io.StringIO()
        csv.writer(out, lineterminator="\r\n").writerows(lines)
        return out.getvalue().encode()


class XlsxSheet:
    """Writes rows into an XLSX file, one after the other, in constant memory.

    Its methods block, so they are called in a thread. Texts are stored as texts, so that none
    can act as a formula.
    """

    def __init__(self, path: Path, columns: Sequence[Column], locale: str, title: str) -> None:
        self._columns, self._locale = columns, locale
        options = {"constant_memory": True, "in_memory": False, "strings_to_formulas": False}
        self._book = xlsxwriter.Workbook(str(path), options)
        self._sheet = self._book.add_worksheet(re.sub(r"[\[\]:*?/\\]", " ", title)[:31] or "1")
        self._formats = {kind: self._book.add_format({"num_format": f})
                         for kind, f in _FORMATS.items()}  # fmt: skip
        self._row = 0
        self._head()

    def _head(self) -> None:
        bold = self._book.add_format({"bold": True, "bottom": 1})
        for place, column in enumerate(self._columns):
            self._sheet.set_column(place, place, _WIDTHS.get(column.kind, 14))
        self._sheet.freeze_panes(1, 0)
        for place, column in enumerate(self._columns):
            self._sheet.write_string(0, place, _heading(column, self._locale), bold)

    def add(self, rows: Sequence[Row]) -> None:
        """Write rows; behind the last permitted one, a line says that there are more."""
        for row in rows:
            self._row += 1
            if self._row > MOST_EXPORTED:
                said = gettext(self._locale, CUT, most=f"{MOST_EXPORTED:,}")
                self._sheet.write_string(self._row, 0, said)
                return
            for place, column in enumerate(self._columns):
                self._cell(place, column, _value(row, column), _currency(row))

    def _money(self, currency: str) -> Any:
        """Return the format of a currency's amounts, the same for all with as many decimals."""
        shape = number_format(currency)
        if shape not in self._formats:
            self._formats[shape] = self._book.add_format({"num_format": shape})
        return self._formats[shape]

    def _cell(self, place: int, column: Column, value: Any, currency: str) -> None:
        form = self._formats.get(column.kind)
        if value is None:
            return
        if column.kind == "money":
            amount = float(major(int(value), currency))
            self._sheet.write_number(self._row, place, amount, self._money(currency))
        elif column.kind == "rate":
            self._sheet.write_number(self._row, place, int(value) / 10_000, form)
        elif column.kind == "quantity":
            self._sheet.write_number(self._row, place, int(value), form)
        elif isinstance(value, datetime):
            # A spreadsheet knows no time zones.
            local = value.astimezone(BUSINESS_ZONE).replace(tzinfo=None)
            self._sheet.write_datetime(self._row, place, local, form)
        else:
            # A cell holds at most 32,767 characters.
            text = _text(column, value, self._locale, currency)[:32_000]
            self._sheet.write_string(self._row, place, text)

    def close(self) -> None:
        """Finish the file."""
        self._book.close()
