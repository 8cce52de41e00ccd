"""Baskets: what a shopper wants to buy in one store, held by a cookie's token."""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text
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
        added = await session.execute(
            _ADD,
            {
                "cart": cart_id,
                "store": actor.store_id,
                "sku": sku_id,
                "quantity": max(1, min(quantity, MOST_UNITS)),
                "most": MOST_UNITS,
                "at": now(),
            },
        )
        if added.first() is None:
            raise NotFound()
        lines = await _count(session, cart_id)
        if lines > MOST_LINES:
            raise CartFull()
        return lines


async def set_quantity(actor: Actor, token: str, sku_id: UUID, quantity: int) -> int:
    """Change the units of a line, to none removes it; return how many lines are left."""
    async with database().transaction(actor) as session:
        token_hash = _hash(actor, token)
        if quantity <= 0:
            await session.execute(_REMOVE, {"hash": token_hash, "skus": [sku_id]})
        else:
            units = min(quantity, MOST_UNITS)
            change = {"hash": token_hash, "sku": sku_id, "quantity": units}
            await session.execute(_CHANGE, change)
        return await _count_by_hash(session, token_hash)


async def take_out(actor: Actor, token: str, skus: Sequence[UUID]) -> int:
    """Take SKUs out of a basket (they were ordered); return how many lines are left."""
    async with database().transaction(actor) as session:
        token_hash = _hash(actor, token)
        await session.execute(_REMOVE, {"hash": token_hash, "skus": list(skus)})
        return await _count_by_hash(session, token_hash)


async def remember_prices(actor: Actor, token: str, prices: Mapping[UUID, int]) -> None:
    """Keep the prices, in cents, that the shopper has now seen."""
    async with database().transaction(actor) as session:
        await session.execute(
            _SEEN,
            {
                "hash": _hash(actor, token),
                "skus": list(prices),
                "cents": list(prices.values()),
            },
        )


async def adopt(actor: Actor, token: str) -> int:
    """Make a basket the customer's own, with what their earlier baskets here hold; return lines."""
    async with database().transaction(actor) as session:
        cart_id = await _open(session, actor, token)
        own: dict[str, Any] = {"cart": cart_id, "consumer": actor.consumer_id, "most": MOST_LINES}
        for statement in (_GATHER, _DROP_OTHERS, _OWN):
            await session.execute(statement, own)
        return await _count(session, cart_id)


def _hash(actor: Actor, token: str) -> str:
    if actor.store_id is None:
        raise NotFound()
    return cart_hash(actor.store_id, token)


async def _open(session: AsyncSession, actor: Actor, token: str) -> UUID:
    opened = await session.execute(
        _OPEN,
        {"id": new_id(), "store": actor.store_id, "hash": _hash(actor, token), "at": now()},
    )
    return opened.scalar_one()


async def _count(session: AsyncSession, cart_id: UUID) -> int:
    found = await session.execute(
        text("select count(*) from cart_lines where cart_id = :cart"), {"cart": cart_id}
    )
    return found.scalar_one()


async def _count_by_hash(session: AsyncSession, token_hash: str) -> int:
    found = await session.execute(
        text(
            "select count(*) from cart_lines l join carts c on c.id = l.cart_id"
            " where c.token_hash = :hash"
        ),
        {"hash": token_hash},
    )
    return found.scalar_one()


_OPEN = text(
    "insert into carts (id, store_id, token_hash, created_at, updated_at)"
    " values (:id, :store, :hash, :at, :at)"
    " on conflict (token_hash) do update set updated_at = excluded.updated_at returning id"
)
_ADD = text(
    "insert into cart_lines (cart_id, sku_id, listing_id, quantity, seen_cents, added_at)"
    " select :cart, o.sku_id, o.listing_id, :quantity, o.retail_cents, :at from listing_skus o"
    " where o.store_id = :store and o.sku_id = :sku and o.is_offered"
    " on conflict (cart_id, sku_id) do update"
    "  set quantity = least(:most, cart_lines.quantity + excluded.quantity),"
    "  listing_id = excluded.listing_id, seen_cents = excluded.seen_cents returning quantity"
)
_CHANGE = text(
    "update cart_lines l set quantity = :quantity from carts c"
    " where c.id = l.cart_id and c.token_hash = :hash and l.sku_id = :sku"
)
_REMOVE = text(
    "delete from cart_lines l using carts c"
    " where c.id = l.cart_id and c.token_hash = :hash and l.sku_id = any(:skus)"
)
_SEEN = text(
    "update cart_lines l set seen_cents = x.cents from carts c,"
    " unnest(cast(:skus as uuid[]), cast(:cents as bigint[])) as x(sku_id, cents)"
    " where c.id = l.cart_id and c.token_hash = :hash and l.sku_id = x.sku_id"
)
_GATHER = text(
    "insert into cart_lines (cart_id, sku_id, listing_id, quantity, seen_cents, added_at)"
    " select :cart, l.sku_id, l.listing_id, max(l.quantity), min(l.seen_cents), min(l.added_at)"
    " from cart_lines l join carts c on c.id = l.cart_id"
    " where c.consumer_id = :consumer and c.id <> :cart group by l.sku_id, l.listing_id"
    " limit greatest(0, :most - (select count(*) from cart_lines where cart_id = :cart))"
    " on conflict (cart_id, sku_id) do nothing"
)
_DROP_OTHERS = text("delete from carts where consumer_id = :consumer and id <> :cart")
_OWN = text("update carts set consumer_id = :consumer where id = :cart")
