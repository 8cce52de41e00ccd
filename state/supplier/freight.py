"""What shipping costs: first and further pieces, free from an amount, and single provinces."""

from collections.abc import Mapping
from typing import Any, ClassVar

import reflex as rx

from app.kit.currencies import decimal_text
from app.kit.errors import BadInput, Invalid
from app.kit.i18n import N_
from app.kit.money import parse_cents
from app.kit.regions import PROVINCES
from app.queries.supplier_freight import stored_freight
from app.services.freight import FreightDraft, save_freight
from app.services.inputs import read
from state.gate import OF_SCREEN, acting, needs
from state.merging import MergeState, Stored, form_saved
from state.screens import Field, read_values, shown

WRITE = "supplier:freight:write"

FIELDS = (
    Field("name", N_("Name of the template"), required=True),
    Field("first_cents", N_("First piece"), "money", required=True),
    Field("additional_cents", N_("Each further piece"), "money"),
    Field("free_from_cents", N_("Free from"), "money",
          help=N_("Your goods in one order, at the store's prices. Empty: never free.")),
)  # fmt: skip
_NEW = FreightDraft(first_cents=0)
_FORM = "freight"


class FreightState(MergeState, rx.State):
    """The supplier's template, one row for each province."""

    permission: ClassVar[str] = "supplier:freight:read"

    values: dict[str, str] = {}
    errors: dict[str, str] = {}
    choices: dict[str, list[list[str]]] = {}
    regions: list[dict[str, str]] = []
    is_new: bool = False
    round: int = 0
    """Counts loads; inputs that keep what was typed are made anew with it."""
    loaded: bool = False

    @rx.event
    @needs(OF_SCREEN)
    async def load(self) -> None:
        """Show what is stored; what is being typed stays when the connection comes back."""
        if self.loaded and acting().is_reconnected:
            await self._note_change(_FORM)
            return
        await self._read()

    @rx.event
    @needs(OF_SCREEN)
    async def show_stored(self) -> None:
        """Show what is stored instead of what the form holds."""
        await self._read()

    async def _read(self) -> None:
        stored, version = await stored_freight(acting().actor)
        self.is_new = stored is None
        self._show(stored or _NEW)
        self._loaded_with(_FORM, Stored(version, _texts(stored or _NEW)))
        self.loaded = True

    def _show(self, draft: FreightDraft) -> None:
        self.values = {f.name: shown(f, getattr(draft, f.name)) for f in FIELDS}
        self.errors = {}
        self.round += 1
        self.regions = [
            {"code": code, "zh": zh, "en": en, "fault": "",
             "extra": decimal_text(draft.region_surcharges.get(code, 0))
             if draft.region_surcharges.get(code) else "",
             "refused": "1" if code in draft.refused_regions else ""}
            for code, zh, en in PROVINCES
        ]  # fmt: skip

    @rx.event
    @needs(WRITE)
    async def save(self, data: dict[str, Any]) -> Any:
        """Check and store; orders that were placed keep their freight."""
        who = acting()
        try:
            draft = self._draft(data)
        except Invalid as error:
            self._mark(data, error)
            return rx.toast.error(who.text(error.message))
        return await self._save_over(_FORM, data, _texts(draft))

    async def _stored(self, part: str) -> Stored:
        del part
        stored, version = await stored_freight(acting().actor)
        return Stored(version, _texts(stored or _NEW))

    async def _write(self, part: str, values: Mapping[str, str], version: int | None) -> Any:
        del part
        await save_freight(acting().actor, self._draft(values), version)
        await self._read()
        said = acting().text(N_("Saved. New orders pay this freight."))
        return [form_saved(), rx.toast.success(said)]

    def _clash_label(self, part: str, name: str) -> str:
        del part
        who = acting()
        kind, _, code = name.partition("-")
        if not code:
            return who.text(next(f.label for f in FIELDS if f.name == name))
        province = next((en if who.locale == "en" else zh) for c, zh, en in PROVINCES if c == code)
        label = N_("Surcharge for %(name)s") if kind == "extra" else N_("Not to %(name)s")
        return who.text(label, name=province)

    def _clash_text(self, part: str, name: str, value: str) -> str:
        del part
        return acting().text(N_("Yes")) if name.startswith("refused-") else value

    def _draft(self, data: Mapping[str, Any]) -> FreightDraft:
        faults: dict[str, str] = {}
        values: dict[str, Any] = {}
        try:
            values = read_values(FIELDS, data)
        except Invalid as error:
            faults |= error.fields
        surcharges: dict[str, int] = {}
        for code, *_ in PROVINCES:
            typed = str(data.get(f"extra-{code}") or "").strip()
            try:
                surcharges |= {code: parse_cents(typed)} if typed else {}
            except BadInput as error:
                faults[f"region_surcharges.{code}"] = error.message
        if faults:
            raise Invalid(faults)
        refused = tuple(code for code, *_ in PROVINCES if data.get(f"refused-{code}"))
        values["additional_cents"] = values["additional_cents"] or 0
        regions = {"region_surcharges": surcharges, "refused_regions": refused}
        return read(FreightDraft, {**values, **regions})

    def _mark(self, data: dict[str, Any], error: Invalid) -> None:
        who = acting()
        self.values = {f.name: str(data.get(f.name) or "")[:60] for f in FIELDS}
        self.errors = {name: who.text(message) for name, message in error.fields.items()}
        self.regions = [
            region | {"fault": self.errors.get(f"region_surcharges.{region['code']}", "")}
            for region in self.regions
        ]


def _texts(draft: FreightDraft) -> dict[str, str]:
    """Return a template as its inputs show it; regions without a rule of their own have none."""
    texts = {f.name: shown(f, getattr(draft, f.name)) for f in FIELDS}
    for code, cents in draft.region_surcharges.items():
        texts |= {f"extra-{code}": decimal_text(cents)} if cents else {}
    return texts | {f"refused-{code}": "1" for code in draft.refused_regions}
