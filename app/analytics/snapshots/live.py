"""The days after the snapshot, from PostgreSQL as the actor, in the shape of the files."""

import asyncio
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from app.access import Actor
from app.analytics.periods import business_date, midnight
from app.analytics.snapshots.extract import guest_salt
from app.analytics.snapshots.frames import dtype
from app.analytics.snapshots.scope import Sight, reader, sight
from app.analytics.snapshots.statements import sql_of
from app.kit.clock import now
from app.kit.db import database

if TYPE_CHECKING:
    import polars as pl

FRESH_SECONDS = 3.0
"""So long an answer is given again to the same actor."""
_BEGINNING = datetime(2000, 1, 1).date()  # noqa: DTZ001


async def live(actor: Actor, dataset: str, *, since: date) -> "pl.DataFrame":
    """Return a dataset's rows of the days from ``since`` to today that the actor may see.

    Raises Forbidden and LookupError as ``scan`` does, and LookupError for a summary.
    """
    seen = sight(actor, dataset)
    if seen.dataset.is_summary:
        raise LookupError(f"{dataset} is made of the whole history and has no live rows")
    rows = await _read(actor, seen, since)
    return await asyncio.to_thread(_frame, seen, rows)


async def _read(actor: Actor, seen: Sight, since: date) -> Sequence[Sequence[Any]]:
    at = now()
    statement = sql_of(seen.dataset, actor.scope)
    params: dict[str, Any] = {
        "start": midnight(since),
        "until": midnight(business_date(at) + timedelta(days=1)),
        "now": at,
        "salt": guest_salt(),
        "merchant": actor.merchant_id,
    }
    used = {name: value for name, value in params.items() if f":{name}" in statement}
    async with database().transaction(reader(actor)) as session:
        return [tuple(row) for row in await session.execute(text(_casts(statement)), used)]


def _casts(statement: str) -> str:
    """Write casts so that SQLAlchemy does not take them for parameters."""
    return statement.replace("::", "\\:\\:")


def _frame(seen: Sight, rows: Sequence[Sequence[Any]]) -> "pl.DataFrame":
    import polars as pl

    kinds = {column.name: dtype(column.kind) for column in seen.dataset.columns}
    return pl.DataFrame(rows, schema={name: kinds[name] for name in seen.columns}, orient="row")
