"""Views of a page under a name: one's own, and those that are shared with a role."""

from typing import Any, ClassVar
from uuid import UUID

import reflex as rx

from app.access import Actor
from app.kit.errors import Invalid
from app.kit.i18n import N_
from app.services import saved_views
from app.services.sharing_roles import roles_to_share_with
from state.base import ConsoleState
from state.gate import OF_SCREEN, acting, needs


class SharedViews(ConsoleState, mixin=True):
    """Mix in, and set ``resource_name``; ``query`` of the page is what a view keeps."""

    permission: ClassVar[str] = ""
    resource_name: ClassVar[str] = ""

    views: list[dict[str, str]] = []
    roles: list[list[str]] = []
    """With whom one may share; see ``role_choices``."""
    view_fault: str = ""

    @rx.event
    @needs(OF_SCREEN)
    async def open_views(self, is_open: bool = True) -> None:
        """Read the views, and with whom one may share, when the menu opens."""
        if not is_open:
            return
        actor = acting().actor
        self.view_fault = ""
        self.views = await saved_views.of(actor, self.resource_name)
        self.roles = await role_choices(actor, saved_views.SHARES)

    @rx.event
    @needs(OF_SCREEN)
    async def save_view(self, data: dict[str, Any]) -> Any:
        """Keep what is shown under a name, for oneself or for a role."""
        actor, role = acting().actor, str(data.get("role") or "")
        try:
            await saved_views.save(
                actor,
                self.resource_name,
                str(data.get("name") or ""),
                self._kept_query(),
                role_id=_id(role) if role else None,
                is_default=bool(data.get("default")),
            )
        except Invalid as error:
            self.view_fault = acting().text(next(iter(error.fields.values())))
            return None
        await self._read_views()
        return rx.toast.success(acting().text(N_("View saved.")))

    @rx.event
    @needs(OF_SCREEN)
    async def drop_view(self, view_id: str) -> None:
        """Forget a view."""
        await saved_views.drop(acting().actor, _id(view_id))
        await self._read_views()

    async def _read_views(self) -> None:
        self.view_fault = ""
        self.views = await saved_views.of(acting().actor, self.resource_name)

    def _kept_query(self) -> dict[str, str]:
        """Return what a view keeps of the address."""
        return dict(self.router.url.query_parameters)


async def role_choices(actor: Actor, right: str) -> list[list[str]]:
    """Return the roles to share with: id, code of a built-in one or nothing, name."""
    return [
        [f"{role.id}", role.code if role.is_built_in else "", role.name]
        for role in await roles_to_share_with(actor, right)
    ]


def _id(value: str) -> UUID:
    """Read an id that a browser sent. Raises Invalid."""
    try:
        return UUID(value)
    except ValueError:
        raise Invalid({"name": N_("This no longer exists.")}) from None
