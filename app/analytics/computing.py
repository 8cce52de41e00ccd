"""Threads in which figures are computed, apart from those of everything else.

There are as many as cores: more of them would only wait for the interpreter, and a crowd of
analysts must not keep a sign-in from its thread.
"""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import Literal, ParamSpec, TypeVar

Params = ParamSpec("Params")
Result = TypeVar("Result")

ENGINE: Literal["in-memory"] = "in-memory"
"""The engine of polars for figures: most tables are small, and to set up the one that streams takes
longer than to sum them."""

_threads = ThreadPoolExecutor(max_workers=os.cpu_count() or 1, thread_name_prefix="figures")


async def computed(
    work: Callable[Params, Result], *args: Params.args, **kwargs: Params.kwargs
) -> Result:
    """Return what blocking work gives, in the caller's context, as ``asyncio.to_thread`` does."""
    call = partial(copy_context().run, work, *args, **kwargs)
    return await asyncio.get_running_loop().run_in_executor(_threads, call)
