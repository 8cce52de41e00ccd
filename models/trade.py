"""Orders, and the part of each that one supplier fulfils."""

from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from models.base import (
    UUID,
    cents,
    created,
    currency,
    datetime,
    json_column,
    moment,
    one_of,
    row_id,
)


class SupplierOrderStatus(StrEnum):
    """The states of a SupplierOrder (供应商子单), in the order in which they are passed."""

    PENDING_PAYMENT = "PENDING_PAYMENT"
    PAID = "PAID"
    ACCEPTED = "ACCEPTED"
    PARTLY_SHIPPED = "PARTLY_SHIPPED"
    SHIPPED = "SHIPPED"
    RECEIVED = "RECEIVED"
    COMPLETED = "COMPLETED"
    CLOSED = "CLOSED"
    """Never paid: cancelled by the buyer or expired."""
    REJECTED = "REJECTED"
    """Paid, then refused by the supplier, or withdrawn before anything was shipped; refunded."""


class OrderStatus(StrEnum):
    """The order's own status, derived from its SupplierOrders (app.services.rules.orders)."""

    PENDING_PAYMENT = "PENDING_PAYMENT"
    PAID = "PAID"
    PARTLY_SHIPPED = "PARTLY_SHIPPED"
    SHIPPED = "SHIPPED"
    RECEIVED = "RECEIVED"
    COMPLETED = "COMPLETED"
    CLOSED = "CLOSED"
    REFUNDING = "REFUNDING"
    """Nothing of it goes on, and the provider has not paid all of its money back yet."""
    REFUNDED = "REFUNDED"


class BuyerKind(StrEnum):
    """Who buys."""

    GUEST = "GUEST"
    CONSUMER = "CONSUMER"
    MERCHANT = "MERCHANT"


class Order(SQLModel, table=True):
    """A buyer's purchase in one store. Suppliers never read it: its amounts tell the margin."""

    __tablename__ = "orders"
    __table_args__ = (
        UniqueConstraint("store_id", "idempotency_key"),
        one_of("status", OrderStatus),
        one_of("buyer_kind", BuyerKind),
        CheckConstraint(
            "total_cents = goods_cents - discount_cents + freight_cents", name="total_adds_up"
        ),
        CheckConstraint("goods_cents >= discount_cents and freight_cents >= 0", name="amounts"),
        CheckConstraint("refunded_cents between 0 and paid_cents", name="refund_within_paid"),
        CheckConstraint(
            "paid_cents in (0, total_cents) or (imported_at is not null and paid_cents > 0)",
            name="paid_whole_or_not",
        ),
        Index("ix_orders_distributor_placed", "distributor_id", text("placed_at desc")),
        Index("ix_orders_placed", text("placed_at desc")),
        Index(
            "ix_orders_paid",
            text("paid_at desc"),
            postgresql_where=text("paid_at is not null"),
        ),
        Index(
            "ix_orders_unpaid_expiry",
            "expires_at",
            postgresql_where=text("status = 'PENDING_PAYMENT'"),
        ),
        *(
            Index(
                f"ix_orders_unpaid_{kind}",
                f"{kind}_key",
                postgresql_where=text("status = 'PENDING_PAYMENT'"),
            )
            for kind in ("phone", "network", "session")
        ),
    )

    id: UUID = row_id()
    number: str = Field(unique=True, max_length=20)
    store_id: UUID = Field(foreign_key="stores.id", index=True)
    distributor_id: UUID = Field(foreign_key="merchants.id")
    buyer_kind: str = Field(default=BuyerKind.GUEST, max_length=8)
    consumer_id: UUID | None = Field(default=None, foreign_key="consumers.id", index=True)
    buyer_merchant_id: UUID | None = Field(default=None, foreign_key="merchants.id")
    status: str = Field(default=OrderStatus.PENDING_PAYMENT, max_length=16)
    currency: str = currency()
    goods_cents: int = cents(None, nullable=False)
    discount_cents: int = cents(0)
    freight_cents: int = cents(0)
    total_cents: int = cents(None, nullable=False)
    paid_cents: int = cents(0)
    refunded_cents: int = cents(0)
    idempotency_key: str = Field(max_length=80)
    request_hash: str = Field(max_length=64)
    access_hash: str = Field(max_length=64)
    """SHA-256 of the token in a guest's order link."""
    buyer_note: str | None = Field(default=None, max_length=200)
    buyer_email: str | None = Field(default=None, max_length=254)
    """Where the buyer wants to be told how the order goes; suppliers never read it."""
    locale: str = Field(default="zh_CN", max_length=8)
    placed_at: datetime = created()
    expires_at: datetime = moment(nullable=False)
    paid_at: datetime | None = moment()
    closed_at: datetime | None = moment()
    imported_at: datetime | None = moment()
    """Set for history that another marketplace made: it may be paid in part or too much, and no
    step moves it."""
    phone_key: int | None = Field(default=None, sa_type=BigInteger)
    """By these an order counts while it is unpaid (app.services.unpaid_orders)."""
    network_key: int | None = Field(default=None, sa_type=BigInteger)
    session_key: int | None = Field(default=None, sa_type=BigInteger)
    unit_count: int = 0


class OrderAddress(SQLModel, table=True):
    """Where an order goes, frozen at placement: what shipping needs, and no more."""

    __tablename__ = "order_addresses"

    order_id: UUID = Field(foreign_key="orders.id", primary_key=True)
    recipient: str = Field(max_length=60)
    phone: str = Field(max_length=20, index=True)
    province_code: str = Field(max_length=6)
    province: str = Field(max_length=40)
    city: str = Field(max_length=40)
    district: str = Field(default="", max_length=40)
    street: str = Field(max_length=160)


class SupplierOrder(SQLModel, table=True):
    """The part of an order that one supplier fulfils; it carries no retail amount.

    A part that was withdrawn before anything was shipped is REJECTED as well, but says by whom.
    """

    __tablename__ = "supplier_orders"
    __table_args__ = (
        UniqueConstraint("order_id", "supplier_id"),
        one_of("status", SupplierOrderStatus),
        CheckConstraint(
            "withdrawn_by is null"
            " or withdrawn_by in ('buyer', 'store', 'platform') and status = 'REJECTED'",
            name="withdrawn_by_known",
        ),
        CheckConstraint("store_freight_cents between 0 and freight_cents", name="store_freight"),
        Index("ix_supplier_orders_supplier", "supplier_id", "status", text("placed_at desc")),
        Index("ix_supplier_orders_distributor", "distributor_id", text("placed_at desc")),
        Index(
            "ix_supplier_orders_paid",
            "supplier_id",
            text("paid_at desc"),
            postgresql_where=text("paid_at is not null"),
        ),
    )

    id: UUID = row_id()
    order_id: UUID = Field(foreign_key="orders.id")
    number: str = Field(unique=True, max_length=24)
    supplier_id: UUID = Field(foreign_key="merchants.id")
    distributor_id: UUID = Field(foreign_key="merchants.id")
    store_id: UUID = Field(foreign_key="stores.id")
    store_name: str = Field(max_length=60)
    currency: str = currency()
    """The order's: a supplier does not read orders."""
    status: str = Field(default=SupplierOrderStatus.PENDING_PAYMENT, max_length=16)
    withdrawn_by: str | None = Field(default=None, max_length=8)
    buyer_note: str | None = Field(default=None, max_length=200)
    """The order's, which its suppliers do not read."""
    freight_cents: int = cents(0)
    """What the supplier gets for shipping, whoever pays it."""
    store_freight_cents: int = cents(0)
    """What of it the store bears, because it ships for free; the buyer pays the rest."""
    placed_at: datetime = created()
    paid_at: datetime | None = moment()
    accepted_at: datetime | None = moment()
    shipped_at: datetime | None = moment()
    received_at: datetime | None = moment()
    completed_at: datetime | None = moment()
    imported_at: datetime | None = moment()


class OrderLine(SQLModel, table=True):
    """What the buyer bought and pays: read by buyer, distributor and platform."""

    __tablename__ = "order_lines"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("goods_cents = retail_cents * quantity", name="goods_add_up"),
        CheckConstraint("discount_cents between 0 and goods_cents", name="discount_within_goods"),
        CheckConstraint(
            "refunded_cents between 0 and goods_cents - discount_cents", name="refund_within_line"
        ),
    )

    id: UUID = row_id()
    order_id: UUID = Field(foreign_key="orders.id", index=True)
    supplier_order_id: UUID = Field(foreign_key="supplier_orders.id", index=True)
    distributor_id: UUID = Field(foreign_key="merchants.id")
    store_id: UUID = Field(foreign_key="stores.id")
    listing_id: UUID = Field(foreign_key="listings.id")
    product_id: UUID = Field(foreign_key="products.id", index=True)
    sku_id: UUID = Field(foreign_key="skus.id")
    title: str = Field(max_length=160)
    spec_text: str = Field(default="", max_length=160)
    image_key: str | None = Field(default=None, max_length=200)
    quantity: int
    retail_cents: int = cents(None, nullable=False)
    goods_cents: int = cents(None, nullable=False)
    discount_cents: int = cents(0)
    refunded_cents: int = cents(0)


class FulfilmentLine(SQLModel, table=True):
    """The supplier's side of an order line: what to ship, and what it earns with it.

    Read by supplier, distributor and platform; the id is that of the order line.
    """

    __tablename__ = "fulfilment_lines"
    __table_args__ = (
        CheckConstraint(
            "shipped_quantity >= 0 and cancelled_quantity >= 0"
            " and shipped_quantity + cancelled_quantity <= quantity",
            name="ships_at_most_all",
        ),
        CheckConstraint("supply_cents = supply_unit_cents * quantity", name="supply_adds_up"),
    )

    line_id: UUID = Field(foreign_key="order_lines.id", primary_key=True)
    supplier_order_id: UUID = Field(foreign_key="supplier_orders.id", index=True)
    supplier_id: UUID = Field(foreign_key="merchants.id", index=True)
    distributor_id: UUID = Field(foreign_key="merchants.id")
    product_id: UUID = Field(foreign_key="products.id")
    sku_id: UUID = Field(foreign_key="skus.id", index=True)
    sku_code: str = Field(max_length=60)
    title: str = Field(max_length=160)
    spec_text: str = Field(default="", max_length=160)
    image_key: str | None = Field(default=None, max_length=200)
    quantity: int
    shipped_quantity: int = 0
    cancelled_quantity: int = 0
    """Units that were refunded before they were shipped: they are not shipped any more."""
    supply_unit_cents: int = cents(None, nullable=False)
    supply_cents: int = cents(None, nullable=False)
    supply_returned_cents: int = cents(0)
    """What of it went back with refunds, as the line's terms have it."""


class OrderLineTerms(SQLModel, table=True):
    """What was frozen at placement for the split of one line: read by distributor and platform.

    ``commission_cents`` is the platform's share, ``margin_cents`` the distributor's before the
    payment fee; supply + commission + margin + payment fee = goods − discount.
    """

    __tablename__ = "order_line_terms"

    line_id: UUID = Field(foreign_key="order_lines.id", primary_key=True)
    order_id: UUID = Field(foreign_key="orders.id", index=True)
    supplier_order_id: UUID = Field(foreign_key="supplier_orders.id", index=True)
    distributor_id: UUID = Field(foreign_key="merchants.id")
    split_rule_version_id: UUID | None = Field(default=None, foreign_key="split_rule_versions.id")
    rule_name: str = Field(default="", max_length=80)
    rule_version: int = 0
    commission_bps: int = 0
    keeps_commission_on_refund: bool = False
    price_band: dict[str, object] = json_column(dict)
    discount_bearers: dict[str, int] = json_column(dict)
    cost_version: int | None = None
    supply_cents: int = cents(None, nullable=False)
    commission_cents: int = cents(0)
    payment_fee_cents: int = cents(0)
    margin_cents: int = cents(0)
    supply_returned_cents: int = cents(0)
    """What of each share went back with refunds of this line; further ones round on from it."""
    commission_returned_cents: int = cents(0)
    payment_fee_returned_cents: int = cents(0)
    margin_returned_cents: int = cents(0)


class OrderEvent(SQLModel, table=True):
    """One transition of an order or of a supplier's part (append-only): who, when, why."""

    __tablename__ = "order_events"
    __table_args__ = (
        Index("ix_order_events_order", "order_id", "created_at"),
        Index(
            "ix_order_events_created",
            "created_at",
            postgresql_using="brin",
            postgresql_with={"pages_per_range": 16},
        ),
    )

    id: UUID = row_id()
    order_id: UUID = Field(foreign_key="orders.id")
    supplier_order_id: UUID | None = Field(default=None, foreign_key="supplier_orders.id")
    supplier_id: UUID | None = None
    distributor_id: UUID
    kind: str = Field(max_length=30)
    from_status: str | None = Field(default=None, max_length=16)
    to_status: str | None = Field(default=None, max_length=16)
    actor_scope: str = Field(max_length=12)
    actor_user_id: UUID | None = Field(
        default=None, sa_column_kwargs={"server_default": text("app_user()")}
    )
    note: str | None = Field(default=None, max_length=300)
    created_at: datetime = created()


class StockReservation(SQLModel, table=True):
    """Units of a SKU promised to one order line."""

    __tablename__ = "stock_reservations"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint(
            "state in ('HELD', 'COMMITTED', 'SHIPPED', 'RELEASED')", name="state_known"
        ),
        CheckConstraint(
            "shipped_quantity >= 0 and released_quantity >= 0"
            " and shipped_quantity + released_quantity <= quantity",
            name="ships_at_most_all",
        ),
        Index(
            "ix_stock_reservations_open",
            "sku_id",
            postgresql_where=text("state in ('HELD', 'COMMITTED')"),
        ),
    )

    line_id: UUID = Field(foreign_key="order_lines.id", primary_key=True)
    order_id: UUID = Field(foreign_key="orders.id", index=True)
    sku_id: UUID = Field(foreign_key="skus.id")
    supplier_id: UUID = Field(foreign_key="merchants.id")
    quantity: int
    shipped_quantity: int = 0
    released_quantity: int = 0
    """Units whose order was paid and that were refunded before shipping. What stays reserved is
    quantity − shipped_quantity − released_quantity."""
    state: str = Field(default="HELD", max_length=10)
    created_at: datetime = created()


class Shipment(SQLModel, table=True):
    """A parcel on its way."""

    __tablename__ = "shipments"
    __table_args__ = (UniqueConstraint("supplier_order_id", "carrier_code", "tracking_no"),)

    id: UUID = row_id()
    order_id: UUID = Field(foreign_key="orders.id", index=True)
    supplier_order_id: UUID = Field(foreign_key="supplier_orders.id")
    supplier_id: UUID = Field(foreign_key="merchants.id", index=True)
    distributor_id: UUID = Field(foreign_key="merchants.id")
    carrier_code: str = Field(max_length=20)
    carrier_name: str = Field(default="", max_length=40, sa_column_kwargs={"server_default": ""})
    """Of a carrier that is in no table (``other``), and its site."""
    carrier_site: str = Field(default="", max_length=200, sa_column_kwargs={"server_default": ""})
    tracking_no: str = Field(max_length=40)
    shipped_at: datetime = created()
    delivered_at: datetime | None = moment()


class ShipmentLine(SQLModel, table=True):
    """So many units of an order line in a parcel."""

    __tablename__ = "shipment_lines"
    __table_args__ = (CheckConstraint("quantity > 0", name="quantity_positive"),)

    shipment_id: UUID = Field(foreign_key="shipments.id", primary_key=True)
    line_id: UUID = Field(foreign_key="order_lines.id", primary_key=True)
    supplier_id: UUID = Field(foreign_key="merchants.id")
    quantity: int


class TrackingEvent(SQLModel, table=True):
    """Where a parcel was, as the courier told us (append-only)."""

    __tablename__ = "tracking_events"
    __table_args__ = (UniqueConstraint("shipment_id", "occurred_at", "text"),)

    id: UUID = row_id()
    shipment_id: UUID = Field(foreign_key="shipments.id")
    order_id: UUID = Field(foreign_key="orders.id", index=True)
    supplier_id: UUID = Field(foreign_key="merchants.id")
    distributor_id: UUID = Field(foreign_key="merchants.id")
    state: str = Field(max_length=20)
    text: str = Field(max_length=300)
    occurred_at: datetime = moment(nullable=False)
    created_at: datetime = created()
