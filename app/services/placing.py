"""Placing an order: reserve the stock, freeze prices and terms, one part for each supplier."""

import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, NoReturn
from uuid import UUID

from psycopg import AsyncConnection, errors
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb
from pydantic import BaseModel, ConfigDict, Field

from app.access import Actor, Scope
from app.kit.clock import business_day, now
from app.kit.errors import Conflict, NotFound, TradeError
from app.kit.ids import new_id, readable_number
from app.kit.secrets import derive_key
from app.kit.settings import settings
from app.kit.text import EMAIL, Text
from app.services.addresses import Address
from app.services.engine import engine_pipeline
from app.services.offers import Basket, Offer, PricedLine, Wanted, load_basket, price_part
from app.services.place_sql import PLACE_SQL
from app.services.quotes import Quote, price_basket
from app.services.rules.freight import RegionRefused
from app.services.rules.pricing import loses_money
from app.services.unpaid_orders import COUNTS_SQL, Caller, count_try, excess, order_keys
from app.services.visits import Visitor, note_order

MOST_LINES = 100


class SoldOut(TradeError):
    """Fewer units are left than wanted; ``skus`` names them. Nothing was reserved."""

    code = "sold_out"
    status = 409
    message = "%(titles)s: not enough left. Lower the quantity or remove it."

    def __init__(self, skus: Sequence[UUID], titles: str) -> None:
        self.skus = tuple(skus)
        super().__init__(titles=titles)


class NotForSale(TradeError):
    """Something in the basket cannot be bought in this store now."""

    code = "not_for_sale"
    status = 409
    message = "%(titles)s: not on sale at the moment. Remove it to continue."


class TooFar(NotForSale):
    """At its price the goods cannot bear the freight to a province."""

    message = "%(titles)s: cannot be sent to %(region)s. Remove it or change the address."


class TotalChanged(TradeError):
    """The total is not the one that the buyer saw."""

    code = "total_changed"
    status = 409
    message = "A price or the shipping fee has changed. Please check the new total."


class KeyReused(TradeError):
    """The same idempotency key came with another order."""

    code = "key_reused"
    status = 409
    message = (
        "This form was sent before with other goods or another address, and that order stands. Pay"
        " it, or cancel it and order again."
    )


class StoreClosed(TradeError):
    """The store takes no orders."""

    code = "store_closed"
    status = 409
    message = "This store is closed at the moment."


class OrderItem(BaseModel):
    """So many units of one SKU."""

    model_config = ConfigDict(frozen=True)

    sku_id: UUID
    quantity: Annotated[int, Field(ge=1, le=999)]


class PlaceOrder(BaseModel):
    """A buyer's wish. ``expected_total_cents`` is what the buyer was shown; None accepts any."""

    model_config = ConfigDict(frozen=True)

    store_id: UUID
    idempotency_key: Annotated[str, Text(80, 8)]
    items: Annotated[tuple[OrderItem, ...], Field(min_length=1, max_length=MOST_LINES)]
    address: Address
    expected_total_cents: int | None = None
    note: Annotated[str, Text(200, lines=True)] | None = None
    email: Annotated[str, Text(254, pattern=EMAIL)] | None = None
    """Where the buyer is told how the order goes."""
    locale: str = "zh_CN"


@dataclass(frozen=True)
class PlacedOrder:
    """The answer, the same for each repetition of the same wish."""

    order_id: UUID
    number: str
    total_cents: int
    access_token: str
    repeated: bool = False


def access_token(order_id: UUID) -> str:
    """Return the secret of an order's link, the same at each repetition."""
    key = derive_key("order access")
    return hmac.new(key, order_id.bytes, hashlib.sha256).hexdigest()[:32]


def is_token(order_id: UUID, token: str) -> bool:
    """Say whether ``token`` is the secret of the order's link, in constant time."""
    return hmac.compare_digest(access_token(order_id).encode(), token.encode())


async def place_order(
    actor: Actor,
    wish: PlaceOrder,
    visitor: Visitor | None = None,
    caller: Caller | None = None,
) -> PlacedOrder:
    """Place an order; the same idempotency key with the same content gives the same answer.

    Where a ``visitor`` of the store places it, the order carries from where the visitor came. The
    ``caller`` is from where the request comes, by which tries and unpaid orders are bounded.

    Raises StoreClosed, NotForSale, SoldOut, RegionRefused, TotalChanged, KeyReused or TooMany;
    then nothing is reserved.
    """
    if actor.scope not in (Scope.PUBLIC, Scope.CONSUMER, Scope.SYSTEM):
        raise NotFound()
    if actor.store_id not in (None, wish.store_id):
        # A customer of one store is nobody in another.
        raise NotFound()
    if actor.scope is not Scope.SYSTEM:
        await count_try(actor, wish.address.phone, caller)
    digest, written = _digest(actor, wish), None
    try:
        async with engine_pipeline(actor, "orders.place") as connection:
            found = await _draft(connection, actor, wish, digest, caller)
            if isinstance(found, dict):
                written = await connection.execute(PLACE_SQL, [Jsonb(found)])
                if visitor is not None:
                    await note_order(connection, UUID(found["order"]["id"]), visitor)
    except errors.UniqueViolation:
        # The same form was sent twice at once; the other one has won.
        async with engine_pipeline(actor, "orders.place") as connection:
            earlier = await _earlier(connection, wish, digest)
        if earlier is None:
            raise Conflict() from None
        return earlier
    if isinstance(found, TradeError):
        raise found
    if isinstance(found, PlacedOrder):
        return found
    row = await written.fetchone() if written else None
    return _answer(found) if row and row["ok"] else await _refuse_sold_out(actor, wish)


async def _draft(
    connection: AsyncConnection[DictRow],
    actor: Actor,
    wish: PlaceOrder,
    digest: str,
    caller: Caller | None,
) -> dict[str, Any] | PlacedOrder | TradeError:
    """Return what to write, or the order that was placed before, or why there will be none.

    A refusal is returned, not raised: nothing was written, so the transaction may end as every
    other, and the connection keeps its prepared statements.
    """
    items, keys = _merged(wish.items), order_keys(actor, wish.address.phone, caller)
    before = await connection.execute(_EARLIER_SQL, [wish.store_id, wish.idempotency_key])
    counts = await connection.execute(COUNTS_SQL, keys)
    basket = await load_basket(connection, wish.store_id, [item.sku_id for item in items])
    earlier, row = await before.fetchone(), await counts.fetchone() or {}
    try:
        repeated = _same_answer(earlier, digest)
        if repeated is not None:
            return repeated
        if basket is None:
            return NotFound()
        units = sum(item.quantity for item in items)
        refused = excess(row, units) if actor.scope is not Scope.SYSTEM else None
        if refused is not None:
            return refused
        document = _document(basket, items, actor, wish, digest, int(row["n"]))
        document["order"] |= keys | {"unit_count": units}
        return document
    except TradeError as refusal:
        return refusal


def _answer(document: dict[str, Any]) -> PlacedOrder:
    order = document["order"]
    return PlacedOrder(
        UUID(order["id"]),
        order["number"],
        order["total_cents"],
        access_token(UUID(order["id"])),
    )


_EARLIER_SQL = """\
select id, number, total_cents, request_hash from orders
where store_id = %s and idempotency_key = %s"""


async def _earlier(
    connection: AsyncConnection[DictRow], wish: PlaceOrder, digest: str
) -> PlacedOrder | None:
    found = await connection.execute(_EARLIER_SQL, [wish.store_id, wish.idempotency_key])
    return _same_answer(await found.fetchone(), digest)


def _same_answer(row: dict[str, Any] | None, digest: str) -> PlacedOrder | None:
    if row is None:
        return None
    if row["request_hash"] != digest:
        raise KeyReused()
    return PlacedOrder(
        row["id"], row["number"], row["total_cents"], access_token(row["id"]), repeated=True
    )


def _digest(actor: Actor, wish: PlaceOrder) -> str:
    content = wish.model_dump_json() + str(actor.consumer_id)
    return hashlib.sha256(content.encode()).hexdigest()


def _merged(items: Sequence[OrderItem]) -> list[Wanted]:
    quantities: dict[UUID, int] = {}
    for item in items:
        quantities[item.sku_id] = quantities.get(item.sku_id, 0) + item.quantity
    return [Wanted(sku_id, quantity) for sku_id, quantity in quantities.items()]


def _document(
    basket: Basket,
    items: Sequence[Wanted],
    actor: Actor,
    wish: PlaceOrder,
    digest: str,
    sequence: int,
) -> dict[str, Any]:
    """Return everything that the one statement writes, frozen."""
    at = now()
    priced = _checked(basket, items, wish)
    order_id = new_id()
    number = readable_number(business_day(), sequence)
    parts: list[dict[str, Any]] = []
    lines: list[dict[str, Any]] = []
    for place, part in enumerate(priced.parts, start=1):
        part_id = new_id()
        wanted = [Wanted(offer.sku_id, quantity) for offer, quantity in part.lines]
        parts.append(
            {
                "id": part_id.hex,
                "number": f"{number}-{place}",
                "supplier_id": part.supplier_id.hex,
                "freight_cents": part.freight_cents,
                "store_freight_cents": part.store_freight_cents,
            }
        )
        priced_lines = price_part(basket, wanted, part.paid_freight_cents, at)
        _refuse_loss(basket, priced_lines, part.store_freight_cents, wish.address.province, at)
        lines += [_line(line, part_id) for line in priced_lines]
    return {
        "order": _order(basket, wish, actor, priced, order_id, number, digest, at),
        "address": wish.address.model_dump(),
        "parts": parts,
        "lines": lines,
    }


def _checked(basket: Basket, items: Sequence[Wanted], wish: PlaceOrder) -> Quote:
    if not basket.shop.is_open:
        raise StoreClosed()
    priced = price_basket(basket, items, wish.address.province_code)
    kinds = {problem.kind for problem in priced.problems}
    titles = _titles(basket, [problem.sku_id for problem in priced.problems])
    if "not_for_sale" in kinds:
        raise NotForSale(titles=titles)
    if "sold_out" in kinds:
        raise SoldOut([problem.sku_id for problem in priced.problems], titles)
    if "region" in kinds:
        raise RegionRefused(region=wish.address.province)
    if wish.expected_total_cents not in (None, priced.total_cents):
        raise TotalChanged()
    return priced


def _titles(basket: Basket, skus: Sequence[UUID]) -> str:
    names = [_name(basket.offers[sku]) for sku in skus if sku in basket.offers]
    return "、".join(names) or "—"


def _name(offer: Offer) -> str:
    return f"{offer.title} {offer.spec_text}".strip()


def _refuse_loss(
    basket: Basket,
    lines: Sequence[PricedLine],
    store_freight_cents: int,
    province: str,
    at: datetime,
) -> None:
    """Refuse a part by which the distributor would lose money, and say what the buyer can do."""
    if not loses_money([line.shares for line in lines], store_freight_cents):
        return
    titles = "、".join(_name(line.offer) for line in lines)
    wanted = [Wanted(line.offer.sku_id, line.quantity) for line in lines]
    if loses_money([line.shares for line in price_part(basket, wanted, 0, at)]):
        raise NotForSale(titles=titles)
    raise TooFar(titles=titles, region=province)


def _order(
    basket: Basket,
    wish: PlaceOrder,
    actor: Actor,
    priced: Quote,
    order_id: UUID,
    number: str,
    digest: str,
    at: datetime,
) -> dict[str, Any]:
    token = access_token(order_id)
    return {
        "id": order_id.hex,
        "number": number,
        "store_id": wish.store_id.hex,
        "store_name": basket.shop.name,
        "distributor_id": basket.shop.distributor_id.hex,
        "buyer_kind": "CONSUMER" if actor.consumer_id else "GUEST",
        "consumer_id": actor.consumer_id.hex if actor.consumer_id else None,
        "goods_cents": priced.goods_cents,
        "freight_cents": priced.freight_cents,
        "total_cents": priced.total_cents,
        "idempotency_key": wish.idempotency_key,
        "request_hash": digest,
        "access_hash": hashlib.sha256(token.encode()).hexdigest(),
        "buyer_note": wish.note or None,
        "buyer_email": wish.email or None,
        "locale": wish.locale,
        "placed_at": at.isoformat(),
        "expires_at": (at + timedelta(minutes=settings().reservation_minutes)).isoformat(),
        "actor_scope": str(actor.scope),
    }


def _line(line: PricedLine, part_id: UUID) -> dict[str, Any]:
    offer, version = line.offer, line.version
    return {
        "id": new_id().hex,
        "part_id": part_id.hex,
        "supplier_id": offer.supplier_id.hex,
        "listing_id": offer.listing_id.hex,
        "product_id": offer.product_id.hex,
        "sku_id": offer.sku_id.hex,
        "sku_code": offer.sku_code,
        "title": offer.title,
        "spec_text": offer.spec_text,
        "image_key": offer.image_key,
        "quantity": line.quantity,
        "retail_cents": offer.retail_cents,
        "supply_unit_cents": offer.supply_cents,
        "supply_cents": line.shares.supply_cents,
        "commission_cents": line.shares.commission_cents,
        "payment_fee_cents": line.shares.payment_fee_cents,
        "margin_cents": line.shares.margin_cents,
        "rule_version_id": version.id.hex if version.id else None,
        "rule_name": line.applied.rule.name if line.applied else "",
        "rule_version": version.version,
        "commission_bps": version.rate_bps,
        "keeps": version.keeps_commission_on_refund,
        "price_band": json.loads(json.dumps(offer.price_band)),
        "cost_version": offer.cost_version,
    }


async def _refuse_sold_out(actor: Actor, wish: PlaceOrder) -> NoReturn:
    """Find out which lines were taken by somebody else between reading and reserving."""
    items = _merged(wish.items)
    async with engine_pipeline(actor, "orders.quote") as connection:
        basket = await load_basket(connection, wish.store_id, [item.sku_id for item in items])
    if basket is None:
        raise NotFound()
    short = [
        item.sku_id
        for item in items
        if item.sku_id in basket.offers and basket.offers[item.sku_id].available < item.quantity
    ]
    gone = short or [item.sku_id for item in items]
    raise SoldOut(gone, _titles(basket, gone))
