"""The roles of a workspace: built-in ones to look at, own ones to compose."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import reflex as rx

from app.access import RESOURCE_WORDS
from app.kit.errors import Invalid
from app.kit.i18n import N_
from app.queries.lists.house import ROLE_WORDS
from app.queries.roles import RoleRow, capacities, role_of, roles_of
from app.services import role_sets
from app.services.inputs import read
from state.acts import id_of
from state.gate import OF_SCREEN, acting, needs
from state.merging import MergeState, Stored, form_saved

BUILT_IN = ROLE_WORDS
_FORM, _NAME = "role", "name"


@dataclass
class RoleView:
    """A role as the page shows it; ``can`` maps "supplier:write" to resources of that scope."""

    id: str
    code: str
    name: str
    is_built_in: bool
    people: int
    can: dict[str, list[str]]


class RolesState(MergeState, mixin=True):
    """Mix in with a scope's ``permission``. The services check who may write."""

    permission: ClassVar[str] = ""

    roles: list[RoleView] = []
    scopes: list[str] = []
    loaded: bool = False
    editing: str = ""
    """A role's id, ``new``, or nothing when the dialog is closed."""
    name: str = ""
    picked: dict[str, str] = {}
    """Resource, such as ``supplier:orders`` → ``read`` or ``write``."""
    errors: dict[str, str] = {}
    leaving: str = ""
    """The role that is to be removed."""
    leaving_name: str = ""
    leaving_people: int = 0

    @rx.event
    @needs(OF_SCREEN)
    async def load(self) -> None:
        """Show the roles."""
        actor = acting().actor
        self.scopes = [str(scope) for scope in await capacities(actor)]
        self.roles = [_view(role) for role in await roles_of(actor)]
        if not (self.loaded and acting().is_reconnected):
            self.editing = self.leaving = ""
        self.loaded = True

    @rx.event
    @needs(OF_SCREEN)
    async def compose(self) -> None:
        """Begin a role of one's own."""
        self._loaded_with(_FORM, Stored())
        self.editing, self.name, self.picked, self.errors = "new", "", {}, {}

    @rx.event
    @needs(OF_SCREEN)
    async def edit(self, role_id: str) -> None:
        """Open one of the workspace's own roles."""
        role = await role_of(acting().actor, id_of(role_id))
        self.editing, self.name, self.errors = role_id, role.name, {}
        self.picked = _strongest(role.permissions)
        self._loaded_with(_FORM, _stored(role))

    @rx.event
    @needs(OF_SCREEN)
    async def copy_from(self, role_id: str) -> None:
        """Begin a role of one's own with the permissions of another."""
        role = await role_of(acting().actor, id_of(role_id))
        self._loaded_with(_FORM, Stored())
        self.editing, self.name, self.errors = "new", "", {}
        self.picked = _strongest(role.permissions)

    @rx.event
    @needs(OF_SCREEN)
    async def dismiss(self) -> None:
        """Close the dialogs."""
        self.editing, self.leaving, self.errors = "", "", {}

    @rx.event
    @needs(OF_SCREEN)
    async def save(self, data: dict[str, Any]) -> Any:
        """Store the role whose dialog is open."""
        who = acting()
        self.name, self.picked = str(data.get("name") or "")[:80], _ticked(data)
        mine = {_NAME: self.name.strip()} | self.picked
        try:
            if self.editing == "new":
                return await self._write(_FORM, mine, None)
            return await self._save_over(_FORM, data, mine) if self.editing else None
        except Invalid as error:
            self.errors = {key: who.text(message) for key, message in error.fields.items()}
            return None

    async def _stored(self, part: str) -> Stored:
        del part
        return _stored(await role_of(acting().actor, id_of(self.editing)))

    async def _write(self, part: str, values: Mapping[str, str], version: int | None) -> Any:
        del part
        who = acting()
        held = frozenset(f"{name}:{action}" for name, action in values.items() if name != _NAME)
        draft = read(role_sets.RoleDraft, {"name": values[_NAME], "permissions": held})
        if self.editing == "new":
            await role_sets.create(who.actor, draft)
        else:
            await role_sets.change(who.actor, id_of(self.editing), draft, version)
        await self._reload()
        return [form_saved(), rx.toast.success(who.text("Saved."))]

    def _clash_label(self, part: str, name: str) -> str:
        del part
        resource = name.partition(":")[2]
        return acting().text(RESOURCE_WORDS[resource][0] if resource else N_("Name"))

    def _clash_text(self, part: str, name: str, value: str) -> str:
        del part
        actions = {"read": N_("View"), "write": N_("Change")}
        return value if name == _NAME else acting().text(actions.get(value, value))

    @rx.event
    @needs(OF_SCREEN)
    async def ask_removal(self, role_id: str) -> None:
        """Ask before a role goes, and which one its people get instead."""
        role = await role_of(acting().actor, id_of(role_id))
        self.leaving, self.leaving_name = role_id, role.name
        self.leaving_people, self.errors = role.people, {}

    @rx.event
    @needs(OF_SCREEN)
    async def remove(self, data: dict[str, Any]) -> Any:
        """Remove the role that was asked about."""
        instead = str(data.get("instead") or "")
        reassign = id_of(instead) if instead else None
        await role_sets.delete(acting().actor, id_of(self.leaving), reassign)
        await self._reload()
        return rx.toast.success(acting().text("Role removed."))

    async def _reload(self) -> None:
        self.roles = [_view(role) for role in await roles_of(acting().actor)]
        self.editing, self.leaving, self.errors = "", "", {}


def _stored(role: RoleRow) -> Stored:
    return Stored(role.version, {_NAME: role.name} | _strongest(role.permissions))


def _strongest(permissions: Iterable[str]) -> dict[str, str]:
    """Return resource → its strongest action, since writing contains reading."""
    held: dict[str, str] = {}
    for permission in sorted(permissions):
        resource, _, action = permission.rpartition(":")
        held[resource] = max(held.get(resource, ""), action)
    return held


def _ticked(data: Mapping[str, Any]) -> dict[str, str]:
    return {key: str(value) for key, value in data.items() if ":" in key and value}


def _view(role: RoleRow) -> RoleView:
    can: dict[str, list[str]] = {}
    for resource, action in _strongest(role.permissions).items():
        scope = resource.partition(":")[0]
        can.setdefault(f"{scope}:{action}", []).append(resource)
    for scope in ("platform", "supplier", "distributor"):
        for action in ("read", "write"):
            can.setdefault(f"{scope}:{action}", [])
    return RoleView(str(role.id), role.code, role.name, role.is_built_in, role.people, can)
