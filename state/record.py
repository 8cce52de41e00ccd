"""The state of a page about one record: read it from the address, act on it in dialogs."""

from collections.abc import Sequence
from typing import Any, ClassVar
from urllib.parse import unquote
from uuid import UUID

import reflex as rx

from app.kit.errors import NotFound
from state.acts import ActsState, id_of
from state.base import ConsoleState
from state.gate import OF_SCREEN, acting, needs
from state.screens import Action


def name_in_address() -> str:
    """Return the last part of the page's address, which names the record."""
    return unquote(acting().path.split("?", maxsplit=1)[0].rstrip("/").rpartition("/")[2])


def id_in_address() -> UUID:
    """Return the record's id from the address. Raises NotFound where it is none."""
    return id_of(name_in_address())


class RecordState(ConsoleState, mixin=True):
    """Mix in; set ``permission``, define ``_read``, which fills the state's own vars.

    Where it raises NotFound the page says so.
    """

    permission: ClassVar[str] = ""

    loaded: bool = False
    missing: bool = False
    _shown: str = ""

    async def _read(self) -> None:
        """Fill the vars of the record that the address names. Raises NotFound."""
        raise NotImplementedError

    @rx.event
    @needs(OF_SCREEN)
    async def load(self) -> Any:
        """Show the record that the address names."""
        # What stands behind the question mark turns the pages of a list beside the record.
        path = acting().path.partition("?")[0]
        if self._shown == path and acting().is_reconnected:
            await self._come_back()
            return
        if self._shown != path:
            # Nothing of the record before may stand under the new address.
            self.loaded = False
            yield
        self._arrive()
        await self._show()
        self._shown, self.loaded = path, True
        await self._open_named()

    async def _open_named(self) -> None:
        """Open what the address names; only pages with actions have something to open."""

    def _arrive(self) -> None:
        """Close what was left open by going away from the page."""

    async def _come_back(self) -> None:
        """Look again after the connection was away; what is being typed stays."""
        await self._show()

    async def _show(self) -> None:
        self.missing = False
        try:
            await self._read()
        except NotFound:
            self.missing = True


class ActedRecordState(RecordState, ActsState, mixin=True):
    """A record with declared ``actions``, each in a dialog of its own."""

    def _arrive(self) -> None:
        self.asking = ""

    async def _open_named(self) -> None:
        await ActsState._open_named(self)

    async def _keys(self, action: Action) -> Sequence[UUID]:
        return [id_of(self.target)] if self.target else []

    async def _again(self) -> None:
        await self._show()
