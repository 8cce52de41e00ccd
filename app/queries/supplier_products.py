"""A supplier's own product as its editor shows it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.access import Actor
from app.kit.db import database
from app.kit.errors import NotFound


@dataclass(frozen=True)
class EditedSku:
    """One variant, amounts in cents; ``cost_cents`` is None also for those who may not read it."""

    id: UUID
    code: str
    spec_values: tuple[str, ...]
    supply_cents: int
    currency: str
    """Of both prices: CNY, or that of imported history until the supplier sets others."""
    suggested_cents: int
    cost_cents: int | None
    on_hand: int
    low_at: int
    is_active: bool


@dataclass(frozen=True)
class EditedProduct:
    """A product with all that its supplier may change, and where it stands in the pool."""

    id: UUID
    category_id: UUID
    title: str
    title_en: str
    subtitle: str
    description_html: str
    status: str
    spec_names: tuple[str, ...]
    pictures: tuple[str, ...]
    picture_values: Mapping[str, str]
    """Picture → the spec value that it shows, for those that show one."""
    skus: tuple[EditedSku, ...]
    pool: str
    review_note: str
    row_version: int


async def edited_product(actor: Actor, product_id: UUID) -> EditedProduct:
    """Return the actor's own product. Raises NotFound."""
    actor.require("supplier:products:read")
    async with database().transaction(actor) as session:
        found = await session.execute(_PRODUCT, {"id": product_id})
        row = found.mappings().first()
        if row is None:
            raise NotFound()
        return EditedProduct(
            id=row["id"],
            category_id=row["category_id"],
            title=row["title"],
            title_en=row["title_en"] or "",
            subtitle=row["subtitle"] or "",
            description_html=row["description_html"],
            status=row["status"],
            spec_names=tuple(row["spec_names"]),
            pictures=tuple(row["pictures"] or ()),
            picture_values=row["picture_values"] or {},
            skus=await _skus(session, product_id),
            pool=row["pool"] or "",
            review_note=row["review_note"] or "",
            row_version=row["row_version"],
        )


_PRODUCT = text(
    "select p.*, e.status as pool, e.review_note, (select array_agg(blob_key order by position)"
    " from product_images i where i.product_id = p.id) as pictures,"
    " (select jsonb_object_agg(blob_key, spec_value) from product_images i"
    "  where i.product_id = p.id and spec_value <> '') as picture_values"
    " from products p left join pool_entries e on e.product_id = p.id"
    " where p.id = :id and p.supplier_id = (select app_supplier())"
)

_SKUS = text(
    "select k.id, k.code, k.spec_values, s.supply_cents, s.currency,"
    " k.suggested_retail_cents as suggested,"
    " c.cost_cents, t.on_hand, t.low_at, k.is_active from skus k"
    " join supply_prices s on s.sku_id = k.id join stock t on t.sku_id = k.id"
    " left join sku_costs c on c.sku_id = k.id"
    " where k.product_id = :product order by k.position, k.id"
)


async def _skus(session: AsyncSession, product_id: UUID) -> tuple[EditedSku, ...]:
    found = await session.execute(_SKUS, {"product": product_id})
    return tuple(
        EditedSku(
            id=row.id,
            code=row.code,
            spec_values=tuple(row.spec_values),
            supply_cents=row.supply_cents,
            currency=row.currency,
            suggested_cents=row.suggested,
            cost_cents=row.cost_cents,
            on_hand=row.on_hand,
            low_at=row.low_at,
            is_active=row.is_active,
        )
        for row in found
    )


async def category_choices(actor: Actor) -> Sequence[tuple[str, str, str]]:
    """Return id, Chinese and English name of every category, children below their parent."""
    async with database().transaction(actor) as session:
        found = await session.execute(
            text(
                "select c.id, concat_ws(' › ', p.name_zh, c.name_zh) as zh,"
                " concat_ws(' › ', p.name_en, c.name_en) as en from categories c"
                " left join categories p on p.id = c.parent_id"
                " where not exists (select 1 from categories x where x.parent_id = c.id)"
                " order by coalesce(p.position, c.position), p.id nulls first, c.position"
            )
        )
        return [(str(row.id), row.zh, row.en) for row in found]
