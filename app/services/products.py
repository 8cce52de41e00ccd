"""A supplier's products: texts, pictures, specs × values as SKUs, prices and stock."""

from collections.abc import Sequence
from html import unescape
from typing import Annotated
from uuid import UUID

import nh3
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from sqlalchemy import delete, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.access import Actor
from app.kit.clock import now
from app.kit.errors import Invalid, NotFound
from app.kit.i18n import N_
from app.kit.text import Text
from app.services.engine import engine_transaction
from app.services.price_changes import fan_out
from app.services.product_skus import SkuDraft, check_codes, save_skus, with_stored
from app.services.search_index import index_products
from app.services.shelf import refresh_products
from app.services.versions import check_version
from models.catalog import (
    Product,
    ProductImage,
    ProductStatus,
)

MOST_SPECS = 3
MOST_SKUS = 200
MOST_PICTURES = 10

_TAGS = {
    *("p", "br", "b", "strong", "i", "em", "u", "ul", "ol", "li", "h2", "h3", "blockquote"),
    *("table", "thead", "tbody", "tr", "th", "td", "hr", "img"),
}
_ATTRIBUTES = {"img": {"src", "alt"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"}}

PictureKey = Annotated[str, StringConstraints(pattern=r"^pictures/[0-9a-f]{24}$")]


class ProductDraft(BaseModel):
    """A product as the supplier types it."""

    model_config = ConfigDict(frozen=True, str_strip_whitespace=True)

    id: UUID | None = None
    category_id: UUID
    title: Annotated[str, Text(120, 2)]
    title_en: Annotated[str, Text(160)] | None = None
    subtitle: Annotated[str, Text(200)] | None = None
    description_html: Annotated[str, Text(50_000, lines=True)] = ""
    spec_names: Annotated[
        tuple[Annotated[str, Text(40, 1)], ...], Field(max_length=MOST_SPECS)
    ] = ()
    pictures: Annotated[tuple[PictureKey, ...], Field(max_length=MOST_PICTURES)] = ()
    picture_values: Annotated[
        dict[PictureKey, Annotated[str, StringConstraints(max_length=40)]],
        Field(max_length=MOST_PICTURES),
    ] = {}
    """Picture → the spec value that it shows; values that no SKU has are left out."""
    skus: Annotated[tuple[SkuDraft, ...], Field(min_length=1, max_length=MOST_SKUS)]

    @model_validator(mode="after")
    def _skus_fit_the_specs(self) -> "ProductDraft":
        if any(len(sku.spec_values) != len(self.spec_names) for sku in self.skus):
            raise ValueError("each SKU needs one value for each spec")
        if len({sku.spec_values for sku in self.skus}) != len(self.skus):
            raise ValueError("two SKUs have the same values")
        return self


def clean_html(html: str) -> str:
    """Return what of a supplier's rich text may be shown; pictures only from our own store."""

    def keep(tag: str, attribute: str, value: str) -> str | None:
        if tag == "img" and attribute == "src" and not value.startswith("/media/"):
            return None
        return value

    return nh3.clean(html, tags=_TAGS, attributes=_ATTRIBUTES, attribute_filter=keep)


def plain_text(html: str) -> str:
    """Return rich text as words alone."""
    return unescape(nh3.clean(html.replace("><", "> <"), tags=set())).strip()


async def save_product(actor: Actor, draft: ProductDraft, version: int | None = None) -> UUID:
    """Create or change a product; price changes reach all listings in the same transaction.

    ``version`` is that of the product that the draft was made of; see ``check_version``.
    Raises NotFound for another supplier's product, Invalid for a SKU code that is taken, Stale.
    """
    actor.require("supplier:products:write")
    async with engine_transaction(actor, "products.save") as session:
        product = await _product(session, actor, draft, version)
        skus = await with_stored(session, product.id, draft.skus)
        await check_codes(session, product, skus)
        await _save_pictures(session, product, draft)
        changes = await save_skus(session, actor, product, skus)
        await session.flush()
        await index_products(session, [product.id])
        await fan_out(session, product.id, changes)
        await refresh_products(session, [product.id])
        return product.id


async def _product(
    session: AsyncSession, actor: Actor, draft: ProductDraft, version: int | None
) -> Product:
    product = Product(supplier_id=actor.merchant, category_id=draft.category_id, title=draft.title)
    if draft.id is not None:
        await check_version(session, "products", draft.id, version)
        product = await owned(session, actor, draft.id)
    known = await session.execute(
        text("select 1 from categories where id = :id"), {"id": draft.category_id}
    )
    if known.first() is None:
        raise Invalid({"category_id": N_("Please choose one.")})
    product.category_id = draft.category_id
    product.title = draft.title
    product.title_en = draft.title_en or None
    product.subtitle = draft.subtitle or None
    product.description_html = clean_html(draft.description_html)
    product.spec_names = list(draft.spec_names)
    if product.status == ProductStatus.DRAFT:
        product.status = ProductStatus.ACTIVE
    product.updated_at = now()
    session.add(product)
    await session.flush()
    return product


async def owned(session: AsyncSession, actor: Actor, product_id: UUID) -> Product:
    """Return the actor's own product. Raises NotFound."""
    found = await session.execute(
        select(Product).where(
            Product.id == product_id,  # type: ignore[arg-type]
            Product.supplier_id == actor.merchant,  # type: ignore[arg-type]
        )
    )
    product = found.scalar_one_or_none()
    if product is None:
        raise NotFound()
    return product


async def _save_pictures(session: AsyncSession, product: Product, draft: ProductDraft) -> None:
    """Make these the pictures. One that stays keeps its row: the trail tells of changes alone."""
    known = {value for sku in draft.skus for value in sku.spec_values}
    found = await session.scalars(
        select(ProductImage).where(ProductImage.product_id == product.id)  # type: ignore[arg-type]
    )
    kept = {image.blob_key: image for image in found}
    gone = set(kept) - set(draft.pictures)
    for position, key in enumerate(dict.fromkeys(draft.pictures)):
        image = kept.get(key)
        if image is None:
            image = ProductImage(
                product_id=product.id,
                supplier_id=product.supplier_id,
                blob_key=key,
            )
            session.add(image)
        value = draft.picture_values.get(key, "")
        image.alt = product.title
        image.spec_value = value if value in known else ""
        image.position = position
    await session.execute(
        delete(ProductImage).where(
            ProductImage.product_id == product.id,  # type: ignore[arg-type]
            ProductImage.blob_key.in_(gone),  # type: ignore[attr-defined]
        )
    )


async def archive_products(actor: Actor, product_ids: Sequence[UUID]) -> int:
    """Take products out of the assortment; their listings leave the shelves. Returns how many."""
    actor.require("supplier:products:write")
    return await _set_status(actor, product_ids, "ACTIVE", "ARCHIVED")


async def restore_products(actor: Actor, product_ids: Sequence[UUID]) -> int:
    """Take archived products back into the assortment. Returns how many."""
    actor.require("supplier:products:write")
    return await _set_status(actor, product_ids, "ARCHIVED", "ACTIVE")


async def _set_status(actor: Actor, product_ids: Sequence[UUID], before: str, after: str) -> int:
    async with engine_transaction(actor, "products.save") as session:
        found = await session.execute(
            text(
                "update products set status = :after, updated_at = now()"
                " where id = any(:ids) and supplier_id = :supplier and status = :before"
                " returning id"
            ),
            {
                "ids": list(product_ids),
                "supplier": actor.merchant,
                "before": before,
                "after": after,
            },
        )
        changed = [row.id for row in found]
        await refresh_products(session, changed)
        return len(changed)
