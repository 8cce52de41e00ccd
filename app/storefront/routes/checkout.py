"""Checkout: address, freight, the order, and on to the payment.

The form carries what is bought and the key of its order, so that sending it twice places one order
and a refusal loses nothing that was typed.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from app.kit.errors import Invalid, TradeError, retry_headers
from app.kit.i18n import gettext
from app.kit.rate_limits import hit
from app.kit.regions import NAMES, provinces
from app.kit.web_forms import read_form
from app.queries import cart_lines
from app.services import carts, consumers, payments, platform_settings
from app.services.consumers import KeptAddress
from app.services.inputs import read
from app.services.payments import NotPayable, ProviderDown
from app.services.placing import MOST_LINES, Address, PlacedOrder, PlaceOrder, place_order
from app.services.unpaid_orders import Caller
from app.services.visits import Act
from app.storefront.answering import StoreRoute, refusal
from app.storefront.basket import basket_of
from app.storefront.counting import count, visitor_of
from app.storefront.forms import uuid_of, whole
from app.storefront.open_order import open_order, remember
from app.storefront.render import fragment, page, see_other
from app.storefront.routes.cart import lines_of
from app.storefront.visit import Here, Known, Visit

router = APIRouter(prefix="/s/{slug}", route_class=StoreRoute)

ADDRESS_FIELDS = ("recipient", "phone", "province_code", "city", "district", "street")

Items = tuple[tuple[UUID, int], ...]


@dataclass(frozen=True)
class Refusal:
    """Why the form comes back: a sentence, fields that are wrong, an HTTP status."""

    alert: str = ""
    errors: Mapping[str, str] | None = None
    status: int = 200


def items_of(text: str) -> Items:
    """Return what ``sku:quantity,…`` names; anything that is no such thing is left out."""
    found: list[tuple[UUID, int]] = []
    for part in text.split(",")[:MOST_LINES]:
        sku, _, quantity = part.partition(":")
        sku_id, units = uuid_of(sku), whole(quantity)
        if sku_id is not None and 1 <= units <= 999:
            found.append((sku_id, units))
    return tuple(found)


def items_text(items: Sequence[tuple[UUID, int]]) -> str:
    """Return items as the form carries them."""
    return ",".join(f"{sku.hex}:{quantity}" for sku, quantity in items)


@router.get("/checkout")
async def show(visit: Known, items: str = "", address: str = "") -> Response:
    """Show the form for the basket, or for what ``items`` names (buy now)."""
    chosen = items_of(items)
    if not chosen:
        chosen = tuple((line.sku_id, line.quantity) for line in await lines_of(visit))
    if not chosen:
        return see_other(visit, f"{visit.home}/cart")
    kept = await _kept(visit)
    picked = next((one for one in kept if one.id == uuid_of(address)), kept[0] if kept else None)
    form = {
        "key": secrets.token_urlsafe(18),
        "items": items_text(chosen),
        "source": "now" if items else "cart",
        **_typed(picked),
    }
    return await _page(visit, form, Refusal(), kept, picked, counts=Act("checkout"))


def _typed(picked: KeptAddress | None) -> dict[str, str]:
    if picked is None:
        return {}
    fields_ = {name: str(value) for name, value in picked.address.model_dump().items()}
    return fields_ | {"phone": fields_["phone"].removeprefix("+86")}


async def _kept(visit: Visit) -> list[KeptAddress]:
    return await consumers.addresses(visit.actor) if visit.customer else []


async def _page(
    visit: Visit,
    form: Mapping[str, str],
    refused: Refusal,
    kept: Sequence[KeptAddress],
    picked: KeptAddress | None = None,
    counts: Act | None = None,
) -> Response:
    province = form.get("province_code", "")
    lines = await cart_lines.chosen(visit.front.actor(), items_of(form["items"]))
    basket = await basket_of(visit, lines, province if province in NAMES else None)

    def here_with(**params: str) -> str:
        bought = {"items": form["items"]} if form["source"] == "now" else {}
        return f"{visit.home}/checkout?{urlencode(bought | params)}"

    return page(
        visit,
        "checkout.html",
        status=refused.status,
        counts=counts,
        form=form,
        alert=refused.alert,
        errors=refused.errors or {},
        basket=basket,
        kept=kept,
        picked=picked.id if picked else None,
        here_with=here_with,
        places=_places(form),
        minutes=(await platform_settings.current()).reservation_minutes,
        waiting=await open_order(visit),
    )


def _places(form: Mapping[str, str]) -> dict[str, list[str]]:
    """Return what browsers without script suggest: cities of the province, districts of these."""
    province = provinces().get(form.get("province_code", ""))
    listed = province.cities if province else ()
    city = province.city(form.get("city", "")) if province else None
    districts = list(city.districts.values()) if city else []
    return {"cities": [one.name for one in listed], "districts": districts}


@router.get("/checkout/regions")
async def regions(visit: Here, province_code: str = "") -> Response:
    """Return the cities of a province with their districts, for the script of the form."""
    del visit
    province = provinces().get(province_code)
    listed = province.cities if province else ()
    cities = [{"name": city.name, "districts": list(city.districts.values())} for city in listed]
    return JSONResponse({"cities": cities}, headers={"cache-control": "public, max-age=86400"})


@router.get("/checkout/summary")
async def summary(visit: Here, items: str = "", province_code: str = "") -> Response:
    """Return the amounts for a province, for the script of the form."""
    await hit("quote", address=visit.address)
    lines = await cart_lines.chosen(visit.front.actor(), items_of(items))
    basket = await basket_of(visit, lines, province_code if province_code in NAMES else None)
    html = fragment(visit, "_summary.html", basket=basket)
    headers = {"cache-control": "private, no-store"}
    return Response(html, media_type="text/html; charset=utf-8", headers=headers)


@router.post("/checkout")
async def send(visit: Known, request: Request) -> Response:
    """Place the order and go on to pay it, or show the form again with what is in the way."""
    form = await read_form(request, key="", items="", source="cart")
    if not items_of(form["items"]):
        return see_other(visit, f"{visit.home}/cart")
    if form.get("step") != "place":
        return await _page(visit, form.typed, Refusal(), await _kept(visit))
    try:
        wish = _wish(visit, form)
        placed = await place_order(
            visit.actor, wish, visitor_of(visit), Caller(visit.address, visit.cart_token)
        )
    except Invalid as error:
        message = gettext(visit.locale, Invalid.message)
        refused = Refusal(message, error.fields, error.status)
        return await _page(visit, form.typed, refused, await _kept(visit))
    except TradeError as error:
        refused = Refusal(refusal(error, visit.locale), None, error.status)
        answer = await _page(visit, form.typed, refused, await _kept(visit))
        answer.headers.update(retry_headers(error))
        return answer
    if not placed.repeated:
        count(visit, Act("order", skus=tuple(item.sku_id for item in wish.items)))
    remember(visit, placed)
    await _after(visit, form, wish)
    return await _to_payment(visit, placed)


def _wish(visit: Visit, form: Mapping[str, str]) -> PlaceOrder:
    """Return the order that the form asks for. Raises Invalid."""
    address = read(Address, {name: form.get(name, "") for name in ADDRESS_FIELDS})
    return read(
        PlaceOrder,
        {
            "store_id": visit.front.id,
            "idempotency_key": form["key"],
            "items": [{"sku_id": sku, "quantity": units} for sku, units in items_of(form["items"])],
            "address": address.model_dump(),
            "expected_total_cents": whole(form.get("expected", ""), -1),
            "note": form.get("note") or None,
            "email": form.get("email", "").strip() or None,
            "locale": visit.locale,
        },
    )


async def _after(visit: Visit, form: Mapping[str, str], wish: PlaceOrder) -> None:
    """Empty what was ordered from the basket, and keep the address if asked."""
    if form["source"] == "cart" and (visit.cart_token or visit.customer):
        skus = [item.sku_id for item in wish.items]
        left = await carts.take_out(visit.actor, visit.cart_token, skus)
        visit.keep_cart(visit.cart_token, left)
    if form.get("keep") and visit.customer:
        try:
            await consumers.keep_address(visit.actor, wish.address)
        except Invalid:
            # The order stands; a full address book is no reason to frighten anybody.
            return


async def _to_payment(visit: Visit, placed: PlacedOrder) -> Response:
    order = f"{visit.home}/orders/{placed.number}"
    secret = urlencode({"t": placed.access_token})
    try:
        started = await payments.start(
            visit.actor,
            placed.order_id,
            placed.access_token,
            return_url=f"{visit.origin}{order}/paying?{secret}",
        )
    except ProviderDown:
        return see_other(visit, f"{order}?{secret}&notice=provider_down")
    except NotPayable:
        # The same form again, after the order was paid or closed.
        return see_other(visit, f"{order}?{secret}")
    return see_other(visit, started.pay_url)
