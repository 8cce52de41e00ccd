"""One part of an order: accept, refuse, ship wholly or in parcels, and how it went."""

from dataclasses import dataclass, field
from typing import Any, ClassVar
from uuid import UUID

import reflex as rx

from app import routes
from app.kit.errors import BadInput, Invalid, NotFound
from app.kit.i18n import N_, day_text, moment_text, money_text
from app.kit.money import parse_count
from app.queries import supplier_orders as queries
from app.queries.supplier_orders import Line, Parcel, Part
from app.services import fulfilment
from app.services.fulfilment import Ship
from state.base import ConsoleState
from state.gate import OF_SCREEN, acting, needs
from state.merging import form_saved
from state.screens import read_values
from state.supplier.orders import REASON, SHIP_FIELDS, WRITE, slips


@dataclass
class ParcelView:
    """A parcel as the page shows it."""

    carrier: str = ""
    tracking: str = ""
    at: str = ""
    goods: str = ""
    tracks: list[dict[str, str]] = field(default_factory=list[dict[str, str]])


def masked(phone: str) -> str:
    """Return a phone number that only its owner recognises: ``138****2222``."""
    bare = phone.removeprefix("+86")
    return f"{bare[:3]}****{bare[-4:]}" if len(bare) >= 8 else "****"


def address_text(part: Part) -> str:
    """Return the whole address on one line, as courier forms take it."""
    return f"{part.recipient} {part.phone.removeprefix('+86')} {part.region} {part.street}"


_TYPED = tuple(field.name for field in SHIP_FIELDS)


class OrderState(ConsoleState, rx.State):
    """The page of one part. The buyer's phone number comes to the browser only when asked for."""

    permission: ClassVar[str] = "supplier:orders:read"

    order: dict[str, str] = {}
    lines: list[dict[str, str]] = []
    parcels: list[ParcelView] = []
    events: list[dict[str, str]] = []
    shares: list[dict[str, str]] = []
    missing: bool = False
    loaded: bool = False
    asking: str = ""
    """The dialog that is open: ship or reject."""
    values: dict[str, str] = {}
    errors: dict[str, str] = {}

    @rx.event
    @needs(OF_SCREEN)
    async def load(self) -> None:
        """Read the part that the address names."""
        if not (self.loaded and acting().is_reconnected):
            self.asking = ""
        self.missing = False
        try:
            await self._read()
        except NotFound:
            self.missing = True
        self.loaded = True

    async def _read(self) -> None:
        actor = acting().actor
        part = await queries.part(actor, self._number())
        self.order = _order(part)
        self.lines = [_line(line, part.currency) for line in part.lines]
        self.parcels = [_parcel(parcel) for parcel in await queries.parcels(actor, part.id)]
        self.events = [
            {"kind": e.kind, "note": " · ".join(filter(None, (e.who, e.note))),
             "at": moment_text(e.at)}
            for e in await queries.happenings(actor, part.id)
        ]  # fmt: skip
        self.shares = [
            {"kind": s.kind, "state": s.state,
             "amount": money_text(s.amount_cents, part.currency),
             "back": money_text(s.reversed_cents or None, part.currency), "due": day_text(s.due)}
            for s in await queries.shares(actor, part.id)
        ]  # fmt: skip

    def _number(self) -> str:
        place = routes.below(acting().path)
        return place[1] if len(place) > 1 else ""

    @rx.event
    @needs(OF_SCREEN)
    async def show_phone(self) -> None:
        """Show the buyer's whole phone number."""
        part = await queries.part(acting().actor, self._number())
        self.order = self.order | {"phone": part.phone.removeprefix("+86"), "masked": ""}

    @rx.event
    @needs(OF_SCREEN)
    async def copy_address(self) -> Any:
        """Copy name, phone and address, as courier forms take them."""
        part = await queries.part(acting().actor, self._number())
        said = acting().text(N_("Address copied."))
        return [rx.set_clipboard(address_text(part)), rx.toast.success(said)]

    @rx.event
    @needs(OF_SCREEN)
    async def print_slip(self) -> Any:
        """Lead to the packing slip."""
        return slips([self._number()])

    @rx.event
    @needs(WRITE)
    async def accept(self) -> Any:
        """Accept the part."""
        outcomes = await fulfilment.accept(acting().actor, [self._number()])
        return await self._told(outcomes[0].problem, N_("Accepted. The goods can be shipped now."))

    @rx.event
    @needs(WRITE)
    async def ask(self, what: str) -> None:
        """Open a dialog."""
        self.errors = {}
        self.values = {"carrier": await queries.last_carrier(acting().actor)}
        self.asking = what if what in ("ship", "reject") else ""

    @rx.event
    @needs(OF_SCREEN)
    async def dismiss(self) -> None:
        """Close the dialog."""
        self.asking = ""

    @rx.event
    @needs(WRITE)
    async def reject(self, data: dict[str, Any]) -> Any:
        """Refuse the part; the buyer gets the money back."""
        try:
            reason = str(read_values([REASON], data)["reason"])
            await fulfilment.reject(acting().actor, self._number(), reason)
        except Invalid as error:
            return self._marked(error)
        return [form_saved(), await self._told("", N_("Declined. The buyer is refunded."))]

    @rx.event
    @needs(WRITE)
    async def ship(self, data: dict[str, Any]) -> Any:
        """Ship what was entered: everything that is left, or some units of it."""
        self.values = {name: str(data.get(name) or "")[:60] for name in _TYPED}
        try:
            typed = read_values(SHIP_FIELDS, data)
            wish = Ship(
                self._number(),
                typed["carrier"],
                typed["tracking"],
                self._quantities(data),
                carrier_name=str(typed["carrier_name"] or ""),
                carrier_site=str(typed["carrier_site"] or ""),
            )
            outcomes = await fulfilment.ship(acting().actor, [wish])
            if outcomes[0].problem:
                return await self._refused(outcomes[0].problem)
        except Invalid as error:
            return self._marked(error)
        return [form_saved(), await self._told("", N_("Shipped."))]

    async def _refused(self, problem: str) -> Any:
        """Say why nothing was shipped, and show what is left where that changed meanwhile.

        Raises Invalid while the dialog stays open.
        """
        shown = [line["left"] for line in self.lines]
        await self._read()
        left = [line["left"] for line in self.lines]
        if left == shown:
            raise Invalid({"tracking": problem})
        if set(left) == {"0"}:
            return await self._told(problem, "")
        changed = N_("What is left to ship changed meanwhile, perhaps by a refund. The numbers"
                     " above are the new ones: check what you packed.")  # fmt: skip
        raise Invalid({"quantity": changed})

    def _quantities(self, data: dict[str, Any]) -> dict[UUID, int]:
        wanted: dict[UUID, int] = {}
        for line in self.lines:
            try:
                units = parse_count(str(data.get(f"units-{line['id']}") or "0"))
            except BadInput as error:
                raise Invalid({"quantity": error.message}) from error
            if not 0 <= units <= int(line["left"]):
                raise Invalid({"quantity": N_("This exceeds the quantity left to ship.")})
            wanted[UUID(line["id"])] = units
        if not any(wanted.values()):
            raise Invalid({"quantity": N_("Enter what is in the parcel.")})
        return wanted

    def _marked(self, error: Invalid) -> Any:
        who = acting()
        self.errors = {name: who.text(message) for name, message in error.fields.items()}
        return None if self.errors else rx.toast.error(who.text(error.message, **error.params))

    async def _told(self, problem: str, done: str) -> Any:
        await self._read()
        self.asking, self.errors = "", {}
        said = acting().text(problem or done)
        return rx.toast.error(said) if problem else rx.toast.success(said)


def _order(part: Part) -> dict[str, str]:
    supply = sum(line.supply_cents for line in part.lines)
    returned = sum(line.supply_returned_cents for line in part.lines)
    return {
        "number": part.number,
        "status": part.status,
        "store": part.store_name,
        "placed": moment_text(part.placed_at),
        "paid": moment_text(part.paid_at),
        "recipient": part.recipient,
        "phone": masked(part.phone) if part.phone else "",
        "masked": "1" if part.phone else "",
        "region": part.region,
        "street": part.street,
        "supply": money_text(supply, part.currency),
        "freight": money_text(part.freight_cents, part.currency),
        "total": money_text(supply + part.freight_cents, part.currency),
        "returned": money_text(-returned or None, part.currency),
        "note": part.buyer_note,
    }


def _line(line: Line, currency: str) -> dict[str, str]:
    return {
        "id": str(line.id),
        "title": line.shown_title,
        "specs": line.spec_text,
        "code": line.sku_code,
        "picture": line.image_key,
        "quantity": str(line.quantity),
        "shipped": str(line.shipped),
        "left": str(line.left),
        "cancelled": str(line.cancelled or ""),
        "unit": money_text(line.supply_unit_cents, currency),
        "supply": money_text(line.supply_cents, currency),
    }


def _parcel(parcel: Parcel) -> ParcelView:
    tracks = [
        {"kind": track.state, "note": track.text, "at": moment_text(track.at)}
        for track in parcel.tracks
    ]
    at = moment_text(parcel.shipped_at)
    return ParcelView(parcel.carrier_code, parcel.tracking_no, at, parcel.goods, tracks)


@dataclass
class Slip:
    """A packing slip: no price stands on it, since it travels to the buyer."""

    number: str = ""
    store: str = ""
    placed: str = ""
    recipient: str = ""
    phone: str = ""
    address: str = ""
    note: str = ""
    units: str = ""
    lines: list[dict[str, str]] = field(default_factory=list[dict[str, str]])


class SlipsState(ConsoleState, rx.State):
    """The packing slips of the parts that the address names."""

    permission: ClassVar[str] = "supplier:orders:read"

    slips: list[Slip] = []
    loaded: bool = False

    @rx.event
    @needs(OF_SCREEN)
    async def load(self) -> None:
        """Read the parts."""
        named = dict(self.router.url.query_parameters).get("numbers", "").split(",")
        found = await queries.parts(acting().actor, [n for n in named if n][:100])
        self.slips = [slip for part in found if (slip := slip_of(part)).lines]
        self.loaded = True


def slip_of(part: Part) -> Slip:
    """Return what is left to pack; of a part that has gone, what went, to print it again.

    Refunded units are on neither, so that a part of which nothing goes has no lines.
    """
    units = {line.id: line.left for line in part.lines}
    if not any(units.values()):
        units = {line.id: line.shipped for line in part.lines}
    return Slip(
        number=part.number,
        store=part.store_name,
        placed=moment_text(part.placed_at),
        recipient=part.recipient,
        phone=masked(part.phone) if part.phone else "",
        address=f"{part.region} {part.street}".strip(),
        note=part.buyer_note,
        units=str(sum(units.values())),
        lines=[_line_of_slip(line, units[line.id]) for line in part.lines if units[line.id]],
    )


def _line_of_slip(line: Line, units: int) -> dict[str, str]:
    return {
        "code": line.sku_code,
        "title": line.title,
        "specs": line.spec_text,
        "units": str(units),
    }
