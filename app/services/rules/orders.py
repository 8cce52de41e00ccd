"""Which state of a SupplierOrder may follow which, and what they make of the order."""

from collections.abc import Iterable, Mapping

from models.trade import OrderStatus as O
from models.trade import SupplierOrderStatus as S

TRANSITIONS: Mapping[S, frozenset[S]] = {
    S.PENDING_PAYMENT: frozenset({S.PAID, S.CLOSED}),
    S.PAID: frozenset({S.ACCEPTED, S.REJECTED}),
    # Accepted goods that are wholly refunded before they were shipped are not shipped any more.
    S.ACCEPTED: frozenset({S.PARTLY_SHIPPED, S.SHIPPED, S.REJECTED}),
    S.PARTLY_SHIPPED: frozenset({S.PARTLY_SHIPPED, S.SHIPPED}),
    S.SHIPPED: frozenset({S.RECEIVED}),
    S.RECEIVED: frozenset({S.COMPLETED}),
    # A payment that arrives after the close opens the order again, if the stock is still there.
    S.CLOSED: frozenset({S.PENDING_PAYMENT}),
    S.COMPLETED: frozenset(),
    S.REJECTED: frozenset(),
}
"""The state machine of domain-rules.md."""

_AFTER_SHIPPING = frozenset({S.SHIPPED, S.RECEIVED, S.COMPLETED})


def may_follow(before: S, after: S) -> bool:
    """Say whether a SupplierOrder may go from ``before`` to ``after``."""
    return after in TRANSITIONS[before]


def order_status(parts: Iterable[S], *, is_paid_back: bool = True) -> O:
    """Derive the order's own status from its parts; refused parts count only when all are.

    ``is_paid_back`` says whether the provider has paid all refunds of the parts.
    """
    states = set(parts)
    if not states:
        raise ValueError("an order has at least one part")
    for only, status in (
        (S.PENDING_PAYMENT, O.PENDING_PAYMENT),
        (S.CLOSED, O.CLOSED),
        (S.REJECTED, O.REFUNDED if is_paid_back else O.REFUNDING),
    ):
        if states == {only}:
            return status
    live = states - {S.REJECTED}
    if live == {S.COMPLETED}:
        return O.COMPLETED
    if live <= {S.RECEIVED, S.COMPLETED}:
        return O.RECEIVED
    if live <= _AFTER_SHIPPING:
        return O.SHIPPED
    if live & (_AFTER_SHIPPING | {S.PARTLY_SHIPPED}):
        return O.PARTLY_SHIPPED
    return O.PAID


ORDER_STATUS_SQL = """\
case
  when bool_and(status = 'PENDING_PAYMENT') then 'PENDING_PAYMENT'
  when bool_and(status = 'CLOSED') then 'CLOSED'
  when bool_and(status = 'REJECTED') then case when exists (select 1 from refunds r
    where r.order_id = supplier_orders.order_id and r.supplier_order_id is not null
      and r.status <> 'SUCCEEDED') then 'REFUNDING' else 'REFUNDED' end
  when bool_and(status in ('COMPLETED', 'REJECTED')) then 'COMPLETED'
  when bool_and(status in ('RECEIVED', 'COMPLETED', 'REJECTED')) then 'RECEIVED'
  when bool_and(status in ('SHIPPED', 'RECEIVED', 'COMPLETED', 'REJECTED')) then 'SHIPPED'
  when bool_or(status in ('PARTLY_SHIPPED', 'SHIPPED', 'RECEIVED', 'COMPLETED'))
    then 'PARTLY_SHIPPED'
  else 'PAID'
end"""
"""``order_status`` over ``supplier_orders``, grouped by ``order_id``; a test compares the two."""
