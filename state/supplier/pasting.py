"""Many rows at once, pasted or chosen as a file: what became of each row stands beside it."""

import csv
import io
from collections.abc import Sequence
from typing import Any, ClassVar

import reflex as rx

from app.access import Actor
from app.kit.errors import BadInput, Invalid
from app.kit.i18n import N_
from app.kit.money import parse_count
from app.services import fulfilment, stock
from app.services.fulfilment import CARRIERS, OTHER, Ship
from app.services.stock import Count
from state.base import ConsoleState
from state.gate import OF_SCREEN, acting, needs
from state.merging import form_saved
from state.supplier.orders import WRITE

MOST_ROWS = 1_000
_HEADS = {"number", "order", "code", "sku", "订单号", "订单", "编码", "sku code", "规格编码"}


def table_of(typed: str) -> list[list[str]]:
    """Return the cells of pasted text, parted by commas, tabs or spaces; a head is left out.

    Raises Invalid for more than ``MOST_ROWS`` rows.
    """
    lines = [line for line in typed.replace("，", ",").splitlines() if line.strip()]
    rows = [_cells(line) for line in lines]
    if rows and rows[0][0].lower() in _HEADS:
        rows = rows[1:]
    if len(rows) > MOST_ROWS:
        raise Invalid({"typed": N_("At most 1,000 rows at a time.")})
    return rows


def _cells(line: str) -> list[str]:
    for mark in ("\t", ","):
        if mark in line:
            return [cell.strip() for cell in next(csv.reader(io.StringIO(line), delimiter=mark))]
    return line.split()


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
        outcomes = await self._apply(who.actor, rows) if rows else []
        self.results = [
            {"row": str(place), "what": row[0], "said": who.text(said or self._done()),
             "good": "" if said else "1"}
            for place, (row, said) in enumerate(zip(rows, outcomes, strict=True), start=1)
        ]  # fmt: skip
        self.good = sum(1 for said in outcomes if not said)
        self.typed = "\n".join(
            ", ".join(row) for row, said in zip(rows, outcomes, strict=True) if said
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
