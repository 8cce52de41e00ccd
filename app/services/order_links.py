"""The doors through which a buyer reaches an order: a guest by the secret of its link.

A guest owns no rows, so row-level security shows a guest nothing; these doors check the secret and
then lend a session in which the order, and by agreement only that order, is read.
"""

import hashlib
import hmac
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.access import Actor
from app.kit.db import database
from app.kit.errors import NotFound
from app.services.engine import engine_transaction
from app.services.placing import access_token


@asynccontextmanager
async def opened_by_token(
    actor: Actor, number: str, token: str
) -> AsyncGenerator[tuple[AsyncSession, UUID]]:
    """Lend a session and the id of the order of the actor's store that the token opens.

    Raises NotFound for an unknown number, another store's order and a wrong token alike.
    """
    async with engine_transaction(actor, "orders.read") as session:
        found = await session.execute(
            text("select id, access_hash from orders where number = :number and store_id = :store"),
            {"number": number, "store": actor.store_id},
        )
        row = found.first()
        digest = hashlib.sha256(token.encode()).hexdigest()
        if not hmac.compare_digest(digest, row.access_hash if row else "0" * 64) or row is None:
            raise NotFound()
        yield session, row.id


@asynccontextmanager
async def opened_by_owner(actor: Actor, number: str) -> AsyncGenerator[tuple[AsyncSession, UUID]]:
    """Lend a session and the id of an order of the signed-in customer. Raises NotFound."""
    async with database().transaction(actor) as session:
        found = await session.execute(
            text(
                "select id from orders where number = :number and store_id = :store"
                " and consumer_id = :consumer"
            ),
            {"number": number, "store": actor.store_id, "consumer": actor.consumer_id},
        )
        order_id = found.scalar_one_or_none()
        if order_id is None:
            raise NotFound()
        yield session, order_id


async def find_token(actor: Actor, number: str, phone: str) -> str:
    """Return the secret of the link of an order of the actor's store, for who knows its phone.

    The caller limits how often this is tried. ``phone`` is E.164. Raises NotFound.
    """
    async with engine_transaction(actor, "orders.find") as session:
        found = await session.execute(
            text(
                "select o.id, a.phone from orders o join order_addresses a on a.order_id = o.id"
                " where o.number = :number and o.store_id = :store"
            ),
            {"number": number, "store": actor.store_id},
        )
        row = found.first()
    if row is None or not hmac.compare_digest(row.phone.encode(), phone.encode()):
        raise NotFound()
    return access_token(row.id)
