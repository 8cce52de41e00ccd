"""The state of a page about one record: read it from the address, act on it in dialogs."""

from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import unquote
from uuid import UUID

import reflex as rx

from app.kit.errors import Invalid, NotFound
from state.base import ConsoleState
from state.gate import OF_SCREEN, acting, needs
from state.screens import Action, kept, read_values


def name_in_address() -> str:
    """Return the last part of the page's address, which names the record."""
    return unquote(acting().path.split("?", maxsplit=1)[0].rstrip("/").rpartition("/")[2])


def id_in_address() -> UUID:
    """Return the record's id from the address. Raises NotFound where it is none."""
    try:
        return UUID(name_in_address())
    except ValueError:
        raise NotFound() from None


class RecordState(ConsoleState, mixin=True):
    """Mix in; set ``permission`` and ``actions``, define ``_read``.

    ``_read`` fills the state's own vars; where it raises NotFound the page says so.
    """

    actions: ClassVar[tuple[Action, ...]] = ()
    permission: ClassVar[str] = ""

    loaded: bool = False
    missing: bool = False
    asking: str = ""
    target: str = ""
    errors: dict[str, str] = {}
    values: dict[str, str] = {}
    choices: dict[str, list[list[str]]] = {}
    _shown: str = ""

    async def _read(self) -> None:
        """Fill the vars of the record that the address names. Raises NotFound."""
        raise NotImplementedError

    @rx.event
    @needs(OF_SCREEN)
    async def load(self) -> Any:
        """Show the record that the address names."""
        path = acting().path
        if self._shown != path:
            # Nothing of the record before may stand under the new address.
            self.loaded = False
            yield
        self.asking = ""
        await self._show()
        self._shown, self.loaded = path, True

    async def _show(self) -> None:
        self.missing = False
        try:
            await self._read()
        except NotFound:
            self.missing = True

    @rx.event
    @needs(OF_SCREEN)
    async def ask(self, name: str, key: str) -> Any:
        """Open an action's dialog for ``key``, or run it at once if it asks nothing."""
        action = self._action(name)
        self.target, self.errors = key, {}
        self.values = {f.name: f.value for f in action.fields}
        if action.prefill is not None:
            self.values |= await action.prefill(acting().actor, UUID(key))
        if action.asks:
            self.asking = name
            return None
        return await self._run(action, {})

    @rx.event
    @needs(OF_SCREEN)
    async def dismiss(self) -> None:
        """Close the dialog."""
        self.asking, self.errors = "", {}

    @rx.event
    @needs(OF_SCREEN)
    async def submit(self, data: dict[str, Any]) -> Any:
        """Run the action whose dialog is open with what was typed."""
        if not self.asking:
            return None
        action = self._action(self.asking)
        try:
            return await self._run(action, read_values(action.fields, data))
        except Invalid as error:
            who = acting()
            self.values = kept(action.fields, data)
            self.errors = {name: who.text(message) for name, message in error.fields.items()}
            if not self.errors:
                raise
            return None

    def _action(self, name: str) -> Action:
        action = next((a for a in self.actions if a.name == name), None)
        if action is None:
            raise NotFound()
        acting().actor.require(action.permission)
        return action

    async def _run(self, action: Action, values: Mapping[str, Any]) -> Any:
        who = acting()
        outcome = await action.run(who.actor, [UUID(self.target)] if self.target else [], values)
        self.asking, self.errors = "", {}
        await self._show()
        said = outcome if isinstance(outcome, str) else action.done
        return rx.toast.success(who.text(said, count=outcome))
