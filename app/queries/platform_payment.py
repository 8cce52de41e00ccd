"""One payment as the platform sees it, with every message of its provider."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text

from app.access import Actor
from app.kit.db import database
from app.kit.errors import NotFound
from app.kit.i18n import moment_text, money_text
from app.queries.platform_order import rows


@dataclass(frozen=True)
class PaymentPage:
    """What the page of a payment shows, as text."""

    number: str = ""
    status: str = ""
    provider: str = ""
    reference: str = ""
    order: str = ""
    store: str = ""
    amount: str = ""
    refunded: str = ""
    left: str = ""
    created_at: str = ""
    paid_at: str = ""
    unwanted: bool = False
    """Paid, but no order took it: a second or late payment."""
    callbacks: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    refunds: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    transactions: list[dict[str, str]] = field(default_factory=list[dict[str, str]])


_PAYMENT = text(
    "select p.*, o.number as order_number, s.name as store from payments p"
    " left join orders o on o.id = p.order_id left join stores s on s.id = o.store_id"
    " where p.number = :number"
)
_CALLBACKS = text(
    "select * from payment_callbacks where number = :number and provider = :provider"
    " order by received_at desc, id desc"
)
_REFUNDS = text("select * from refunds where payment_id = :id order by created_at desc, id desc")
_TRANSACTIONS = text(
    "select t.id, t.kind, t.occurred_at, sum(p.amount_cents) as cents, p.currency"
    " from ledger_transactions t join postings p on p.transaction_id = t.id"
    " where t.source_id = :id or t.source_id in (select id from refunds where payment_id = :id)"
    " group by t.id, p.currency order by t.occurred_at, t.id"
)


async def payment_page(actor: Actor, number: str) -> PaymentPage:
    """Return a payment by its number. Raises Forbidden, NotFound."""
    actor.require("platform:payments:read")
    async with database().transaction(actor) as session:
        found = (await session.execute(_PAYMENT, {"number": number})).mappings().first()
        if found is None:
            raise NotFound()
        key = {"id": found["id"], "number": number, "provider": found["provider"]}
        return PaymentPage(
            **_head(dict(found)),
            unwanted=found["status"] == "PAID" and not found["settled_by_order"],
            callbacks=[_callback(row) for row in await rows(session, _CALLBACKS, key)],
            refunds=[_refund(row) for row in await rows(session, _REFUNDS, key)],
            transactions=[_transaction(row) for row in await rows(session, _TRANSACTIONS, key)],
        )


def _head(row: Mapping[str, Any]) -> dict[str, str]:
    currency = row["currency"]
    return {
        "number": row["number"],
        "status": row["status"],
        "provider": row["provider"],
        "reference": row["provider_ref"] or "",
        "order": row["order_number"] or "",
        "store": row["store"] or "",
        "amount": money_text(row["amount_cents"], currency),
        "refunded": money_text(row["refunded_cents"] or None, currency),
        "left": money_text(row["amount_cents"] - row["refunded_cents"], currency),
        "created_at": moment_text(row["created_at"]),
        "paid_at": moment_text(row["paid_at"]),
    }


def _callback(row: Mapping[str, Any]) -> dict[str, str]:
    return {
        "at": moment_text(row["received_at"]),
        "event": row["event_id"],
        "kind": row["kind"],
        "outcome": row["outcome"],
        "body": json.dumps(row["body"], ensure_ascii=False, indent=2, sort_keys=True),
    }


def _refund(row: Mapping[str, Any]) -> dict[str, str]:
    return {
        "number": row["number"],
        "status": row["status"],
        "amount": money_text(row["amount_cents"], row["currency"]),
        "reason": row["reason"],
        "attempts": str(row["attempts"]),
        "at": moment_text(row["succeeded_at"] or row["created_at"]),
    }


def _transaction(row: Mapping[str, Any]) -> dict[str, str]:
    return {
        "id": str(row["id"]),
        "kind": row["kind"],
        "at": moment_text(row["occurred_at"]),
        "amount": money_text(int(row["cents"]), row["currency"]),
    }
