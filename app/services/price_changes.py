"""A supplier's new price reaches every listing at once, each by its own policy."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.access import Actor
from app.services.engine import engine_transaction
from app.services.notices import tell_each
from app.services.offers import FREIGHT_COLUMNS, freight_from
from app.services.rulebook import NO_CHARGE, RULES_SQL, remember
from app.services.rules.freight import Freight
from app.services.rules.pricing import Band, infeasible
from app.services.rules.splits import Rule, RuleVersion, Subject, first_match
from models.store import CostPolicy, ListingStatus


@dataclass(frozen=True)
class PriceChange:
    """A SKU's supply price before and after, in cents."""

    sku_id: UUID
    before_cents: int
    after_cents: int


@dataclass(frozen=True)
class Decision:
    """What becomes of one listing's SKU: its price, its listing's status, and the word for it."""

    retail_cents: int
    status: str
    outcome: str


_LISTED = text(
    "select ls.listing_id, ls.sku_id, ls.store_id, ls.distributor_id, ls.retail_cents,"
    " sp.supply_cents, ls.sku_id = any(:skus) as is_changed,"
    " coalesce(t.cost_policy, 'FOLLOW_MARGIN') as cost_policy, l.status, l.product_id,"
    " l.supplier_id, b.supply_cents as basis_cents,"
    " p.category_id, c.parent_id, k.band_kind, k.floor_cents, k.cap_cents,"
    f" k.is_active and ls.is_offered as is_offered, {FREIGHT_COLUMNS}"
    " from listing_skus ls join listings l on l.id = ls.listing_id"
    " left join listing_terms t on t.listing_id = l.id"
    " join products p on p.id = l.product_id join categories c on c.id = p.category_id"
    " join skus k on k.id = ls.sku_id join supply_prices sp on sp.sku_id = ls.sku_id"
    " left join freight_templates f on f.supplier_id = l.supplier_id and f.is_default"
    " left join listing_sku_bases b on b.listing_id = ls.listing_id and b.sku_id = ls.sku_id"
    " where l.product_id = :product and (ls.sku_id = any(:skus) or (k.is_active and ls.is_offered))"
    " order by ls.listing_id, ls.sku_id for no key update of l, ls"
)


def decide(
    *,
    policy: str,
    status: str,
    retail_cents: int,
    basis_cents: int,
    supply_cents: int,
    version: RuleVersion,
    band: Band,
    freight: Freight | None = None,
) -> Decision:
    """Return what a listing's policy makes of a new supply price. Pure."""
    rises = supply_cents > basis_cents
    back = ListingStatus.ON_SALE if status == ListingStatus.NEEDS_REPRICE else status
    price = retail_cents
    if policy == CostPolicy.FOLLOW_MARGIN:
        # The ratio of retail to supply price is kept, rounded up to the cent.
        price = -(-retail_cents * supply_cents // basis_cents)
    elif policy == CostPolicy.PAUSE and rises:
        paused = ListingStatus.PAUSED if status == ListingStatus.ON_SALE else status
        return Decision(price, paused, "paused")
    if infeasible(price, supply_cents=supply_cents, version=version, band=band, freight=freight):
        # What is off sale for another reason stays so: a new price must not wake it.
        off = status in (ListingStatus.PAUSED, ListingStatus.OFF_POOL)
        after = status if off else ListingStatus.NEEDS_REPRICE
        return Decision(retail_cents, after, "needs_reprice")
    return Decision(price, back, "followed" if price != retail_cents else "held")


async def reach(actor: Actor, sku_ids: Sequence[UUID]) -> int:
    """Return how many listings offer some of the actor's SKUs, so that a change can be weighed.

    A supplier reads no listings; it learns their number alone.
    """
    actor.require("supplier:products:write")
    async with engine_transaction(actor, "prices.reach") as session:
        found = await session.execute(
            text(
                "select count(distinct ls.listing_id) from listing_skus ls"
                " join skus k on k.id = ls.sku_id"
                " where ls.sku_id = any(:skus) and k.supplier_id = :supplier"
            ),
            {"skus": list(sku_ids), "supplier": actor.merchant},
        )
        return int(found.scalar_one())


async def fan_out(session: AsyncSession, product_id: UUID, changes: Sequence[PriceChange]) -> None:
    """Apply price changes to all listings in a handful of statements (as the engine role).

    The other SKUs of the listings are judged as well: one that is under cost keeps its listing
    off sale though the changed one is well again.
    """
    if not changes:
        return
    sought = {"product": product_id, "skus": [change.sku_id for change in changes]}
    rows = [dict(row) for row in (await session.execute(_LISTED, sought)).mappings()]
    if not rows:
        return
    found = await session.execute(text(RULES_SQL))
    rules = remember("", [dict(row) for row in found.mappings()])
    moment = (await session.execute(text("select now()"))).scalar_one()
    new = {change.sku_id: change for change in changes}
    decisions = [_decide_row(row, new.get(row["sku_id"]), rules, moment) for row in rows]
    await _write_statuses(session, rows, decisions)
    await _tell_of_reprice(session, product_id, rows, moment)
    changed = [pair for pair in zip(rows, decisions, strict=True) if pair[0]["is_changed"]]
    await _write_changes(session, [row for row, _ in changed], [d for _, d in changed], new)


def _decide_row(
    row: dict[str, Any], change: PriceChange | None, rules: Sequence[Rule], moment: datetime
) -> Decision:
    categories = frozenset({row["category_id"], row["parent_id"]} - {None})
    subject = Subject(
        categories, row["supplier_id"], row["distributor_id"], row["product_id"], row["store_id"]
    )
    applied = first_match(rules, subject, moment)
    before = change.before_cents if change else row["supply_cents"]
    return decide(
        # A SKU whose supply price stays is not priced anew.
        policy=row["cost_policy"] if change else CostPolicy.HOLD_PRICE,
        status=row["status"],
        retail_cents=row["retail_cents"],
        basis_cents=row["basis_cents"] or before,
        supply_cents=change.after_cents if change else row["supply_cents"],
        version=applied.version if applied else NO_CHARGE,
        band=Band(row["band_kind"], row["floor_cents"], row["cap_cents"]),
        freight=freight_from(row),
    )


async def _write_statuses(
    session: AsyncSession, rows: Sequence[dict[str, Any]], decisions: Sequence[Decision]
) -> None:
    """A listing stands where its worst SKU stands; but only what loses money goes off sale."""
    await session.execute(
        text(
            "update listing_skus t set needs_price = x.needs from unnest(cast(:listings as uuid[]),"
            " cast(:skus as uuid[]), cast(:needs as boolean[])) as x(listing, sku, needs)"
            " where t.listing_id = x.listing and t.sku_id = x.sku and t.needs_price <> x.needs"
        ),
        {
            "listings": [row["listing_id"] for row in rows],
            "skus": [row["sku_id"] for row in rows],
            "needs": [decision.outcome == "needs_reprice" for decision in decisions],
        },
    )
    sold = [pair for pair in zip(rows, decisions, strict=True) if pair[0]["is_offered"]]
    await session.execute(
        text(
            "with worst as (select listing, max(case status when 'NEEDS_REPRICE' then 3"
            "  when 'PAUSED' then 2 when 'OFF_POOL' then 1 else 0 end) as rank"
            "  from unnest(cast(:listings as uuid[]), cast(:statuses as text[]))"
            "  as x(listing, status) group by 1)"
            " update listings l set updated_at = now(), status = (array['ON_SALE', 'OFF_POOL',"
            " 'PAUSED', 'NEEDS_REPRICE'])[rank + 1] from worst where l.id = worst.listing"
        ),
        {
            "listings": [row["listing_id"] for row, _ in sold],
            "statuses": [decision.status for _, decision in sold],
        },
    )


_TO_REPRICE = (
    "select 'distributor' as scope, l.distributor_id as merchant_id,"
    " 'reprice:' || cast(:product as text) || ':' || cast(:at as text) as event,"
    " 'listings?status=NEEDS_REPRICE' as path,"
    " jsonb_build_object('title', min(p.title)) as params"
    " from listings l join products p on p.id = l.product_id"
    " where l.id = any(cast(:ids as uuid[])) and l.status = 'NEEDS_REPRICE'"
    " group by l.distributor_id"
)


async def _tell_of_reprice(
    session: AsyncSession, product_id: UUID, rows: Sequence[dict[str, Any]], moment: datetime
) -> None:
    """Tell the distributors whose listings went off sale by this very change, once each."""
    sold = {row["listing_id"] for row in rows if row["status"] != ListingStatus.NEEDS_REPRICE}
    told = {"product": str(product_id), "ids": list(sold), "at": moment.isoformat()}
    await tell_each(session, "listing_needs_reprice", _TO_REPRICE, told)


async def _write_changes(
    session: AsyncSession,
    rows: Sequence[dict[str, Any]],
    decisions: Sequence[Decision],
    new: dict[UUID, PriceChange],
) -> None:
    columns = {
        "listings": [row["listing_id"] for row in rows],
        "skus": [row["sku_id"] for row in rows],
        "prices": [decision.retail_cents for decision in decisions],
        "outcomes": [decision.outcome for decision in decisions],
        "befores": [str(new[row["sku_id"]].before_cents) for row in rows],
        "afters": [str(new[row["sku_id"]].after_cents) for row in rows],
    }
    for statement in _WRITE_CHANGES:
        await session.execute(statement, columns)


_X = (
    "with x as materialized (select * from unnest(cast(:listings as uuid[]),"
    " cast(:skus as uuid[]), cast(:prices as bigint[]), cast(:outcomes as text[]),"
    " cast(:befores as text[]), cast(:afters as text[]))"
    " as x(listing, sku, price, outcome, before, after))"
)

_WRITE_CHANGES = (
    text(
        f"{_X} update listing_skus t set retail_cents = x.price from x"
        " where t.listing_id = x.listing and t.sku_id = x.sku and t.retail_cents <> x.price"
    ),
    text(
        f"{_X} update listing_sku_bases t set supply_cents = cast(x.after as bigint) from x"
        " where t.listing_id = x.listing and t.sku_id = x.sku"
        " and x.outcome in ('followed', 'held')"
    ),
    text(
        f"{_X} insert into listing_changes (id, listing_id, distributor_id, sku_id, kind,"
        "  before, after, outcome) select new_uuid(), l.id, l.distributor_id, x.sku,"
        "  'supply_price', x.before, x.after, x.outcome from x"
        " join listings l on l.id = x.listing"
    ),
)
