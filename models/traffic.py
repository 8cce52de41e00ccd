"""What visitors do in the stores, without anybody's person in it: counts by day.

Days are those of the business time zone, as ``YYYY-MM-DD``. An empty ``source`` says that visitors
came directly, or that nothing told from where.
"""

from enum import StrEnum
from typing import Any

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from models.base import UUID, cents, created, datetime, moment, one_of, row_id


class Device(StrEnum):
    """On what a visitor looks at a store; a tablet counts as a phone."""

    PHONE = "phone"
    COMPUTER = "computer"


def _count() -> Any:
    return Field(default=0, sa_column_kwargs={"server_default": "0"})


def _word(length: int, **kwargs: Any) -> Any:
    return Field(default="", max_length=length, sa_column_kwargs={"server_default": ""}, **kwargs)


class StoreVisit(SQLModel, table=True):
    """One visitor's day in a store: the funnel; the visitor is a daily salted hash.

    ``is_new`` is false for who brought the basket or the sign-in of an earlier visit. Rows are
    dropped after ``app.services.traffic.KEPT_DAYS``.
    """

    __tablename__ = "store_visits"
    __table_args__ = (one_of("device", Device),)

    store_id: UUID = Field(foreign_key="stores.id", primary_key=True)
    day: str = Field(primary_key=True, max_length=10, index=True)
    visitor: str = Field(primary_key=True, max_length=32)
    distributor_id: UUID = Field(foreign_key="merchants.id", index=True)
    page_views: int = 1
    product_views: int = 0
    searches: int = _count()
    cart_adds: int = 0
    checkouts: int = 0
    orders: int = _count()
    source: str = _word(60)
    medium: str = _word(20)
    campaign: str = _word(60)
    device: str = Field(
        default=Device.COMPUTER, max_length=8, sa_column_kwargs={"server_default": "computer"}
    )
    is_new: bool = Field(default=True, sa_column_kwargs={"server_default": "true"})
    first_at: datetime = created()


class ProductTraffic(SQLModel, table=True):
    """How often a product was looked at in a store on a day; its supplier may read it too.

    ``buyers`` counts orders that visitors placed with it, paid or not.
    """

    __tablename__ = "store_product_traffic"
    __table_args__ = (
        Index("ix_store_product_traffic_distributor", "distributor_id", "day"),
        Index("ix_store_product_traffic_supplier", "supplier_id", "day"),
    )

    store_id: UUID = Field(foreign_key="stores.id", primary_key=True)
    day: str = Field(primary_key=True, max_length=10)
    product_id: UUID = Field(foreign_key="products.id", primary_key=True)
    distributor_id: UUID = Field(foreign_key="merchants.id")
    supplier_id: UUID = Field(foreign_key="merchants.id")
    views: int = _count()
    cart_adds: int = _count()
    buyers: int = _count()


class StoreSearch(SQLModel, table=True):
    """How often a term was searched for in a store on a day.

    ``results`` says how many products the last search found whole, none if it found nothing.
    """

    __tablename__ = "store_searches"
    __table_args__ = (Index("ix_store_searches_distributor", "distributor_id", "day"),)

    store_id: UUID = Field(foreign_key="stores.id", primary_key=True)
    day: str = Field(primary_key=True, max_length=10)
    term: str = Field(primary_key=True, max_length=60)
    distributor_id: UUID = Field(foreign_key="merchants.id")
    count: int = _count()
    results: int = _count()


class StoreSource(SQLModel, table=True):
    """What a source of visitors brought a store on a day: made from visits and orders."""

    __tablename__ = "store_sources"
    __table_args__ = (Index("ix_store_sources_distributor", "distributor_id", "day"),)

    store_id: UUID = Field(foreign_key="stores.id", primary_key=True)
    day: str = Field(primary_key=True, max_length=10)
    source: str = Field(primary_key=True, max_length=60)
    medium: str = Field(primary_key=True, max_length=20)
    campaign: str = Field(primary_key=True, max_length=60)
    distributor_id: UUID = Field(foreign_key="merchants.id")
    visitors: int = _count()
    orders: int = _count()
    paid_cents: int = cents()


class OrderVisit(SQLModel, table=True):
    """From where the visitor came who placed an order; which visitor it was is not kept.

    It is written beside the order, so it has no more indexes and references than it must: store and
    distributor are the order's own.
    """

    __tablename__ = "order_visits"
    __table_args__ = (
        one_of("device", Device),
        Index("ix_order_visits_day", "day", "distributor_id"),
    )

    order_id: UUID = Field(foreign_key="orders.id", primary_key=True, ondelete="CASCADE")
    store_id: UUID
    distributor_id: UUID
    day: str = Field(max_length=10)
    source: str = _word(60)
    medium: str = _word(20)
    campaign: str = _word(60)
    device: str = Field(
        default=Device.COMPUTER, max_length=8, sa_column_kwargs={"server_default": "computer"}
    )


class StoreCampaign(SQLModel, table=True):
    """A link that a distributor spreads: the store's address with ``?c=`` and the code.

    Who comes by it counts under ``source``, ``medium`` and, as ``campaign``, the code.
    """

    __tablename__ = "store_campaigns"
    __table_args__ = (
        Index("uq_store_campaigns_code", "store_id", "code", unique=True),
        Index("ix_store_campaigns_distributor", "distributor_id"),
    )

    id: UUID = row_id()
    store_id: UUID = Field(foreign_key="stores.id", ondelete="CASCADE")
    distributor_id: UUID = Field(foreign_key="merchants.id")
    code: str = Field(max_length=12)
    name: str = Field(max_length=60)
    source: str = Field(max_length=60)
    medium: str = Field(max_length=20)
    created_at: datetime = created()
    ended_at: datetime | None = moment()
