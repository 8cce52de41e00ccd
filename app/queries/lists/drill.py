"""Filters by which a dashboard's bar or stage leads to the orders behind it.

The dashboards (``app.analytics``) name them in their links; ``tests/unit/test_leads.py`` checks
that each list knows every filter that a link sets.
"""

from app.kit.i18n import N_, Words
from app.queries.lists.currencies import currency_filter
from app.queries.resource import Filter

_DONE = "COMPLETED"
_HERE = f"RECEIVED,{_DONE}"
_SENT = f"PARTLY_SHIPPED,SHIPPED,{_HERE}"

ORDER_PROGRESS: Words = (
    ("placed", N_("Placed")),
    ("paid", N_("Paid")),
    ("shipped", N_("Shipped")),
    ("received", N_("Received")),
    ("completed", N_("Completed")),
)
PART_PROGRESS: Words = (
    ("paid", N_("Paid")),
    ("accepted", N_("Accepted")),
    ("shipped", N_("Shipped")),
    ("received", N_("Received")),
    ("completed", N_("Completed")),
)


def _reached(column: str, first: str) -> str:
    """Return the condition that a status has come at least as far as ``:reached``."""
    return (
        f"{column} = any(string_to_array(case :reached {first}"
        f" when 'shipped' then '{_SENT}' when 'received' then '{_HERE}'"
        f" when 'completed' then '{_DONE}' end, ',')) or :reached = 'placed'"
    )


def _province(order: str) -> str:
    return (
        f"exists (select 1 from order_addresses v where v.order_id = {order}"
        " and v.province = :province)"
    )


def order_filters(order: str = "o") -> tuple[Filter, ...]:
    """Return the filters of a list of orders, whose table stands under the name ``order``."""
    lines = (
        "exists (select 1 from order_lines l join products p on p.id = l.product_id"
        f" where l.order_id = {order}.id and "
    )
    paid = f"when 'paid' then 'PAID,{_SENT},REFUNDING,REFUNDED'"
    return (
        Filter("paid", N_("Paid at"), f"{order}.paid_at", kind="dates"),
        Filter("reached", N_("Progress"), _reached(f"{order}.status", paid),
               choices=ORDER_PROGRESS),
        Filter("refunded", N_("Refunded"),
               f"({order}.refunded_cents > 0) = (:refunded = 'yes')",
               choices=(("yes", N_("Yes")), ("no", N_("No")))),
        Filter("product", N_("Product"), lines + "l.product_id = cast(:product as uuid))",
               kind="link"),
        Filter("category", N_("Category"), lines + "p.category_id = cast(:category as uuid))",
               kind="link"),
        Filter("supplier", N_("Supplier"),
               f"exists (select 1 from supplier_orders x where x.order_id = {order}.id"
               " and x.supplier_id = cast(:supplier as uuid))", kind="link"),
        Filter("province", N_("Region"), _province(f"{order}.id"), kind="link",
               takes_word=True),
        currency_filter(f"{order}.currency"),
    )  # fmt: skip


def part_filters() -> tuple[Filter, ...]:
    """Return the filters of a supplier's list of parts, whose table stands under the name ``s``."""
    lines = (
        "exists (select 1 from fulfilment_lines f join products p on p.id = f.product_id"
        " where f.supplier_order_id = s.id and "
    )
    first = (
        f"when 'paid' then 'PAID,REJECTED,ACCEPTED,{_SENT}' when 'accepted' then 'ACCEPTED,{_SENT}'"
    )
    open_states = "('ACCEPTED', 'PARTLY_SHIPPED')"
    return (
        Filter("todo", N_("To do"),
               f"case :todo when 'ship' then s.status in {open_states}"
               f" else (s.status = 'PAID' or s.status in {open_states})"
               " and s.paid_at < now() - interval '48 hours' end",
               choices=(("ship", N_("To ship")), ("overdue", N_("Overdue")))),
        Filter("paid", N_("Paid at"), "s.paid_at", kind="dates"),
        Filter("reached", N_("Progress"), _reached("s.status", first), choices=PART_PROGRESS),
        Filter("product", N_("Product"), lines + "f.product_id = cast(:product as uuid))",
               kind="link"),
        Filter("category", N_("Category"), lines + "p.category_id = cast(:category as uuid))",
               kind="link"),
        Filter("province", N_("Region"), _province("s.order_id"), kind="link", takes_word=True),
        currency_filter("s.currency"),
    )  # fmt: skip
