"""Payments, split rules, splits, and the double-entry ledger."""

from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, SmallInteger, UniqueConstraint, text
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
    row_version,
)


class SplitBase(StrEnum):
    """What a commission is counted on."""

    GOODS = "GOODS"
    GOODS_AND_FREIGHT = "GOODS_AND_FREIGHT"


class FeeBearer(StrEnum):
    """Who bears the payment provider's fee."""

    PLATFORM = "PLATFORM"
    SUPPLIER = "SUPPLIER"
    DISTRIBUTOR = "DISTRIBUTOR"


class PaymentStatus(StrEnum):
    """Where a payment stands at its provider, as far as we know."""

    CREATED = "CREATED"
    PENDING = "PENDING"
    PAID = "PAID"
    CLOSED = "CLOSED"
    FAILED = "FAILED"


class RefundStatus(StrEnum):
    """Where a refund stands; PROCESSING is never assumed to have failed."""

    PENDING = "PENDING"
    PROCESSING = "PROCESSING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"


class SplitKind(StrEnum):
    """What a share is for. FREIGHT and SUPPLY go to the supplier, MARGIN to the distributor.

    FREE_FREIGHT is the distributor's as well, and below zero: freight that its store bears.
    """

    SUPPLY = "SUPPLY"
    FREIGHT = "FREIGHT"
    COMMISSION = "COMMISSION"
    PAYMENT_FEE = "PAYMENT_FEE"
    MARGIN = "MARGIN"
    FREE_FREIGHT = "FREE_FREIGHT"


class SplitState(StrEnum):
    """PENDING until the line becomes payable, then AVAILABLE; REVERSED when wholly returned."""

    PENDING = "PENDING"
    AVAILABLE = "AVAILABLE"
    REVERSED = "REVERSED"


class AccountKind(StrEnum):
    """The ledger's accounts. CLEARING stands for the provider, so its balance is money there."""

    CLEARING = "CLEARING"
    PENDING = "PENDING"
    AVAILABLE = "AVAILABLE"
    IN_PAYOUT = "IN_PAYOUT"
    PAID_OUT = "PAID_OUT"
    COMMISSION = "COMMISSION"
    PAYMENT_FEE = "PAYMENT_FEE"
    MARKETING = "MARKETING"
    UNALLOCATED = "UNALLOCATED"
    """Money received that no order can take (paid twice, paid too late), until it is refunded."""
    HISTORY = "HISTORY"
    """Stands for the marketplace whose history was imported, as CLEARING does for the provider."""
    HISTORY_OPEN = "HISTORY_OPEN"
    """What of that history's money the imported files do not explain."""


class SplitRule(SQLModel, table=True):
    """One line of the operator-ordered list; the first whose conditions all match applies."""

    __tablename__ = "split_rules"

    id: UUID = row_id()
    position: int = Field(index=True)
    name: str = Field(max_length=80)
    category_id: UUID | None = Field(default=None, foreign_key="categories.id")
    supplier_id: UUID | None = Field(default=None, foreign_key="merchants.id")
    distributor_id: UUID | None = Field(default=None, foreign_key="merchants.id")
    product_id: UUID | None = Field(default=None, foreign_key="products.id")
    store_id: UUID | None = Field(default=None, foreign_key="stores.id")
    is_active: bool = True
    created_at: datetime = created()
    row_version: int = row_version()


class SplitRuleVersion(SQLModel, table=True):
    """What a rule says from a moment on (append-only); orders freeze the version they met."""

    __tablename__ = "split_rule_versions"
    __table_args__ = (
        UniqueConstraint("rule_id", "version"),
        one_of("base", SplitBase),
        one_of("fee_bearer", FeeBearer),
        CheckConstraint("rate_bps between 0 and 10000", name="rate_is_share"),
        CheckConstraint("fixed_cents >= 0 and min_cents >= 0", name="not_negative"),
        CheckConstraint("max_cents is null or max_cents >= min_cents", name="max_above_min"),
    )

    id: UUID = row_id()
    rule_id: UUID = Field(foreign_key="split_rules.id", ondelete="CASCADE")
    version: int
    effective_at: datetime = created()
    base: str = Field(default=SplitBase.GOODS, max_length=20)
    after_discount: bool = True
    rate_bps: int = 0
    fixed_cents: int = cents(0)
    min_cents: int = cents(0)
    max_cents: int | None = cents(None)
    fee_bearer: str = Field(default=FeeBearer.DISTRIBUTOR, max_length=12)
    payment_fee_bps: int = 60
    keeps_commission_on_refund: bool = False
    created_by: UUID | None = None
    created_at: datetime = created()


class Payment(SQLModel, table=True):
    """One attempt to pay one order through one provider; ``number`` is our out-trade number."""

    __tablename__ = "payments"
    __table_args__ = (
        one_of("status", PaymentStatus),
        CheckConstraint(
            "amount_cents > 0 or (amount_cents = 0 and provider = 'imported')",
            name="amount_positive",
        ),
        CheckConstraint("installments > 0", name="installments"),
        Index(
            "uq_payments_one_open",
            "order_id",
            unique=True,
            postgresql_where=text("status in ('CREATED', 'PENDING')"),
        ),
        Index("ix_payments_created", text("created_at desc")),
    )

    id: UUID = row_id()
    order_id: UUID = Field(foreign_key="orders.id", index=True)
    distributor_id: UUID = Field(foreign_key="merchants.id")
    number: str = Field(unique=True, max_length=32)
    provider: str = Field(max_length=20)
    status: str = Field(default=PaymentStatus.CREATED, max_length=8)
    amount_cents: int = cents(None, nullable=False)
    currency: str = currency()
    method: str | None = Field(default=None, max_length=20)
    """How it was paid (card, voucher …), where an import says so."""
    installments: int | None = Field(default=None, sa_type=SmallInteger)
    provider_ref: str | None = Field(default=None, max_length=64)
    pay_url: str | None = Field(default=None, max_length=300)
    refunded_cents: int = cents(0)
    settled_by_order: bool = False
    """Whether the order took this money; a second or late payment is refunded instead."""
    created_at: datetime = created()
    asked_at: datetime | None = moment()
    """When the provider was last asked about it without having told us."""
    paid_at: datetime | None = moment()


class PaymentCallback(SQLModel, table=True):
    """A provider's verified message, kept once (append-only), with what it led to."""

    __tablename__ = "payment_callbacks"
    __table_args__ = (UniqueConstraint("provider", "event_id"),)

    id: UUID = row_id()
    provider: str = Field(max_length=20)
    event_id: str = Field(max_length=80)
    kind: str = Field(max_length=30)
    number: str = Field(max_length=40, index=True)
    outcome: str = Field(max_length=40)
    body: dict[str, object] = json_column(dict)
    received_at: datetime = created()


class Refund(SQLModel, table=True):
    """Money on its way back to the buyer; ``number`` is the provider's idempotency key."""

    __tablename__ = "refunds"
    __table_args__ = (
        one_of("status", RefundStatus),
        CheckConstraint("amount_cents > 0", name="amount_positive"),
        Index("ix_refunds_created", text("created_at desc")),
        Index(
            "ix_refunds_failed",
            "failed_at",
            postgresql_where=text("failed_at is not null"),
        ),
        Index(
            "ix_refunds_succeeded",
            "succeeded_at",
            postgresql_where=text("succeeded_at is not null"),
        ),
    )

    id: UUID = row_id()
    order_id: UUID = Field(foreign_key="orders.id", index=True)
    supplier_order_id: UUID | None = Field(
        default=None, foreign_key="supplier_orders.id", index=True
    )
    payment_id: UUID = Field(foreign_key="payments.id", index=True)
    distributor_id: UUID = Field(foreign_key="merchants.id")
    number: str = Field(unique=True, max_length=40)
    amount_cents: int = cents(None, nullable=False)
    currency: str = currency()
    reason: str = Field(max_length=300)
    """A code of ``app.words.REFUND_REASON``, or what the person who refunds wrote."""
    status: str = Field(default=RefundStatus.PENDING, max_length=12)
    provider_ref: str | None = Field(default=None, max_length=64)
    attempts: int = 0
    created_at: datetime = created()
    succeeded_at: datetime | None = moment()
    failed_at: datetime | None = moment()
    actor_scope: str | None = Field(
        default=None, max_length=12, sa_column_kwargs={"server_default": text("app_scope()")}
    )
    """In which capacity it was started; like the person, taken from the transaction."""
    actor_user_id: UUID | None = Field(
        default=None, sa_column_kwargs={"server_default": text("app_user()")}
    )


class Split(SQLModel, table=True):
    """One party's share of one SupplierOrder's money; merchant_id is null for the platform.

    It is the sum of the lines' frozen shares, of which those of the platform may be negative; the
    limits of what can be reversed therefore stand at the lines (``OrderLineTerms``).
    """

    __tablename__ = "splits"
    __table_args__ = (
        UniqueConstraint("supplier_order_id", "kind"),
        one_of("kind", SplitKind),
        one_of("state", SplitState),
        Index("ix_splits_merchant", "merchant_id", text("created_at desc")),
    )

    id: UUID = row_id()
    order_id: UUID = Field(foreign_key="orders.id", index=True)
    supplier_order_id: UUID = Field(foreign_key="supplier_orders.id")
    payment_id: UUID = Field(foreign_key="payments.id", index=True)
    merchant_id: UUID | None = Field(default=None, foreign_key="merchants.id")
    kind: str = Field(max_length=12)
    amount_cents: int = cents(None, nullable=False)
    reversed_cents: int = cents(0)
    currency: str = currency()
    state: str = Field(default=SplitState.PENDING, max_length=10)
    created_at: datetime = created()
    available_at: datetime | None = moment()


class LedgerAccount(SQLModel, table=True):
    """One account of a merchant, or without one of the platform, in one currency.

    A merchant that acts as supplier and as distributor has one PENDING account for each ``role``.
    """

    __tablename__ = "ledger_accounts"
    __table_args__ = (
        UniqueConstraint(
            "merchant_id", "role", "kind", "currency", postgresql_nulls_not_distinct=True
        ),
        one_of("kind", AccountKind),
    )

    id: UUID = row_id()
    merchant_id: UUID | None = Field(default=None, foreign_key="merchants.id")
    role: str = Field(default="platform", max_length=12)
    kind: str = Field(max_length=12)
    currency: str = currency()
    created_at: datetime = created()


class AccountBalance(SQLModel, table=True):
    """A part of an account's balance; the balance is the sum over its slots.

    A busy account is spread over several slots, so that payments do not queue for one row.
    """

    __tablename__ = "account_balances"
    __table_args__ = ({"postgresql_with": {"fillfactor": 50}},)

    account_id: UUID = Field(foreign_key="ledger_accounts.id", primary_key=True)
    slot: int = Field(primary_key=True)
    merchant_id: UUID | None = Field(default=None, index=True)
    balance_cents: int = cents(0)


class LedgerTransaction(SQLModel, table=True):
    """An atomic set of postings (记账凭证, append-only); its source event makes it once."""

    __tablename__ = "ledger_transactions"
    __table_args__ = (
        UniqueConstraint("source_id", "kind"),
        Index("ix_ledger_transactions_occurred", text("occurred_at desc")),
    )

    id: UUID = row_id()
    kind: str = Field(max_length=20)
    source_type: str = Field(max_length=20)
    source_id: UUID
    order_id: UUID | None = Field(default=None, index=True)
    reverses_id: UUID | None = Field(default=None, foreign_key="ledger_transactions.id")
    memo: str | None = Field(default=None, max_length=200)
    occurred_at: datetime = created()


class Posting(SQLModel, table=True):
    """One positive amount from one account to another (分录, append-only)."""

    __tablename__ = "postings"
    __table_args__ = (
        CheckConstraint("amount_cents > 0", name="amount_positive"),
        CheckConstraint("from_account_id <> to_account_id", name="moves"),
        Index("ix_postings_from", "from_account_id", "created_at"),
        Index("ix_postings_to", "to_account_id", "created_at"),
        Index(
            "ix_postings_created",
            "created_at",
            postgresql_using="brin",
            postgresql_with={"pages_per_range": 16},
        ),
    )

    id: UUID = row_id()
    transaction_id: UUID = Field(foreign_key="ledger_transactions.id", index=True)
    from_account_id: UUID = Field(foreign_key="ledger_accounts.id")
    to_account_id: UUID = Field(foreign_key="ledger_accounts.id")
    from_merchant_id: UUID | None = None
    to_merchant_id: UUID | None = None
    amount_cents: int = cents(None, nullable=False)
    currency: str = currency()
    split_id: UUID | None = Field(default=None, foreign_key="splits.id")
    supplier_order_id: UUID | None = None
    created_at: datetime = created()
