"""One company as the platform sees it: who they are, what they trade, what they are owed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text

from app.access import Actor
from app.kit.db import database
from app.kit.errors import NotFound
from app.kit.i18n import moment_text, money_text
from app.queries.balances import amount_texts
from app.queries.platform_changes import Change, changes_of_merchant
from app.queries.platform_order import rows

DAYS = 30
"""Over how many days sales are counted."""


@dataclass(frozen=True)
class MerchantPage:
    """What the page of a merchant shows, as text; figures are empty without the permission."""

    id: str = ""
    code: str = ""
    name: str = ""
    status: str = ""
    is_supplier: bool = False
    is_distributor: bool = False
    is_self_operated: bool = False
    settle_days: int = 0
    applied_at: str = ""
    approved_at: str = ""
    contact: str = ""
    phone: str = ""
    email: str = ""
    license: str = ""
    address: str = ""
    application_note: str = ""
    review_note: str = ""
    in_pool: int = 0
    to_review: int = 0
    listed: int = 0
    supplied: list[str] = field(default_factory=list[str])
    """A text for each currency, as ``sold``."""
    supplied_parts: int = 0
    sold: list[str] = field(default_factory=list[str])
    sold_orders: int = 0
    balances: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    stores: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    members: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    changes: list[Change] = field(default_factory=list[Change])


_MERCHANT = text(
    "select m.*, d.contact_name, d.contact_phone, d.contact_email, d.license_no, d.address,"
    " d.application_note, d.review_note,"
    " (select count(*) from pool_entries e where e.supplier_id = m.id and e.status = 'APPROVED')"
    "  as in_pool,"
    " (select count(*) from pool_entries e where e.supplier_id = m.id and e.status = 'SUBMITTED')"
    "  as to_review,"
    " (select count(*) from listings l where l.distributor_id = m.id and l.status = 'ON_SALE')"
    "  as listed"
    " from merchants m left join merchant_details d on d.merchant_id = m.id where m.code = :code"
)
_SUPPLIED = text(
    "select s.currency, count(distinct s.id) as number, coalesce(sum(f.supply_cents), 0) as cents"
    " from supplier_orders s join fulfilment_lines f on f.supplier_order_id = s.id"
    " where s.supplier_id = :id and s.placed_at > now() - make_interval(days => :days)"
    " and s.status not in ('PENDING_PAYMENT', 'CLOSED', 'REJECTED') group by 1"
)
_SOLD = text(
    "select currency, count(*) as number, coalesce(sum(paid_cents - refunded_cents), 0) as cents"
    " from orders where distributor_id = :id and paid_cents > 0"
    " and placed_at > now() - make_interval(days => :days) group by 1"
)
_BALANCES = text(
    "select a.id, a.role, a.kind, a.currency, coalesce(sum(b.balance_cents), 0) as cents"
    " from ledger_accounts a left join account_balances b on b.account_id = a.id"
    " where a.merchant_id = :id group by a.id having coalesce(sum(b.balance_cents), 0) <> 0"
    " order by a.role desc, a.currency <> 'CNY', a.currency, array_position("
    "  array['PENDING', 'AVAILABLE', 'IN_PAYOUT', 'PAID_OUT'], a.kind::text)"
)
_STORES = text(
    "select s.id, s.name, s.slug, s.status, (select count(*) from listings l"
    "  where l.store_id = s.id and l.status = 'ON_SALE') as listed from stores s"
    " where s.distributor_id = :id order by s.name"
)
_MEMBERS = text(
    "select u.name, u.email, case when r.is_built_in then r.code else r.name end as role,"
    " b.created_at from memberships b"
    " left join roles r on r.id = b.role_id left join users u on u.id = b.user_id"
    " where b.merchant_id = :id order by b.created_at"
)


async def merchant_page(actor: Actor, code: str) -> MerchantPage:
    """Return a merchant by its short name. Raises Forbidden, NotFound."""
    actor.require("platform:merchants:read")
    async with database().transaction(actor) as session:
        found = (await session.execute(_MERCHANT, {"code": code})).mappings().first()
        if found is None:
            raise NotFound()
        key = {"id": found["id"], "days": DAYS}
        sales: dict[str, Any] = {}
        if actor.may("platform:orders:read"):
            supplied = await rows(session, _SUPPLIED, key)
            sold = await rows(session, _SOLD, key)
            sales = {
                "supplied": amount_texts({row["currency"]: int(row["cents"]) for row in supplied}),
                "supplied_parts": sum(row["number"] for row in supplied),
                "sold": amount_texts({row["currency"]: int(row["cents"]) for row in sold}),
                "sold_orders": sum(row["number"] for row in sold),
            }
        return MerchantPage(
            **_head(dict(found)),
            **sales,
            balances=[_balance(row) for row in await rows(session, _BALANCES, key)],
            stores=[_store(row) for row in await rows(session, _STORES, key)],
            members=[_member(row) for row in await rows(session, _MEMBERS, key)],
            changes=await changes_of_merchant(session, found["id"], actor.locale),
        )


def _head(row: Mapping[str, Any]) -> dict[str, Any]:
    details = {
        "contact": "contact_name",
        "phone": "contact_phone",
        "email": "contact_email",
        "license": "license_no",
        "address": "address",
        "application_note": "application_note",
        "review_note": "review_note",
    }
    same = ("code", "name", "status", "is_supplier", "is_distributor", "is_self_operated")
    counts = ("settle_days", "in_pool", "to_review", "listed")
    return {
        **{key: row[key] for key in (*same, *counts)},
        **{key: row[column] or "" for key, column in details.items()},
        "id": str(row["id"]),
        "applied_at": moment_text(row["created_at"]),
        "approved_at": moment_text(row["approved_at"]),
    }


def _balance(row: Mapping[str, Any]) -> dict[str, str]:
    return {
        "id": str(row["id"]),
        "role": row["role"] or "",
        "kind": row["kind"],
        "balance": money_text(int(row["cents"]), row["currency"]),
        "below": "1" if row["cents"] < 0 else "",
    }


def _store(row: Mapping[str, Any]) -> dict[str, str]:
    return {
        "id": str(row["id"]),
        "name": row["name"],
        "slug": row["slug"],
        "status": row["status"],
        "listed": f"{row['listed']:,}",
    }


def _member(row: Mapping[str, Any]) -> dict[str, str]:
    return {
        "name": row["name"] or "",
        "email": row["email"] or "",
        "role": row["role"] or "",
        "since": moment_text(row["created_at"]),
    }
