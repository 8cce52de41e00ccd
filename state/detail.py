"""The state of a page about one record: read by the last part of its address, or missing."""

from typing import ClassVar
from uuid import UUID

import reflex as rx

from app.kit.errors import NotFound
from state.base import ConsoleState
from state.gate import OF_SCREEN, acting, needs


class DetailState(ConsoleState, mixin=True):
    """Mix in; set ``permission`` and define ``_read``."""

    permission: ClassVar[str] = ""

    loaded: bool = False
    missing: bool = False

    @rx.event
    @needs(OF_SCREEN)
    async def load(self) -> None:
        """Read the record that the address names."""
        self.missing = False
        try:
            await self._read(last_part())
        except NotFound:
            self.missing = True
        self.loaded = True

    async def _read(self, key: str) -> None:
        """Read the record as the actor. Raises NotFound."""
        raise NotImplementedError


def last_part() -> str:
    """Return the last part of the page's address; it comes from the browser, so trust nothing."""
    return acting().path.split("?", maxsplit=1)[0].rstrip("/").rpartition("/")[2]


def key_of(typed: str) -> UUID:
    """Return an identifier. Raises NotFound for anything else."""
    try:
        return UUID(typed)
    except ValueError as error:
        raise NotFound() from error
