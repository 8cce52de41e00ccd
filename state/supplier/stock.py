"""What a supplier holds: low and sold-out SKUs first, adjusted only with a reason."""

from collections.abc import Sequence
from typing import Any, ClassVar
from uuid import UUID

import reflex as rx

from app import routes
from app.access import Actor
from app.kit.errors import Invalid, NotFound
from app.kit.i18n import N_, moment_text
from app.queries.lists.supplier_goods import STOCK
from app.queries.supplier_stock import Movement, SkuStock, sku_stock
from app.services import stock
from app.services.inputs import read
from app.words import MOVEMENT_REASON
from state.base import ConsoleState
from state.gate import OF_SCREEN, acting, needs
from state.listing import ListState
from state.merging import form_saved
from state.screens import Action, Field, Values, read_values

WRITE = "supplier:stock:write"

ADJUST_FIELDS = (
    Field("delta", N_("Units"), "number", required=True, placeholder="+20",
          help=N_("What came in, such as 20; with a minus what went, such as -3.")),
    Field("reason", N_("Reason"), "choice", required=True,
          words=tuple(w for w in MOVEMENT_REASON if w[0] in stock.BY_HAND)),
    Field("note", N_("Note"), help=N_("Such as a delivery note's number.")),
)  # fmt: skip


async def adjust(actor: Actor, sku_id: UUID, values: Values) -> int:
    """Record a movement; a refusal of the stock itself is told beside the units."""
    change = read(stock.Adjustment, {"sku_id": sku_id, **values})
    try:
        return await stock.adjust(actor, change)
    except stock.PromisedStock as error:
        raise Invalid({"delta": acting().text(error.message, **error.params)}) from error


async def _adjust(actor: Actor, keys: Sequence[UUID], values: Values) -> int:
    return await adjust(actor, keys[0], values)


class StockState(ListState, rx.State):
    """The list of what is on hand."""

    resource: ClassVar = STOCK
    actions: ClassVar = (
        Action("adjust", N_("Adjust"), WRITE, _adjust, on="row", icon="plus-minus",
               fields=ADJUST_FIELDS, done=N_("Recorded; on hand: %(count)s.")),
    )  # fmt: skip


class SkuStockState(ConsoleState, rx.State):
    """One SKU's stock: what is there, and every movement that made it so."""

    permission: ClassVar[str] = "supplier:stock:read"

    sku: dict[str, str] = {}
    moves: list[dict[str, str]] = []
    missing: bool = False
    loaded: bool = False
    values: dict[str, str] = {}
    errors: dict[str, str] = {}
    round: int = 0
    """Counts recorded movements; a new number empties the form."""

    @rx.event
    @needs(OF_SCREEN)
    async def load(self) -> None:
        """Read the SKU that the address names."""
        if not (self.loaded and acting().is_reconnected):
            self.values, self.errors = {}, {}
        self.missing = False
        try:
            self._show(await sku_stock(acting().actor, self._sku()))
        except NotFound:
            self.missing = True
        self.loaded = True

    def _sku(self) -> UUID:
        place = routes.below(acting().path)
        try:
            return UUID(place[1])
        except (IndexError, ValueError) as error:
            raise NotFound() from error

    def _show(self, found: SkuStock) -> None:
        free = found.on_hand - found.reserved
        state = "OUT" if free <= 0 else "LOW" if free <= found.low_at else "ENOUGH"
        self.sku = {
            "id": str(self._sku()),
            "product_id": str(found.product_id),
            "product": found.product,
            "code": found.code,
            "specs": found.specs,
            "state": state,
            "on_hand": f"{found.on_hand:,}",
            "reserved": f"{found.reserved:,}",
            "available": f"{free:,}",
            "low_at": f"{found.low_at:,}",
        }
        self.moves = [_move(move) for move in found.movements]

    @rx.event
    @needs(WRITE)
    async def record(self, data: dict[str, Any]) -> Any:
        """Record a movement."""
        who = acting()
        self.errors = {}
        try:
            left = await adjust(who.actor, self._sku(), read_values(ADJUST_FIELDS, data))
        except Invalid as error:
            self.values = {f.name: str(data.get(f.name) or "")[:200] for f in ADJUST_FIELDS}
            self.errors = {name: who.text(message) for name, message in error.fields.items()}
            return None
        self.values = {}
        self.round += 1
        self._show(await sku_stock(who.actor, self._sku()))
        said = who.text(N_("Recorded; on hand: %(count)s."), count=left)
        return [form_saved(), rx.toast.success(said)]


def _move(move: Movement) -> dict[str, str]:
    return {
        "at": moment_text(move.at),
        "delta": f"{move.delta:+,}",
        "up": "1" if move.delta > 0 else "",
        "balance": f"{move.balance:,}",
        "reason": move.reason,
        "reference": move.reference,
        "note": " · ".join(filter(None, (move.who, move.note))),
    }
