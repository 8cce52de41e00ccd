"""Answers that are on their way or a moment old, given to all who may have the same one.

Twenty people who open the same dashboard at the same time cost little more than one. A key must
hold everything on which the answer depends, above all who may see it (``whom``).
"""

import asyncio
import time
from collections.abc import Callable, Coroutine
from functools import lru_cache
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

from app.access import Actor
from app.kit.db import Database, database

FRESH_SECONDS = 3.0
"""So long an answer is given again."""

Answer = TypeVar("Answer")
Key = tuple[object, ...]


@lru_cache(maxsize=1_000)
def whom(actor: Actor) -> Key:
    """Name all on which row-level security and permissions depend, which is not the user.

    No policy of the trade's tables reads the user, so colleagues see the same rows.
    """
    settings = dict(actor.database_settings()) | {"user": ""}
    return tuple(settings[name] for name in sorted(settings))


class Shared(Generic[Answer]):
    """The answers of one kind of question."""

    def __init__(self, seconds: float = FRESH_SECONDS) -> None:
        self._seconds = seconds
        self._kept: WeakKeyDictionary[Database, dict[Key, tuple[float, asyncio.Task[Answer]]]] = (
            WeakKeyDictionary()
        )

    async def once(self, key: Key, make: Callable[[], Coroutine[Any, Any, Answer]]) -> Answer:
        """Return the answer that is there, or that is on its way, or what ``make`` gives."""
        kept = self._kept.setdefault(database(), {})
        at = time.monotonic()
        for old in [old for old, (until, task) in kept.items() if until < at and task.done()]:
            del kept[old]
        if key not in kept:
            kept[key] = (at + self._seconds, asyncio.create_task(make()))
        task = kept[key][1]
        try:
            # Who gives up waiting must not take the answer from the others.
            return await asyncio.shield(task)
        except Exception:
            kept.pop(key, None)
            raise

    def forget(self) -> None:
        """Make every answer anew from now on (for tests that write in between)."""
        self._kept.clear()
