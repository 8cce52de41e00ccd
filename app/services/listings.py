"""A distributor's offers: pool goods listed in one click, at its own price, for any number."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.access import Actor
from app.kit.errors import NotFound
from app.kit.ids import new_id
from app.services.engine import engine_transaction
from app.services.rulebook import NO_CHARGE, RULES_SQL, remember
from app.services.rules.pricing import Band, Infeasible, PricingRule, infeasible, retail_price
from app.services.rules.splits import Rule, Subject, first_match
from app.services.shelf import refresh_listings
from models.store import CostPolicy

SKIP_REASONS = {
    Infeasible.BELOW_COST: "The price would be under cost: supply price plus platform fees.",
    Infeasible.BELOW_FLOOR: "The price is under the enforced minimum.",
    Infeasible.ABOVE_CAP: "The price is above the enforced maximum.",
}
NOT_IN_POOL = "This product is no longer in the pool."


@dataclass(frozen=True)
class Skipped:
    """A product that was not listed; ``reason`` is a gettext message id."""

    product_id: UUID
    title: str
    reason: str


@dataclass(frozen=True)
class ListResult:
    """What became of a bulk listing."""

    listed: int
    skipped: tuple[Skipped, ...] = ()


@dataclass
class _Candidate:
    product_id: UUID
    supplier_id: UUID
    title: str
    listing_id: UUID = field(default_factory=new_id)
    skus: list[tuple[UUID, int, int]] = field(default_factory=list[tuple[UUID, int, int]])
    problem: str = ""


_GOODS = text(
    "select p.id as product_id, p.supplier_id, p.title, p.category_id, c.parent_id,"
    " k.id as sku_id, sp.supply_cents, k.suggested_retail_cents, k.band_kind, k.floor_cents,"
    " k.cap_cents, (e.status = 'APPROVED' and p.status = 'ACTIVE' and m.status = 'ACTIVE') as ok"
    " from products p join categories c on c.id = p.category_id"
    " join merchants m on m.id = p.supplier_id join pool_entries e on e.product_id = p.id"
    " join skus k on k.product_id = p.id and k.is_active"
    " join supply_prices sp on sp.sku_id = k.id"
    " where p.id = any(:products) order by p.id, k.position"
)


async def list_products(
    actor: Actor,
    store_id: UUID,
    product_ids: Sequence[UUID],
    pricing: PricingRule,
    policy: CostPolicy = CostPolicy.FOLLOW_MARGIN,
) -> ListResult:
    """List pool products in a store, or price those anew that are listed already.

    One scoped read, pure pricing, one write for each table. Raises NotFound for another's store.
    """
    actor.require("distributor:listings:write")
    async with engine_transaction(actor, "listings.list") as session:
        await _check_store(session, actor, store_id)
        candidates = await _candidates(session, actor, store_id, product_ids, pricing)
        good = [candidate for candidate in candidates if not candidate.problem]
        await _write(session, actor, store_id, good, pricing, policy)
    skipped = tuple(Skipped(c.product_id, c.title, c.problem) for c in candidates if c.problem)
    return ListResult(len(good), skipped)


async def _check_store(session: AsyncSession, actor: Actor, store_id: UUID) -> None:
    found = await session.execute(
        text("select 1 from stores where id = :store and distributor_id = :distributor"),
        {"store": store_id, "distributor": actor.merchant},
    )
    if found.first() is None:
        raise NotFound()


async def _candidates(
    session: AsyncSession,
    actor: Actor,
    store_id: UUID,
    product_ids: Sequence[UUID],
    pricing: PricingRule,
) -> list[_Candidate]:
    rows = (await session.execute(_GOODS, {"products": list(product_ids)})).mappings().all()
    found = await session.execute(text(RULES_SQL))
    rules = remember("", [dict(row) for row in found.mappings()])
    moment = (await session.execute(text("select now()"))).scalar_one()
    by_product: dict[UUID, _Candidate] = {}
    for row in rows:
        candidate = by_product.setdefault(
            row["product_id"], _Candidate(row["product_id"], row["supplier_id"], row["title"])
        )
        _price(candidate, dict(row), pricing, rules, (actor.merchant, store_id, moment))
    return list(by_product.values())


def _price(
    candidate: _Candidate,
    row: dict[str, Any],
    pricing: PricingRule,
    rules: Sequence[Rule],
    where: tuple[UUID, UUID, Any],
) -> None:
    distributor, store, moment = where
    categories = frozenset({row["category_id"], row["parent_id"]} - {None})
    subject = Subject(categories, row["supplier_id"], distributor, row["product_id"], store)
    applied = first_match(rules, subject, moment)
    retail = retail_price(
        pricing, supply_cents=row["supply_cents"], suggested_cents=row["suggested_retail_cents"]
    )
    refusal = infeasible(
        retail,
        supply_cents=row["supply_cents"],
        version=applied.version if applied else NO_CHARGE,
        band=Band(row["band_kind"], row["floor_cents"], row["cap_cents"]),
    )
    if not row["ok"]:
        candidate.problem = NOT_IN_POOL
    elif refusal is not None:
        candidate.problem = SKIP_REASONS[refusal]
    candidate.skus.append((row["sku_id"], retail, row["supply_cents"]))


async def _write(
    session: AsyncSession,
    actor: Actor,
    store_id: UUID,
    candidates: Sequence[_Candidate],
    pricing: PricingRule,
    policy: CostPolicy,
) -> None:
    if not candidates:
        return
    from json import dumps

    found = await session.execute(
        text(
            "insert into listings (id, store_id, distributor_id, product_id, supplier_id, status,"
            " cost_policy, pricing, position) select x.id, :store, :distributor, x.product,"
            " x.supplier, 'ON_SALE', :policy, cast(:pricing as jsonb), 0"
            " from unnest(cast(:ids as uuid[]), cast(:products as uuid[]),"
            "  cast(:suppliers as uuid[])) as x(id, product, supplier)"
            " on conflict (store_id, product_id) do update set status = 'ON_SALE',"
            "  cost_policy = excluded.cost_policy, pricing = excluded.pricing, updated_at = now()"
            " returning id, product_id"
        ),
        {
            "store": store_id,
            "distributor": actor.merchant,
            "policy": policy,
            "pricing": dumps(pricing.as_json()),
            "ids": [candidate.listing_id for candidate in candidates],
            "products": [candidate.product_id for candidate in candidates],
            "suppliers": [candidate.supplier_id for candidate in candidates],
        },
    )
    listing_of = {row.product_id: row.id for row in found}
    rows = [(listing_of[c.product_id], *sku) for c in candidates for sku in c.skus]
    await _write_prices(session, actor, store_id, rows)
    await refresh_listings(session, list(listing_of.values()))


async def _write_prices(
    session: AsyncSession,
    actor: Actor,
    store_id: UUID,
    rows: Sequence[tuple[UUID, UUID, int, int]],
) -> None:
    columns = {
        "listings": [row[0] for row in rows],
        "skus": [row[1] for row in rows],
        "prices": [row[2] for row in rows],
        "supplies": [row[3] for row in rows],
        "distributor": actor.merchant,
    }
    await session.execute(
        text(
            "insert into listing_skus (listing_id, sku_id, store_id, distributor_id, retail_cents,"
            " is_offered) select x.listing, x.sku, :store, :distributor, x.price, true"
            " from unnest(cast(:listings as uuid[]), cast(:skus as uuid[]),"
            "  cast(:prices as bigint[])) as x(listing, sku, price)"
            " on conflict (listing_id, sku_id) do update set retail_cents = excluded.retail_cents"
            "  where listing_skus.retail_cents <> excluded.retail_cents"
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
    """Make the prices of listings anew; a listing that needed it comes back on sale."""
    actor.require("distributor:listings:write")
    listed, skipped = 0, ()
    for store_id, products in (await _stores_of(actor, listing_ids)).items():
        result = await list_products(actor, store_id, products, pricing, policy)
        listed, skipped = listed + result.listed, (*skipped, *result.skipped)
    return ListResult(listed, skipped)


async def _stores_of(actor: Actor, listing_ids: Sequence[UUID]) -> dict[UUID, list[UUID]]:
    async with engine_transaction(actor, "listings.list") as session:
        found = await session.execute(
            text(
                "select store_id, array_agg(product_id) as products from listings"
                " where id = any(:ids) and distributor_id = :distributor group by store_id"
            ),
            {"ids": list(listing_ids), "distributor": actor.merchant},
        )
        return {row.store_id: row.products for row in found}


async def set_on_sale(actor: Actor, listing_ids: Sequence[UUID], *, on_sale: bool) -> int:
    """Pause listings or put paused ones back on sale. Returns how many changed."""
    actor.require("distributor:listings:write")
    before, after = ("PAUSED", "ON_SALE") if on_sale else ("ON_SALE", "PAUSED")
    return await _change(
        actor,
        "update listings set status = :after, updated_at = now() where id = any(:ids)"
        " and distributor_id = :distributor and status = :before returning id",
        {"ids": list(listing_ids), "before": before, "after": after},
    )


async def override_title(actor: Actor, listing_id: UUID, title: str) -> int:
    """Give a listing a title of its own; an empty one follows the supplier again."""
    actor.require("distributor:listings:write")
    return await _change(
        actor,
        "update listings set title_override = nullif(:title, ''), updated_at = now()"
        " where id = any(:ids) and distributor_id = :distributor returning id",
        {"ids": [listing_id], "title": title.strip()[:120]},
    )


async def _change(actor: Actor, sql: str, params: dict[str, Any]) -> int:
    async with engine_transaction(actor, "listings.list") as session:
        found = await session.execute(text(sql), {**params, "distributor": actor.merchant})
        changed = [row.id for row in found]
        await refresh_listings(session, changed)
        return len(changed)
