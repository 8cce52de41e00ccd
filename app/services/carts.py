"""Baskets: what a shopper wants to buy in one store, held by a cookie's token."""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.access import Actor
from app.kit.clock import now
from app.kit.db import database
from app.kit.errors import NotFound, TradeError
from app.kit.ids import new_id
from app.services.placing import MOST_LINES

MOST_UNITS = 999


class CartFull(TradeError):
    """The basket holds as many different goods as an order may."""

    code = "cart_full"
    status = 409
    message = "Your cart is full. Check out or remove something first."


def cart_hash(store_id: UUID, token: str) -> str:
    """Return what is kept of a token; the same token means another cart in another store."""
    return hashlib.sha256(f"{store_id.hex}.{token}".encode()).hexdigest()


def new_token() -> str:
    """Return a token for a new basket."""
    return secrets.token_urlsafe(24)


async def add(actor: Actor, token: str, sku_id: UUID, quantity: int) -> int:
    """Put units of a SKU into a basket, which is opened if need be; return how many lines it has.

    Raises NotFound for a SKU that the store does not offer, CartFull.
    """
    async with database().transaction(actor) as session:
        cart_id = await _open(session, actor, token)
        units = max(1, min(quantity, MOST_UNITS))
        if not await _put(session, actor, cart_id, _ADD, [(sku_id, units)]):
            raise NotFound()
        lines = await _count(session, cart_id)
        if lines > MOST_LINES:
            raise CartFull()
        return lines


async def put_back(actor: Actor, token: str, items: Sequence[tuple[UUID, int]]) -> tuple[int, int]:
    """Put the goods of a cancelled order back; return how many lines came, and how many there are.

    Where a basket has some of them already the larger number stays, so that doing it twice doubles
    nothing. What the store does not offer any more is left out.
    """
    async with database().transaction(actor) as session:
        cart_id = await _open(session, actor, token)
        put = await _put(session, actor, cart_id, _PUT_BACK, items)
        return put, await _count(session, cart_id)


async def _put(
    session: AsyncSession,
    actor: Actor,
    cart_id: UUID,
    statement: TextClause,
    items: Sequence[tuple[UUID, int]],
) -> int:
    put = await session.execute(
        statement,
        {
            "cart": cart_id,
            "store": actor.store_id,
            "skus": [sku for sku, _ in items],
            "quantities": [units for _, units in items],
            "most": MOST_UNITS,
            "at": now(),
        },
    )
    return len(put.all())


async def set_quantity(actor: Actor, token: str, sku_id: UUID, quantity: int) -> int:
    """Change the units of a line, to none removes it; return how many lines are left."""
    async with database().transaction(actor) as session:
        which = owner(actor, token)
        if quantity <= 0:
            await session.execute(_REMOVE, {**which, "skus": [sku_id]})
        else:
            units = min(quantity, MOST_UNITS)
            await session.execute(_CHANGE, {**which, "sku": sku_id, "quantity": units})
        return await _count_of(session, which)


async def take_out(actor: Actor, token: str, skus: Sequence[UUID]) -> int:
    """Take SKUs out of a basket (they were ordered); return how many lines are left."""
    async with database().transaction(actor) as session:
        which = owner(actor, token)
        await session.execute(_REMOVE, {**which, "skus": list(skus)})
        return await _count_of(session, which)


async def remember_prices(actor: Actor, token: str, prices: Mapping[UUID, int]) -> None:
    """Keep the prices, in cents, that the shopper has now seen."""
    async with database().transaction(actor) as session:
        await session.execute(
            _SEEN,
            {**owner(actor, token), "skus": list(prices), "cents": list(prices.values())},
        )


async def adopt(actor: Actor, token: str) -> int:
    """Add a visitor's basket to that of the customer who has signed in; return its lines.

    A customer has one basket in a store, whatever the device. Of goods that lie in both the larger
    number counts, and the visitor's basket is gone then, so that signing in again doubles nothing.
    """
    async with database().transaction(actor) as session:
        cart_id = await _open(session, actor, token)
        held = {"cart": cart_id, "hash": cart_hash(_store(actor), token), "most": MOST_LINES}
        await session.execute(_GATHER, held)
        await session.execute(_DROP_GATHERED, held)
        return await _count(session, cart_id)


def owner(actor: Actor, token: str) -> dict[str, Any]:
    """Return whose basket is meant, for ``OWNED``: a customer's own, else the browser's.

    A browser's secret does not open a customer's basket: whoever signed out left it behind.
    """
    return {"consumer": actor.consumer_id, "hash": cart_hash(_store(actor), token)}


def _store(actor: Actor) -> UUID:
    if actor.store_id is None:
        raise NotFound()
    return actor.store_id


async def _open(session: AsyncSession, actor: Actor, token: str) -> UUID:
    of_customer = actor.consumer_id is not None
    opened = await session.execute(
        _OPEN_CUSTOMERS if of_customer else _OPEN,
        {
            "id": new_id(),
            "store": _store(actor),
            "consumer": actor.consumer_id,
            "hash": cart_hash(_store(actor), new_token() if of_customer else token),
            "at": now(),
        },
    )
    cart_id: UUID | None = opened.scalar_one_or_none()
    if cart_id is None:
        # The browser's secret is that of a customer's basket of before.
        raise NotFound()
    return cart_id


async def _count(session: AsyncSession, cart_id: UUID) -> int:
    found = await session.execute(
        text("select count(*) from cart_lines where cart_id = :cart"), {"cart": cart_id}
    )
    return found.scalar_one()


async def _count_of(session: AsyncSession, which: Mapping[str, Any]) -> int:
    found = await session.execute(
        text(f"select count(*) from cart_lines l join carts c on c.id = l.cart_id where {OWNED}"),
        which,
    )
    return found.scalar_one()


OWNED = (
    "(c.consumer_id = cast(:consumer as uuid) or cast(:consumer as uuid) is null"
    " and c.consumer_id is null and c.token_hash = :hash)"
)
"""Finds the basket ``c`` of ``owner``."""

_OPEN = text(
    "insert into carts (id, store_id, token_hash, created_at, updated_at)"
    " values (:id, :store, :hash, :at, :at)"
    " on conflict (token_hash) do update set updated_at = excluded.updated_at"
    " where carts.consumer_id is null returning id"
)
_OPEN_CUSTOMERS = text(
    "insert into carts (id, store_id, consumer_id, token_hash, created_at, updated_at)"
    " values (:id, :store, :consumer, :hash, :at, :at)"
    " on conflict (consumer_id) where consumer_id is not null"
    " do update set updated_at = excluded.updated_at returning id"
)
_ADD = text(
    "insert into cart_lines (cart_id, sku_id, listing_id, quantity, seen_cents, added_at)"
    " select :cart, o.sku_id, o.listing_id, x.quantity, o.retail_cents, :at from listing_skus o"
    " join unnest(cast(:skus as uuid[]), cast(:quantities as int[])) as x(sku_id, quantity)"
    "  on x.sku_id = o.sku_id where o.store_id = :store and o.is_offered"
    " on conflict (cart_id, sku_id) do update"
    "  set quantity = least(:most, cart_lines.quantity + excluded.quantity),"
    "  listing_id = excluded.listing_id, seen_cents = excluded.seen_cents returning quantity"
)
_PUT_BACK = text(
    _ADD.text.replace(
        "least(:most, cart_lines.quantity + excluded.quantity)",
        "least(:most, greatest(cart_lines.quantity, excluded.quantity))",
    )
)
_CHANGE = text(
    "update cart_lines l set quantity = :quantity from carts c"
    f" where c.id = l.cart_id and {OWNED} and l.sku_id = :sku"
)
_REMOVE = text(
    "delete from cart_lines l using carts c"
    f" where c.id = l.cart_id and {OWNED} and l.sku_id = any(:skus)"
)
_SEEN = text(
    "update cart_lines l set seen_cents = x.cents from carts c,"
    " unnest(cast(:skus as uuid[]), cast(:cents as bigint[])) as x(sku_id, cents)"
    f" where c.id = l.cart_id and {OWNED} and l.sku_id = x.sku_id"
)
_GATHER = text(
    "insert into cart_lines (cart_id, sku_id, listing_id, quantity, seen_cents, added_at)"
    " select :cart, l.sku_id, l.listing_id, l.quantity, l.seen_cents, l.added_at"
    " from cart_lines l join carts c on c.id = l.cart_id"
    " where c.token_hash = :hash and c.consumer_id is null"
    # What lies in both baskets comes first: it needs no place.
    " order by exists (select 1 from cart_lines o where o.cart_id = :cart"
    "  and o.sku_id = l.sku_id) desc, l.added_at"
    " limit :most"
    " on conflict (cart_id, sku_id) do update"
    "  set quantity = greatest(cart_lines.quantity, excluded.quantity)"
)
_DROP_GATHERED = text("delete from carts where token_hash = :hash and consumer_id is null")
