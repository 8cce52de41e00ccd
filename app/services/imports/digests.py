"""What of a staged row counts as its content: SQL over the alias ``s``, the order's as hex.

Digests of the lines of an order are joined by XOR, and so are those of its payments: rows have
keys of their own, so that no two cancel each other, and their order does not matter.
"""


def _digest(*values: str) -> str:
    return f"hashtextextended(concat_ws(E'\\x1f', {', '.join(values)}), 0)"


def _moment(name: str) -> str:
    return f"coalesce(extract(epoch from s.{name}), 0)"


ORDER_DIGEST = "to_hex({})".format(
    _digest(
        "coalesce(s.customer_id, '')",
        "coalesce(s.distributor_id, :shop)",
        "s.status",
        "coalesce(s.currency, :currency)",
        _moment("placed_at"),
        _moment("paid_at"),
        _moment("accepted_at"),
        _moment("shipped_at"),
        _moment("received_at"),
        _moment("completed_at"),
        _moment("closed_at"),
    )
)

LINE_DIGEST = _digest(
    "s.line",
    "s.product_id",
    "s.supplier_id",
    "coalesce(s.quantity, 1)",
    "s.price",
    "coalesce(s.freight, 0)",
    "coalesce(s.supply_price, -1)",
    "coalesce(s.commission, 0)",
)

PAYMENT_DIGEST = _digest(
    "s.sequence",
    "coalesce(s.method, '')",
    "coalesce(s.installments, 0)",
    "s.amount",
    _moment("paid_at"),
)
