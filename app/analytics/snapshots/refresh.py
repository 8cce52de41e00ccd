"""Keeping the snapshot up to date: for the worker and the command line."""

import asyncio

from sqlalchemy import text

from app.access import SYSTEM
from app.analytics.snapshots.build import Built, build
from app.services.engine import engine_transaction

_INSTALLATION = text(
    "with fresh as (insert into platform_settings (key, value)"
    " values ('snapshots', jsonb_build_object('installation', gen_random_uuid()))"
    " on conflict (key) do nothing returning value)"
    " select value ->> 'installation' from fresh union all"
    " select value ->> 'installation' from platform_settings where key = 'snapshots'"
)


async def refresh(*, full: bool = False, audit: bool = False) -> Built:
    """Bring the snapshot up to yesterday, and closed days to what they have become since.

    ``full`` makes everything anew; ``audit`` compares every closed day with the tables, for what
    leaves no trace. Does nothing while another one does it.
    """
    async with engine_transaction(SYSTEM, "snapshots.build") as session:
        installation = str(await session.scalar(_INSTALLATION))
    return await asyncio.to_thread(build, installation, full=full, audit=audit)
