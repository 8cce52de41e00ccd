"""Split rules: the ordered list, the versions of one, and which rule a line would meet."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

import reflex as rx

from app.access import Actor
from app.kit.clock import BUSINESS_ZONE
from app.kit.currencies import percent_text
from app.kit.errors import Invalid
from app.kit.i18n import N_
from app.kit.parameters import day_of
from app.queries.lists.platform_money import RULES
from app.queries.platform_rules import (
    Question,
    RulePage,
    product_of_code,
    rule_page,
    rule_values,
    subject_of,
)
from app.services import inputs, split_rules
from app.services.split_rules import RuleDraft
from app.words import FEE_BEARER, SPLIT_BASE
from state.acts import VERSION, ActsState
from state.gate import OF_SCREEN, acting, needs
from state.listing import ListState
from state.record import ActedRecordState, id_in_address
from state.screens import Action, Field, Values

_WRITE = "platform:rules:write"
_FIELDS = (
    Field("name", N_("Name"), required=True),
    Field("category_id", N_("Category"), "choice", options="category",
          help=N_("Each condition that is left empty matches everything.")),
    Field("supplier_id", N_("Supplier"), "choice", options="supplier"),
    Field("distributor_id", N_("Distributor"), "choice", options="distributor"),
    Field("store_id", N_("Store"), "choice", options="store"),
    Field("product", N_("Product"), placeholder=N_("A SKU code of the product")),
    Field("rate_bps", N_("Commission"), "percent", required=True),
    Field("fixed_cents", N_("Fixed amount per line"), "money"),
    Field("min_cents", N_("At least"), "money"),
    Field("max_cents", N_("At most"), "money"),
    Field("base", N_("Calculated on"), "choice", words=SPLIT_BASE, value="GOODS", required=True),
    Field("after_discount", N_("After discounts"), "switch", value="true"),
    Field("payment_fee_bps", N_("Payment fee"), "percent", value="0.60", required=True),
    Field("fee_bearer", N_("Fee borne by"), "choice", words=FEE_BEARER, value="DISTRIBUTOR",
          required=True),
    Field("keeps_commission_on_refund", N_("Keep the commission on refunds"), "switch"),
    Field("effective_at", N_("Effective from"), "date", help=N_("At once if empty.")),
)  # fmt: skip
_EXPLAIN = N_("Existing orders keep their version; this one applies to new orders.")


async def _save(actor: Actor, values: Values, rule_id: UUID | None) -> int:
    data = {
        **values,
        "id": rule_id,
        "product_id": await product_of_code(actor, values["product"]),
        "fixed_cents": values["fixed_cents"] or 0,
        "min_cents": values["min_cents"] or 0,
        "effective_at": _morning(values["effective_at"]),
    }
    await split_rules.save_rule(actor, inputs.read(RuleDraft, data), values.get(VERSION))
    return 1


def _morning(day: str | None) -> datetime | None:
    """Return the start of a day in the business zone; None for today, which means at once."""
    if not day:
        return None
    chosen = day_of(day)
    if chosen is None:
        raise Invalid({"effective_at": N_("Please choose a day before the year 2200.")})
    if chosen == datetime.now(BUSINESS_ZONE).date():
        return None
    return datetime(chosen.year, chosen.month, chosen.day, tzinfo=BUSINESS_ZONE)


async def _create(actor: Actor, keys: Sequence[UUID], values: Values) -> int:
    del keys
    return await _save(actor, values, None)


async def _edit(actor: Actor, keys: Sequence[UUID], values: Values) -> int:
    return await _save(actor, values, keys[0])


def _move(*, up: bool) -> Any:
    async def run(actor: Actor, keys: Sequence[UUID], values: Values) -> int:
        del values
        await split_rules.move(actor, keys[0], up=up)
        return 1

    return run


def _switch(*, active: bool) -> Any:
    async def run(actor: Actor, keys: Sequence[UUID], values: Values) -> int:
        del values
        return await split_rules.set_active(actor, keys, active=active)

    return run


_EDIT = Action("edit", N_("New version"), _WRITE, _edit, on="row", icon="pencil", fields=_FIELDS,
               prefill=rule_values, explain=_EXPLAIN, done=N_("New version saved."))  # fmt: skip
_ON = Action("on", N_("Switch on"), _WRITE, _switch(active=True), on="row", icon="power",
             when=("status", ("OFF",)), done=N_("Switched on."),
             did=N_("Switched on"), undo="off")  # fmt: skip
_OFF = Action("off", N_("Switch off"), _WRITE, _switch(active=False), on="row", icon="power-off",
              when=("status", ("ON",)), danger=True,
              question=N_("New orders use the next rule that matches."),
              done=N_("Switched off."), did=N_("Switched off"), undo="on")  # fmt: skip


class RulesState(ListState, rx.State):
    """The ordered list of rules."""

    resource: ClassVar = RULES
    actions: ClassVar = (
        Action("create", N_("New rule"), _WRITE, _create, on="list", icon="plus", fields=_FIELDS,
               explain=N_("A new rule is checked first; lower its priority to check others before "
                          "it."),
               done=N_("Rule saved.")),
        Action("up", N_("Raise priority"), _WRITE, _move(up=True), on="row", icon="arrow-up",
               only_icon=True, is_step=True,
               done=N_("Moved.")),
        Action("down", N_("Lower priority"), _WRITE, _move(up=False), on="row", icon="arrow-down",
               only_icon=True, is_step=True,
               done=N_("Moved.")),
        _EDIT,
        _ON,
        _OFF,
    )  # fmt: skip


class RuleState(ActedRecordState, rx.State):
    """One rule with its versions."""

    resource: ClassVar = RULES
    permission: ClassVar = "platform:rules:read"
    actions: ClassVar = (_EDIT, _ON, _OFF)

    rule: RulePage = RulePage()

    async def _read(self) -> None:
        actor = acting().actor
        self.rule = await rule_page(actor, id_in_address())


@dataclass(frozen=True)
class Answer:
    """Which rule applies: empty ``rule`` if none does. ``product`` is the one that was meant."""

    asked: bool = False
    rule: str = ""
    rule_id: str = ""
    version: int = 0
    rate: str = ""
    product: str = ""


class RuleTesterState(ActsState, rx.State):
    """The question which rule a line of an order would meet now."""

    permission: ClassVar = "platform:rules:read"
    resource: ClassVar = RULES

    asked_for: dict[str, str] = {}
    """What is chosen: category, supplier, distributor and store."""

    answer: Answer = Answer()
    passed: list[dict[str, str]] = []
    """The rules before it, each with the condition that did not hold."""
    fault: str = ""

    @rx.event
    @needs(OF_SCREEN)
    async def ask_for(self, key: str, value: str) -> None:
        """Take a record that the question is about."""
        self.asked_for = {**self.asked_for, key: value[:40]}
        await self._name_choices({key: (key, value)})

    @rx.event
    @needs(OF_SCREEN)
    async def try_rules(self, data: dict[str, Any]) -> None:
        """Say which rule applies to what was chosen."""
        who = acting()
        names = asdict(Question())
        typed = {name: str(data.get(name) or "")[:120] for name in names}
        self.fault, self.answer, self.passed = "", Answer(), []
        try:
            subject, product = await subject_of(who.actor, Question(**typed))
        except Invalid as error:
            self.fault = " ".join(who.text(message) for message in error.fields.values())
            return
        applied, passed = await split_rules.explain(who.actor, subject)
        self.passed = [{"name": name, "reason": reason} for name, reason in passed]
        self.answer = Answer(asked=True, product=product)
        if applied is not None:
            self.answer = Answer(
                asked=True,
                rule=applied.rule.name,
                rule_id=str(applied.rule.id),
                version=applied.version.version,
                rate=f"{percent_text(applied.version.rate_bps)}%",
                product=product,
            )
