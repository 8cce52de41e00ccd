"""A store's campaign links: making one, showing it as a code, what each has brought."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from uuid import UUID

import reflex as rx

from app.access import Actor
from app.kit.errors import NotFound
from app.kit.i18n import N_, day_text, gettext
from app.kit.qr import qr_picture
from app.queries.resource import Row
from app.queries.shown import shown
from app.queries.store_campaigns import campaigns
from app.services.campaigns import CampaignDraft, end, make
from app.services.inputs import read
from app.words import CHANNEL
from state.acts import ActsState
from state.distributor.stores import address_of
from state.gate import OF_SCREEN, acting, needs
from state.record import name_in_address
from state.screens import Action, Field, Values

_WRITE = "distributor:store:write"


async def _make(actor: Actor, keys: Sequence[UUID], values: Values) -> str:
    await make(actor, read(CampaignDraft, {**values, "store_id": keys[0]}))
    return gettext(actor.locale, N_("The link of %(name)s is ready."), name=values["name"])


async def _end(actor: Actor, keys: Sequence[UUID], values: Values) -> int:
    del values
    return await end(actor, keys)


class CampaignsState(ActsState, rx.State):
    """The campaign links on a store's page."""

    permission: ClassVar[str] = "distributor:store:read"
    actions: ClassVar = (
        Action("create", N_("New link"), _WRITE, _make, on="list", icon="plus",
               explain=N_("Share it where your customers are. Visits and orders that come through "
                          "it are counted for it."),
               fields=(Field("name", N_("Name"), required=True,
                             help=N_("Only you see it, such as “Spring tea, group chat”.")),
                       Field("channel", N_("Channel"), "choice", required=True,
                             words=CHANNEL))),
        Action("end", N_("End"), _WRITE, _end, on="row", icon="archive",
               done=N_("Ended: %(count)s."), did=N_("Ended"),
               question=N_("It leaves this list. The link still leads to your store, and its"
                           " figures stay in the statistics.")),
    )  # fmt: skip

    links: list[dict[str, str]] = []
    loaded: bool = False
    shared: dict[str, str] = {}
    """The link whose code is open: name, address, picture, file; empty for none."""
    _store: str = ""

    @rx.event
    @needs(OF_SCREEN)
    async def load(self) -> None:
        """Read the links of the store that the address names."""
        self.shared, self.asking = {}, ""
        await self._again()

    async def _again(self) -> None:
        try:
            found = await campaigns(acting().actor, name_in_address())
        except NotFound:
            # The page about the store says so.
            self.links, self._store = [], ""
        else:
            self._store = str(found.store["id"])
            self.links = [_shown(address_of(found.store), row) for row in found.links]
        self.loaded = True

    @rx.event
    @needs(OF_SCREEN)
    async def share(self, key: str) -> None:
        """Open a link's code."""
        link = next((link for link in self.links if link["id"] == key), None)
        if link is not None:
            picture = qr_picture(link["address"])
            self.shared = {**link, "picture": picture, "file": f"{link['code']}.svg"}

    @rx.event
    @needs(OF_SCREEN)
    async def unshare(self) -> None:
        """Close the link's code."""
        self.shared = {}

    async def _keys(self, action: Action) -> Sequence[UUID]:
        return [self._key(self._store if action.on == "list" else self.target)]

    async def _run(self, action: Action, values: Mapping[str, Any]) -> Any:
        """Show a new link at once: that is what it was made for."""
        outcome = await super()._run(action, values)
        if action.name == "create" and self.links:
            await type(self).event_handlers["share"].fn(self, self.links[0]["id"])
        return outcome


def _shown(store: str, row: Row) -> dict[str, str]:
    visitors, orders = int(row["visitors"]), int(row["orders"])
    return {
        **shown(row),
        "created_at": day_text(row["created_at"]),
        "visitors": f"{visitors:,}",
        "orders": f"{orders:,}",
        "address": f"{store}?c={row['code']}",
    }
