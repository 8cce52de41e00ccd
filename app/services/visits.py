"""Counting visitors of stores without knowing them: one row for a visitor's day, a salted hash."""

import hashlib
import hmac
from collections.abc import Mapping
from uuid import UUID

import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.access import Actor
from app.kit.clock import BUSINESS_ZONE, now
from app.kit.db import database
from app.kit.secrets import derive_key

log = structlog.get_logger()

COUNTERS: Mapping[str, str] = {
    "page": "page_views",
    "product": "product_views",
    "cart": "cart_adds",
    "checkout": "checkouts",
}
"""What a visitor does → the column that counts it. A product's page counts as a page as well."""


def visitor_hash(day: str, address: str, agent: str) -> str:
    """Return a visitor's name for one day; tomorrow the same visitor has another."""
    key = derive_key(f"visits {day}")
    return hmac.new(key, f"{address}\n{agent}".encode(), hashlib.sha256).hexdigest()[:32]


async def count_visit(
    actor: Actor, distributor_id: UUID, what: str, address: str, agent: str
) -> None:
    """Count one act of a visitor of the actor's store. It never disturbs the visitor's page."""
    column = COUNTERS[what]
    day = now().astimezone(BUSINESS_ZONE).strftime("%Y-%m-%d")
    counts = dict.fromkeys(COUNTERS.values(), 0) | {column: 1}
    counts["page_views"] = 1 if what in ("page", "product") else 0
    try:
        async with database().transaction(actor) as session:
            await session.execute(
                _COUNT,
                {
                    "store": actor.store_id,
                    "day": day,
                    "visitor": visitor_hash(day, address, agent),
                    "distributor": distributor_id,
                    "at": now(),
                    **counts,
                },
            )
    except SQLAlchemyError as error:
        log.warning("visit not counted", error=type(error).__name__)


_COUNT = text(
    "insert into store_visits as v (store_id, day, visitor, distributor_id, page_views,"
    " product_views, cart_adds, checkouts, first_at) values (:store, :day, :visitor, :distributor,"
    " :page_views, :product_views, :cart_adds, :checkouts, :at)"
    " on conflict (store_id, day, visitor) do update set"
    " page_views = v.page_views + excluded.page_views,"
    " product_views = v.product_views + excluded.product_views,"
    " cart_adds = v.cart_adds + excluded.cart_adds, checkouts = v.checkouts + excluded.checkouts"
)
