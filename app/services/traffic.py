"""What is made of the counted visits later: figures of each source, and forgetting old visitors."""

from datetime import timedelta

from sqlalchemy import text

from app.access import SYSTEM
from app.kit.clock import BUSINESS_ZONE, now
from app.services.engine import engine_transaction
from app.services.visits_sql import SOURCES_SQL

KEPT_DAYS = 400
"""So long the rows of single visitors are kept: a year, and the weeks to compare it with."""

PAID_WITHIN_DAYS = 35
"""An order that was paid later than this no longer changes the figures of its source."""


def _day(days_ago: int) -> str:
    return (now().astimezone(BUSINESS_ZONE) - timedelta(days=days_ago)).strftime("%Y-%m-%d")


async def refresh_sources(days: int = 2) -> None:
    """Make the figures of each source anew for the last ``days``, today included.

    They come from the visits and orders themselves, so a round that is missed or done twice does
    no harm.
    """
    async with engine_transaction(SYSTEM, "visits.sources") as session:
        await session.execute(text("select pg_advisory_xact_lock(hashtext('store_sources'))"))
        span = {"first": _day(days - 1), "last": _day(0)}
        await session.execute(text(SOURCES_SQL), span)


async def tidy() -> int:
    """Forget single visitors after ``KEPT_DAYS``; return how many rows went. Sums stay."""
    await refresh_sources(PAID_WITHIN_DAYS)
    async with engine_transaction(SYSTEM, "visits.tidy") as session:
        found = await session.execute(
            text("with gone as (delete from store_visits where day < :first returning 1)"
                 " select count(*) from gone"),
            {"first": _day(KEPT_DAYS)},
        )  # fmt: skip
        return found.scalar_one()
