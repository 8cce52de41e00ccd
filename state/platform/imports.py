"""Imports of another marketplace's history: the list, and the wizard that leads through one."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from uuid import UUID

import reflex as rx

from app import routes
from app.access import Actor
from app.kit.errors import Invalid
from app.kit.i18n import N_
from app.queries.import_run import ImportRunRow, import_run, known_mappings
from app.queries.lists.imports import IMPORT_PROBLEMS, IMPORTS
from app.queries.resource import ListPage, ListQuery
from app.services.imports import runs, uploads
from app.services.imports.layout import KINDS
from app.services.imports.problems import TEXTS
from app.services.imports.runs import WRITE
from state.acts import id_of
from state.gate import OF_SCREEN, acting, needs
from state.going import go
from state.listing import ListState
from state.merging import BASE, Stored, form_saved
from state.platform.import_views import RunView, run_view
from state.record import ActedRecordState, id_in_address
from state.screens import Action, Values

LAYOUT = tuple(
    (kind.name, tuple((c.name, c.required) for c in kind.columns)) for kind in KINDS.values()
)
"""The canonical layout: kind → its columns, and whether each is required."""

REMEDIES = tuple(TEXTS.items())
"""Problem → the sentence that says what is wrong and how to mend it."""

_MAPPING = "mapping"
UNDER_WAY = ("CHECKING", "QUEUED", "RUNNING")


async def _start(actor: Actor, keys: Sequence[UUID], values: Values) -> Any:
    del keys, values
    run_id = await runs.start(actor)
    return go(routes.console(acting().workspace, f"imports/{run_id}"))


class ImportsState(ListState, rx.State):
    """The list of imports, those of the command as well."""

    resource: ClassVar = IMPORTS
    actions: ClassVar = (Action("start", N_("New import"), WRITE, _start, on="list", icon="plus"),)


async def _carry_on(actor: Actor, keys: Sequence[UUID], values: Values) -> str:
    del values
    await runs.carry_on(actor, keys[0])
    return N_("The import has started. You may leave this page.")


async def _change(actor: Actor, keys: Sequence[UUID], values: Values) -> str:
    del values
    await runs.change(actor, keys[0])
    return N_("Change the files or the mapping, then check again.")


async def _cancel(actor: Actor, keys: Sequence[UUID], values: Values) -> str:
    del values
    await runs.cancel(actor, keys[0])
    return N_("It stops in a moment.")


async def _discard(actor: Actor, keys: Sequence[UUID], values: Values) -> Any:
    del values
    await runs.discard(actor, keys[0])
    return go(routes.console(acting().workspace, "imports"))


class ImportState(ActedRecordState, rx.State):
    """One import, at whichever step it is."""

    permission: ClassVar = "platform:imports:read"
    actions: ClassVar = (
        Action("carry_on", N_("Import now"), WRITE, _carry_on, on="row", icon="play",
               question=N_("Imported history can be viewed and analysed, but not changed or "
                           "removed. Refused rows are left out.")),
        Action("resume", N_("Continue the import"), WRITE, _carry_on, on="row", icon="play"),
        Action("change", N_("Change files or mapping"), WRITE, _change, on="row", icon="pencil"),
        Action("cancel", N_("Stop"), WRITE, _cancel, on="row", icon="square",
               question=N_("What is written stays: whole orders only. You can carry on later.")),
        Action("discard", N_("Discard"), WRITE, _discard, on="row", icon="trash-2", danger=True,
               question=N_("The files and the mapping of this import are deleted.")),
    )  # fmt: skip

    run: RunView = RunView()
    form_key: str = ""
    """Changes when another mapping takes the place of what was typed."""
    _kept: tuple[str, str] = ("", "")
    """The import, and its mapping as it is stored."""

    async def _read(self) -> None:
        row = await import_run(acting().actor, id_in_address())
        if self._kept[0] != str(row.id):
            self._show_mapping(row.mapping, row.mapping_name)
            self._kept = (str(row.id), row.mapping)
            self._loaded_with(_MAPPING, _stored(row))
        elif self._kept[1] != row.mapping:
            # Somebody else keeps another one: it is not put into the hands of whoever types.
            self.changed_meanwhile = True
        self.run = run_view(row, acting())
        if self.run.state == "DRAFT":
            known = await known_mappings(acting().actor)
            self.choices = {"mapping": [[key, f"{source} · {name}"] for key, source, name in known]}

    def _show_mapping(self, typed: str, name: str) -> None:
        self.values = {"mapping": typed, "name": name}
        self.errors = {}
        self.form_key = f"{name}:{hash(typed)}"

    @rx.event
    @needs(OF_SCREEN)
    async def load_all(self) -> Any:
        """Show the import that the address names, and the page of rows that it refused."""
        return [ImportState.load, ProblemsState.load]

    @rx.event
    @needs(OF_SCREEN)
    async def look(self) -> Any:
        """Read anew how far the import is; once it has moved on, its refused rows too."""
        before = self.run.state
        await self._show()
        return ProblemsState.load if self.run.state != before else None

    @rx.event
    @needs(OF_SCREEN)
    async def speak(self) -> None:
        """Say the remarks anew in the language that the browser is in."""
        if self.run.notes or self.run.fault:
            await self._show()

    @rx.event
    @needs(WRITE)
    async def drop_file(self, name: str) -> None:
        """Take a file away."""
        await uploads.drop(acting().actor, id_in_address(), name)
        await self._show()

    @rx.event
    @needs(WRITE)
    async def show_stored(self) -> None:
        """Show the stored mapping instead of what the box holds."""
        self._kept = ("", "")
        await self._show()

    @rx.event
    @needs(WRITE)
    async def use_mapping(self, key: str) -> None:
        """Take the mapping of an earlier import, or none."""
        typed, name = "", ""
        if key:
            row = await import_run(acting().actor, id_of(key))
            typed, name = row.mapping, row.mapping_name
        self._show_mapping(typed, name)
        # A whole mapping was chosen, whatever stood there.
        await self._store(typed, name, None)

    @rx.event
    @needs(WRITE)
    async def keep_mapping(self, typed: str) -> None:
        """Keep what was typed once it is a mapping, so that the files show what they are for."""
        if typed.strip() == self._kept[1]:
            return
        try:
            await self._keep({"mapping": typed, "name": self.values.get("name", "")})
        except Invalid as error:
            self._show_faults(error)

    @rx.event
    @needs(WRITE)
    async def check(self, data: dict[str, Any]) -> Any:
        """Keep the mapping, then let the worker check the files."""
        typed, name = str(data.get("mapping") or ""), str(data.get("name") or "")
        try:
            await self._keep({"mapping": typed, "name": name, BASE: data.get(BASE)})
            if self.clashes:
                return None
            await runs.check(acting().actor, id_in_address())
        except Invalid as error:
            self.values = {"mapping": typed, "name": name}
            self._show_faults(error)
            return rx.toast.error(next(iter(self.errors.values()), acting().text(error.message)))
        await self._show()
        return None

    async def _keep(self, data: dict[str, Any]) -> None:
        mine = {"mapping": data["mapping"].strip(), "name": data["name"].strip()}
        await self._save_over(_MAPPING, data, mine)

    async def _stored(self, part: str) -> Stored:
        if part != _MAPPING:
            return await super()._stored(part)
        return _stored(await import_run(acting().actor, id_in_address()))

    async def _write(self, part: str, values: Mapping[str, str], version: int | None) -> Any:
        if part != _MAPPING:
            return await super()._write(part, values, version)
        await self._store(values["mapping"], values["name"], version)
        if values["mapping"] != self.values["mapping"].strip() and self._taken:
            self._show_mapping(values["mapping"], values["name"])
        return form_saved()

    async def _store(self, typed: str, name: str, version: int | None) -> None:
        actor, run = acting().actor, id_in_address()
        await runs.choose_mapping(actor, run, typed, name or "mapping.toml", version)
        # The box holds it already: nothing is to be put into the hands of whoever types.
        self._kept, self.errors = (self.run.id, typed.strip()), {}
        self._loaded_with(_MAPPING, _stored(await import_run(actor, run)))
        await self._show()

    def _clash_label(self, part: str, name: str) -> str:
        if part != _MAPPING:
            return super()._clash_label(part, name)
        return acting().text(N_("Mapping") if name == "mapping" else N_("Name of the file"))

    def _clash_text(self, part: str, name: str, value: str) -> str:
        return value if part == _MAPPING else super()._clash_text(part, name, value)

    def _show_faults(self, error: Invalid) -> None:
        self.errors = {key: acting().text(message) for key, message in error.fields.items()}


def _stored(row: ImportRunRow) -> Stored:
    return Stored(row.row_version, {"mapping": row.mapping, "name": row.mapping_name})


class ProblemsState(ListState, rx.State):
    """The refused rows of the import that the address names."""

    resource: ClassVar = IMPORT_PROBLEMS

    def _query(self) -> ListQuery:
        asked = dict(self.router.url.query_parameters)
        return ListQuery.of(self.resource, asked | {"run": str(id_in_address())})

    def _show(self, found: ListPage, query: ListQuery) -> None:
        super()._show(found, query)
        # That it is one import's narrows nothing here.
        self.narrowed = bool(query.params(self.resource).keys() - {"run", "sort", "page"})
