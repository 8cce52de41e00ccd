"""The inbox of suppliers' changes."""

from collections.abc import Sequence
from typing import ClassVar
from uuid import UUID

import reflex as rx

from app.access import Actor
from app.kit.i18n import N_
from app.queries.lists.distributor import CHANGES
from app.services import listing_changes
from state.listing import ListState
from state.screens import Action, Values

_WRITE = "distributor:listings:write"


async def _seen(actor: Actor, keys: Sequence[UUID], values: Values) -> int:
    del values
    return await listing_changes.mark_seen(actor, keys)


async def _all_seen(actor: Actor, keys: Sequence[UUID], values: Values) -> int:
    del keys, values
    return await listing_changes.mark_all_seen(actor)


class ChangesState(ListState, rx.State):
    """What suppliers changed, and what it did to our listings."""

    resource: ClassVar = CHANGES
    actions: ClassVar = (
        Action("seen", N_("Mark as seen"), _WRITE, _seen, when=("seen", ("NEW",)),
               done=N_("Marked as seen: %(count)s."), did=N_("Seen")),
        Action("all_seen", N_("Mark all as seen"), _WRITE, _all_seen, on="list",
               icon="check-check", done=N_("Marked as seen: %(count)s.")),
    )  # fmt: skip
