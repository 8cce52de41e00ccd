"""A distributor's stores: for choices and for one store's page; and how far it has come."""

from dataclasses import dataclass
from uuid import UUID

from app.access import Actor
from app.kit.db import database
from app.kit.errors import NotFound
from app.queries.balances import Balances, balances_of
from app.queries.resource import Row
from app.queries.shown import one, rows
from app.queries.titles import title

_STORES = "select id, name, slug, status from stores order by created_at, id"
_FACTS = (
    "select id, name, slug, host_name, tagline, announcement, contact_phone, theme, status,"
    " free_shipping_from_cents,"
    " created_at, row_version from stores"
)
_STORE, _STORE_BY_ID = f"{_FACTS} where slug = :slug", f"{_FACTS} where id = :store"
_LISTED = (
    f"select l.id, {title(own='l.title_override')} as title, l.position,"
    " (select i.blob_key from product_images i where i.product_id = p.id"
    "  order by i.position, i.id limit 1) as picture,"
    " (select min(ls.retail_cents) from listing_skus ls"
    "  where ls.listing_id = l.id and ls.is_offered) as price_cents"
    " from listings l join products p on p.id = l.product_id"
    " where l.store_id = :store and l.status = 'ON_SALE'"
)


async def stores(actor: Actor) -> list[Row]:
    """Return the actor's stores in the order in which they were opened."""
    async with database().transaction(actor) as session:
        return await rows(session, _STORES)


@dataclass(frozen=True)
class StoreDetail:
    """A store, and its featured listings in their order."""

    facts: Row
    featured: list[Row]


async def store_detail(actor: Actor, slug: str) -> StoreDetail:
    """Return an own store by its slug. Raises NotFound for any other."""
    actor.require("distributor:store:read")
    async with database().transaction(actor) as session:
        facts = await one(session, _STORE, slug=slug[:40])
        if facts is None:
            raise NotFound()
        featured = f"{_LISTED} and l.position < 0 order by l.position"
        return StoreDetail(
            facts, await rows(session, featured, store=facts["id"], english=actor.locale == "en")
        )


async def store_facts(actor: Actor, store_id: UUID) -> Row:
    """Return an own store's columns by its id. Raises NotFound for any other."""
    actor.require("distributor:store:read")
    async with database().transaction(actor) as session:
        facts = await one(session, _STORE_BY_ID, store=store_id)
    if facts is None:
        raise NotFound()
    return facts


async def to_feature(actor: Actor, slug: str, typed: str) -> list[Row]:
    """Return a few listings on sale whose title contains what was typed, not featured yet."""
    actor.require("distributor:store:read")
    escaped = typed.strip()[:60].replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    async with database().transaction(actor) as session:
        facts = await one(session, _STORE, slug=slug[:40])
        if facts is None:
            raise NotFound()
        return await rows(
            session,
            f"{_LISTED} and l.position >= 0 and (coalesce(l.title_override, p.title)"
            " ilike '%' || :typed || '%' or p.title_en ilike '%' || :typed || '%')"
            " order by l.created_at desc limit 8",
            store=facts["id"],
            typed=escaped,
            english=actor.locale == "en",
        )


_BALANCES = (
    "select a.kind, a.currency, coalesce(sum(b.balance_cents), 0) as cents from ledger_accounts a"
    " left join account_balances b on b.account_id = a.id"
    " where a.role = 'distributor' and a.merchant_id = (select app_distributor())"
    " group by a.kind, a.currency"
)


async def balances(actor: Actor) -> Balances:
    """Return the balances of the accounts that the actor holds as distributor."""
    actor.require("distributor:ledger:read")
    async with database().transaction(actor) as session:
        return balances_of(await rows(session, _BALANCES))
