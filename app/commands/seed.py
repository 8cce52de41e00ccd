"""``tongshang seed``: deterministic data of any size."""

import asyncio
from typing import Any

from app.kit.secrets import master_secret
from app.kit.settings import settings
from app.server.bulk import bulk_writer
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

    async with serving(), bulk_writer(urls.owner) as writer:
        await sync_built_in_roles()
        return await seed(*size, writer)
