"""The state of a page with one declared form, such as settings: load, check, save."""

from collections.abc import Mapping
from typing import Any, ClassVar

import reflex as rx

from app.kit.errors import Invalid
from state.base import ConsoleState
from state.gate import OF_SCREEN, acting, needs
from state.screens import Field, read_values


class FormState(ConsoleState, mixin=True):
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
        """Show what is stored."""
        self.values = {f.name: f.value for f in self.fields} | dict(await self._read())
        self.errors, self.loaded = {}, True

    @rx.event
    @needs(OF_SCREEN)
    async def submit(self, data: dict[str, Any]) -> Any:
        """Check and store what was typed; a fault stands beside its field, nothing is lost."""
        who = acting()
        self.errors = {}
        try:
            said = await self._save(read_values(self.fields, data))
        except Invalid as error:
            self.values = {f.name: str(data.get(f.name) or "")[:20_000] for f in self.fields}
            self.errors = {name: who.text(message) for name, message in error.fields.items()}
            if not self.errors:
                raise
            return rx.toast.error(who.text(error.message))
        self.values = self.values | dict(await self._read())
        return said if said is not None else rx.toast.success(who.text("Saved."))

    async def _read(self) -> Mapping[str, str]:
        """Return field → what stands in its input."""
        return {}

    async def _save(self, values: Mapping[str, Any]) -> Any:
        """Store checked values; return an event instead of the usual toast, or None."""
        raise NotImplementedError
