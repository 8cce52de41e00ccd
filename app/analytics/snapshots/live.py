"""The days after the snapshot, from PostgreSQL as the actor, in the shape of the files.

Rows are read once for everybody who may see the same ones, and kept for a few seconds. A rollup of
a day or two is made of the raw rows, which the next rollup of a dashboard then finds there; one of
a long time (while there is no snapshot) is summed by PostgreSQL, so that memory stays small.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine
from datetime import date
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from app.access import Actor
from app.analytics.periods import business_date, midnight
from app.analytics.snapshots.extract import season
from app.analytics.snapshots.frames import empty, roll_up
from app.analytics.snapshots.layout import Dataset
from app.analytics.snapshots.manifest import DAY
from app.analytics.snapshots.scope import Sight, reader, sight
from app.analytics.snapshots.statements import bound, sql_of
from app.kit.arrow import ask
from app.kit.clock import now
from app.kit.db import Database, database

if TYPE_CHECKING:
    import polars as pl

FRESH_SECONDS = 3.0
"""So long an answer is given again to those who may see the same rows."""
SHORT = 2 * DAY
"""Up to so many days are rolled up from raw rows."""

_Key = tuple[str, ...]
_Kept = dict[_Key, "tuple[float, asyncio.Task[pl.DataFrame]]"]
_kept: WeakKeyDictionary[Database, _Kept] = WeakKeyDictionary()


async def live(actor: Actor, dataset: str, *, since: date) -> "pl.DataFrame":
    """Return a dataset's rows of the days from ``since`` to today that the actor may see.

    Raises Forbidden and LookupError as ``scan`` does, and LookupError for a summary.
    """
    seen = sight(actor, dataset)
    if seen.dataset.is_summary:
        raise LookupError(f"{dataset} is made of the whole history and has no live rows")
    whom = reader(actor)
    is_short = business_date(now()) - since < SHORT
    if seen.dataset.source is None or not is_short:
        return await _once(whom, seen, since, lambda: asyncio.to_thread(_read, whom, seen, since))
    raw = sight(actor, seen.dataset.source)

    async def rolled() -> "pl.DataFrame":
        rows = await _once(whom, raw, since, lambda: asyncio.to_thread(_read, whom, raw, since))
        return await asyncio.to_thread(_rolled, seen, rows)

    return await _once(whom, seen, since, rolled)


def forget() -> None:
    """Read everything anew from now on (for tests that write in between)."""
    _kept.clear()


async def _once(
    whom: Actor,
    seen: Sight,
    since: date,
    answer: "Callable[[], Coroutine[Any, Any, pl.DataFrame]]",
) -> "pl.DataFrame":
    """Return the answer that is there, or that is on its way, or a new one."""
    kept = _kept.setdefault(database(), {})
    key = _key(whom, seen.dataset, since)
    at = time.monotonic()
    for old in [old for old, (until, task) in kept.items() if until < at and task.done()]:
        del kept[old]
    if key not in kept:
        kept[key] = (at + FRESH_SECONDS, asyncio.create_task(answer()))
    task = kept[key][1]
    try:
        # Who gives up waiting must not take the answer from the others.
        return await asyncio.shield(task)
    except Exception:
        kept.pop(key, None)
        raise


def _key(whom: Actor, dataset: Dataset, since: date) -> _Key:
    """Name all on which row-level security of these tables depends, which is not the user."""
    settings = dict(whom.database_settings()) | {"user": ""}
    return (dataset.name, since.isoformat(), *(settings[name] for name in sorted(settings)))


def _read(whom: Actor, seen: Sight, since: date) -> "pl.DataFrame":
    import polars as pl

    at = now()
    statement = bound(
        sql_of(seen.dataset, whom.scope),
        start=midnight(since),
        until=midnight(business_date(at) + DAY),
        now=at,
        merchant=whom.merchant_id,
    )
    with database().reader(whom) as connection:
        season(connection)
        rows = ask(connection, statement)
    # Row-level security and the statement have left out all others already.
    rows = seen.own(rows.lazy()).collect()
    return pl.concat([empty(seen.dataset).select(seen.columns), rows])


def _rolled(seen: Sight, rows: "pl.DataFrame") -> "pl.DataFrame":
    return roll_up(seen.dataset, rows.lazy(), seen.columns).collect()
