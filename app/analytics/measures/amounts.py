"""Every amount that measures are made of, and the scopes and pages that many of them share."""

from app.access import Scope
from app.analytics.measures.model import Amount, Base, Leads

P, S, D = (frozenset({s}) for s in (Scope.PLATFORM, Scope.SUPPLIER, Scope.DISTRIBUTOR))
TRADE = ("orders", "analytics")
"""Sums of the trade show to whoever may open its rows, and to analysts."""

_OF_LINES = frozenset({"category", "province", "supplier", "distributor", "store", "product"})
PLACED = Leads("orders", "orders", dates="placed", knows=_OF_LINES, in_currency=True)
PAID = Leads("orders", "orders", dates="paid", knows=_OF_LINES, in_currency=True)

GOODS = Amount(Base.LINES, "goods_cents")
DISCOUNT = Amount(Base.LINES, "discount_cents")
FREIGHT = Amount(Base.LINES, "freight_cents")
SUPPLY = Amount(Base.LINES, "supply_cents")
MARGIN = Amount(Base.LINES, "margin_cents")
COMMISSION = Amount(Base.LINES, "commission_cents")
LINE_REFUNDED = Amount(Base.LINES, "refunded_cents")
SUPPLY_RETURNED = Amount(Base.LINES, "supply_returned_cents")
MARGIN_RETURNED = Amount(Base.LINES, "margin_returned_cents")
UNITS = Amount(Base.LINES, "quantity")
ORDERS = Amount(Base.LINES, "orders", "distinct", "order_key")
PARTS = Amount(Base.LINES, "parts", "distinct", "part_key")

PLACED_CENTS = Amount(Base.ORDERS, "total_cents")
PLACED_ORDERS = Amount(Base.ORDERS, "orders", "count")
FIRST_ORDERS = Amount(Base.ORDERS, "first_orders", "true", "is_first")
PAID_ORDERS = Amount(Base.ORDERS, "paid_orders", "known", "paid_day")
BUYERS = Amount(Base.ORDERS, "customers", "distinct", "customer", ("paid_day", None))

REFUNDED = Amount(Base.REFUNDS, "amount_cents")


def _booked(kind: str) -> Amount:
    return Amount(Base.BOOKINGS, kind.lower(), "sum", "cents", ("kind", kind))


BOOKED_COMMISSION, BOOKED_FEE = _booked("COMMISSION"), _booked("PAYMENT_FEE")
BOOKED_MARGIN, BOOKED_SUPPLY = _booked("MARGIN"), _booked("SUPPLY")

ALL_PARTS = Amount(Base.PARTS, "parts", "count")
REJECTED = Amount(Base.PARTS, "rejected", "true")
ON_TIME = Amount(Base.PARTS, "on_time", "true")
DECIDED = Amount(Base.PARTS, "decided", "known", "on_time")
ACCEPT_MINUTES = Amount(Base.PARTS, "accept_minutes")
ACCEPTED = Amount(Base.PARTS, "accepted", "known", "accept_minutes")
SHIP_MINUTES = Amount(Base.PARTS, "ship_minutes")
SHIPPED = Amount(Base.PARTS, "shipped", "known", "ship_minutes")
SCORE = Amount(Base.PARTS, "score", is_fraction=True)
SCORED = Amount(Base.PARTS, "scored", "known", "score")

VISITORS = Amount(Base.TRAFFIC, "visitors")
PAGE_VIEWS = Amount(Base.TRAFFIC, "page_views")
SEARCHES = Amount(Base.TRAFFIC, "searches")
ORDERED = Amount(Base.TRAFFIC, "ordered")
PRODUCT_VIEWS = Amount(Base.PRODUCT_TRAFFIC, "views")
CART_ADDS = Amount(Base.PRODUCT_TRAFFIC, "cart_adds")
VIEWED = Amount(Base.TRAFFIC, "viewed")
CARTED = Amount(Base.TRAFFIC, "carted")
CHECKED_OUT = Amount(Base.TRAFFIC, "checked_out")
SOURCED_CENTS = Amount(Base.ORDERS, "paid_cents")
