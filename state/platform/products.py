"""Product review: what suppliers push waits here for the platform's word."""

from collections.abc import Sequence
from typing import ClassVar
from uuid import UUID

import reflex as rx

from app.access import Actor
from app.kit.i18n import N_
from app.queries.lists.platform import PRODUCTS
from app.queries.platform_product import ProductPage, product_page
from app.services import pool
from state.gate import acting
from state.listing import ListState
from state.record import ActedRecordState, id_in_address
from state.screens import Action, Field, Values

_WRITE = "platform:products:write"
_WAITS = ("status", ("SUBMITTED",))
_NOTE = Field("note", N_("Reason"), "area", required=True,
              help=N_("The supplier will see this and can push the product again."))  # fmt: skip


async def _approve(actor: Actor, keys: Sequence[UUID], values: Values) -> int:
    del values
    return await pool.review(actor, keys, approve=True)


async def _refuse(actor: Actor, keys: Sequence[UUID], values: Values) -> int:
    return await pool.review(actor, keys, approve=False, note=values["note"])


REVIEWS = (
    Action("approve", N_("Approve"), _WRITE, _approve, when=_WAITS,
           done=N_("Approved: %(count)s."), did=N_("Approved")),
    Action("refuse", N_("Refuse"), _WRITE, _refuse, icon="x", fields=(_NOTE,), when=_WAITS,
           danger=True, done=N_("Refused: %(count)s."), did=N_("Refused")),
)  # fmt: skip


class ProductsState(ListState, rx.State):
    """The list of products."""

    resource: ClassVar = PRODUCTS
    actions: ClassVar = REVIEWS


class ProductState(ActedRecordState, rx.State):
    """One product."""

    permission: ClassVar = "platform:products:read"
    actions: ClassVar = REVIEWS

    product: ProductPage = ProductPage()
    picture: str = ""
    """The picture that is shown large."""

    async def _read(self) -> None:
        self.product = await product_page(acting().actor, id_in_address())
        keys = [picture["key"] for picture in self.product.pictures]
        self.picture = keys[0] if keys else ""
