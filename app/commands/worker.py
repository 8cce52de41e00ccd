"""The background worker: deferred jobs, and the periodic ones."""

import asyncio

from app.jobs.queue import make_queue
from app.server.lifespan import serving


def run() -> None:
    """Work until told to stop."""
    asyncio.run(_work())


async def _work() -> None:
    queue = make_queue()
    async with serving(), queue.open_async():
        await queue.run_worker_async(concurrency=2, delete_jobs="successful")
