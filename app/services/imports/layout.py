"""The canonical layout: the kinds of files, their columns, and what may stand in them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Type(StrEnum):
    """What a column holds. Amounts become cents, moments become UTC."""

    ID = "id"
    TEXT = "text"
    AMOUNT = "amount"
    COUNT = "count"
    MOMENT = "moment"
    STATUS = "status"
    CURRENCY = "currency"


SQL_TYPES: Mapping[Type, str] = {
    Type.ID: "text",
    Type.TEXT: "text",
    Type.AMOUNT: "bigint",
    Type.COUNT: "bigint",
    Type.MOMENT: "timestamptz",
    Type.STATUS: "text",
    Type.CURRENCY: "text",
}


@dataclass(frozen=True)
class Column:
    """One column of a kind. ``most`` bounds the characters of a text, the number of a count."""

    name: str
    type: Type = Type.TEXT
    required: bool = False
    most: int = 60
    least: int = 0
    shortens: bool = False
    """A text that is too long is cut, instead of refusing its row."""
    lines: bool = False
    """A text of several lines keeps them; in another one they become spaces."""


@dataclass(frozen=True)
class Kind:
    """One kind of file; ``key`` names the columns that make a row unique within an import."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ("id",)

    def column(self, name: str) -> Column:
        """Return a column by its name. Raises KeyError."""
        return {column.name: column for column in self.columns}[name]


def _id(name: str, *, required: bool = True) -> Column:
    return Column(name, Type.ID, required)


def _moment(name: str, *, required: bool = False) -> Column:
    return Column(name, Type.MOMENT, required)


STATUSES: Mapping[str, tuple[str, str]] = {
    # word: status of the order, status of its parts
    "pending_payment": ("PENDING_PAYMENT", "PENDING_PAYMENT"),
    "paid": ("PAID", "PAID"),
    "accepted": ("PAID", "ACCEPTED"),
    "shipped": ("SHIPPED", "SHIPPED"),
    "received": ("RECEIVED", "RECEIVED"),
    "completed": ("COMPLETED", "COMPLETED"),
    "cancelled": ("CLOSED", "CLOSED"),
}
"""The words of ``orders.status``. Imported parts of one order all stand where the order stands."""

KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("categories", (_id("id"), Column("name_zh"), Column("name_en"))),
        Kind("suppliers", (_id("id"), Column("name", most=120), Column("address", most=200))),
        Kind(
            "distributors",
            (_id("id"), Column("name", most=120), Column("store", most=40), Column("store_name")),
        ),
        Kind(
            "products",
            (
                _id("id"),
                Column("title", most=120, shortens=True),
                _id("category_id", required=False),
                _id("supplier_id", required=False),
                Column("price", Type.AMOUNT),
                Column("weight_g", Type.COUNT, most=2**31 - 1),
            ),
        ),
        Kind(
            "customers",
            (
                _id("id"),
                _id("person_id", required=False),
                _id("distributor_id", required=False),
                Column("name", shortens=True),
                Column("phone", most=20),
                Column("province_code", most=6),
                Column("city", most=40, shortens=True),
                Column("district", most=40, shortens=True),
                Column("street", most=160, shortens=True),
            ),
        ),
        Kind(
            "orders",
            (
                _id("id"),
                _id("customer_id", required=False),
                _id("distributor_id", required=False),
                Column("status", Type.STATUS, required=True),
                Column("currency", Type.CURRENCY),
                _moment("placed_at", required=True),
                _moment("paid_at"),
                _moment("accepted_at"),
                _moment("shipped_at"),
                _moment("received_at"),
                _moment("completed_at"),
                _moment("closed_at"),
            ),
        ),
        Kind(
            "lines",
            (
                _id("order_id"),
                _id("line"),
                _id("product_id"),
                _id("supplier_id"),
                Column("quantity", Type.COUNT, most=1_000_000, least=1),
                Column("price", Type.AMOUNT, required=True),
                Column("freight", Type.AMOUNT),
                Column("supply_price", Type.AMOUNT),
                Column("commission", Type.AMOUNT),
            ),
            ("order_id", "line"),
        ),
        Kind(
            "payments",
            (
                _id("order_id"),
                _id("sequence"),
                Column("method", most=20),
                Column("installments", Type.COUNT, most=999),
                Column("amount", Type.AMOUNT, required=True),
                _moment("paid_at"),
            ),
            ("order_id", "sequence"),
        ),
        Kind(
            "shipments",
            (
                _id("order_id"),
                _id("supplier_id", required=False),
                Column("carrier", most=20),
                Column("tracking_no", most=40),
                _moment("shipped_at", required=True),
                _moment("delivered_at"),
            ),
            ("order_id", "supplier_id", "carrier", "tracking_no"),
        ),
        Kind(
            "reviews",
            (
                _id("id"),
                _id("order_id"),
                _id("product_id", required=False),
                Column("score", Type.COUNT, required=True, least=1, most=5),
                Column("title", most=200, shortens=True),
                Column("body", most=4000, shortens=True, lines=True),
                _moment("created_at", required=True),
                _moment("answered_at"),
            ),
            ("order_id", "id"),
        ),
    )
}
"""Every kind, in the order in which they depend on each other."""

OF_ORDERS = ("lines", "payments", "shipments")
"""The kinds that come together with their orders."""
