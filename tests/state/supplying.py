"""Supplier's people for tests of the console: who acts, on which page."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from app.access import BUILT_IN_ROLES, PUBLIC, Actor, Scope
from app.kit.ids import new_id
from app.routes import Workspace
from app.services import payments
from app.services.placing import PlacedOrder
from app.services.sessions import Entered
from state.gate import Acting, acting_as
from tests.integration.market import FakeProvider, Market


def person(merchant: UUID, role: str = "owner", scope: Scope = Scope.SUPPLIER) -> Actor:
    """Return a member of a merchant in a built-in role."""
    permissions = next(r.permissions for r in BUILT_IN_ROLES if r.code == role)
    return Actor(scope, new_id(), merchant, permissions=permissions, locale="en")


@contextmanager
def on_page(actor: Actor, page: str = "dashboard") -> Iterator[None]:
    """Let the actor stand on a page of its workspace."""
    user = Entered(actor.user_id or new_id(), new_id(), "陈青", "c@test.example", "en", False, "M",
                   False)  # fmt: skip
    workspace = Workspace("supplier", "m")
    with acting_as(Acting(actor, user, workspace, f"{workspace.path}/{page}")):
        yield


async def pay(market: Market, provider: FakeProvider, quantities: dict[int, int]) -> PlacedOrder:
    """Return a paid order of so many units of some goods."""
    order = await market.order(quantities)
    started = await payments.start(
        PUBLIC, order.order_id, order.access_token, return_url="http://s", provider="fake"
    )
    assert await payments.confirm(provider.pay(started.number)) == "applied"
    return order
