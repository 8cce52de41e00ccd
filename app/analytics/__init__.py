"""Figures: what each one means, over which time, read from where, drawn how.

Nothing here starts polars' thread pool when it is imported: a worker that forks afterwards could
hang (so polars is imported inside the functions that use it).
"""

import asyncio


async def warm_up() -> None:
    """Import polars in a thread, so that the first dashboard need not wait for it (a second).

    Only for a process that serves: one that is forked after this could hang.
    """
    await asyncio.to_thread(__import__, "polars")
