"""The platform's merchants: applications to review, companies to suspend."""

from collections.abc import Sequence
from typing import Any, ClassVar
from uuid import UUID

import reflex as rx

from app.access import Actor
from app.kit.i18n import N_
from app.queries.lists.house import ROLE_WORDS
from app.queries.lists.platform import MERCHANTS
from app.queries.platform_merchant import MerchantPage, merchant_page
from app.services import merchants
from state.gate import acting
from state.listing import ListState
from state.record import ActedRecordState, name_in_address
from state.screens import Action, Field, Values

MEMBER_ROLES = ROLE_WORDS

_WRITE = "platform:merchants:write"
_REASON = Field("note", N_("Reason"), "area", required=True,
                help=N_("The company will see this."))  # fmt: skip


def _review(verdict: str) -> Any:
    async def run(actor: Actor, keys: Sequence[UUID], values: Values) -> int:
        return await merchants.review(actor, keys, verdict, values.get("note", ""))

    return run


REVIEWS = (
    Action("approve", N_("Approve"), _WRITE, _review("approve"),
           when=("status", ("PENDING", "REJECTED")), done=N_("Approved: %(count)s."),
           did=N_("Approved")),
    Action("reject", N_("Refuse"), _WRITE, _review("reject"), icon="x", fields=(_REASON,),
           when=("status", ("PENDING",)), danger=True, done=N_("Refused: %(count)s."),
           did=N_("Refused")),
    Action("suspend", N_("Suspend"), _WRITE, _review("suspend"), icon="ban",
           fields=(_REASON,), when=("status", ("ACTIVE",)), danger=True,
           question=N_("Its products leave every store immediately. Orders in progress continue."),
           done=N_("Suspended: %(count)s."), did=N_("Suspended"), undo="reinstate"),
    Action("reinstate", N_("Reinstate"), _WRITE, _review("reinstate"), icon="rotate-ccw",
           when=("status", ("SUSPENDED",)), done=N_("Reinstated: %(count)s."),
           did=N_("Reinstated")),
)  # fmt: skip


class MerchantsState(ListState, rx.State):
    """The list of merchants."""

    resource: ClassVar = MERCHANTS
    actions: ClassVar = REVIEWS


class MerchantState(ActedRecordState, rx.State):
    """One merchant."""

    permission: ClassVar = "platform:merchants:read"
    actions: ClassVar = REVIEWS

    merchant: MerchantPage = MerchantPage()

    async def _read(self) -> None:
        self.merchant = await merchant_page(acting().actor, name_in_address())
