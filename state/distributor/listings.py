"""A distributor's listings: on and off sale, new prices, what happens when costs rise."""

from collections.abc import Sequence
from typing import Any, ClassVar
from uuid import UUID

import reflex as rx

from app.access import Actor
from app.kit.i18n import N_
from app.queries.lists.distributor import LISTINGS
from app.services.list_pricing import Candidate
from app.services.listing_prices import preview_listings
from app.services.listings import reprice, set_on_sale, set_policy
from app.services.rules.pricing import PricingRule
from state.distributor.pricing import (
    POLICY_FIELD,
    PRICING_FIELDS,
    PricedListState,
    policy_of,
    rule_of,
)
from state.gate import acting
from state.screens import Action, RowsDone, Values

_WRITE = "distributor:listings:write"


def _sale(on_sale: bool) -> Any:
    async def run(actor: Actor, keys: Sequence[UUID], values: Values) -> int:
        del values
        return await set_on_sale(actor, keys, on_sale=on_sale)

    return run


async def _reprice(actor: Actor, keys: Sequence[UUID], values: Values) -> RowsDone:
    result = await reprice(actor, keys, rule_of(values), policy_of(values))
    return RowsDone({row.listing_id: row.reason for row in result.skipped})


async def _policy(actor: Actor, keys: Sequence[UUID], values: Values) -> RowsDone:
    # What has that policy already has it as well.
    await set_policy(actor, keys, policy_of(values))
    return RowsDone()


class ListingsState(PricedListState, rx.State):
    """The list of listings."""

    resource: ClassVar = LISTINGS
    priced_action: ClassVar[str] = "reprice"
    actions: ClassVar = (
        Action("on_sale", N_("Put on sale"), _WRITE, _sale(True), icon="play",
               when=("status", ("PAUSED",)), done=N_("On sale again: %(count)s."),
               did=N_("On sale again"), undo="pause",
               left=N_("It has a supply price in another currency, or was changed meanwhile.")),
        Action("pause", N_("Pause"), _WRITE, _sale(False), icon="pause",
               when=("status", ("ON_SALE",)), done=N_("Paused: %(count)s."),
               did=N_("Paused"), undo="on_sale"),
        Action("reprice", N_("New prices"), _WRITE, _reprice, on="bulk", icon="calculator",
               fields=PRICING_FIELDS, done=N_("Repriced: %(count)s."),
               did=N_("Repriced")),
        Action("policy", N_("When costs rise"), _WRITE, _policy, on="bulk", icon="trending-up",
               fields=(POLICY_FIELD,), done=N_("Changed: %(count)s.")),
    )  # fmt: skip

    async def _candidates(self, keys: Sequence[UUID], rule: PricingRule) -> list[Candidate]:
        return await preview_listings(acting().actor, keys, rule)
