"""A store's campaign links, and what each has brought."""

from dataclasses import dataclass

from app.access import Actor
from app.kit.db import database
from app.kit.errors import NotFound
from app.queries.resource import Row
from app.queries.shown import one, rows

_STORE = (
    "select id, slug, host_name from stores"
    " where slug = :slug and distributor_id = (select app_distributor())"
)
_CAMPAIGNS = (
    "select c.id, c.name, c.code, c.source as channel, c.created_at,"
    " coalesce(sum(s.visitors), 0) as visitors, coalesce(sum(s.orders), 0) as orders,"
    " coalesce(sum(s.paid_cents), 0) as paid_cents"
    " from store_campaigns c"
    " left join store_sources s on s.store_id = c.store_id and s.campaign = c.code"
    " where c.store_id = :store and c.ended_at is null group by c.id"
    " order by c.created_at desc, c.id"
)


@dataclass(frozen=True)
class Campaigns:
    """A store's running campaigns, the newest first."""

    store: Row
    """Its ``id``, ``slug`` and ``host_name``."""
    links: list[Row]


async def campaigns(actor: Actor, slug: str) -> Campaigns:
    """Return an own store's campaigns. Raises NotFound for any other store."""
    actor.require("distributor:store:read")
    async with database().transaction(actor) as session:
        store = await one(session, _STORE, slug=slug[:40])
        if store is None:
            raise NotFound()
        return Campaigns(store, await rows(session, _CAMPAIGNS, store=store["id"]))
