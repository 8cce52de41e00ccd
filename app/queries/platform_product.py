"""One product as the platform reviews it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.access import Actor
from app.kit.currencies import decimal_text
from app.kit.db import database
from app.kit.errors import NotFound
from app.kit.i18n import moment_text, money_text
from app.queries.lists.currencies import PRICES_IN
from app.queries.platform_changes import Change, changes_of_rows
from app.queries.platform_order import rows
from app.queries.titles import title


@dataclass(frozen=True)
class SkuRow:
    """A variant with what it costs, what it should sell for, and how many there are."""

    code: str
    spec: str
    supply: str
    suggested: str
    margin: str
    band: str
    on_hand: int
    available: int
    active: bool


@dataclass(frozen=True)
class ProductPage:
    """What the review of a product shows, as text."""

    id: str = ""
    title: str = ""
    title_en: str = ""
    subtitle: str = ""
    html: str = ""
    status: str = ""
    offered: str = ""
    supplier: str = ""
    supplier_code: str = ""
    supplier_status: str = ""
    category_zh: str = ""
    category_en: str = ""
    parent_zh: str = ""
    parent_en: str = ""
    submitted_at: str = ""
    reviewed_at: str = ""
    reviewer: str = ""
    note: str = ""
    listings: int = 0
    sold: str = ""
    similar: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    pictures: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    skus: list[SkuRow] = field(default_factory=list[SkuRow])
    changes: list[Change] = field(default_factory=list[Change])


_PRODUCT = text(
    "select p.*, e.status as pool_status, e.submitted_at, e.reviewed_at, e.review_note,"
    " u.name as reviewer, m.name as supplier, m.code as supplier_code,"
    " m.status as supplier_status, c.name_zh, c.name_en, up.name_zh as parent_zh,"
    " up.name_en as parent_en,"
    " (select count(*) from listings l where l.product_id = p.id) as listings,"
    " (select sum(l.quantity) from order_lines l join orders o on o.id = l.order_id"
    "  where l.product_id = p.id and o.paid_cents > 0) as sold"
    " from products p left join pool_entries e on e.product_id = p.id"
    " left join merchants m on m.id = p.supplier_id join categories c on c.id = p.category_id"
    " left join categories up on up.id = c.parent_id left join users u on u.id = e.reviewed_by"
    " where p.id = :id"
)
_SKUS = text(
    "select k.*, sp.supply_cents, sp.currency, s.on_hand, s.reserved from skus k"
    " left join supply_prices sp on sp.sku_id = k.id left join stock s on s.sku_id = k.id"
    " where k.product_id = :id order by k.is_active desc, k.position, k.id"
)
_PICTURES = text(
    "select blob_key, alt from product_images where product_id = :id order by position, id"
)
_SIMILAR = text(
    # Others of the same category whose titles share most: is this one there already?
    f"select p.id, {title()} as title, m.name as supplier,"
    " (select min(supply_cents) from supply_prices x"
    f"  where x.product_id = p.id) as cents, {PRICES_IN} as currency from products p"
    " join pool_entries e on e.product_id = p.id and e.status = 'APPROVED'"
    " left join merchants m on m.id = p.supplier_id, products me"
    " where me.id = :id and p.category_id = me.category_id and p.id <> me.id"
    " order by cardinality(array(select unnest(p.search_grams) intersect"
    "  select unnest(me.search_grams))) desc, p.id limit 4"
)


async def product_page(actor: Actor, product_id: UUID) -> ProductPage:
    """Return a product with all that its review needs. Raises Forbidden, NotFound."""
    actor.require("platform:products:read")
    key = {"id": product_id, "english": actor.locale == "en"}
    async with database().transaction(actor) as session:
        found = (await session.execute(_PRODUCT, key)).mappings().first()
        if found is None:
            raise NotFound()
        skus = await rows(session, _SKUS, key)
        return ProductPage(
            **_head(dict(found)),
            pictures=[
                {"key": row["blob_key"], "alt": row["alt"]}
                for row in await rows(session, _PICTURES, key)
            ],
            skus=[_sku(row) for row in skus],
            similar=[_similar(row) for row in await rows(session, _SIMILAR, key)],
            changes=await _changes(session, product_id, skus, actor.locale),
        )


async def _changes(
    session: AsyncSession, product_id: UUID, skus: list[Mapping[str, Any]], locale: str
) -> list[Change]:
    keys = [str(product_id), *(str(sku["id"]) for sku in skus)]
    return await changes_of_rows(
        session, ("products", "skus", "supply_prices", "pool_entries"), keys, locale
    )


def _head(row: Mapping[str, Any]) -> dict[str, Any]:
    texts = ("title_en", "subtitle", "supplier", "supplier_code", "supplier_status", "reviewer")
    names = ("parent_zh", "parent_en")
    return {
        **{key: row[key] or "" for key in (*texts, *names)},
        "id": str(row["id"]),
        "title": row["title"],
        "html": row["description_html"],
        "status": row["pool_status"] or "",
        "offered": row["status"],
        "category_zh": row["name_zh"],
        "category_en": row["name_en"],
        "submitted_at": moment_text(row["submitted_at"]),
        "reviewed_at": moment_text(row["reviewed_at"]),
        "note": row["review_note"] or "",
        "listings": row["listings"],
        "sold": f"{row['sold']:,}" if row["sold"] else "0",
    }


def _limit(cents: int | None, currency: str) -> str:
    return decimal_text(cents, currency) if cents else "…"


def _sku(row: Mapping[str, Any]) -> SkuRow:
    supply, suggested = row["supply_cents"], row["suggested_retail_cents"]
    margin = f"{(suggested - supply) / suggested:.0%}" if supply else ""
    limits = (row["floor_cents"], row["cap_cents"])
    return SkuRow(
        code=row["code"],
        spec=" / ".join(row["spec_values"]),
        supply=money_text(supply, row["currency"]),
        suggested=money_text(suggested, row["currency"]),
        margin=margin,
        band=" – ".join(_limit(c, row["currency"]) for c in limits) if any(limits) else "",
        on_hand=row["on_hand"] or 0,
        available=(row["on_hand"] or 0) - (row["reserved"] or 0),
        active=row["is_active"],
    )


def _similar(row: Mapping[str, Any]) -> dict[str, str]:
    return {
        "id": str(row["id"]),
        "title": row["title"],
        "supplier": row["supplier"] or "",
        "supply": money_text(row["cents"], row["currency"]),
    }
