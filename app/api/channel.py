"""The channel API: apps, mini-programs and other front ends order and pay in a store.

Guests prove that an order is theirs by its token, which placing it returns. Refusals are problem
documents (RFC 9457) whose ``type`` ends in the code of the TradeError.
"""

import time
from typing import Annotated

from fastapi import APIRouter, FastAPI, Header, Request, Response
from pydantic import AnyHttpUrl, BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy import text

from app.access import PUBLIC
from app.api.problems import MachineRoute, problem, request_locale
from app.kit.client_address import client_address
from app.kit.db import database
from app.kit.errors import NotFound, TradeError
from app.kit.i18n import HOME_CURRENCY
from app.kit.rate_limits import hit
from app.kit.text import Text
from app.services import payments
from app.services.placing import MOST_LINES, Address, OrderItem, PlaceOrder, place_order
from app.services.unpaid_orders import Caller
from models.base import UUID

router = APIRouter(prefix="/api/v1", tags=["channel"], route_class=MachineRoute)

STORE_SECONDS = 10
"""How long the address of a store is remembered; whether it is open is asked at each order."""

IdempotencyKey = Annotated[str, Header(min_length=8, max_length=80)]
OrderToken = Annotated[str, Header(min_length=32, max_length=32)]


class NewOrder(BaseModel):
    """What a buyer orders. ``expected_total_cents`` is what the buyer was shown, in fen."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    items: Annotated[tuple[OrderItem, ...], Field(min_length=1, max_length=MOST_LINES)]
    address: Address
    expected_total_cents: int | None = None
    note: Annotated[str, Text(200, lines=True)] | None = None
    locale: Annotated[str, StringConstraints(pattern="^(zh_CN|en)$")] = "zh_CN"


class OrderAnswer(BaseModel):
    """A placed order; ``access_token`` opens it and pays it, ``currency`` is ISO 4217."""

    number: str
    total_cents: int
    currency: str
    access_token: str


class NewPayment(BaseModel):
    """How a buyer pays, and the page to which the provider sends the buyer back."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    return_url: AnyHttpUrl
    provider: Annotated[str, StringConstraints(pattern="^[a-z0-9_]{1,20}$")] = "sandbox"


class PaymentAnswer(BaseModel):
    """An open payment; the buyer pays at ``pay_url``."""

    number: str
    pay_url: str


@router.post("/stores/{slug}/orders", status_code=201)
async def create_order(
    slug: str,
    wish: NewOrder,
    idempotency_key: IdempotencyKey,
    request: Request,
    response: Response,
) -> OrderAnswer:
    """Place an order: 201; 200 with the same answer when the same key comes again."""
    placed = await place_order(
        PUBLIC,
        PlaceOrder(
            store_id=await _store_id(slug),
            idempotency_key=idempotency_key,
            items=wish.items,
            address=wish.address,
            expected_total_cents=wish.expected_total_cents,
            note=wish.note,
            locale=wish.locale,
        ),
        caller=Caller(client_address(request)),
    )
    if placed.repeated:
        response.status_code = 200
    return OrderAnswer(
        number=placed.number,
        total_cents=placed.total_cents,
        currency=HOME_CURRENCY,
        access_token=placed.access_token,
    )


@router.post("/orders/{number}/payments", status_code=201)
async def create_payment(
    number: str, wish: NewPayment, x_order_token: OrderToken, request: Request
) -> PaymentAnswer:
    """Open a payment of an order, or return the one that is open."""
    await hit("api", address=client_address(request))
    started = await payments.start_by_number(
        PUBLIC,
        number,
        x_order_token,
        return_url=str(wish.return_url),
        provider=wish.provider,
    )
    return PaymentAnswer(number=started.number, pay_url=started.pay_url)


_stores: dict[str, tuple[float, UUID]] = {}


async def _store_id(slug: str) -> UUID:
    known = _stores.get(slug)
    if known is not None and time.monotonic() - known[0] < STORE_SECONDS:
        return known[1]
    async with database().transaction(PUBLIC) as session:
        found = await session.execute(text("select id from stores where slug = :s"), {"s": slug})
        store_id: UUID | None = found.scalar_one_or_none()
    if store_id is None:
        raise NotFound()
    _stores[slug] = (time.monotonic(), store_id)
    return store_id


async def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, TradeError)
    return problem(error, request_locale(request))


def install(web: FastAPI) -> None:
    """Serve the channel API from ``web``, refusals included."""
    web.include_router(router)
    web.add_exception_handler(TradeError, _problem)
