"""One product of the pool, one listing of an own store, as their distributor reads them."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.access import Actor
from app.kit.db import database
from app.kit.errors import NotFound
from app.queries.resource import Row
from app.queries.shown import one, rows

_PRODUCT = (
    "select p.id, p.title, p.title_en, p.subtitle, p.description_html, p.spec_names,"
    " m.name as supplier, c.name_zh, c.name_en, e.reviewed_at,"
    " (e.status = 'APPROVED' and p.status = 'ACTIVE' and m.id is not null) is true as is_in_pool"
    " from products p join categories c on c.id = p.category_id"
    " left join merchants m on m.id = p.supplier_id"
    " left join pool_entries e on e.product_id = p.id where p.id = :id"
)
_SKUS = (
    "select k.id, k.code, k.spec_values, sp.supply_cents, sp.currency, k.suggested_retail_cents,"
    " k.band_kind, k.floor_cents, k.cap_cents, k.weight_g,"
    " greatest(coalesce(st.on_hand - st.reserved, 0), 0) as available"
    " from skus k join supply_prices sp on sp.sku_id = k.id left join stock st on st.sku_id = k.id"
    " where k.product_id = :id and k.is_active order by k.position, k.id"
)
_PICTURES = "select blob_key, alt from product_images where product_id = :id order by position, id"
_LISTED_IN = (
    "select l.id, s.name as store, l.status from listings l join stores s on s.id = l.store_id"
    " where l.product_id = :id order by s.created_at"
)


@dataclass(frozen=True)
class PoolProduct:
    """A product with its pictures, SKUs, and the own stores that list it already."""

    facts: Row
    pictures: list[Row]
    skus: list[Row]
    listings: list[Row]


async def pool_product(actor: Actor, product_id: UUID) -> PoolProduct:
    """Return a product that the actor may source. Raises NotFound for any other."""
    actor.require("distributor:sourcing:read")
    async with database().transaction(actor) as session:
        facts = await one(session, _PRODUCT, id=product_id)
        if facts is None:
            raise NotFound()
        return PoolProduct(
            facts,
            await rows(session, _PICTURES, id=product_id),
            await rows(session, _SKUS, id=product_id),
            await rows(session, _LISTED_IN, id=product_id),
        )


_LISTING = (
    "select l.id, l.product_id, l.store_id, t.cost_policy, l.title_override, l.position,"
    " l.row_version,"
    " l.created_at, p.title, p.title_en, s.name as store, s.slug, m.name as supplier,"
    " case when m.id is null or e.product_id is null or p.status <> 'ACTIVE' then 'OFF_POOL'"
    "  else l.status end as status,"
    " exists (select 1 from shelf_items i where i.listing_id = l.id) as is_on_shelf,"
    " (select i.blob_key from product_images i where i.product_id = p.id"
    "  order by i.position, i.id limit 1) as picture,"
    " (select coalesce(sum(ol.quantity), 0) from order_lines ol where ol.listing_id = l.id) as sold"
    " from listings l join products p on p.id = l.product_id join stores s on s.id = l.store_id"
    " left join listing_terms t on t.listing_id = l.id"
    " left join merchants m on m.id = l.supplier_id"
    " left join pool_entries e on e.product_id = l.product_id and e.status = 'APPROVED'"
    " where l.id = :id"
)
_LISTING_SKUS = (
    "select k.id, k.code, k.spec_values, sp.supply_cents, sp.currency, k.suggested_retail_cents,"
    " b.supply_cents as basis_cents, coalesce(ls.retail_cents, k.suggested_retail_cents)"
    "  as retail_cents, coalesce(ls.is_offered, false) as is_offered,"
    " greatest(coalesce(st.on_hand - st.reserved, 0), 0) as available"
    " from listings l join skus k on k.product_id = l.product_id and k.is_active"
    " join supply_prices sp on sp.sku_id = k.id left join stock st on st.sku_id = k.id"
    " left join listing_skus ls on ls.listing_id = l.id and ls.sku_id = k.id"
    " left join listing_sku_bases b on b.listing_id = l.id and b.sku_id = k.id"
    " where l.id = :id order by k.position, k.id"
)
_CHANGES = (
    "select ch.kind, k.spec_values, ch.before, ch.after, ch.outcome, ch.created_at as at"
    " from listing_changes ch left join skus k on k.id = ch.sku_id"
    " where ch.listing_id = :id order by ch.created_at desc limit 40"
)
# The audit trail shows itself only to those who may read it.
_AUDIT = (
    "select a.table_name, a.action, a.before, a.after, a.at, k.spec_values, u.name as who"
    " from audit_entries a left join users u on u.id = a.user_id left join skus k"
    " on a.table_name = 'listing_skus' and cast(k.id as text) = split_part(a.row_id, '/', 2)"
    " where (a.table_name in ('listings', 'listing_terms') and a.row_id = cast(:id as text)) or"
    " (a.table_name = 'listing_skus' and a.row_id = any(:skus)) order by a.at desc limit 60"
)


@dataclass(frozen=True)
class ListingDetail:
    """A listing with the prices of its SKUs and what happened to it, latest first."""

    facts: Row
    skus: list[Row]
    history: list[Row]


async def listing_detail(actor: Actor, listing_id: UUID) -> ListingDetail:
    """Return a listing of an own store. Raises NotFound for any other."""
    actor.require("distributor:listings:read")
    async with database().transaction(actor) as session:
        facts = await one(session, _LISTING, id=listing_id)
        if facts is None:
            raise NotFound()
        skus = await rows(session, _LISTING_SKUS, id=listing_id)
        keys = [f"{listing_id}/{sku['id']}" for sku in skus]
        changes = await rows(session, _CHANGES, id=listing_id)
        audit = await rows(session, _AUDIT, id=listing_id, skus=keys)
    history = [_change(row) for row in changes] + [e for row in audit for e in _entries(row)]
    return ListingDetail(facts, skus, sorted(history, key=lambda row: row["at"], reverse=True))


def _change(row: Row) -> Row:
    return {**row, "who": "", "spec": " · ".join(row["spec_values"] or [])}


_TOLD = {
    "retail_cents": "retail_price",
    "is_offered": "offered",
    "status": "status",
    "title_override": "title",
    "cost_policy": "policy",
    "position": "position",
}
"""Columns whose changes are told, with the word for each."""


def _entries(row: Row) -> list[Row]:
    """Return one entry of the history for each column that an audited change touched."""
    about = {"at": row["at"], "who": row["who"] or "", "outcome": ""}
    spec = " · ".join(row["spec_values"] or [])
    if row["action"] == "insert":
        told = {"kind": "listed", "before": "", "after": "", "spec": ""}
        return [about | told] if row["table_name"] == "listings" else []
    before: dict[str, Any] = row["before"] or {}
    after: dict[str, Any] = row["after"] or {}
    return [
        about | {"kind": word, "before": before.get(key), "after": after.get(key), "spec": spec}
        for key, word in _TOLD.items()
        if key in after or key in before
    ]
