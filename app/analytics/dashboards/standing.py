"""What stands as it is now, read live under row-level security: one statement for all of it.

A merchant's rows are asked for by its id besides: row-level security would find the same rows, but
its alternatives (supplier or distributor or platform …) cannot use an index.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from sqlalchemy import text

from app.access import Actor, Scope
from app.analytics.measures import MEASURES, OVERDUE_HOURS
from app.analytics.sharing import Shared, whom
from app.analytics.views import View
from app.kit.db import database

_OPEN_PARTS = "supplier_orders where supplier_id = :merchant and status"


def _balance(role: str, kind: str) -> str:
    return (
        "select coalesce(sum(b.balance_cents), 0) from ledger_accounts a"
        " join account_balances b on b.account_id = a.id where a.merchant_id = :merchant"
        f" and a.role = '{role}' and a.kind = '{kind}' and a.currency = :currency"
    )


def _settled(kind: str) -> str:
    return (
        "select coalesce(sum(b.balance_cents), 0) from ledger_accounts a"
        " join account_balances b on b.account_id = a.id where a.merchant_id is not null"
        f" and a.kind = '{kind}' and a.currency = :currency"
    )


_BALANCES = {
    "balance_pending": "PENDING",
    "balance_available": "AVAILABLE",
    "balance_in_payout": "IN_PAYOUT",
}

_SELECTS: Mapping[Scope, Mapping[str, str]] = {
    Scope.PLATFORM: {
        "merchants_to_review": "select count(*) from merchants where status = 'PENDING'",
        "products_to_review": "select count(*) from pool_entries where status = 'SUBMITTED'",
        "settle_pending": _settled("PENDING"),
        "settle_available": _settled("AVAILABLE"),
        "settle_in_payout": _settled("IN_PAYOUT"),
        "settle_paid_out": _settled("PAID_OUT"),
    },
    Scope.SUPPLIER: {
        "to_accept": f"select count(*) from {_OPEN_PARTS} = 'PAID'",
        "to_ship": f"select count(*) from {_OPEN_PARTS} in ('ACCEPTED', 'PARTLY_SHIPPED')",
        "overdue": f"select count(*) from {_OPEN_PARTS} in ('PAID', 'ACCEPTED', 'PARTLY_SHIPPED')"
        f" and paid_at < cast(:at as timestamptz) - interval '{OVERDUE_HOURS} hours'",
        "low_stock": "select count(*) from stock t join skus k on k.id = t.sku_id"
        " join products p on p.id = t.product_id where t.supplier_id = :merchant"
        " and k.is_active and p.status = 'ACTIVE' and t.on_hand - t.reserved <= t.low_at",
        **{key: _balance("supplier", kind) for key, kind in _BALANCES.items()},
    },
    Scope.DISTRIBUTOR: {
        "needs_reprice": "select count(*) from listings where distributor_id = :merchant"
        " and status = 'NEEDS_REPRICE'",
        **{key: _balance("distributor", kind) for key, kind in _BALANCES.items()},
    },
}

_SUMMED = ("orders", "payments", "ledger", "products", "merchants")


def sums_reader(actor: Actor) -> Actor:
    """Return whom the platform's sums are read as.

    Row-level security shows the platform's rows by the permission of each table. Who holds
    ``platform:analytics:read`` may see sums over rows that it may not open, and nothing but sums
    leaves this package.
    """
    if not actor.may("platform:analytics:read"):
        return actor
    sums = frozenset(f"platform:{resource}:read" for resource in _SUMMED)
    return replace(actor, permissions=actor.permissions | sums)


async def standing(actor: Actor, view: View, keys: Iterable[str]) -> dict[str, int]:
    """Return the figures of these measures that the actor may see."""
    known = _SELECTS[actor.scope]
    selects = {key: known[key] for key in keys if key in known and MEASURES[key].shown_to(actor)}
    if not selects:
        return {}
    statement = " union all ".join(
        f"select '{key}' as fact, ({select})::bigint as value" for key, select in selects.items()
    )
    params = {"merchant": actor.merchant_id, "at": view.period.at, "currency": view.currency}
    used = {name: value for name, value in params.items() if f":{name}" in statement}

    async def read() -> dict[str, int]:
        async with database().transaction(sums_reader(actor)) as session:
            found = await session.execute(text(statement), used)
            return {fact: int(value) for fact, value in found.all()}

    key = (*whom(actor), view.currency, view.period.minute, *selects)
    return await _facts.once(key, read)


_facts: Shared[dict[str, int]] = Shared(longest=0)
