"""Where consumers buy: a distributor's stores, their listings, carts and customers."""

from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from models.base import (
    UUID,
    cents,
    created,
    datetime,
    grams,
    json_column,
    moment,
    one_of,
    row_id,
    row_version,
)


class StoreStatus(StrEnum):
    """Whether a store receives customers."""

    OPEN = "OPEN"
    CLOSED = "CLOSED"


class ListingStatus(StrEnum):
    """Whether a listing can be bought, and if not, why."""

    ON_SALE = "ON_SALE"
    PAUSED = "PAUSED"
    NEEDS_REPRICE = "NEEDS_REPRICE"
    OFF_POOL = "OFF_POOL"
    """The product was withdrawn or its supplier suspended."""


class CostPolicy(StrEnum):
    """What a listing does when its supply price rises."""

    FOLLOW_MARGIN = "FOLLOW_MARGIN"
    HOLD_PRICE = "HOLD_PRICE"
    PAUSE = "PAUSE"


class Store(SQLModel, table=True):
    """A distributor's shop front (店铺), reached by its slug or a host name of its own.

    ``theme`` holds accent, logo_key, banner blocks: plain data that the storefront renders.
    """

    __tablename__ = "stores"
    __table_args__ = (
        one_of("status", StoreStatus),
        CheckConstraint("free_shipping_from_cents > 0", name="free_shipping"),
        CheckConstraint("slug ~ '^[a-z0-9][a-z0-9-]{1,38}[a-z0-9]$'", name="slug_is_slug"),
    )

    id: UUID = row_id()
    distributor_id: UUID = Field(foreign_key="merchants.id", index=True)
    slug: str = Field(unique=True, max_length=40)
    host_name: str | None = Field(default=None, unique=True, max_length=120)
    name: str = Field(max_length=60)
    tagline: str | None = Field(default=None, max_length=120)
    announcement: str | None = Field(default=None, max_length=200)
    contact_phone: str | None = Field(default=None, max_length=20)
    theme: dict[str, object] = json_column(dict)
    free_shipping_from_cents: int | None = cents(None)
    """From which amount of goods an order is shipped for free, at the store's own cost."""
    status: str = Field(default=StoreStatus.OPEN, max_length=8)
    created_at: datetime = created()
    updated_at: datetime = created()
    row_version: int = row_version()


class StoreTerms(SQLModel, table=True):
    """By which rule a store usually makes its prices; no shopper may read it.

    ``pricing`` is a rule as listings keep it; without a row a store prices as suppliers suggest.
    """

    __tablename__ = "store_terms"
    __table_args__ = (one_of("cost_policy", CostPolicy),)

    store_id: UUID = Field(foreign_key="stores.id", primary_key=True, ondelete="CASCADE")
    distributor_id: UUID = Field(foreign_key="merchants.id", index=True)
    pricing: dict[str, object] = json_column(dict)
    cost_policy: str = Field(default=CostPolicy.FOLLOW_MARGIN, max_length=14)
    updated_at: datetime = created()


class Listing(SQLModel, table=True):
    """A distributor's offer of a pool product: a live subscription, never a copy.

    Overrides are null where the product's own field shows.
    """

    __tablename__ = "listings"
    __table_args__ = (
        UniqueConstraint("store_id", "product_id"),
        one_of("status", ListingStatus),
    )

    id: UUID = row_id()
    store_id: UUID = Field(foreign_key="stores.id")
    distributor_id: UUID = Field(foreign_key="merchants.id", index=True)
    product_id: UUID = Field(foreign_key="products.id", index=True)
    supplier_id: UUID = Field(foreign_key="merchants.id", index=True)
    status: str = Field(default=ListingStatus.ON_SALE, max_length=14)
    title_override: str | None = Field(default=None, max_length=120)
    position: int = 0
    created_at: datetime = created()
    updated_at: datetime = created()
    row_version: int = row_version()


class ListingTerms(SQLModel, table=True):
    """How a listing's prices are made, and what it does when costs rise; no shopper may read it.

    ``pricing`` is the rule by which its prices were made, e.g. {"kind": "markup", "bps": 3000}.
    """

    __tablename__ = "listing_terms"
    __table_args__ = (one_of("cost_policy", CostPolicy),)

    listing_id: UUID = Field(foreign_key="listings.id", primary_key=True, ondelete="CASCADE")
    distributor_id: UUID = Field(foreign_key="merchants.id", index=True)
    pricing: dict[str, object] = json_column(dict)
    cost_policy: str = Field(default=CostPolicy.FOLLOW_MARGIN, max_length=14)
    updated_at: datetime = created()


class ListingSku(SQLModel, table=True):
    """What a consumer pays for one SKU in one store."""

    __tablename__ = "listing_skus"
    __table_args__ = (CheckConstraint("retail_cents > 0", name="retail_positive"),)

    listing_id: UUID = Field(foreign_key="listings.id", primary_key=True, ondelete="CASCADE")
    sku_id: UUID = Field(foreign_key="skus.id", primary_key=True, ondelete="CASCADE", index=True)
    store_id: UUID = Field(foreign_key="stores.id", index=True)
    distributor_id: UUID = Field(foreign_key="merchants.id")
    retail_cents: int = cents(None, nullable=False)
    is_offered: bool = True
    needs_price: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})
    """Off sale by itself: at this price it would lose money."""


class ListingSkuBasis(SQLModel, table=True):
    """The supply price at which a listing's retail price was last made; not for consumers."""

    __tablename__ = "listing_sku_bases"

    listing_id: UUID = Field(foreign_key="listings.id", primary_key=True, ondelete="CASCADE")
    sku_id: UUID = Field(foreign_key="skus.id", primary_key=True, ondelete="CASCADE")
    distributor_id: UUID = Field(foreign_key="merchants.id")
    supply_cents: int = cents(None, nullable=False)


class ListingChange(SQLModel, table=True):
    """A supplier's change as it reached a listing: the distributor's change inbox."""

    __tablename__ = "listing_changes"
    __table_args__ = (Index("ix_listing_changes_inbox", "distributor_id", text("created_at desc")),)

    id: UUID = row_id()
    listing_id: UUID = Field(foreign_key="listings.id", index=True, ondelete="CASCADE")
    distributor_id: UUID = Field(foreign_key="merchants.id")
    sku_id: UUID | None = None
    kind: str = Field(max_length=30)
    before: str | None = Field(default=None, max_length=200)
    after: str | None = Field(default=None, max_length=200)
    outcome: str | None = Field(default=None, max_length=30)
    created_at: datetime = created()
    seen_at: datetime | None = moment()


class ShelfItem(SQLModel, table=True):
    """What anybody may read of a listing on sale: the storefront's lists and search.

    It has no policy on purpose (see the exceptions in the tenancy test): operators that are not
    leakproof cannot use an index under row-level security. Nothing here is confidential.
    """

    __tablename__ = "shelf_items"
    __table_args__ = (
        Index("ix_shelf_items_grams", "grams", postgresql_using="gin"),
        Index("ix_shelf_items_store", "store_id", "position", "listing_id"),
        Index("ix_shelf_items_store_category", "store_id", "category_id"),
    )

    listing_id: UUID = Field(foreign_key="listings.id", primary_key=True, ondelete="CASCADE")
    store_id: UUID
    product_id: UUID = Field(index=True)
    category_id: UUID
    title: str = Field(max_length=160)
    title_en: str | None = Field(default=None, max_length=160)
    image_key: str | None = Field(default=None, max_length=200)
    min_cents: int = cents(None, nullable=False)
    max_cents: int = cents(None, nullable=False)
    in_stock: bool = True
    sold: int = 0
    position: int = 0
    grams: list[str] = grams()
    listed_at: datetime = created()


class Cart(SQLModel, table=True):
    """A basket in one store, held by a cookie whose token is kept as its SHA-256."""

    __tablename__ = "carts"
    __table_args__ = (
        Index(
            "uq_carts_consumer",
            "consumer_id",
            unique=True,
            postgresql_where=text("consumer_id is not null"),
        ),
    )

    id: UUID = row_id()
    store_id: UUID = Field(foreign_key="stores.id", index=True)
    token_hash: str = Field(unique=True, max_length=64)
    consumer_id: UUID | None = Field(default=None, foreign_key="consumers.id")
    """A customer has one basket, whatever the device; the token opens none that is owned."""
    created_at: datetime = created()
    updated_at: datetime = created()


class CartLine(SQLModel, table=True):
    """So many units of a SKU in a cart; prices are always read anew.

    ``seen_cents`` is the price that the shopper last saw, to tell of a change; it decides nothing.
    """

    __tablename__ = "cart_lines"
    __table_args__ = (CheckConstraint("quantity between 1 and 999", name="quantity_sane"),)

    cart_id: UUID = Field(foreign_key="carts.id", primary_key=True, ondelete="CASCADE")
    sku_id: UUID = Field(foreign_key="skus.id", primary_key=True, ondelete="CASCADE")
    listing_id: UUID = Field(foreign_key="listings.id", ondelete="CASCADE")
    quantity: int
    seen_cents: int | None = cents(None)
    added_at: datetime = created()


class Consumer(SQLModel, table=True):
    """A customer with an account in one store; what proves it lies in ``consumer_secrets``.

    An imported one has no login and perhaps no phone, but the name that another marketplace knew.
    """

    __tablename__ = "consumers"
    __table_args__ = (
        UniqueConstraint("store_id", "phone"),
        Index(
            "uq_consumers_external_id",
            "store_id",
            "external_id",
            unique=True,
            postgresql_where=text("external_id is not null"),
        ),
    )

    id: UUID = row_id()
    store_id: UUID = Field(foreign_key="stores.id")
    distributor_id: UUID = Field(foreign_key="merchants.id", index=True)
    phone: str | None = Field(default=None, max_length=20)
    name: str = Field(max_length=60)
    external_id: str | None = Field(default=None, max_length=100)
    locale: str = Field(default="zh_CN", max_length=8)
    created_at: datetime = created()


class ConsumerSecret(SQLModel, table=True):
    """A consumer's password hash and guard against guessing; only the engine role reads it."""

    __tablename__ = "consumer_secrets"

    consumer_id: UUID = Field(foreign_key="consumers.id", primary_key=True, ondelete="CASCADE")
    password_hash: str
    failed_logins: int = 0
    locked_until: datetime | None = moment()


class ConsumerSession(SQLModel, table=True):
    """A consumer's signed-in browser in one store."""

    __tablename__ = "consumer_sessions"

    id: UUID = row_id()
    consumer_id: UUID = Field(foreign_key="consumers.id", index=True, ondelete="CASCADE")
    token_hash: str = Field(unique=True, max_length=64)
    created_at: datetime = created()
    expires_at: datetime = moment(nullable=False)
    revoked_at: datetime | None = moment()


class ConsumerAddress(SQLModel, table=True):
    """An address that a consumer keeps for the next order."""

    __tablename__ = "consumer_addresses"
    __table_args__ = (
        Index(
            "uq_consumer_addresses_external_id",
            "external_id",
            unique=True,
            postgresql_where=text("external_id is not null"),
        ),
    )

    id: UUID = row_id()
    consumer_id: UUID = Field(foreign_key="consumers.id", index=True, ondelete="CASCADE")
    recipient: str = Field(max_length=60)
    phone: str = Field(max_length=20)
    province_code: str = Field(max_length=6)
    province: str = Field(max_length=40)
    city: str = Field(max_length=40)
    district: str = Field(default="", max_length=40)
    street: str = Field(max_length=160)
    external_id: str | None = Field(default=None, max_length=100)
    is_default: bool = False
    created_at: datetime = created()
