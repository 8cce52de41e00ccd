"""The background worker: deferred jobs, and the periodic ones."""

import asyncio
from contextlib import suppress

from procrastinate.exceptions import AlreadyEnqueued

from app.jobs.queue import make_queue
from app.kit.secrets import master_secret
from app.kit.settings import settings
from app.server.lifespan import serving
from app.server.migrations import require_newest
from app.server.postgres import prepare


def run() -> None:
    """Work until told to stop. Raises DatabaseUnavailable without the newest schema."""
    if settings().app_database_url is None:
        require_newest(prepare(settings(), master_secret()).owner)
    asyncio.run(_work())


async def _work() -> None:
    queue = make_queue()
    async with serving(), queue.open_async():
        with suppress(AlreadyEnqueued):
            # The first snapshot, or the days that closed while nothing ran.
            await queue.configure_task(
                "tongshang:refresh_snapshots", queueing_lock="refresh_snapshots"
            ).defer_async()
        await queue.run_worker_async(concurrency=2, delete_jobs="successful")
