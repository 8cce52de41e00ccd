"""A listing's prices by hand, and what prices would bring before they are set."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.access import Actor
from app.kit.errors import Conflict, Invalid, NotFound, TradeError
from app.kit.i18n import N_
from app.services.engine import engine_transaction
from app.services.list_pricing import (
    LISTED_ALREADY,
    NO_STORE,
    Candidate,
    Goods,
    PricedSku,
    by_rule,
    candidates,
)
from app.services.listings import list_products, stores_of, write_prices
from app.services.rules.pricing import PricingRule
from app.services.shelf import refresh_listings
from app.services.versions import check_version
from models.store import CostPolicy

MOST_PREVIEWED = 200


@dataclass(frozen=True)
class SkuPrice:
    """What somebody wishes for one SKU of a listing."""

    retail_cents: int
    is_offered: bool = True


class ListedAlready(TradeError):
    """A product that shall be listed stands in the store already."""

    code = "listed_already"
    status = 409
    message = N_("It is in this store already: change its prices on the listing's own page.")


async def preview(
    actor: Actor, store_id: UUID | None, product_ids: Sequence[UUID], pricing: PricingRule
) -> list[Candidate]:
    """Return what a rule makes of products, at most ``MOST_PREVIEWED``; nothing is written."""
    actor.require("distributor:sourcing:read")
    async with engine_transaction(actor, "listings.list") as session:
        found = await candidates(
            session,
            actor.merchant,
            store_id or NO_STORE,
            product_ids[:MOST_PREVIEWED],
            by_rule(pricing),
        )
    # What a supplier has not pushed, or withdrew, is nobody's to look at here.
    return [candidate for candidate in found if candidate.is_in_pool]


async def preview_listings(
    actor: Actor, listing_ids: Sequence[UUID], pricing: PricingRule
) -> list[Candidate]:
    """Return what a rule would make of own listings; nothing is written."""
    found: list[Candidate] = []
    for store_id, products in (await stores_of(actor, listing_ids[:MOST_PREVIEWED])).items():
        found += await preview(actor, store_id, products, pricing)
    return found


async def list_at(
    actor: Actor,
    store_id: UUID,
    product_id: UUID,
    how: tuple[PricingRule, CostPolicy],
    prices: Mapping[UUID, int],
) -> UUID:
    """List one product at prices chosen by hand; return the listing.

    Raises NotFound, ListedAlready, or Invalid with the reason for each SKU whose price cannot be
    settled.
    """
    priced = await estimate(actor, store_id, product_id, prices)
    wishes = {sku: SkuPrice(p.retail_cents) for sku, p in priced.items()}
    faults = _faults(list(priced.values()), wishes)
    if faults:
        raise Invalid(faults)
    result = await list_products(actor, store_id, [product_id], *how)
    if any(skipped.reason == LISTED_ALREADY for skipped in result.skipped):
        raise ListedAlready()
    async with engine_transaction(actor, "listings.list") as session:
        found = await session.execute(
            text("select id from listings where store_id = :store and product_id = :product"),
            {"store": store_id, "product": product_id},
        )
        listing_id: UUID | None = found.scalar_one_or_none()
    if listing_id is None:
        # The rule's own prices were refused, though those by hand are not.
        raise Conflict()
    await set_prices(actor, listing_id, wishes)
    return listing_id


async def estimate(
    actor: Actor, store_id: UUID | None, product_id: UUID, prices: Mapping[UUID, int]
) -> dict[UUID, PricedSku]:
    """Return the division of one unit of each SKU at a price in cents, or as suggested.

    Raises NotFound for a product that is neither in the pool nor listed by the actor.
    """
    actor.require("distributor:sourcing:read")
    async with engine_transaction(actor, "listings.list") as session:
        found = await candidates(
            session,
            actor.merchant,
            store_id or NO_STORE,
            [product_id],
            lambda goods: prices.get(goods.sku_id, goods.suggested_cents),
        )
        known = bool(found) and (
            found[0].is_in_pool or await _lists(session, actor.merchant, product_id)
        )
    if not known:
        raise NotFound()
    return {sku.goods.sku_id: sku for sku in found[0].skus}


async def _lists(session: AsyncSession, distributor_id: UUID, product_id: UUID) -> bool:
    found = await session.execute(
        text(
            "select 1 from listings where distributor_id = :distributor and product_id = :product"
        ),
        {"distributor": distributor_id, "product": product_id},
    )
    return found.first() is not None


async def set_prices(
    actor: Actor,
    listing_id: UUID,
    wishes: Mapping[UUID, SkuPrice],
    version: int | None = None,
) -> None:
    """Set the prices of a listing's SKUs, and which of them are offered.

    A listing that needed a price comes back on sale. ``version`` is that of the listing; see
    ``check_version``. Raises NotFound, Stale, or Invalid with the reason for each SKU whose price
    cannot be settled (field ``price-<sku id>``).
    """
    actor.require("distributor:listings:write")
    async with engine_transaction(actor, "listings.list") as session:
        listing = await _own(session, actor, listing_id)
        await check_version(session, "listings", listing_id, version)
        priced = await _checked(session, actor, listing, wishes)
        rows = [
            (listing_id, sku.goods.sku_id, sku.retail_cents, sku.goods.supply_cents)
            for sku in priced
        ]
        await write_prices(session, actor.merchant, listing["store_id"], rows)
        offered = [sku_id for sku_id, wish in wishes.items() if wish.is_offered]
        await session.execute(_OFFER, {"listing": listing_id, "offered": offered})
        await session.execute(_BACK, {"listing": listing_id})
        await refresh_listings(session, [listing_id])


_OFFER = text(
    "update listing_skus set is_offered = (sku_id = any(cast(:offered as uuid[])))"
    " where listing_id = :listing and is_offered <> (sku_id = any(cast(:offered as uuid[])))"
)
_BACK = text(
    "update listings set updated_at = now(),"
    " status = case when status = 'NEEDS_REPRICE' then 'ON_SALE' else status end"
    " where id = :listing"
)


async def _own(session: AsyncSession, actor: Actor, listing_id: UUID) -> dict[str, Any]:
    found = await session.execute(
        text(
            "select store_id, product_id from listings where id = :id"
            " and distributor_id = :distributor for no key update"
        ),
        {"id": listing_id, "distributor": actor.merchant},
    )
    row = found.mappings().first()
    if row is None:
        raise NotFound()
    return dict(row)


async def _checked(
    session: AsyncSession, actor: Actor, listing: dict[str, Any], wishes: Mapping[UUID, SkuPrice]
) -> list[PricedSku]:
    def wished(goods: Goods) -> int:
        wish = wishes.get(goods.sku_id)
        return wish.retail_cents if wish is not None else goods.suggested_cents

    found = await candidates(
        session, actor.merchant, listing["store_id"], [listing["product_id"]], wished
    )
    priced = [sku for c in found for sku in c.skus if sku.goods.sku_id in wishes]
    faults = _faults(priced, wishes)
    if faults:
        raise Invalid(faults)
    return priced


def _faults(priced: Sequence[PricedSku], wishes: Mapping[UUID, SkuPrice]) -> dict[str, str]:
    # What is not offered cannot be sold at a loss, so only offered SKUs are held to the rules.
    faults = {
        f"price-{sku.goods.sku_id}": sku.problem
        for sku in priced
        if sku.problem and wishes[sku.goods.sku_id].is_offered
    }
    faults |= {
        f"price-{sku.goods.sku_id}": N_("This must be more than zero.")
        for sku in priced
        if sku.retail_cents <= 0
    }
    if not any(wishes[sku.goods.sku_id].is_offered for sku in priced):
        faults["offered"] = N_("Offer at least one SKU, or pause the listing.")
    return faults
