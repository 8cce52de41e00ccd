"""How prices are made, as people choose it: a rule, its preview, and what was refused."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from uuid import UUID

import reflex as rx

from app.kit.currencies import decimal_text, percent_text
from app.kit.errors import Invalid
from app.kit.i18n import HOME_CURRENCY, N_, yuan
from app.queries.distributor_stores import stores
from app.queries.lists.distributor import COST_POLICY, MARGIN_HELP
from app.queries.resource import Row, rate_text
from app.services.list_pricing import LISTED_ALREADY, Candidate
from app.services.rules.pricing import (
    Charm,
    Infeasible,
    PricingKind,
    PricingRule,
    margin_bps,
)
from app.services.rules.splits import Shares
from app.services.stores import StoreTermsDraft, terms_of
from app.words import PRICE_ENDING, PRICING_KIND
from models.store import CostPolicy
from state.acts import id_of
from state.gate import OF_SCREEN, acting, needs
from state.listing import ListState
from state.screens import Action, Field, Values, read_values

MOST_BPS, MOST_ADDED_CENTS = 100_000, 100_000_00
SHOWN_PREVIEWS = 30

STORE_FIELD = Field("store", N_("Store"), "choice", required=True, options="stores")
KIND_FIELD = Field(
    "kind", N_("Price"), "choice", required=True, words=PRICING_KIND, value="suggested"
)
PERCENT_FIELD = Field("percent", N_("Markup"), "percent", value="30")
ADD_FIELD = Field("add", N_("Plus"), "money")
CHARM_FIELD = Field("charm", N_("Ending"), "choice", words=PRICE_ENDING, value="none")
POLICY_FIELD = Field(
    "policy", N_("When the supply price rises"), "choice", required=True,
    words=COST_POLICY, value="FOLLOW_MARGIN",
)  # fmt: skip
UPDATE_FIELD = Field("update", N_("Price anew what is in the store already"), "switch")
WAKE_FIELD = Field("wake", N_("And put what is paused back on sale"), "switch")
PRICING_FIELDS = (KIND_FIELD, PERCENT_FIELD, ADD_FIELD, CHARM_FIELD, POLICY_FIELD)


def rule_of(values: Mapping[str, Any]) -> PricingRule:
    """Return the rule that checked values say. Raises Invalid for a markup beyond all reason."""
    if values["kind"] != PricingKind.MARKUP:
        return PricingRule(PricingKind.SUGGESTED)
    bps, add = values["percent"] or 0, values["add"] or 0
    faults: dict[str, str] = {}
    if not 0 <= bps <= MOST_BPS:
        faults["percent"] = N_("Choose a markup from 0 to 1,000 %.")
    if not 0 <= add <= MOST_ADDED_CENTS:
        faults["add"] = N_("Choose an amount from ¥0 to ¥100,000.")
    if faults:
        raise Invalid(faults)
    return PricingRule(PricingKind.MARKUP, bps, add, Charm(values["charm"] or Charm.NONE))


def policy_of(values: Mapping[str, Any]) -> CostPolicy:
    """Return what happens when a supply price rises."""
    return CostPolicy(values["policy"])


def terms_shown(terms: StoreTermsDraft) -> dict[str, str]:
    """Return a store's usual pricing as it stands in the form."""
    rule = terms.pricing
    return {
        "kind": "markup" if rule.kind is PricingKind.MARKUP else "suggested",
        "percent": percent_text(rule.bps),
        "add": decimal_text(rule.add_cents) if rule.add_cents else "",
        "charm": str(rule.charm),
        "policy": str(terms.policy),
    }


def rate(part: int, whole: int) -> str:
    """Return a margin of a price as a percentage, as lists show it."""
    return rate_text(margin_bps(part, whole)) if whole else ""


def typed_price(row: Row, column: str) -> str:
    """Return a price as it stands in its input; nothing where it is not in yuan yet."""
    return decimal_text(row[column]) if row["currency"] == HOME_CURRENCY else ""


def shares_shown(retail_cents: int, shares: Shares) -> dict[str, str]:
    """Return the division of one unit's money as text."""
    return {
        "retail": yuan(retail_cents),
        "commission": yuan(shares.commission_cents),
        "fee": yuan(shares.payment_fee_cents),
        "margin": yuan(shares.margin_cents),
        "margin_rate": rate(shares.margin_cents, retail_cents),
        "loss": "1" if shares.margin_cents < 0 else "",
    }


def _span(prices: Sequence[int]) -> str:
    low, high = min(prices), max(prices)
    return yuan(low) if low == high else f"{yuan(low)} – {yuan(high)}"


def _title(candidate: Candidate) -> str:
    reads_english = acting().actor.locale == "en"
    return (candidate.title_en if reads_english else "") or candidate.title


def preview_shown(candidate: Candidate, problem: str) -> dict[str, str]:
    """Return one product's line of a preview: old and new prices, and the lowest margin.

    What has no price in yuan yet has none of them, and what keeps its prices has no new ones.
    """
    told = {
        "title": _title(candidate),
        "problem": acting().text(problem) if problem else "",
        "paused": "1" if candidate.status == "PAUSED" else "",
        "was": "",
    }
    if any(sku.refusal is Infeasible.OTHER_CURRENCY for sku in candidate.skus):
        return told | dict.fromkeys(("prices", "margin", "margin_rate"), "")
    was = [k.goods.retail_cents for k in candidate.skus if k.goods.retail_cents is not None]
    if problem == LISTED_ALREADY:
        kept = _span(was) if was else ""
        return told | {"prices": kept, "margin": "", "margin_rate": ""}
    worst = min(candidate.skus, key=lambda s: margin_bps(s.shares.margin_cents, s.retail_cents))
    prices = _span([sku.retail_cents for sku in candidate.skus])
    before = _span(was) if was else ""
    return told | {
        "was": before if before != prices else "",
        "prices": prices,
        "margin": yuan(worst.shares.margin_cents),
        "margin_rate": rate(worst.shares.margin_cents, worst.retail_cents),
    }


class PricedListState(ListState, mixin=True):
    """A list whose rows can be priced by a rule, with a preview before and a report after."""

    priced_action: ClassVar[str] = ""
    """The action whose dialog asks for a rule."""

    terms: dict[str, str] = {}
    previews: list[dict[str, str]] = []
    fine: int = 0
    refused: int = 0

    @rx.event
    @needs(OF_SCREEN)
    async def weigh(self, name: str, value: str) -> None:
        """Take one input of the rule and show what it makes of the selection."""
        if name not in self.terms:
            return
        self.terms = {**self.terms, name: value[:40]}
        if name == "store":
            await self._take_usual(value)
        await self._preview()

    async def _opened(self, action: Action) -> None:
        await super()._opened(action)
        if action.name != self.priced_action:
            return
        own = await stores(acting().actor)
        self.choices = {**self.choices, "stores": [[str(s["id"]), s["name"]] for s in own]}
        self.terms = {
            "store": str(own[0]["id"]) if own else "",
            "update": "",
            "wake": "",
            **terms_shown(StoreTermsDraft()),
        }
        if own:
            await self._take_usual(self.terms["store"])
        await self._preview()

    async def _take_usual(self, store: str) -> None:
        usual = await terms_of(acting().actor, id_of(store))
        self.terms = {**self.terms, **terms_shown(usual)}

    async def _preview(self) -> None:
        try:
            rule = rule_of(read_values(PRICING_FIELDS, self.terms))
        except Invalid as error:
            who = acting()
            self.errors = {name: who.text(message) for name, message in error.fields.items()}
            return
        self.errors = {}
        keys = await self._keys(self._action(self.priced_action))
        found = await self._candidates(keys, rule)
        problems = {candidate.product_id: self._problem(candidate) for candidate in found}
        self.refused = sum(1 for problem in problems.values() if problem)
        self.fine = len(found) - self.refused
        # What is refused comes first: it is what one wants to see.
        found.sort(key=lambda candidate: not problems[candidate.product_id])
        self.previews = [
            preview_shown(c, problems[c.product_id]) for c in found[:SHOWN_PREVIEWS] if c.skus
        ]

    def _problem(self, candidate: Candidate) -> str:
        """Return why a candidate would be left out, as a gettext message id."""
        return candidate.problem

    async def _candidates(self, keys: Sequence[UUID], rule: PricingRule) -> list[Candidate]:
        raise NotImplementedError


__all__ = ["MARGIN_HELP", "PRICING_FIELDS", "PricedListState", "Values", "policy_of", "rule_of"]
