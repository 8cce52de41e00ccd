"""A supplier's orders: accept, refuse, ship, print; each part, never the whole order."""

from collections.abc import Sequence
from typing import Any, ClassVar
from urllib.parse import urlencode
from uuid import UUID

import reflex as rx

from app import routes
from app.access import Actor
from app.kit.errors import Invalid
from app.kit.i18n import N_
from app.queries.lists.supplier_orders import ORDERS
from app.queries.supplier_orders import counts_by_status, last_carrier, numbers_by_id, numbers_of
from app.services import fulfilment
from app.services.fulfilment import Ship
from app.words import CARRIER
from state.gate import acting
from state.going import go
from state.listing import ListState
from state.screens import Action, Field, RowsDone, Values

WRITE = "supplier:orders:write"
REASON = Field("reason", N_("Reason"), "area", required=True,
               help=N_("The buyer is refunded and will see this."))  # fmt: skip
SHIP_FIELDS = (
    Field("carrier", N_("Carrier"), "choice", required=True, words=CARRIER),
    Field("tracking", N_("Tracking number"), required=True),
    Field("carrier_name", N_("Name of another carrier"),
          help=N_("Only if yours is not in the list: choose “Other carrier” and enter its name.")),
    Field("carrier_site", N_("Its tracking site"), placeholder="https://…",
          help=N_("The buyer gets this link.")),
)  # fmt: skip
MOST_SLIPS = 100


async def _accept(actor: Actor, keys: Sequence[UUID], values: Values) -> RowsDone:
    del values
    numbers = await numbers_by_id(actor, keys)
    problems = {o.number: o.problem for o in await fulfilment.accept(actor, [*numbers.values()])}
    return RowsDone({key: problems[n] for key, n in numbers.items() if problems[n]})


async def _reject(actor: Actor, keys: Sequence[UUID], values: Values) -> int:
    numbers = await numbers_of(actor, keys)
    for number in numbers[:1]:
        await fulfilment.reject(actor, number, values["reason"])
    return len(numbers[:1])


async def _ship(actor: Actor, keys: Sequence[UUID], values: Values) -> int:
    wishes = [
        Ship(
            number,
            str(values["carrier"]),
            str(values["tracking"]),
            carrier_name=str(values["carrier_name"] or ""),
            carrier_site=str(values["carrier_site"] or ""),
        )
        for number in await numbers_of(actor, keys)
    ]
    outcomes = await fulfilment.ship(actor, wishes)
    for outcome in outcomes:
        if outcome.problem:
            raise Invalid({"tracking": outcome.problem})
    return len(outcomes)


async def _prefill(actor: Actor, key: UUID) -> dict[str, str]:
    del key
    return {"carrier": await last_carrier(actor)}


async def _print(actor: Actor, keys: Sequence[UUID], values: Values) -> Any:
    del values
    return slips(await numbers_of(actor, keys[:MOST_SLIPS]))


def slips(numbers: Sequence[str]) -> Any:
    """Lead to the packing slips of these parts."""
    address = routes.console(acting().workspace, "slips")
    return go(f"{address}?{urlencode({'numbers': ','.join(numbers)})}")


class OrdersState(ListState, rx.State):
    """The list of a supplier's parts."""

    resource: ClassVar = ORDERS
    actions: ClassVar = (
        Action("accept", N_("Accept"), WRITE, _accept, when=("status", ("PAID",)),
               done=N_("Accepted: %(count)s."), did=N_("Accepted")),
        Action("ship", N_("Ship"), WRITE, _ship, on="row", icon="truck", fields=SHIP_FIELDS,
               when=("status", ("ACCEPTED", "PARTLY_SHIPPED")), prefill=_prefill,
               explain=N_("Ships everything that is left. To ship a part, open the order."),
               done=N_("Shipped: %(count)s."), did=N_("Shipped")),
        Action("reject", N_("Refuse"), WRITE, _reject, on="row", icon="x", fields=(REASON,),
               when=("status", ("PAID",)), danger=True, done=N_("Refused: %(count)s."),
               did=N_("Refused")),
        Action("slips", N_("Packing slips"), "supplier:orders:read", _print, icon="printer",
               at_once=True,
               when=("status", ("ACCEPTED",))),
    )  # fmt: skip

    counts: dict[str, str] = {}
    """Status → how many parts stand there; shown on the tabs."""

    async def _beside(self) -> None:
        counted = await counts_by_status(acting().actor)
        self.counts = {status: f"{count:,}" for status, count in counted.items()}
