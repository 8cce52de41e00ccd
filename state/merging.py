"""Saving what was typed over what others saved meanwhile: by fields, asking where both changed one.

A form carries what it was loaded with (``BASE``). A service refuses a version that has gone by;
then the stored record is read again and merged. Fields that both changed stand side by side until
the person who saves has chosen.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import reflex as rx

from app.kit.errors import Invalid
from app.kit.i18n import N_
from app.kit.merge import Merged, merge
from app.services.versions import Stale
from state.base import ConsoleState
from state.gate import OF_SCREEN, acting, needs

BASE = "form_base"
"""The hidden input with what the form was loaded with."""
_TRIES = 5
_LONGEST_BASE = 400_000


@dataclass(frozen=True)
class Stored:
    """A record as its form shows it, and its version."""

    version: int | None = None
    values: Mapping[str, str] = field(default_factory=dict[str, str])

    def as_text(self) -> str:
        """Return it as the form carries it."""
        return json.dumps({"version": self.version, "values": dict(self.values)})

    @classmethod
    def of(cls, carried: str) -> "Stored | None":
        """Read what a form carried; None where it carried nothing that can be read."""
        try:
            found: Any = json.loads(carried[:_LONGEST_BASE])
            version = found["version"]
            values = {str(key): str(value) for key, value in found["values"].items()}
        except (ValueError, KeyError, TypeError, AttributeError):
            return None
        return cls(version if isinstance(version, int) else None, values)


class MergeState(ConsoleState, mixin=True):
    """Mix in for every form of a stored record; define ``_stored``, ``_write`` and the texts.

    A page with several forms tells them apart by ``part``.
    """

    bases: dict[str, str] = {}
    """Part → what its form was loaded with; it stands in a hidden input of the form."""
    bases_made: int = 0
    clashes: list[dict[str, str]] = []
    """The fields that both changed, side by side, while it is asked which to keep."""
    changed_meanwhile: bool = False
    """The record was changed while the page was away from the server."""

    _clash: tuple[str, Merged, Stored] | None = None
    _taken: tuple[str, ...] = ()

    async def _stored(self, part: str) -> Stored:
        """Return the record as it is stored now. Raises NotFound."""
        raise NotImplementedError

    async def _write(self, part: str, values: Mapping[str, str], version: int | None) -> Any:
        """Check and store a form's values; return what is sent to the browser.

        Raises Invalid, or Stale where the stored version is another.
        """
        raise NotImplementedError

    def _clash_label(self, part: str, name: str) -> str:
        """Return what a field is called, in the reader's language."""
        raise NotImplementedError

    def _clash_text(self, part: str, name: str, value: str) -> str:
        """Return a field's value as people read it."""
        del part, name
        return value

    def _combined(
        self,
        part: str,
        base: Mapping[str, str] | None,
        mine: Mapping[str, str],
        theirs: Mapping[str, str],
    ) -> Merged:
        """Merge what was typed with what is stored; override where fields belong together."""
        del part
        return merge(base, mine, theirs)

    def _refused(self, part: str, error: Invalid) -> Any:
        """Mark what is wrong with the values that were chosen; the form stays as it is."""
        del part
        who, state = acting(), cast(Any, self)
        state.errors = {name: who.text(message) for name, message in error.fields.items()}
        return rx.toast.error(who.text(error.message))

    def _loaded_with(self, part: str, stored: Stored) -> None:
        """Note what a form shows, when it shows it."""
        self.bases = {**self.bases, part: stored.as_text()}
        self.bases_made += 1
        self.clashes, self._clash, self.changed_meanwhile = [], None, False

    async def _note_change(self, part: str) -> None:
        """Say so when the record was changed since the form was loaded."""
        carried = Stored.of(self.bases.get(part, ""))
        now = await self._stored(part)
        self.changed_meanwhile = carried is not None and carried.version != now.version

    async def _save_over(self, part: str, data: Mapping[str, Any], mine: Mapping[str, str]) -> Any:
        """Store what was typed, merged with what others stored since the form was loaded.

        Returns what ``_write`` returns, or None while it is asked which values to keep.
        """
        carried = Stored.of(str(data.get(BASE) or "")) or Stored.of(self.bases.get(part, ""))
        # Of a form that does not say what it was loaded with, everything that differs is asked.
        base = carried or Stored(version=-1)
        self._taken = ()
        return await self._merged(part, base, dict(mine), known=carried is not None)

    async def _merged(self, part: str, base: Stored, mine: dict[str, str], *, known: bool) -> Any:
        for _ in range(_TRIES):
            try:
                outcome = await self._write(part, mine, base.version)
            except Stale:
                theirs = await self._stored(part)
                merged = self._combined(part, base.values if known else None, mine, theirs.values)
                self._taken = tuple(dict.fromkeys((*self._taken, *merged.taken)))
                if merged.clashes:
                    self._ask_which(part, merged, theirs)
                    return None
                base, mine, known = theirs, merged.values, True
                continue
            self.clashes, self._clash, self.changed_meanwhile = [], None, False
            return self._with_taken(part, outcome)
        raise Stale()

    def _ask_which(self, part: str, merged: Merged, theirs: Stored) -> None:
        self._clash = (part, merged, theirs)
        nothing = acting().text(N_("(empty)"))

        def shown(name: str, value: str | None) -> str:
            return self._clash_text(part, name, value) or nothing if value else nothing

        self.clashes = [
            {
                "place": str(place),
                "label": self._clash_label(part, clash.field),
                "mine": shown(clash.field, clash.mine),
                "theirs": shown(clash.field, clash.theirs),
                "was": shown(clash.field, clash.was) if clash.was is not None else "",
            }
            for place, clash in enumerate(merged.clashes)
        ]

    def _with_taken(self, part: str, outcome: Any) -> Any:
        if not self._taken:
            return outcome
        who = acting()
        names = dict.fromkeys(self._clash_label(part, name) for name in self._taken)
        told = rx.toast.info(
            who.text(
                N_("Somebody changed this meanwhile; their changes were kept: %(fields)s."),
                fields=who.text(N_(", ")).join(names),
            )
        )
        events: list[Any] = outcome if isinstance(outcome, list) else [outcome] if outcome else []
        return [*events, told]

    @rx.event
    @needs(OF_SCREEN)
    async def settle(self, data: dict[str, Any]) -> Any:
        """Save with what was chosen for each field that both changed."""
        if self._clash is None:
            return None
        part, merged, theirs = self._clash
        chosen = [data.get(f"clash-{place}") for place in range(len(merged.clashes))]
        if any(one not in ("mine", "theirs") for one in chosen):
            return rx.toast.error(acting().text(N_("Please choose one of each.")))
        named = {
            clash.field
            for clash, one in zip(merged.clashes, chosen, strict=True)
            if one == "theirs"
        }
        self.clashes, self._clash = [], None
        try:
            return await self._settled(part, theirs, merged.settled(frozenset(named)))
        except Invalid as error:
            return self._refused(part, error)

    async def _settled(self, part: str, base: Stored, values: dict[str, str]) -> Any:
        return await self._merged(part, base, values, known=True)

    @rx.event
    @needs(OF_SCREEN)
    async def unsettle(self) -> None:
        """Go on editing instead; nothing was saved."""
        self.clashes, self._clash = [], None


def form_saved(key: str = "") -> Any:
    """Return what tells the browser that a form was stored: its draft there is not needed more.

    Without a key all forms of the page are meant.
    """
    return rx.call_script(f"window.formSaved?.({key!r})")
