"""The basket: what is in it, putting in, changing, taking out."""

from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Request, Response

from app.kit.errors import NotFound
from app.kit.web_forms import Form, read_form
from app.queries import cart_lines
from app.queries.cart_lines import CartLine
from app.services import carts
from app.services.offers import Wanted
from app.services.quotes import quote
from app.services.visits import Act
from app.storefront.answering import StoreRoute
from app.storefront.basket import basket_of
from app.storefront.forms import count_of, uuid_of
from app.storefront.open_order import open_order
from app.storefront.render import page, see_other
from app.storefront.visit import Known, Visit
from app.storefront.words import word

router = APIRouter(prefix="/s/{slug}", route_class=StoreRoute)


@router.get("/cart")
async def show(visit: Known, notice: str = "") -> Response:
    """Show the basket, priced now; a price that changed since it was seen is pointed out."""
    lines = await lines_of(visit)
    basket = await basket_of(visit, lines)
    changed = {line.sku_id: line.cents for line in lines if line.has_new_price}
    if changed:
        await carts.remember_prices(visit.actor, visit.cart_token, changed)
    if visit.cart_count != len(lines):
        visit.keep_cart(visit.cart_token, len(lines))
    return page(
        visit,
        "cart.html",
        counts=Act("page"),
        basket=basket,
        alert="",
        waiting=await open_order(visit),
        notice=word(visit.locale, "notice", notice),
    )


async def lines_of(visit: Visit) -> list[CartLine]:
    """Return the lines of the visitor's basket: the customer's own, else this browser's."""
    if not (visit.cart_token or visit.customer):
        return []
    return await cart_lines.of_cart(visit.actor, visit.cart_token)


@router.post("/cart/add")
async def add(visit: Known, request: Request) -> Response:
    """Put a SKU into the basket, or go on to buy it alone."""
    form = await read_form(request)
    sku_id, quantity = (
        uuid_of(form.get("sku", "")),
        max(1, min(999, count_of(form, "quantity", 1))),
    )
    if sku_id is None:
        raise NotFound()
    problem = await _problem(visit, sku_id, quantity)
    if problem:
        return see_other(visit, _back(visit, form, sku_id.hex, problem))
    added = Act("cart", skus=(sku_id,))
    if form.get("then") == "buy":
        items = urlencode({"items": f"{sku_id.hex}:{quantity}"})
        return see_other(visit, f"{visit.home}/checkout?{items}", counts=added)
    token = visit.cart_token or carts.new_token()
    lines = await carts.add(visit.actor, token, sku_id, quantity)
    visit.keep_cart(token, lines)
    return see_other(visit, _back(visit, form, sku_id.hex), counts=added)


async def _problem(visit: Visit, sku_id: UUID, quantity: int) -> str:
    """Return the notice of why a SKU cannot be put in, '' where it can.

    The page from which it comes may have been open for long.
    """
    priced = await quote(visit.front.actor(), visit.front.id, [Wanted(sku_id, quantity)], None)
    if not priced.problems:
        return ""
    return "too_few" if priced.problems[0].kind == "sold_out" else "withdrawn"


def _back(visit: Visit, form: Form, sku: str, notice: str = "added") -> str:
    listing = uuid_of(form.get("listing", ""))
    if listing is None:
        shown = "" if notice == "added" else f"?notice={notice}"
        return f"{visit.home}/cart{shown}"
    return f"{visit.home}/p/{listing.hex}?sku={sku}&notice={notice}"


@router.post("/cart/{sku}")
async def change(sku: str, visit: Known, request: Request) -> Response:
    """Change a line's quantity (``step`` adds to it); none removes the line."""
    form = await read_form(request)
    sku_id = uuid_of(sku)
    if sku_id is None or not (visit.cart_token or visit.customer):
        raise NotFound()
    quantity = count_of(form, "quantity", 1) + count_of(form, "step", 0)
    left = await carts.set_quantity(visit.actor, visit.cart_token, sku_id, quantity)
    visit.keep_cart(visit.cart_token, left)
    return see_other(visit, f"{visit.home}/cart")
