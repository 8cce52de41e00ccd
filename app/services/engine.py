"""The one door to ``tongshang_engine``, and the table of the use cases that may go through it.

The engine role passes every tenant's policies, because placing an order, confirming a payment or
logging in touch several tenants at once. Each use checks its Actor first. A test compares this
table with the calls in the source.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncSession

from app.access import Actor
from app.kit.db import database

ENGINE_USES: dict[str, str] = {
    # use case: why it must see more than one tenant
}


@asynccontextmanager
async def engine_transaction(actor: Actor, use: str) -> AsyncIterator[AsyncSession]:
    """Open one transaction as the engine role for the declared ``use``; commit at the end.

    Raises LookupError for a use that the table does not name.
    """
    if use not in ENGINE_USES:
        raise LookupError(f"{use} is not declared in ENGINE_USES")
    async with database().engine_transaction(actor) as session:
        yield session
