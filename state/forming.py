"""The state of a page with one declared form, such as settings: load, check, save."""

from collections.abc import Mapping
from typing import Any, ClassVar

import reflex as rx

from app.kit.errors import Invalid
from state.gate import OF_SCREEN, acting, needs
from state.merging import MergeState, Stored, form_saved
from state.screens import Field, as_data, field_text, read_values, texts_of

_FORM = "form"


class FormState(MergeState, mixin=True):
    """Mix in; set ``fields`` and ``permission``, define ``_read`` and ``_save``."""

    fields: ClassVar[tuple[Field, ...]] = ()
    permission: ClassVar[str] = ""

    values: dict[str, str] = {}
    errors: dict[str, str] = {}
    choices: dict[str, list[list[str]]] = {}
    loaded: bool = False

    @rx.event
    @needs(OF_SCREEN)
    async def load(self) -> None:
        """Show what is stored; a form that has only been cut off for a while keeps what it has."""
        if self.loaded and acting().is_reconnected:
            await self._note_change(_FORM)
            return
        await self._show()

    @rx.event
    @needs(OF_SCREEN)
    async def show_stored(self) -> None:
        """Show what is stored instead of what the form holds."""
        await self._show()

    async def _show(self) -> None:
        stored = await self._read()
        self.values = {f.name: f.value for f in self.fields} | dict(stored.values)
        self._loaded_with(_FORM, stored)
        self.errors, self.loaded = {}, True

    @rx.event
    @needs(OF_SCREEN)
    async def submit(self, data: dict[str, Any]) -> Any:
        """Check and store what was typed; a fault stands beside its field, nothing is lost."""
        self.errors = {}
        try:
            mine = texts_of(self.fields, read_values(self.fields, data))
            return await self._save_over(_FORM, data, mine)
        except Invalid as error:
            who = acting()
            self.values = {f.name: str(data.get(f.name) or "")[:20_000] for f in self.fields}
            self.errors = {name: who.text(message) for name, message in error.fields.items()}
            if not self.errors:
                raise
            return rx.toast.error(who.text(error.message))

    async def _stored(self, part: str) -> Stored:
        del part
        return await self._read()

    async def _write(self, part: str, values: Mapping[str, str], version: int | None) -> Any:
        del part
        said = await self._save(read_values(self.fields, as_data(self.fields, values)), version)
        await self._show()
        saved = rx.toast.success(acting().text("Saved."))
        return [form_saved(), said if said is not None else saved]

    def _clash_label(self, part: str, name: str) -> str:
        del part
        return acting().text(next(f.label for f in self.fields if f.name == name))

    def _clash_text(self, part: str, name: str, value: str) -> str:
        del part
        who, f = acting(), next(f for f in self.fields if f.name == name)
        return field_text(f, value, self.choices, who.text, who.locale == "en")

    async def _read(self) -> Stored:
        """Return what stands in each input, and the record's version."""
        return Stored()

    async def _save(self, values: Mapping[str, Any], version: int | None) -> Any:
        """Store checked values; return an event instead of the usual toast, or None.

        Raises Stale where the stored version is another.
        """
        raise NotImplementedError
