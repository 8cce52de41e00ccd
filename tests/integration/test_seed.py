"""Seeded data are the same each time, and as sound as if they had been traded."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy.engine import URL

from app.kit.clock import frozen
from app.kit.db import APP_ROLE, Database, use_database
from app.server.roles import app_password
from app.services.demo.bulk import seed
from app.services.verification import verify
from tests.conftest import TEST_SECRET

AT = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)

FINGERPRINTS = {
    "orders": "select number, status, total_cents, refunded_cents, placed_at from orders",
    "parts": "select number, status, freight_cents from supplier_orders",
    "lines": "select s.number, t.supply_cents, t.commission_cents, t.payment_fee_cents,"
    " t.margin_cents, l.quantity from order_line_terms t join order_lines l on l.id = t.line_id"
    " join supplier_orders s on s.id = t.supplier_order_id",
    "stock": "select k.code, m.code, t.on_hand, t.reserved from stock t"
    " join skus k on k.id = t.sku_id join merchants m on m.id = t.supplier_id",
    "balances": "select coalesce(m.code, ''), a.role, a.kind, sum(b.balance_cents)"
    " from account_balances b join ledger_accounts a on a.id = b.account_id"
    " left join merchants m on m.id = a.merchant_id group by 1, 2, 3",
}
"""What must be equal in two databases; identifiers may differ."""


def _text(url: URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


@contextmanager
def _fresh(template: URL, name: str) -> Iterator[URL]:
    drop = sql.SQL("drop database if exists {} (force)").format(sql.Identifier(name))
    make = sql.SQL("create database {} template {}")
    names = sql.Identifier(name), sql.Identifier(str(template.database))
    with psycopg.connect(_text(template.set(database="postgres")), autocommit=True) as admin:
        admin.execute(drop)
        admin.execute(make.format(*names))
        yield template.set(database=name)
        admin.execute(drop)


async def _seeded(template: URL, name: str) -> dict[str, list[tuple[Any, ...]]]:
    with _fresh(template, name) as owner:
        url = owner.set(username=APP_ROLE, password=app_password(TEST_SECRET))
        database = Database(url.render_as_string(hide_password=False), pool_size=2)
        use_database(database)
        try:
            with frozen(AT):
                await seed(suppliers=5, distributors=3, skus=120, orders=300)
        finally:
            use_database(None)
            await database.close()
        report = verify(_text(owner))
        assert report["ok"], [check for check in report["checks"] if not check["ok"]]
        with psycopg.connect(_text(owner)) as connection:
            connection.execute("set role tongshang_engine")
            return {
                what: sorted(connection.execute(statement).fetchall())
                for what, statement in FINGERPRINTS.items()
            }


async def test_the_same_call_makes_the_same_market(postgres: URL) -> None:
    first, second = [await _seeded(postgres, f"seed_{os.getpid()}_{place}") for place in "ab"]
    assert len(first["orders"]) == 300
    assert len(first["lines"]) == 600
    assert {status for _, status, *_ in first["parts"]} >= {"COMPLETED", "CLOSED", "REJECTED"}
    for what, rows in first.items():
        assert rows == second[what], what
