"""The saved analyses of a workspace: found again, renamed, shared, pinned, mailed, removed."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from app import routes
from app.access import Actor
from app.kit.i18n import N_, in_both
from app.queries.lists.figures import SHARING
from app.services import analyses
from app.services.sharing_roles import roles_to_share_with
from models.analyses import Sharing
from state.acts import VERSION
from state.exploring import draft_of
from state.gate import acting
from state.going import go
from state.listing import ListState
from state.screens import Action, Field, Values


async def _edit(actor: Actor, keys: Sequence[UUID], values: Values) -> int:
    await analyses.change(actor, keys[0], draft_of(dict(values)), version=values.get(VERSION))
    return 1


async def _remove(actor: Actor, keys: Sequence[UUID], values: Values) -> int:
    del values
    for key in keys:
        await analyses.remove(actor, key)
    return len(keys)


async def _mail(actor: Actor, keys: Sequence[UUID], values: Values) -> Any:
    del actor, values
    return go(routes.console(acting().workspace, f"reports?new={keys[0]}"))


async def _prefill(actor: Actor, key: UUID) -> Mapping[str, str]:
    saved = await analyses.open_saved(actor, key)
    return {
        "name": saved.name,
        "sharing": f"{saved.role_id or saved.sharing}",
        "is_pinned": "true" if saved.is_pinned else "",
        VERSION: f"{saved.row_version}",
    }


def analysis_actions(scope: str) -> tuple[Action, ...]:
    """Return what can be done with saved analyses in a scope's workspace."""
    read, write = f"{scope}:analytics:read", f"{scope}:analytics:write"
    return (
        Action("edit", N_("Edit"), read, _edit, on="row", icon="pencil", prefill=_prefill,
               only_icon=True,
               when=("mine", ("YES",)), done=N_("Saved."),
               explain=N_("Everyone sees only the figures that their own permissions allow."),
               fields=(
                   Field("name", N_("Name"), required=True),
                   Field("sharing", N_("Shared with"), "choice", required=True,
                         options="sharing", value=Sharing.OWN),
                   Field("is_pinned", N_("Show it on the dashboard"), "switch"),
               )),
        Action("mail", N_("Mail it regularly"), write, _mail, on="row", icon="mail-plus",
               only_icon=True),
        Action("remove", N_("Remove"), read, _remove, on="row", icon="trash-2", danger=True,
               only_icon=True,
               when=("removable", ("YES",)), done=N_("Removed."), did=N_("Removed"),
               question=N_("Nobody can open it any more, and reports of it are no longer mailed.")),
    )  # fmt: skip


async def sharing_choices(actor: Actor) -> list[list[str]]:
    """Return with whom the actor may share: a code or a role's id, and its name twice."""
    roles = await roles_to_share_with(actor, analyses.SHARES)
    words = dict(SHARING)

    def named(key: str, message: str) -> list[str]:
        return [key, *in_both(message)]

    found = [named(Sharing.OWN, words["OWN"])]
    if roles:
        found.append(named(Sharing.ALL, words["ALL"]))
    for role in roles:
        name = words.get(role.code, role.name) if role.is_built_in else role.name
        found.append(named(f"{role.id}", name) if role.is_built_in else [f"{role.id}", name, name])
    return found


class AnalysesState(ListState, mixin=True):
    """Mix in with a scope's resource and ``analysis_actions``."""

    async def _opened(self, action: Action) -> None:
        self.choices = {**self.choices, "sharing": await sharing_choices(acting().actor)}
