"""Declared actions on a page: their dialogs, what is typed there, how they went."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar
from uuid import UUID

import reflex as rx
from reflex.event import EventSpec

from app.kit.errors import Invalid, NotFound
from app.queries.choices import find_choices, named_choices
from app.queries.resource import Resource
from state.gate import OF_SCREEN, acting, needs
from state.merging import MergeState, Stored, form_saved
from state.screens import (
    Action,
    Field,
    as_data,
    comparable,
    field_text,
    kept,
    read_values,
    texts_of,
)

VERSION = "row_version"
"""What a ``prefill`` adds to the values of a record that has versions, and what ``run`` gets."""
_DIALOG = "dialog"


def id_of(typed: str) -> UUID:
    """Return an identifier that came from the browser. Raises NotFound for anything else."""
    try:
        return UUID(typed)
    except ValueError:
        raise NotFound() from None


class ActsState(MergeState, mixin=True):
    """Mix in; set ``actions`` and define ``_keys`` (on what) and ``_again`` (read anew)."""

    actions: ClassVar[tuple[Action, ...]] = ()
    key_of: ClassVar[Callable[[str], Any]] = UUID
    """Reads a row's key as its service wants it."""

    asking: str = ""
    """The action whose dialog is open."""
    target: str = ""
    """The record that the dialog is about; empty for the selected ones."""
    errors: dict[str, str] = {}
    values: dict[str, str] = {}
    choices: dict[str, list[list[str]]] = {}
    named: dict[str, list[str]] = {}
    """What is chosen among records, by filter or field: its Chinese and its English name."""
    found: list[list[str]] = []
    """The records that the open choice offers: value, Chinese and English name."""
    found_more: bool = False
    found_for: str = ""
    """What was typed when they were looked for."""
    hints: dict[str, str] = {}
    """What is possible, by field, where the action knows it of the record."""
    hidden: list[str] = []
    """Fields for which nothing is possible."""
    foreseen: list[list[str]] = []
    """What will happen with what was typed: labels and amounts."""
    _typed: dict[str, str] = {}

    @rx.event
    @needs(OF_SCREEN)
    async def ask(self, name: str, key: str) -> Any:
        """Open an action's dialog for ``key``, or run it at once if it asks nothing."""
        return await self._ask(self._action(name), key)

    async def _ask(self, action: Action, key: str) -> Any:
        self.target, self.errors = key, {}
        self.values = {f.name: f.value for f in action.fields}
        stored = Stored()
        if key and action.prefill is not None:
            stored = await self._prefilled(action)
            self.values |= stored.values
        self._loaded_with(_DIALOG, stored)
        await self._name_choices({f.name: (f.options, self.values[f.name]) for f in action.fields})
        await self._read_limits(action, key)
        if action.asks or await self._must_confirm(action):
            self.asking = action.name
            await self._opened(action)
            return None
        return await self._run(action, {})

    @rx.event
    @needs(OF_SCREEN)
    async def open_choice(self, key: str, is_open: bool) -> None:
        """Show what a choice of records offers first."""
        if is_open:
            await self._find(key, "")

    @rx.event(supersedes=True)
    @needs(OF_SCREEN)
    async def look_for(self, key: str, typed: str) -> None:
        """Show the records whose names hold what was typed."""
        await self._find(key, typed)

    async def _find(self, key: str, typed: str) -> None:
        answer = await find_choices(acting().actor, self._choices_of(), key, typed)
        self.found = [[c.value, c.label, c.english] for c in answer.found]
        self.found_more, self.found_for = answer.more, typed

    @rx.event
    @needs(OF_SCREEN)
    async def choose(self, name: str, value: str) -> None:
        """Take a record for a field of the open dialog."""
        action = self._action(self.asking)
        field = next((f for f in action.fields if f.name == name), None)
        if field is None:
            raise NotFound()
        self.values = {**self.values, name: value}
        await self._name_choices({name: (field.options, value)})

    async def _name_choices(self, chosen: Mapping[str, tuple[str, str]]) -> None:
        """Learn the names of chosen records: name → which choice, and what is chosen."""
        for name, (key, value) in chosen.items():
            if key and value and value != "*" and self._offers(key):
                named = await named_choices(acting().actor, self._choices_of(), {key: value})
                if key in named:
                    self.named = {**self.named, name: [named[key].label, named[key].english]}

    @classmethod
    def _choices_of(cls) -> Resource:
        """Return the list whose filters say what can be chosen. Raises NotFound without one."""
        found: Resource | None = getattr(cls, "resource", None)
        if found is None:
            raise NotFound()
        return found

    @classmethod
    def _offers(cls, key: str) -> bool:
        """Say whether ``key`` names records: a choice that is searched, or what a link sets."""
        found: Resource | None = getattr(cls, "resource", None)
        return found is not None and any(
            f.key == key and (f.options_sql or f.kind == "link") for f in found.filters
        )

    @rx.event
    @needs(OF_SCREEN)
    async def dismiss(self) -> None:
        """Close the dialog."""
        self.asking, self.errors = "", {}

    @rx.event
    @needs(OF_SCREEN)
    async def foresee(self, name: str, value: str) -> None:
        """Say what will happen with what was typed so far."""
        if self.asking:
            self._typed = {**self._typed, name: value[:400]}
            await self._foresee(self._action(self.asking))

    async def _read_limits(self, action: Action, key: str) -> None:
        self.hints, self.hidden, self._typed = {}, [], dict(self.values)
        if key and action.limits is not None:
            who = acting()
            found = await action.limits(who.actor, self._key(key))
            self.hidden = [name for name, said in found.items() if said is None]
            self.hints = {name: who.text(s[0], **s[1]) for name, s in found.items() if s}
        await self._foresee(action)

    async def _foresee(self, action: Action) -> None:
        self.foreseen = []
        if action.preview is None or not self.target:
            return
        who = acting()
        # The reason is often typed last and changes nothing of this.
        counted = [f for f in action.fields if f.kind in ("money", "number", "percent")]
        try:
            values = read_values(counted, self._typed)
            rows = await action.preview(who.actor, self._key(self.target), values)
        except Invalid:
            return
        self.foreseen = [[who.text(label), amount] for label, amount in rows]

    @rx.event
    @needs(OF_SCREEN)
    async def submit(self, data: dict[str, Any]) -> Any:
        """Run the action whose dialog is open with what was typed; a fault stands at its field."""
        if not self.asking:
            return None
        action = self._action(self.asking)
        try:
            values = read_values(action.fields, data)
            if not self._is_versioned():
                return await self._run(action, values)
            mine = texts_of(action.fields, values)
            return await self._save_over(_DIALOG, data, mine)
        except Invalid as error:
            who = acting()
            self.values = kept(action.fields, data)
            self.errors = {name: who.text(message) for name, message in error.fields.items()}
            if not self.errors:
                raise
            return None

    # Others who change the same record -----------------------------------------------------------

    def _is_versioned(self) -> bool:
        opened = Stored.of(self.bases.get(_DIALOG, ""))
        return opened is not None and opened.version is not None

    async def _prefilled(self, action: Action) -> Stored:
        assert action.prefill is not None
        found = dict(await action.prefill(acting().actor, self._key(self.target)))
        version = found.pop(VERSION, "")
        values = {f.name: f.value for f in action.fields} | found
        texts = {f.name: comparable(f, values[f.name]) for f in action.fields}
        return Stored(int(version) if version else None, texts)

    async def _stored(self, part: str) -> Stored:
        del part
        return await self._prefilled(self._action(self.asking))

    async def _write(self, part: str, values: Mapping[str, str], version: int | None) -> Any:
        del part
        action = self._action(self.asking)
        checked = read_values(action.fields, as_data(action.fields, values))
        return await self._run(action, {**checked, VERSION: version})

    def _clash_label(self, part: str, name: str) -> str:
        del part
        return acting().text(self._field(name).label)

    def _clash_text(self, part: str, name: str, value: str) -> str:
        del part
        who = acting()
        return field_text(self._field(name), value, self.choices, who.text, who.locale == "en")

    def _field(self, name: str) -> Field:
        every = [f for action in self.actions for f in action.fields]
        return next((f for f in every if f.name == name), Field(name, name))

    def _key(self, typed: str) -> Any:
        try:
            return type(self).key_of(typed)
        except ValueError:
            raise NotFound() from None

    def _action(self, name: str) -> Action:
        action = next((a for a in self.actions if a.name == name), None)
        if action is None:
            raise NotFound()
        acting().actor.require(action.permission)
        return action

    async def _run(self, action: Action, values: Mapping[str, Any]) -> Any:
        outcome = await action.run(acting().actor, await self._keys(action), values)
        self.asking, self.errors = "", {}
        await self._again()
        events: list[Any] = [form_saved()] if action.asks else []
        if isinstance(outcome, EventSpec):
            return [*events, outcome]
        said = self._told(action, outcome)
        return [*events, rx.toast.success(said)] if said else events

    def _told(self, action: Action, outcome: Any) -> str:
        """Return the sentence that says what an action did; an empty one is not shown."""
        who = acting()
        return (
            who.text(outcome) if isinstance(outcome, str) else who.text(action.done, count=outcome)
        )

    async def _must_confirm(self, action: Action) -> bool:
        """Say whether a dialog opens for an action that by itself asks nothing."""
        del action
        return False

    async def _keys(self, action: Action) -> Sequence[Any]:
        """Return the keys of what the action is run on."""
        raise NotImplementedError

    async def _open_named(self) -> None:
        """Open the dialog that the address names, such as ``?do=create`` of a checklist's step."""
        named = str(self.router.url.query_parameters.get("do") or "")
        action = next((a for a in self.actions if a.name == named and a.on == "list"), None)
        if action is not None and action.asks and acting().actor.may(action.permission):
            await self._ask(action, "")

    async def _again(self) -> None:
        """Read anew what the page shows, after an action."""
        raise NotImplementedError

    async def _opened(self, action: Action) -> None:
        """Make an action's dialog ready; called when it opens."""
