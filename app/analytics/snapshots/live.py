"""The days after the snapshot, from PostgreSQL as the actor, in the shape of the files.

Rows are read once for everybody who may see the same ones, and kept for a few seconds. A rollup of
a day or two is made of the raw rows, which the next rollup of a dashboard then finds there; one of
a long time (while there is no snapshot) is summed by PostgreSQL, so that memory stays small.
"""

import asyncio
from datetime import date
from typing import TYPE_CHECKING

from app.access import Actor
from app.analytics.computing import ENGINE, computed
from app.analytics.periods import business_date, midnight
from app.analytics.sharing import Key, Shared, whom
from app.analytics.snapshots.extract import season
from app.analytics.snapshots.frames import empty, roll_up
from app.analytics.snapshots.layout import Dataset
from app.analytics.snapshots.manifest import DAY
from app.analytics.snapshots.scope import Sight, reader, sight
from app.analytics.snapshots.statements import bound, sql_of
from app.kit.arrow import ask
from app.kit.clock import now
from app.kit.db import database

if TYPE_CHECKING:
    import polars as pl

SHORT = 2 * DAY
"""Up to so many days are rolled up from raw rows."""

_answers: Shared["pl.DataFrame"] = Shared()


async def live(actor: Actor, dataset: str, *, since: date) -> "pl.DataFrame":
    """Return a dataset's rows of the days from ``since`` to today that the actor may see.

    Raises Forbidden and LookupError as ``scan`` does, and LookupError for a summary.
    """
    seen = sight(actor, dataset)
    if seen.dataset.is_summary:
        raise LookupError(f"{dataset} is made of the whole history and has no live rows")
    mine = reader(actor)
    is_short = business_date(now()) - since < SHORT
    if seen.dataset.source is None or not is_short:
        return await _raw(mine, seen, since)
    raw = sight(actor, seen.dataset.source)

    async def rolled() -> "pl.DataFrame":
        return await computed(_rolled, seen, await _raw(mine, raw, since))

    return await _answers.once(_key(mine, seen.dataset, since), rolled)


async def _raw(mine: Actor, seen: Sight, since: date) -> "pl.DataFrame":
    async def read() -> "pl.DataFrame":
        return await asyncio.to_thread(_read, mine, seen, since)

    return await _answers.once(_key(mine, seen.dataset, since), read)


def forget() -> None:
    """Read everything anew from now on (for tests that write in between)."""
    _answers.forget()


def _key(actor: Actor, dataset: Dataset, since: date) -> Key:
    return (dataset.name, since, *whom(actor))


def _read(mine: Actor, seen: Sight, since: date) -> "pl.DataFrame":
    import polars as pl

    at = now()
    statement = bound(
        sql_of(seen.dataset, mine.scope),
        start=midnight(since),
        until=midnight(business_date(at) + DAY),
        now=at,
        merchant=mine.merchant_id,
    )
    with database().reader(mine) as connection:
        season(connection)
        rows = ask(connection, statement)
    # Row-level security and the statement have left out all others already.
    rows = seen.own(rows.lazy()).collect(engine=ENGINE)
    return pl.concat([empty(seen.dataset).select(seen.columns), rows])


def _rolled(seen: Sight, rows: "pl.DataFrame") -> "pl.DataFrame":
    return roll_up(seen.dataset, rows.lazy(), seen.columns).collect(engine=ENGINE)
