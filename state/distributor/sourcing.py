"""The product pool: find goods, list one in a click or many with a rule."""

from collections.abc import Sequence
from typing import Any, ClassVar
from uuid import UUID

import reflex as rx

from app.access import Actor
from app.kit.i18n import N_, gettext
from app.queries.distributor_stores import stores
from app.queries.lists.distributor import SOURCING
from app.services.list_pricing import Candidate
from app.services.listing_prices import preview
from app.services.listings import ListResult, list_products, skip_reason
from app.services.rules.pricing import PricingRule
from app.services.stores import NoStore, terms_of
from state.acts import id_of
from state.distributor.pricing import (
    PRICING_FIELDS,
    STORE_FIELD,
    UPDATE_FIELD,
    WAKE_FIELD,
    PricedListState,
    policy_of,
    rule_of,
)
from state.gate import OF_SCREEN, acting, needs
from state.screens import Action, RowsDone, Values

_WRITE = "distributor:listings:write"


async def list_usually(actor: Actor, keys: Sequence[UUID], values: Values) -> Any:
    """List products in the first store with its usual rule; a refusal tells its reason."""
    del values
    own = await stores(actor)
    if not own:
        raise NoStore()
    usual = await terms_of(actor, own[0]["id"])
    result = await list_products(actor, own[0]["id"], keys, usual.pricing, usual.policy)
    if result.skipped:
        return by_product(result)
    return gettext(actor.locale, N_("Listed in %(store)s."), store=own[0]["name"])


def by_product(result: ListResult) -> RowsDone:
    """Return what became of products."""
    return RowsDone({row.product_id: row.reason for row in result.skipped})


async def _list(actor: Actor, keys: Sequence[UUID], values: Values) -> RowsDone:
    update = bool(values["update"])
    wake = update and bool(values["wake"])
    how = rule_of(values), policy_of(values)
    store = id_of(values["store"])
    return by_product(await list_products(actor, store, keys, *how, update=update, wake=wake))


class SourcingState(PricedListState, rx.State):
    """The pool as cards or as a table."""

    resource: ClassVar = SOURCING
    priced_action: ClassVar[str] = "list"
    actions: ClassVar = (
        Action("quick", N_("List"), _WRITE, list_usually, on="row", icon="plus",
               when=("listed", ("NO",)), done=N_("Listed: %(count)s."), did=N_("Listed")),
        Action("list", N_("List in my store"), _WRITE, _list, on="bulk", icon="store",
               fields=(STORE_FIELD, *PRICING_FIELDS, UPDATE_FIELD, WAKE_FIELD),
               done=N_("Listed: %(count)s."), did=N_("Listed")),
    )  # fmt: skip

    as_table: bool = False
    has_store: bool = True

    @rx.event
    @needs(OF_SCREEN)
    async def show_as(self, table: bool) -> None:
        """Show cards, or the table."""
        self.as_table = table

    async def _beside(self) -> None:
        self.has_store = bool(await stores(acting().actor))

    async def _candidates(self, keys: Sequence[UUID], rule: PricingRule) -> list[Candidate]:
        store = self.terms["store"]
        return await preview(acting().actor, id_of(store) if store else None, keys, rule)

    def _problem(self, candidate: Candidate) -> str:
        return skip_reason(candidate, update=bool(self.terms["update"]))
