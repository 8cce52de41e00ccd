"""A supplier's products: push to the pool, withdraw, archive, restore."""

from collections.abc import Sequence
from typing import Any, ClassVar
from uuid import UUID

import reflex as rx

from app.access import Actor
from app.kit.i18n import N_
from app.queries.lists.supplier_goods import PRODUCTS
from app.services import pool, products
from state.listing import ListState
from state.screens import Action, Values

_WRITE = "supplier:products:write"


def _simply(do: Any) -> Any:
    async def run(actor: Actor, keys: Sequence[UUID], values: Values) -> int:
        del values
        return await do(actor, keys)

    return run


class ProductsState(ListState, rx.State):
    """The list of products."""

    resource: ClassVar = PRODUCTS
    actions: ClassVar = (
        Action("push", N_("Push to pool"), _WRITE, _simply(pool.push), icon="send",
               when=("pool", ("NONE", "REJECTED", "WITHDRAWN")), did=N_("Pushed to the pool"),
               undo="withdraw", done=N_("Pushed to the pool: %(count)s."),
               left=N_("It stayed out: archived, or without a picture or a SKU on sale.")),
        Action("withdraw", N_("Withdraw"), _WRITE, _simply(pool.withdraw), icon="undo-2",
               when=("pool", ("SUBMITTED", "APPROVED")), danger=True,
               question=N_("It is removed from every store immediately. Orders in progress "
                           "continue. You can push it again later."),
               done=N_("Withdrawn: %(count)s."), did=N_("Withdrawn"), undo="push"),
        Action("archive", N_("Archive"), _WRITE, _simply(products.archive_products),
               icon="archive", when=("status", ("ACTIVE",)),
               question=N_("It is removed from your products and from every store. You can "
                           "restore it at any time."),
               done=N_("Archived: %(count)s."), did=N_("Archived"), undo="restore"),
        Action("restore", N_("Restore"), _WRITE, _simply(products.restore_products),
               icon="archive-restore", when=("status", ("ARCHIVED",)),
               done=N_("Restored: %(count)s."), did=N_("Restored"), undo="archive"),
    )  # fmt: skip
