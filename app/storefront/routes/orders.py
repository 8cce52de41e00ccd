"""Orders after checkout: paying, waiting for the confirmation, following, cancelling, receiving."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.errors import Conflict, Invalid, NotFound, NotSignedIn, TradeError, retry_headers
from app.kit.i18n import N_, gettext
from app.kit.ids import is_valid_number
from app.kit.rate_limits import hit
from app.kit.web_forms import Form, read_form
from app.queries import store_orders
from app.queries.store_orders import OrderView
from app.services import carts, closing, fulfilment, order_links, payments
from app.services.placing import access_token
from app.storefront.answering import StoreRoute, refusal
from app.storefront.forms import phone_of
from app.storefront.render import page, see_other
from app.storefront.visit import Here, Known, Visit
from app.storefront.words import word

router = APIRouter(prefix="/s/{slug}/orders", route_class=StoreRoute)

LOOKS = 12
"""How often the waiting page looks by itself before it stops to."""

UNHAPPY = ("unpaid", "provider_down")
"""Notices that are no good news."""

UNKNOWN_ORDER = N_("No order with this number and phone was found in this store.")


@asynccontextmanager
async def _opened(
    visit: Visit, number: str, token: str
) -> AsyncGenerator[tuple[AsyncSession, UUID]]:
    """Open an order by the secret of its link, or as the customer who placed it."""
    if not is_valid_number(number):
        raise NotFound()
    if token:
        door = order_links.opened_by_token(visit.front.actor(), number, token)
    elif visit.customer:
        door = order_links.opened_by_owner(visit.actor, number)
    else:
        raise NotSignedIn()
    async with door as opened:
        yield opened


async def _read(visit: Visit, number: str, token: str) -> OrderView:
    async with _opened(visit, number, token) as (session, order_id):
        return await store_orders.read_order(session, order_id)


async def _key(visit: Visit, number: str, token: str) -> tuple[UUID, str]:
    """Return the order's id and the secret by which its buyer acts."""
    async with _opened(visit, number, token) as (_, order_id):
        return order_id, access_token(order_id)


@router.get("/find")
async def find_form(visit: Here) -> Response:
    """Show the form for who has lost the link."""
    return page(visit, "find.html", form={}, errors={}, alert="")


@router.post("/find")
async def find(visit: Here, request: Request) -> Response:
    """Lead to an order by its number and phone. Tries are limited."""
    form = await read_form(request)
    try:
        number = form.get("number", "").replace(" ", "")
        await hit("guess", address=visit.address, account=f"{visit.front.slug}/{number}")
        phone = phone_of(form)
        if not is_valid_number(number):
            raise Invalid({"number": N_("This is not an order number. Check its digits.")})
        token = await order_links.find_token(visit.front.actor(), number, phone)
    except Invalid as error:
        return _find_again(visit, form, error.status, errors=error.fields)
    except NotFound:
        return _find_again(visit, form, 404, gettext(visit.locale, UNKNOWN_ORDER))
    except TradeError as error:
        answer = _find_again(visit, form, error.status, refusal(error, visit.locale))
        answer.headers.update(retry_headers(error))
        return answer
    return see_other(visit, f"{visit.home}/orders/{number}?{urlencode({'t': token})}")


def _find_again(
    visit: Visit,
    form: Form,
    status: int,
    alert: str = "",
    errors: dict[str, str] | None = None,
) -> Response:
    typed, faults = form.typed, errors or {}
    return page(visit, "find.html", status=status, form=typed, errors=faults, alert=alert)


@router.get("/{number}")
async def show(number: str, visit: Known, t: str = "", notice: str = "") -> Response:
    """Show an order."""
    order = await _read(visit, number, t)
    return _page(visit, order, t, notice=notice)


def _page(
    visit: Visit,
    order: OrderView,
    token: str,
    *,
    alert: str = "",
    notice: str = "",
    status: int = 200,
) -> Response:
    return page(
        visit,
        "order.html",
        status=status,
        order=order,
        token=token,
        base=f"{visit.home}/orders/{order.number}",
        receipt_days=fulfilment.RECEIPT_DAYS,
        alert=alert,
        notice=word(visit.locale, "notice", notice),
        notice_tone="warn" if notice in UNHAPPY else "good",
    )


def _address(visit: Visit, number: str, token: str, notice: str = "") -> str:
    params = {name: value for name, value in (("t", token), ("notice", notice)) if value}
    address = f"{visit.home}/orders/{number}"
    return f"{address}?{urlencode(params)}" if params else address


@router.get("/{number}/paying")
async def paying(number: str, visit: Known, t: str = "", n: int = 0) -> Response:
    """Wait for the provider's confirmation after the buyer came back; looks again by itself."""
    async with _opened(visit, number, t) as (session, order_id):
        status, payment = await store_orders.payment_state(session, order_id)
    if status != "PENDING_PAYMENT":
        return see_other(visit, _address(visit, number, t))
    if payment in ("FAILED", "CLOSED", ""):
        return see_other(visit, _address(visit, number, t, "unpaid"))
    again = urlencode({"t": t, "n": n + 1}) if t else urlencode({"n": n + 1})
    return page(
        visit,
        "paying.html",
        again=f"{visit.home}/orders/{number}/paying?{again}" if 0 <= n < LOOKS else "",
        seconds=1 if n < 3 else 3,
        order_address=_address(visit, number, t),
    )


@router.post("/{number}/pay")
async def pay(number: str, visit: Known, request: Request) -> Response:
    """Go to the payment page of an order that waits for its money."""
    token = (await read_form(request)).get("t", "")
    order_id, secret = await _key(visit, number, token)
    back = f"{visit.origin}{visit.home}/orders/{number}/paying?{urlencode({'t': secret})}"
    try:
        started = await payments.start(visit.actor, order_id, secret, return_url=back)
    except TradeError as error:
        return await _refused(visit, number, token, error)
    return see_other(visit, started.pay_url)


@router.post("/{number}/cancel")
async def cancel(number: str, visit: Known, request: Request) -> Response:
    """Cancel an order that is unpaid, or paid and not accepted by anybody."""
    token = (await read_form(request)).get("t", "")
    order = await _read(visit, number, token)
    try:
        if order.status == "PENDING_PAYMENT":
            await closing.cancel_unpaid(visit.actor, order.id, access_token(order.id))
            notice = "cancelled"
        elif order.can_cancel_paid:
            await fulfilment.cancel_paid(visit.actor, order.id, access_token(order.id))
            notice = "refunding"
        else:
            raise Conflict()
    except TradeError as error:
        return await _refused(visit, number, token, error)
    return see_other(visit, _address(visit, number, token, notice))


@router.post("/{number}/edit")
async def edit(number: str, visit: Known, request: Request) -> Response:
    """Cancel an unpaid order and put its goods back into the cart."""
    token = (await read_form(request)).get("t", "")
    order = await _read(visit, number, token)
    try:
        if order.status != "PENDING_PAYMENT":
            raise Conflict()
        await closing.cancel_unpaid(visit.actor, order.id, access_token(order.id))
    except TradeError as error:
        return await _refused(visit, number, token, error)
    items = [(line.sku_id, line.quantity) for part in order.parts for line in part.lines]
    cart = visit.cart_token or carts.new_token()
    put, lines = await carts.put_back(visit.actor, cart, items)
    visit.keep_cart(cart, lines)
    notice = "back_in_cart" if put == len(items) else "partly_back"
    return see_other(visit, f"{visit.home}/cart?notice={notice}")


@router.post("/{number}/receive")
async def receive(number: str, visit: Known, request: Request) -> Response:
    """Confirm that one part has arrived."""
    form = await read_form(request)
    token = form.get("t", "")
    order_id, secret = await _key(visit, number, token)
    try:
        await fulfilment.confirm_receipt(visit.actor, order_id, secret, form.get("part") or None)
    except TradeError as error:
        return await _refused(visit, number, token, error)
    return see_other(visit, _address(visit, number, token, "received"))


async def _refused(visit: Visit, number: str, token: str, error: TradeError) -> Response:
    """Show the order as it stands now, and why nothing came of the wish."""
    order = await _read(visit, number, token)
    return _page(visit, order, token, alert=refusal(error, visit.locale), status=error.status)
