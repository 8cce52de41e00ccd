"""Companies on the platform: they apply, the platform approves, suspends and reinstates them."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, StringConstraints, model_validator
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.access import Actor
from app.kit.clock import now
from app.kit.errors import Invalid
from app.kit.i18n import N_
from app.kit.ids import new_id
from app.kit.text import Text
from app.services.engine import engine_transaction
from app.services.inputs import text_of
from app.services.ledger import open_merchant_accounts, open_platform_accounts
from app.services.notices import tell_each
from app.services.shelf import refresh_suppliers
from models.identity import Membership, Merchant, MerchantDetail

SLUG = r"^[a-z0-9][a-z0-9-]{1,38}[a-z0-9]$"


class Application(BaseModel):
    """A company's wish to take part. ``code`` is its name in addresses, lower-case."""

    model_config = ConfigDict(frozen=True, str_strip_whitespace=True)

    name: Annotated[str, Text(120, 2)]
    code: Annotated[str, StringConstraints(pattern=SLUG)]
    is_supplier: bool = False
    is_distributor: bool = False
    contact_name: Annotated[str, Text(80)] = ""
    contact_phone: Annotated[str, Text(20)] = ""
    license_no: Annotated[str, Text(40)] = ""
    note: Annotated[str, Text(500, lines=True)] = ""

    @model_validator(mode="after")
    def _has_role(self) -> "Application":
        if not (self.is_supplier or self.is_distributor):
            raise ValueError("choose supplier, distributor or both")
        return self


async def apply(actor: Actor, application: Application) -> UUID:
    """Found a merchant that waits for approval; the applicant becomes its owner.

    Raises Invalid when the code is taken.
    """
    async with engine_transaction(actor, "merchants.apply") as session:
        return await receive(session, application, actor.user_id)


async def receive(session: AsyncSession, application: Application, user_id: UUID | None) -> UUID:
    """Take an application for the platform to review, inside the caller's transaction."""
    merchant_id = await found_merchant(session, application)
    if user_id is not None:
        await make_owner(session, user_id, merchant_id)
    await session.execute(
        text(
            "insert into notifications (id, scope, kind, params, path) values (:id,"
            " 'platform', 'merchant_applied', jsonb_build_object('name', cast(:name as text)),"
            " 'merchants')"
        ),
        {"id": new_id(), "name": application.name},
    )
    return merchant_id


async def found_merchant(
    session: AsyncSession, application: Application, *, status: str = "PENDING"
) -> UUID:
    """Insert a merchant with its details, inside the caller's transaction."""
    taken = await session.execute(
        text("select 1 from merchants where code = :code"), {"code": application.code}
    )
    if taken.first() is not None:
        raise Invalid({"code": N_("This short name is taken. Choose another.")})
    merchant = Merchant(
        code=application.code,
        name=application.name,
        is_supplier=application.is_supplier,
        is_distributor=application.is_distributor,
        status=status,
        approved_at=now() if status == "ACTIVE" else None,
    )
    session.add(merchant)
    await session.flush()
    session.add(
        MerchantDetail(
            merchant_id=merchant.id,
            contact_name=application.contact_name or None,
            contact_phone=application.contact_phone or None,
            license_no=application.license_no or None,
            application_note=application.note or None,
        )
    )
    if status == "ACTIVE":
        await open_platform_accounts(session)
        await open_merchant_accounts(session, merchant.id)
    return merchant.id


async def make_owner(session: AsyncSession, user_id: UUID, merchant_id: UUID) -> None:
    """Make a user the owner of a merchant, inside the caller's transaction."""
    found = await session.execute(
        text("select id from roles where code = 'owner' and merchant_id is null and is_built_in")
    )
    session.add(Membership(user_id=user_id, merchant_id=merchant_id, role_id=found.scalar_one()))


_REVIEWS = {
    "approve": (("PENDING", "REJECTED"), "ACTIVE"),
    "reject": (("PENDING",), "REJECTED"),
    "suspend": (("ACTIVE",), "SUSPENDED"),
    "reinstate": (("SUSPENDED",), "ACTIVE"),
}


async def review(actor: Actor, merchant_ids: Sequence[UUID], verdict: str, note: str = "") -> int:
    """Approve, reject, suspend or reinstate merchants; returns how many changed.

    A suspended supplier's goods leave every store's shelf at once, and only they.
    Raises Invalid for a rejection or suspension without a reason.
    """
    actor.require("platform:merchants:write")
    before, after = _REVIEWS[verdict]
    note = text_of("note", note, 500, lines=True)
    if verdict in ("reject", "suspend") and not note:
        raise Invalid({"note": N_("Enter a reason; the merchant will see it.")})
    async with engine_transaction(actor, "merchants.review") as session:
        found = await session.execute(
            text(
                "update merchants set status = :after, approved_at = case when :approves"
                " then coalesce(approved_at, cast(:at as timestamptz)) else approved_at end"
                " where id = any(:ids) and status = any(:before) returning id"
            ),
            {
                "ids": list(merchant_ids),
                "before": list(before),
                "after": after,
                "approves": verdict == "approve",
                "at": now(),
            },
        )
        changed = [row.id for row in found]
        await _follow_up(session, changed, verdict, note)
        await _tell_of_review(session, changed, verdict, note)
        return len(changed)


async def _follow_up(
    session: AsyncSession, merchant_ids: Sequence[UUID], verdict: str, note: str
) -> None:
    await session.execute(
        text(
            "update merchant_details set review_note = :note, updated_at = now()"
            " where merchant_id = any(:ids)"
        ),
        {"ids": list(merchant_ids), "note": note or None},
    )
    if verdict == "approve":
        await open_platform_accounts(session)
        for merchant_id in merchant_ids:
            await open_merchant_accounts(session, merchant_id)
    await refresh_suppliers(session, merchant_ids)


_TOLD = {
    "approve": "merchant_approved",
    "reject": "merchant_refused",
    "suspend": "merchant_suspended",
    "reinstate": "merchant_reinstated",
}
_REVIEWED = (
    "select r.scope, m.id as merchant_id, 'merchant:' || m.id || ':' || cast(:at as text) as event,"
    " '' as path, jsonb_strip_nulls(jsonb_build_object('name', m.name,"
    "  'note', nullif(cast(:note as text), ''))) as params"
    " from merchants m cross join lateral (values ('supplier', m.is_supplier),"
    "  ('distributor', m.is_distributor)) as r(scope, holds)"
    " where m.id = any(:ids) and r.holds"
)
_LISTERS = (
    "select distinct 'distributor' as scope, l.distributor_id as merchant_id,"
    " 'merchant:' || m.id || ':' || cast(:at as text) as event, 'listings' as path,"
    " jsonb_build_object('name', m.name) as params"
    " from listings l join merchants m on m.id = l.supplier_id"
    " where m.id = any(:ids) and l.distributor_id <> m.id"
)


async def _tell_of_review(
    session: AsyncSession, merchant_ids: Sequence[UUID], verdict: str, note: str
) -> None:
    """Tell the merchants, and of a suspension those who list the supplier's goods."""
    at = now().isoformat()
    told = {"ids": list(merchant_ids), "at": at, "note": note}
    await tell_each(session, _TOLD[verdict], _REVIEWED, told)
    if verdict == "suspend":
        whom = {"ids": list(merchant_ids), "at": at}
        await tell_each(session, "supplier_suspended", _LISTERS, whom)
