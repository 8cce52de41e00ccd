"""The people of a workspace: invite them, change their role, take them out."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import reflex as rx

from app.access import Actor
from app.kit.i18n import N_, moment_text
from app.queries.lists.house import ROLE_WORDS
from app.services import invitations, staff
from app.services.inputs import read
from state.acts import id_of
from state.gate import OF_SCREEN, acting, needs
from state.listing import ListState
from state.screens import Action, Field, Values

_ROLE = Field("role_id", N_("Role"), "choice", required=True, options="role",
              option_words=ROLE_WORDS)  # fmt: skip


async def _invite(actor: Actor, keys: Sequence[UUID], values: Values) -> str:
    del keys
    return await invitations.invite(actor, read(invitations.Invite, dict(values))) or ""


async def _change_role(actor: Actor, keys: Sequence[UUID], values: Values) -> int:
    for key in keys:
        await staff.change_role(actor, key, id_of(str(values["role_id"])))
    return len(keys)


async def _remove(actor: Actor, keys: Sequence[UUID], values: Values) -> int:
    del values
    for key in keys:
        await staff.remove(actor, key)
    return len(keys)


def staff_actions(scope: str) -> tuple[Action, ...]:
    """Return what can be done with the people of a scope's workspace."""
    write = f"{scope}:staff:write"
    return (
        Action("invite", N_("Invite"), write, _invite, on="list", icon="user-plus",
               fields=(Field("email", N_("E-mail"), "email", required=True,
                             placeholder=N_("name@company.com")), _ROLE),
               explain=N_("They get an e-mail with a link that works once within 7 days."),
               done=N_("Invitation sent.")),
        Action("change_role", N_("Change role"), write, _change_role, on="row", icon="key-round",
               fields=(_ROLE,), done=N_("Role changed."), did=N_("Role changed"),
               explain=N_("It takes effect with their next click.")),
        Action("remove", N_("Remove"), write, _remove, on="row", icon="user-minus", danger=True,
               question=N_("They lose access to this workspace with their next click. What they"
                           " did stays in the audit trail."),
               done=N_("Removed."), did=N_("Removed")),
    )  # fmt: skip


class StaffState(ListState, mixin=True):
    """Mix in with a scope's resource and ``staff_actions``."""

    invitation: str = ""
    """The link of the newest invitation, where mail is not sent but kept on this machine."""
    waiting: list[list[str]] = []
    """Open invitations: identifier, address, role, until when they are valid."""

    async def _beside(self) -> None:
        here = acting()
        self.waiting = [
            [str(one.id), one.email, here.text(one.role_name), moment_text(one.expires_at)]
            for one in await invitations.list_open(here.actor)
        ]

    def _told(self, action: Action, outcome: Any) -> str:
        if action.name != "invite":
            return super()._told(action, outcome)
        self.invitation = str(outcome)
        return "" if outcome else super()._told(action, 1)

    @rx.event
    @needs(OF_SCREEN)
    async def take_back(self, invitation_id: str) -> Any:
        """Let an invitation that was not taken up hold no more; needs the right over staff."""
        await invitations.cancel(acting().actor, id_of(invitation_id))
        await self._beside()
        return rx.toast.success(acting().text("Invitation taken back."))

    @rx.event
    @needs(OF_SCREEN)
    async def handed_on(self) -> None:
        """Put the invitation's link away."""
        self.invitation = ""
