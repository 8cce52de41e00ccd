"""What suppliers make: categories, products, SKUs, prices, stock, and the pool."""

from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from models.base import (
    UUID,
    cents,
    created,
    currency,
    datetime,
    grams,
    json_column,
    moment,
    one_of,
    row_id,
    row_version,
)


class ProductStatus(StrEnum):
    """Whether the supplier offers a product."""

    DRAFT = "DRAFT"
    ACTIVE = "ACTIVE"
    ARCHIVED = "ARCHIVED"


class PoolStatus(StrEnum):
    """Where a product stands on its way into the pool (商品池)."""

    SUBMITTED = "SUBMITTED"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    WITHDRAWN = "WITHDRAWN"


class BandKind(StrEnum):
    """What a price band means: a suggestion (the default) or the operator's hard limits."""

    SUGGESTED = "SUGGESTED"
    ENFORCED = "ENFORCED"


class MovementReason(StrEnum):
    """Why ``on_hand`` changed."""

    OPENING = "OPENING"
    RECEIPT = "RECEIPT"
    COUNT = "COUNT"
    DAMAGE = "DAMAGE"
    SHIPMENT = "SHIPMENT"
    RETURN = "RETURN"


class ReservationState(StrEnum):
    """HELD until payment or expiry, COMMITTED once paid, SHIPPED or RELEASED at the end."""

    HELD = "HELD"
    COMMITTED = "COMMITTED"
    SHIPPED = "SHIPPED"
    RELEASED = "RELEASED"


class Category(SQLModel, table=True):
    """A shelf of the platform's catalogue; two levels by convention."""

    __tablename__ = "categories"

    id: UUID = row_id()
    parent_id: UUID | None = Field(default=None, foreign_key="categories.id", index=True)
    slug: str = Field(unique=True, max_length=60)
    name_zh: str = Field(max_length=60)
    name_en: str = Field(max_length=60)
    position: int = 0
    created_at: datetime = created()
    row_version: int = row_version()


class Product(SQLModel, table=True):
    """What a supplier makes; it is sold as SKUs. ``spec_names`` orders a SKU's spec values."""

    __tablename__ = "products"
    __table_args__ = (
        one_of("status", ProductStatus),
        Index("ix_products_search_grams", "search_grams", postgresql_using="gin"),
        Index(
            "ix_products_unindexed",
            "id",
            postgresql_where=text("not (search_grams @> array['=2']::varchar[])"),
        ),
        Index("ix_products_supplier_updated", "supplier_id", text("updated_at desc")),
    )

    id: UUID = row_id()
    supplier_id: UUID = Field(foreign_key="merchants.id")
    category_id: UUID = Field(foreign_key="categories.id", index=True)
    title: str = Field(max_length=120)
    title_en: str | None = Field(default=None, max_length=160)
    subtitle: str | None = Field(default=None, max_length=200)
    description_html: str = Field(default="")
    spec_names: list[str] = json_column(list)
    status: str = Field(default=ProductStatus.DRAFT, max_length=12)
    search_grams: list[str] = grams()
    created_at: datetime = created()
    updated_at: datetime = created()
    row_version: int = row_version()


class ProductImage(SQLModel, table=True):
    """A picture of a product; ``blob_key`` names its renditions in the blob store."""

    __tablename__ = "product_images"

    id: UUID = row_id()
    product_id: UUID = Field(foreign_key="products.id", index=True, ondelete="CASCADE")
    supplier_id: UUID = Field(foreign_key="merchants.id")
    blob_key: str = Field(max_length=200)
    alt: str = Field(default="", max_length=160)
    spec_value: str = Field(default="", max_length=40)
    """The value of a spec that it shows, such as a colour; '' shows the product."""
    position: int = 0
    created_at: datetime = created()


class Sku(SQLModel, table=True):
    """One sellable variant. Its suggested retail price and band are public to distributors."""

    __tablename__ = "skus"
    __table_args__ = (
        # Compared when a statement has written all of them, so that codes can be swapped.
        UniqueConstraint("supplier_id", "code", deferrable=True, initially="IMMEDIATE"),
        one_of("band_kind", BandKind),
        CheckConstraint("suggested_retail_cents > 0", name="suggested_positive"),
        CheckConstraint("floor_cents is null or floor_cents > 0", name="floor_positive"),
        CheckConstraint("cap_cents is null or cap_cents >= coalesce(floor_cents, 1)", name="band"),
    )

    id: UUID = row_id()
    product_id: UUID = Field(foreign_key="products.id", index=True, ondelete="CASCADE")
    supplier_id: UUID = Field(foreign_key="merchants.id")
    code: str = Field(max_length=60)
    spec_values: list[str] = json_column(list)
    barcode: str | None = Field(default=None, max_length=20)
    weight_g: int = 0
    suggested_retail_cents: int = cents(None, nullable=False)
    band_kind: str = Field(default=BandKind.SUGGESTED, max_length=12)
    floor_cents: int | None = cents(None)
    cap_cents: int | None = cents(None)
    is_active: bool = True
    position: int = 0
    created_at: datetime = created()


class SupplyPrice(SQLModel, table=True):
    """What a distributor owes the supplier for one unit; never shown to a consumer."""

    __tablename__ = "supply_prices"
    __table_args__ = (CheckConstraint("supply_cents > 0", name="positive"),)

    sku_id: UUID = Field(foreign_key="skus.id", primary_key=True, ondelete="CASCADE")
    supplier_id: UUID = Field(foreign_key="merchants.id", index=True)
    product_id: UUID = Field(foreign_key="products.id", index=True, ondelete="CASCADE")
    supply_cents: int = cents(None, nullable=False)
    currency: str = currency()
    updated_at: datetime = created()


class SkuCost(SQLModel, table=True):
    """What a unit costs the supplier itself: the supplier's own secret."""

    __tablename__ = "sku_costs"
    __table_args__ = (CheckConstraint("cost_cents >= 0", name="not_negative"),)

    sku_id: UUID = Field(foreign_key="skus.id", primary_key=True, ondelete="CASCADE")
    supplier_id: UUID = Field(foreign_key="merchants.id", index=True)
    cost_cents: int = cents(None, nullable=False)
    version: int = 1
    updated_at: datetime = created()


class Stock(SQLModel, table=True):
    """How many units the supplier holds and how many of them are promised."""

    __tablename__ = "stock"
    __table_args__ = (
        CheckConstraint("reserved >= 0 and reserved <= on_hand", name="reserved_within_on_hand"),
        # Updates of a hot SKU stay on its page, which spares its index.
        {"postgresql_with": {"fillfactor": 50}},
    )

    sku_id: UUID = Field(foreign_key="skus.id", primary_key=True, ondelete="CASCADE")
    supplier_id: UUID = Field(foreign_key="merchants.id", index=True)
    product_id: UUID = Field(foreign_key="products.id", index=True, ondelete="CASCADE")
    on_hand: int = 0
    reserved: int = 0
    low_at: int = 5


class StockMovement(SQLModel, table=True):
    """One change of ``on_hand`` (append-only); ``on_hand`` is the sum of its movements."""

    __tablename__ = "stock_movements"
    __table_args__ = (
        one_of("reason", MovementReason),
        CheckConstraint("delta <> 0", name="moves"),
        Index("ix_stock_movements_sku", "sku_id", "created_at"),
    )

    id: UUID = row_id()
    sku_id: UUID = Field(foreign_key="skus.id")
    supplier_id: UUID = Field(foreign_key="merchants.id")
    delta: int
    reason: str = Field(max_length=12)
    reference: str | None = Field(default=None, max_length=60)
    user_id: UUID | None = None
    note: str | None = Field(default=None, max_length=200)
    created_at: datetime = created()


class PoolEntry(SQLModel, table=True):
    """A product that its supplier pushed to the pool, and what the platform said to it."""

    __tablename__ = "pool_entries"
    __table_args__ = (one_of("status", PoolStatus), Index("ix_pool_entries_status", "status"))

    product_id: UUID = Field(foreign_key="products.id", primary_key=True, ondelete="CASCADE")
    supplier_id: UUID = Field(foreign_key="merchants.id", index=True)
    status: str = Field(default=PoolStatus.SUBMITTED, max_length=12)
    submitted_at: datetime = created()
    reviewed_at: datetime | None = moment()
    reviewed_by: UUID | None = Field(default=None, foreign_key="users.id")
    review_note: str | None = Field(default=None, max_length=500)


class FreightTemplate(SQLModel, table=True):
    """What a supplier asks for shipping: first item, further items, free from an amount.

    ``region_surcharges`` maps a province code to extra cents; ``refused_regions`` lists province
    codes that the supplier does not ship to. The default template serves products without one.
    """

    __tablename__ = "freight_templates"
    __table_args__ = (
        Index(
            "uq_freight_templates_default",
            "supplier_id",
            unique=True,
            postgresql_where=text("is_default"),
        ),
        CheckConstraint("first_cents >= 0 and additional_cents >= 0", name="not_negative"),
    )

    id: UUID = row_id()
    supplier_id: UUID = Field(foreign_key="merchants.id", index=True)
    name: str = Field(max_length=60)
    is_default: bool = True
    first_cents: int = cents(0)
    additional_cents: int = cents(0)
    free_from_cents: int | None = cents(None)
    region_surcharges: dict[str, int] = json_column(dict)
    refused_regions: list[str] = json_column(list)
    created_at: datetime = created()
    row_version: int = row_version()
