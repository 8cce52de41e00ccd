# The writer of spreadsheets carries no types.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
"""Panels as files: CSV that any spreadsheet opens, and XLSX with a sheet for each panel."""

import csv
import io
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import xlsxwriter

from app.analytics.charts import Reader, label_of
from app.analytics.measures import MEASURES, Unit
from app.analytics.results import Column, Panel, Row, Value
from app.kit.currencies import decimal_text, hundredths_text, minor_units, number_format
from app.kit.i18n import N_
from app.queries.sheets import without_formula

_FORMATS: Mapping[Unit, str] = {
    Unit.COUNT: "#,##0",
    Unit.RATE: "0.00%",
    Unit.DAYS: "#,##0",
    Unit.DURATION: "#,##0",
    Unit.SCORE: "0.00",
}
_DIVISORS: Mapping[Unit, int] = {Unit.RATE: 10_000, Unit.SCORE: 100}
"""By what an integer other than an amount is divided for a spreadsheet's number."""
_DAY_WIDTH, _MOMENT_WIDTH = "yyyy-mm-dd", "yyyy-mm-dd hh:mm"
_MOST_LETTERS = 32_000
"""A cell holds at most 32,767 characters."""
_UNITS: Mapping[Unit, str] = {
    Unit.DAYS: N_("days"),
    Unit.DURATION: N_("minutes"),
}


def _heading(column: Column, reader: Reader) -> str:
    label = reader.say(column.label, **column.label_params)
    if column.unit is Unit.MONEY:
        return f"{label} ({reader.currency})"
    unit = _UNITS.get(column.unit) if column.unit else None
    return f"{label} ({reader.say(unit)})" if unit else label


def _value(panel: Panel, row: Row, place: int, reader: Reader) -> Value:
    """Return a cell; texts in the reader's language."""
    value = row.values[place]
    if isinstance(value, str):
        return label_of(panel, row, reader) if place == 0 else reader.say(value)
    return value


def csv_of(panel: Panel, reader: Reader) -> bytes:
    """Return a panel's rows in UTF-8 with its mark, which Excel needs."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([without_formula(_heading(column, reader)) for column in panel.columns])
    for row in panel.rows:
        writer.writerow(
            _plain(column, _value(panel, row, place, reader), reader.currency)
            for place, column in enumerate(panel.columns)
        )
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _plain(column: Column, value: Value, currency: str) -> str:
    if value is None:
        return ""
    if isinstance(value, int):
        return _number(column, value, currency)
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return f"{value}" if isinstance(value, date) else without_formula(value)


def _number(column: Column, value: int, currency: str) -> str:
    if column.unit is Unit.MONEY:
        return decimal_text(value, currency)
    if column.unit is Unit.SCORE:
        return hundredths_text(value)
    return f"{hundredths_text(value)}%" if column.unit is Unit.RATE else str(value)


def write_xlsx(
    path: Path, panels: Sequence[Panel], reader: Reader, said: Sequence[tuple[str, str]]
) -> None:
    """Write panels into a file, a sheet each, behind one that tells what they are about.

    ``said`` are lines of that first sheet: a label and a text. It blocks, so it is called in a
    thread. Texts are stored as texts, so that none can act as a formula.
    """
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False}) as book:
        names: set[str] = set()
        _about(book, _sheet_name(reader.say(N_("About")), names), panels, reader, said)
        for panel in panels:
            _sheet(book, _sheet_name(reader.say(panel.title), names), panel, reader)


def _sheet_name(title: str, names: set[str]) -> str:
    """Return a name that no other sheet has: at most 31 letters, few signs."""
    plain = re.sub(r"[\[\]:*?/\\']", " ", title)[:28].strip() or "1"
    name, count = plain, 1
    while name.lower() in names:
        count += 1
        name = f"{plain} {count}"
    names.add(name.lower())
    return name


def _about(
    book: Any, name: str, panels: Sequence[Panel], reader: Reader, said: Sequence[tuple[str, str]]
) -> None:
    sheet = book.add_worksheet(name)
    bold, wrap = (
        book.add_format({"bold": True}),
        book.add_format({"text_wrap": True, "valign": "top"}),
    )
    sheet.set_column(0, 0, 28)
    sheet.set_column(1, 1, 90)
    for place, (label, text) in enumerate(said):
        sheet.write_string(place, 0, label, bold)
        sheet.write_string(place, 1, text, wrap)
    keys = dict.fromkeys(column.measure for panel in panels for column in panel.columns)
    for place, measure in enumerate((MEASURES[key] for key in keys if key), len(said) + 1):
        sheet.write_string(place, 0, reader.say(measure.name))
        sheet.write_string(place, 1, reader.say(measure.formula), wrap)


def _sheet(book: Any, name: str, panel: Panel, reader: Reader) -> None:
    sheet = book.add_worksheet(name)
    bold = book.add_format({"bold": True, "bottom": 1})
    sheet.freeze_panes(1, 0)
    writers = [_writer(book, sheet, column, reader.currency) for column in panel.columns]
    for place, column in enumerate(panel.columns):
        sheet.set_column(place, place, 28 if place == 0 else 16)
        sheet.write_string(0, place, _heading(column, reader), bold)
    for line, row in enumerate(panel.rows, 1):
        for place, write in enumerate(writers):
            write(line, place, _value(panel, row, place, reader))


def _writer(
    book: Any, sheet: Any, column: Column, currency: str
) -> Callable[[int, int, Value], None]:
    """Return what writes a column's values as numbers, moments or texts."""
    formats = {**_FORMATS, Unit.MONEY: number_format(currency)}
    number = book.add_format({"num_format": formats[column.unit]}) if column.unit else None
    day = book.add_format({"num_format": _DAY_WIDTH})
    moment = book.add_format({"num_format": _MOMENT_WIDTH})
    divisors = {**_DIVISORS, Unit.MONEY: minor_units(currency)}
    divisor = divisors.get(column.unit, 1) if column.unit else 1

    def write(line: int, place: int, value: Value) -> None:
        if isinstance(value, int):
            sheet.write_number(line, place, value / divisor if divisor > 1 else value, number)
        elif isinstance(value, date):
            form = moment if isinstance(value, datetime) else day
            sheet.write_datetime(line, place, value, form)
        elif value is not None:
            sheet.write_string(line, place, value[:_MOST_LETTERS])

    return write
