"""``tongshang seed``: deterministic data of any size."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import psycopg

from app.kit.db import Database
from app.kit.secrets import master_secret
from app.kit.settings import settings
from app.server.lifespan import serving
from app.server.migrations import migrate
from app.server.postgres import DatabaseUrls, prepare


def run(*, suppliers: int, distributors: int, skus: int, orders: int) -> dict[str, Any]:
    """Migrate if needed, then add the data; return what was made."""
    urls = prepare(settings(), master_secret())
    migrate(urls.owner)
    return asyncio.run(_run(urls, (suppliers, distributors, skus, orders)))


async def _run(urls: DatabaseUrls, size: tuple[int, int, int, int]) -> dict[str, Any]:
    from app.services.demo.bulk import seed
    from app.services.roles import sync_built_in_roles

    async with serving(), _bulk_writer(urls) as writer:
        await sync_built_in_roles()
        return await seed(*size, writer)


@asynccontextmanager
async def _bulk_writer(urls: DatabaseUrls) -> AsyncGenerator[Database | None]:
    """Open the database without its foreign keys' triggers, where the owner may do that.

    They are more than half of the work, one look-up for each of some forty references of an
    order, all of which the statements took from the tables referred to. The tests write the same
    history with them, and ``verify`` compares it afterwards.
    """
    if not _is_superuser(urls):
        yield None
        return
    url = urls.owner.update_query_dict({"options": "-c session_replication_role=replica"})
    writer = Database(url.render_as_string(hide_password=False), pool_size=4)
    try:
        yield writer
    finally:
        await writer.close()


def _is_superuser(urls: DatabaseUrls) -> bool:
    with psycopg.connect(urls.owner_text) as connection:
        found = connection.execute("select rolsuper from pg_roles where rolname = current_user")
        return found.fetchone() == (True,)
