"""A distributor's offers: pool goods listed in one click, at its own price, for any number."""

from collections.abc import Sequence
from dataclasses import dataclass
from json import dumps
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.access import Actor
from app.kit.errors import NotFound
from app.services.engine import engine_transaction
from app.services.inputs import text_of
from app.services.list_pricing import LISTED_ALREADY, Candidate, by_rule, candidates
from app.services.rules.pricing import PricingRule
from app.services.shelf import refresh_listings
from app.services.versions import check_version
from models.store import CostPolicy


@dataclass(frozen=True)
class Skipped:
    """A product that was not listed; ``reason`` is a gettext message id."""

    product_id: UUID
    listing_id: UUID
    """Of its listing in the store, if it has one."""
    title: str
    reason: str


@dataclass(frozen=True)
class ListResult:
    """What became of a bulk listing."""

    listed: int
    skipped: tuple[Skipped, ...] = ()


async def list_products(
    actor: Actor,
    store_id: UUID,
    product_ids: Sequence[UUID],
    pricing: PricingRule,
    policy: CostPolicy = CostPolicy.FOLLOW_MARGIN,
    *,
    update: bool = False,
    wake: bool = False,
) -> ListResult:
    """List pool products in a store.

    What is listed there already is skipped, unless ``update``: then it is priced anew and takes the
    rule; what is paused stays paused even so, unless ``wake``. One scoped read, pure pricing, one
    write for each table. Raises NotFound for another's store.
    """
    actor.require("distributor:listings:write")
    async with engine_transaction(actor, "listings.list") as session:
        await _check_store(session, actor, store_id)
        found = await candidates(session, actor.merchant, store_id, product_ids, by_rule(pricing))
        problems = {c.product_id: skip_reason(c, update=update) for c in found}
        good = [candidate for candidate in found if not problems[candidate.product_id]]
        shop = _Shop(store_id, actor.merchant, policy, pricing, update, wake)
        written = await _write(session, shop, good)
    # Somebody else may have listed one of them in the same moment.
    problems |= {c.product_id: LISTED_ALREADY for c in good if c.product_id not in written}
    skipped = tuple(
        Skipped(c.product_id, c.listing_id, c.title, problems[c.product_id])
        for c in found
        if problems[c.product_id]
    )
    return ListResult(len(written), skipped)


def skip_reason(candidate: Candidate, *, update: bool) -> str:
    """Return why a bulk listing leaves a product out, as a gettext message id; empty if not."""
    if candidate.status and not update:
        return LISTED_ALREADY
    return candidate.problem


@dataclass(frozen=True)
class _Shop:
    store_id: UUID
    distributor_id: UUID
    policy: CostPolicy
    pricing: PricingRule
    update: bool
    wake: bool


async def _check_store(session: AsyncSession, actor: Actor, store_id: UUID) -> None:
    found = await session.execute(
        text("select 1 from stores where id = :store and distributor_id = :distributor"),
        {"store": store_id, "distributor": actor.merchant},
    )
    if found.first() is None:
        raise NotFound()


async def _write(
    session: AsyncSession, shop: _Shop, chosen: Sequence[Candidate]
) -> dict[UUID, UUID]:
    """Return product → listing of what was written."""
    if not chosen:
        return {}
    found = await session.execute(
        _LIST,
        {
            "store": shop.store_id,
            "distributor": shop.distributor_id,
            "policy": shop.policy,
            "pricing": dumps(shop.pricing.as_json()),
            "update": shop.update,
            "wake": shop.wake,
            "ids": [candidate.listing_id for candidate in chosen],
            "products": [candidate.product_id for candidate in chosen],
            "suppliers": [candidate.supplier_id for candidate in chosen],
        },
    )
    listing_of = {row.product_id: row.id for row in found}
    rows = [
        (listing_of[c.product_id], k.goods.sku_id, k.retail_cents, k.goods.supply_cents)
        for c in chosen
        if c.product_id in listing_of
        for k in c.skus
    ]
    await write_prices(session, shop.distributor_id, shop.store_id, rows)
    await refresh_listings(session, list(listing_of.values()))
    return listing_of


_LIST = text(
    "with listed as (insert into listings (id, store_id, distributor_id, product_id, supplier_id,"
    "  status, position) select x.id, :store, :distributor, x.product, x.supplier, 'ON_SALE', 0"
    "  from unnest(cast(:ids as uuid[]), cast(:products as uuid[]),"
    "   cast(:suppliers as uuid[])) as x(id, product, supplier)"
    "  on conflict (store_id, product_id) do update set"
    "   status = case when listings.status = 'PAUSED' and not :wake then 'PAUSED'"
    "    else 'ON_SALE' end, updated_at = now() where :update"
    "  returning id, product_id),"
    " agreed as (insert into listing_terms (listing_id, distributor_id, pricing, cost_policy)"
    "  select id, :distributor, cast(:pricing as jsonb), :policy from listed"
    "  on conflict (listing_id) do update set pricing = excluded.pricing,"
    "   cost_policy = excluded.cost_policy, updated_at = now())"
    " select id, product_id from listed"
)


async def write_prices(
    session: AsyncSession,
    distributor_id: UUID,
    store_id: UUID,
    rows: Sequence[tuple[UUID, UUID, int, int]],
) -> None:
    """Write retail prices and the supply prices that they were made from.

    Each row is listing, SKU, retail cents, supply cents.
    """
    columns = {
        "listings": [row[0] for row in rows],
        "skus": [row[1] for row in rows],
        "prices": [row[2] for row in rows],
        "supplies": [row[3] for row in rows],
        "distributor": distributor_id,
    }
    await session.execute(
        text(
            "insert into listing_skus (listing_id, sku_id, store_id, distributor_id, retail_cents,"
            " is_offered) select x.listing, x.sku, :store, :distributor, x.price, true"
            " from unnest(cast(:listings as uuid[]), cast(:skus as uuid[]),"
            "  cast(:prices as bigint[])) as x(listing, sku, price)"
            " on conflict (listing_id, sku_id) do update set retail_cents = excluded.retail_cents,"
            "  needs_price = false"
            "  where listing_skus.retail_cents <> excluded.retail_cents or listing_skus.needs_price"
        ),
        {**columns, "store": store_id},
    )
    await session.execute(
        text(
            "insert into listing_sku_bases (listing_id, sku_id, distributor_id, supply_cents)"
            " select x.listing, x.sku, :distributor, x.supply"
            " from unnest(cast(:listings as uuid[]), cast(:skus as uuid[]),"
            "  cast(:supplies as bigint[])) as x(listing, sku, supply)"
            " on conflict (listing_id, sku_id) do update set supply_cents = excluded.supply_cents"
        ),
        columns,
    )


async def reprice(
    actor: Actor, listing_ids: Sequence[UUID], pricing: PricingRule, policy: CostPolicy
) -> ListResult:
    """Make the prices of listings anew; one that needed it comes back on sale, a paused one not."""
    actor.require("distributor:listings:write")
    listed, skipped = 0, ()
    for store_id, products in (await stores_of(actor, listing_ids)).items():
        result = await list_products(actor, store_id, products, pricing, policy, update=True)
        listed, skipped = listed + result.listed, (*skipped, *result.skipped)
    return ListResult(listed, skipped)


async def stores_of(actor: Actor, listing_ids: Sequence[UUID]) -> dict[UUID, list[UUID]]:
    """Return the products of own listings by store."""
    actor.require("distributor:listings:read")
    async with engine_transaction(actor, "listings.list") as session:
        found = await session.execute(
            text(
                "select store_id, array_agg(product_id) as products from listings"
                " where id = any(:ids) and distributor_id = :distributor group by store_id"
            ),
            {"ids": list(listing_ids), "distributor": actor.merchant},
        )
        return {row.store_id: row.products for row in found}


_IN_YUAN = (
    " and not exists (select 1 from supply_prices sp where sp.product_id = listings.product_id"
    " and sp.currency <> 'CNY')"
)


async def set_on_sale(actor: Actor, listing_ids: Sequence[UUID], *, on_sale: bool) -> int:
    """Pause listings or put paused ones back on sale. Returns how many changed.

    What has a supply price in another currency, as imported history has, stays off sale.
    """
    actor.require("distributor:listings:write")
    before = ["PAUSED"] if on_sale else ["ON_SALE", "NEEDS_REPRICE"]
    after = "'PAUSED'"
    if on_sale:
        # Its SKUs that lose money stay off sale, and it says so.
        after = (
            "case when exists (select 1 from listing_skus s where s.listing_id = listings.id"
            " and s.is_offered and s.needs_price) then 'NEEDS_REPRICE' else 'ON_SALE' end"
        )
    return await _change(
        actor,
        f"update listings set status = {after}, updated_at = now() where id = any(:ids)"
        " and distributor_id = :distributor and status = any(:before)"
        f"{_IN_YUAN if on_sale else ''} returning id",
        {"ids": list(listing_ids), "before": before},
    )


async def save_texts(
    actor: Actor, listing_id: UUID, title: str, policy: CostPolicy, version: int | None = None
) -> None:
    """Give a listing a title of its own, and say what it does when its supply price rises.

    ``version`` is that of the listing; see ``check_version``. Raises NotFound, Stale.
    """
    actor.require("distributor:listings:write")
    title = text_of("title", title, 120)
    owned = {"id": listing_id, "distributor": actor.merchant}
    async with engine_transaction(actor, "listings.list") as session:
        known = await session.execute(
            text("select 1 from listings where id = :id and distributor_id = :distributor"), owned
        )
        if known.first() is None:
            raise NotFound()
        await check_version(session, "listings", listing_id, version)
        await session.execute(
            text(
                "update listings set title_override = nullif(:title, ''), updated_at = now()"
                " where id = :id"
            ),
            {"id": listing_id, "title": title},
        )
        await session.execute(
            text(
                "update listing_terms set cost_policy = :policy, updated_at = now()"
                " where listing_id = :id and cost_policy <> :policy"
            ),
            {"id": listing_id, "policy": policy},
        )
        await refresh_listings(session, [listing_id])


async def set_policy(actor: Actor, listing_ids: Sequence[UUID], policy: CostPolicy) -> int:
    """Say what listings do when their supply price rises. Returns how many had said otherwise."""
    actor.require("distributor:listings:write")
    return await _change(
        actor,
        "with changed as (update listing_terms set cost_policy = :policy, updated_at = now()"
        " where listing_id = any(:ids) and distributor_id = :distributor"
        " and cost_policy <> :policy returning listing_id)"
        # The listing's own version is raised with it, by which forms of it are compared.
        " update listings l set updated_at = now() from changed c where l.id = c.listing_id"
        " returning l.id",
        {"ids": list(listing_ids), "policy": policy},
    )


async def feature(actor: Actor, store_id: UUID, listing_ids: Sequence[UUID]) -> None:
    """Show listings first in their store, in this order; all others follow by their own merit.

    Featured listings have positions below zero, all others stand at zero.
    """
    actor.require("distributor:store:write")
    await _change(
        actor,
        "update listings l set position = coalesce(x.place - :count - 1, 0) from listings o"
        " left join unnest(cast(:ids as uuid[])) with ordinality as x(id, place) on x.id = o.id"
        " where l.id = o.id and o.store_id = :store and o.distributor_id = :distributor"
        " and o.position <> coalesce(x.place - :count - 1, 0) returning l.id",
        {"ids": list(listing_ids), "store": store_id, "count": len(listing_ids)},
    )


async def _change(actor: Actor, sql: str, params: dict[str, Any]) -> int:
    async with engine_transaction(actor, "listings.list") as session:
        found = await session.execute(text(sql), {**params, "distributor": actor.merchant})
        changed = [row.id for row in found]
        await refresh_listings(session, changed)
        return len(changed)
