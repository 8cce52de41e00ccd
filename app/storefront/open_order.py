"""The order that a visitor placed and has not paid: whoever comes back finds it again."""

from app.kit.errors import NotFound
from app.queries import store_orders
from app.queries.store_orders import OrderView
from app.services import order_links
from app.services.placing import PlacedOrder
from app.storefront.visit import Visit

COOKIE = "ts_order"
KEPT_DAYS = 2


def remember(visit: Visit, placed: PlacedOrder) -> None:
    """Let this browser find the order again until it is paid or closed."""
    visit.keep(COOKIE, f"{placed.number}.{placed.access_token}", KEPT_DAYS)


async def open_order(visit: Visit) -> tuple[OrderView, str] | None:
    """Return the order of this visitor that waits for payment, and the secret of its link.

    The secret is '' where the signed-in customer's own order needs none.
    """
    number, _, token = visit.request.cookies.get(COOKIE, "")[:80].partition(".")
    if number and token:
        try:
            door = order_links.opened_by_token(visit.front.actor(), number, token)
            async with door as (session, order_id):
                order = await store_orders.read_order(session, order_id)
        except NotFound:
            order = None
        if order is not None and order.can_pay:
            return order, token
        visit.keep(COOKIE, "", 0)
    if visit.customer is None:
        return None
    found = await store_orders.waiting_of_customer(visit.actor)
    if found is None:
        return None
    async with order_links.opened_by_owner(visit.actor, found) as (session, order_id):
        return await store_orders.read_order(session, order_id), ""
