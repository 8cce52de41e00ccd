"""Many rows at once, pasted or chosen as a file: what became of each row stands beside it."""

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import reflex as rx

from app.access import Actor
from app.kit.errors import BadInput, Invalid
from app.kit.i18n import N_, Filled
from app.kit.money import parse_count
from app.kit.tables import is_blank, read_record
from app.kit.text import clean, showable
from app.services import fulfilment, stock
from app.services.fulfilment import CARRIERS, OTHER, Ship
from app.services.stock import Count
from state.base import ConsoleState
from state.gate import OF_SCREEN, acting, needs
from state.merging import form_saved
from state.supplier.orders import WRITE

MOST_ROWS = 1_000
_HEADS = {"number", "order", "code", "sku", "订单号", "订单", "编码", "sku code", "规格编码"}


_PARTS = ("\t", ",", ";")
_QUOTED = re.compile(r'("[^"]*")')
_NOT_READ = N_(
    "The file is damaged, or in an encoding other than UTF-8, UTF-16 and GB 18030. Save it as"
    " UTF-8."
)
_NO_TABLE = N_("This is not a text table. Save the spreadsheet as CSV and choose that file.")
_UNFINISHED = N_("A quotation mark that opens in row %(row)s is never closed. Correct that row.")
_TWICE = N_("Two columns are called %(heading)s. Remove one of them.")


@dataclass(frozen=True)
class Line:
    """One row of a table: its number as a spreadsheet counts, and its cells.

    ``problem`` is the message id of what cannot be read in it, or empty.
    """

    number: int
    cells: list[str]
    problem: str = ""


def table_of(typed: str) -> list[Line]:
    """Return the rows of pasted text, parted by commas, semicolons, tabs or spaces.

    A head is left out; it and blank rows count in the numbers. Raises Invalid for what is no
    table, and for more than ``MOST_ROWS`` rows.
    """
    if typed.startswith(("PK\x03\x04", "PAR1", "%PDF")):
        raise Invalid({"typed": _NO_TABLE})
    if "\ufffd" in typed:
        raise Invalid({"typed": _NOT_READ})
    lines = iter(io.StringIO(typed.removeprefix("\ufeff"), newline=""))
    rows: list[Line] = []
    separator = ""
    for number, line in enumerate(lines, 1):
        cells = _cells(line, lines, separator)
        if cells is None:
            raise Invalid({"typed": Filled(_UNFINISHED, row=number)})
        if is_blank(cells):
            continue
        if not rows and not separator and cells[0].strip().lower() in _HEADS:
            _refuse_doubled(cells)
            separator = _separator(line) or " "
            continue
        rows.append(_line(number, cells))
        if len(rows) > MOST_ROWS:
            raise Invalid({"typed": N_("At most 1,000 rows at a time.")})
    return rows


def _refuse_doubled(heads: Sequence[str]) -> None:
    names = [head.strip().lower() for head in heads if head.strip()]
    for name in names:
        if names.count(name) > 1:
            raise Invalid({"typed": Filled(_TWICE, heading=showable(name)[:40])})


def _line(number: int, cells: Sequence[str]) -> Line:
    try:
        return Line(number, [clean(cell) for cell in cells])
    except BadInput as error:
        return Line(number, [showable(cell.strip()) for cell in cells], error.message)


def _cells(line: str, rest: Iterator[str], separator: str) -> list[str] | None:
    own = _separator(line)
    # The head says what parts the rows; a row that has nothing of it is read by itself.
    mark = separator if separator in _PARTS and separator in line else own
    if mark:
        return read_record(line if "\t" in line else _half_width(line), rest, mark)
    return read_record(line, rest, ",") if line.lstrip().startswith('"') else line.split()


def _separator(line: str) -> str:
    plain = _QUOTED.sub("", _half_width(line))
    return next((mark for mark in _PARTS if mark in plain), "")


def _half_width(line: str) -> str:
    """Return a line with the commas of Chinese keyboards as such, but in quotes."""
    parts = _QUOTED.split(line)
    return "".join(part if place % 2 else part.replace("，", ",")
                   for place, part in enumerate(parts))  # fmt: skip


def _typed_again(line: Line) -> str:
    if not any(set(cell) & set(',;\t"，') for cell in line.cells):
        return ", ".join(line.cells)
    return ",".join('"{}"'.format(cell.replace('"', '""')) for cell in line.cells)


class PasteState(ConsoleState, mixin=True):
    """Mix in; define ``_apply``, which takes cells and tells the outcome of each row."""

    permission: ClassVar[str] = ""

    is_open: bool = False
    typed: str = ""
    fault: str = ""
    results: list[dict[str, str]] = []
    good: int = 0

    @rx.event
    @needs(OF_SCREEN)
    async def begin(self) -> None:
        """Open the dialog, empty."""
        self.is_open, self.typed, self.fault, self.results = True, "", "", []

    @rx.event
    @needs(OF_SCREEN)
    async def close(self) -> None:
        """Close the dialog."""
        self.is_open = False

    @rx.event
    @needs(OF_SCREEN)
    async def submit(self, data: dict[str, Any]) -> Any:
        """Apply the rows; those that failed stay in the box, to be mended and sent again."""
        who = acting()
        self.typed, self.fault = str(data.get("typed") or ""), ""
        try:
            rows = table_of(self.typed)
        except Invalid as error:
            fault = error.fields["typed"]
            self.fault = who.text(fault)
            return None
        good = [row for row in rows if not row.problem]
        said = await self._apply(who.actor, [row.cells for row in good]) if good else []
        problems = dict(zip((row.number for row in good), said, strict=True))
        outcomes = [row.problem or problems[row.number] for row in rows]
        self.results = [
            {"row": str(row.number), "what": row.cells[0], "said": who.text(said or self._done()),
             "good": "" if said else "1"}
            for row, said in zip(rows, outcomes, strict=True)
        ]  # fmt: skip
        self.good = sum(1 for said in outcomes if not said)
        self.typed = "\n".join(
            _typed_again(row) for row, said in zip(rows, outcomes, strict=True) if said
        )
        return form_saved()

    def _done(self) -> str:
        return N_("Done")

    async def _apply(self, actor: Actor, rows: Sequence[Sequence[str]]) -> list[str]:
        """Apply the rows; return for each a gettext message id of its problem, or nothing."""
        raise NotImplementedError


_WRONG = N_("A row has three cells: order number, carrier, tracking number.")
_NAMES = {
    name.lower(): carrier.code
    for carrier in CARRIERS.values()
    if carrier.code != OTHER
    for name in (carrier.code, carrier.name_zh, carrier.name_en, carrier.name_zh[:2])
}


class BulkShipState(PasteState, rx.State):
    """Ship many parts from rows of order number, carrier and tracking number."""

    permission: ClassVar[str] = WRITE

    async def _apply(self, actor: Actor, rows: Sequence[Sequence[str]]) -> list[str]:
        problems = [_ship_problem(row) for row in rows]
        seen: set[str] = set()
        for place, row in enumerate(rows):
            if not problems[place] and row[0] in seen:
                problems[place] = N_("This order stands here twice.")
            seen.add(row[0])
        good = [place for place, problem in enumerate(problems) if not problem]
        wishes = [_wish(*rows[place]) for place in good]
        outcomes = await fulfilment.ship(actor, wishes)
        for place, outcome in zip(good, outcomes, strict=True):
            problems[place] = outcome.problem
        return problems

    def _done(self) -> str:
        return N_("Shipped")


def _wish(number: str, carrier: str, tracking: str) -> Ship:
    """Return a parcel; a carrier that is in no table keeps the name that was typed."""
    code = _NAMES.get(carrier.strip().lower())
    if code is None:
        return Ship(number, OTHER, tracking, carrier_name=carrier.strip())
    return Ship(number, code, tracking)


def _ship_problem(row: Sequence[str]) -> str:
    return "" if len(row) == 3 else _WRONG


class BulkCountState(PasteState, rx.State):
    """Set the stock of many SKUs from rows of code and counted units."""

    permission: ClassVar[str] = "supplier:stock:write"

    async def _apply(self, actor: Actor, rows: Sequence[Sequence[str]]) -> list[str]:
        problems = [_count_problem(row) for row in rows]
        good = [place for place, problem in enumerate(problems) if not problem]
        counts = [Count(rows[place][0], parse_count(rows[place][1])) for place in good]
        for place, outcome in zip(good, await stock.count(actor, counts), strict=True):
            problems[place] = outcome.problem
        return problems

    def _done(self) -> str:
        return N_("Counted")


_COUNT_ROW = N_("A row has two cells: SKU code and the counted units.")


def _count_problem(row: Sequence[str]) -> str:
    if len(row) != 2:
        return _COUNT_ROW
    try:
        units = parse_count(row[1])
    except BadInput as error:
        return error.message
    if units < 0:
        return N_("This is too small.")
    return N_("This is too large.") if units >= 10**8 else ""
