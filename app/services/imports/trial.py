"""What an import would write, for a trial that writes nothing."""

from collections.abc import Mapping

from sqlalchemy.ext.asyncio import AsyncSession

from app.services.imports.catalogue import NEW
from app.services.imports.layout import OF_ORDERS
from app.services.imports.staging import good, number

_NAMED = ("categories", "suppliers", "distributors", "products")

_NEW: Mapping[str, str] = {
    **{kind: NEW.format(kind=kind) for kind in _NAMED},
    "customers": "not exists (select 1 from consumer_addresses a"
    " where a.external_id = :source || ':' || s.id)",
    "orders": "not exists (select 1 from staging.known k where k.id = s.id)",
    **dict.fromkeys(
        OF_ORDERS, "not exists (select 1 from staging.known k where k.id = s.order_id)"
    ),
    "reviews": "not exists (select 1 from staging.known k join reviews r"
    " on r.order_id = k.order_id and r.external_id = s.id where k.id = s.order_id)",
}
"""Kind → the condition that a staged row is not here yet."""


async def would_write(session: AsyncSession, source: str) -> dict[str, int]:
    """Return kind → rows that are accepted and not here yet."""
    return {
        kind: await number(
            session,
            f"select count(*) from staging.{kind} s where {condition} and {good(kind)}",
            source=source,
        )
        for kind, condition in _NEW.items()
    }
