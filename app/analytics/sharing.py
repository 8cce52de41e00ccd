"""Answers that are on their way or a moment old, given to all who may have the same one.

Twenty people who open the same dashboard at the same time cost little more than one. A key must
hold everything on which the answer depends, above all who may see it (``whom``).
"""

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary, WeakSet

from app.access import Actor
from app.kit.db import Database, database

FRESH_SECONDS = 3.0
"""So long an answer is given again at least."""
TIMES_ITS_MAKING = 20
"""So many times what it took to make is it given again, so that dear answers, asked for all the
time, take a twentieth of one core and leave the rest to the trade."""
LONGEST_SECONDS = 15.0
CLOSED_SECONDS = 600.0
"""So long an answer of closed days alone is given again."""

Answer = TypeVar("Answer")
Key = tuple[object, ...]


@lru_cache(maxsize=1_000)
def whom(actor: Actor) -> Key:
    """Name all on which row-level security and permissions depend, which is not the user.

    No policy of the trade's tables reads the user, so colleagues see the same rows.
    """
    settings = dict(actor.database_settings()) | {"user": ""}
    return tuple(settings[name] for name in sorted(settings))


@dataclass
class _Kept(Generic[Answer]):
    """An answer, and when it is too old; None while it is on its way."""

    task: asyncio.Task[Answer]
    until: float | None = None


class Shared(Generic[Answer]):
    """The answers of one kind of question.

    With ``longest`` zero, an answer is given only to those who ask while it is on its way. One
    ``of_closed_days`` does not grow old with the day; the moment of the snapshot is in its key.
    """

    def __init__(self, longest: float = LONGEST_SECONDS, *, of_closed_days: bool = False) -> None:
        self._least = CLOSED_SECONDS if of_closed_days else min(FRESH_SECONDS, longest)
        self._longest = longest
        self._kept: WeakKeyDictionary[Database, dict[Key, _Kept[Answer]]] = WeakKeyDictionary()
        if of_closed_days:
            _of_closed_days.add(self)

    async def once(self, key: Key, make: Callable[[], Coroutine[Any, Any, Answer]]) -> Answer:
        """Return the answer that is there, or that is on its way, or what ``make`` gives."""
        kept = self._kept.setdefault(database(), {})
        at = time.monotonic()
        for old in [old for old, k in kept.items() if k.until is not None and k.until <= at]:
            del kept[old]
        if key not in kept:
            kept[key] = self._begun(make, at)
        try:
            # Who gives up waiting must not take the answer from the others.
            return await asyncio.shield(kept[key].task)
        except Exception:
            kept.pop(key, None)
            raise

    def _begun(self, make: Callable[[], Coroutine[Any, Any, Answer]], at: float) -> _Kept[Answer]:
        kept = _Kept(asyncio.create_task(make()))

        def done(_: asyncio.Task[Answer]) -> None:
            end = time.monotonic()
            dear = min(self._longest, TIMES_ITS_MAKING * (end - at))
            kept.until = end + max(self._least, dear)

        kept.task.add_done_callback(done)
        return kept

    def forget(self) -> None:
        """Make every answer anew from now on (for tests that write in between)."""
        self._kept.clear()


_of_closed_days: WeakSet[Shared[Any]] = WeakSet()


def forget_closed() -> None:
    """Make everything anew that was made of closed days (to measure what it costs)."""
    for shared in _of_closed_days:
        shared.forget()
