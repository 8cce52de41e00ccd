"""Every write by a person carries the person, and the trail is found by the record's name."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from app.access import PERMISSIONS, PUBLIC, SYSTEM, Actor, Scope
from app.adapters.gateway import register
from app.kit.db import Database
from app.kit.ids import new_id
from app.queries.lists.house import AUDIT
from app.queries.platform_order import order_page
from app.queries.resource import ListQuery, fetch
from app.services import fulfilment, payments, refunds, role_sets, split_rules, staff
from app.services.placing import PlacedOrder
from app.services.products import ProductDraft, SkuDraft, save_product
from app.services.role_sets import RoleDraft
from app.services.split_rules import RuleDraft
from tests.integration.market import FakeProvider, Market, open_market
from tests.integration.people import join, make_merchant, make_user

ALL = frozenset(PERMISSIONS)

NOT_AUDITED = {
    # What says itself who did it, row by row, and is only ever added to.
    "audit_entries": "the trail itself",
    "order_events": "a row for each step, with who took it",
    "stock_movements": "a row for each movement, with who made it",
    "import_runs": "names who started it; what it wrote is audited in their name",
    "import_problems": "what a run found in its files",
    "import_steps": "what a run has written so far",
    "verify_runs": "names who asked for it",
    "notice_mails": "what the system told whom by mail",
    "ledger_transactions": "names the refund, payment or order that it books, which is audited",
    "postings": "belong to a transaction of the ledger",
    "payment_callbacks": "what a provider told",
    "tracking_events": "what a courier told",
    # What follows from rows that are audited or tell who acted.
    "account_balances": "the sums of the postings",
    "ledger_accounts": "opened by the first posting to a merchant",
    "splits": "follow payments and refunds",
    "order_lines": "follow the order and its refunds",
    "order_line_terms": "frozen when the order was placed; returns follow its refunds",
    "fulfilment_lines": "follow the order, its parcels and its refunds",
    "shipment_lines": "belong to a parcel, which is audited",
    "stock_reservations": "follow the steps of orders",
    "listing_sku_bases": "follow the listing's prices, which are audited",
    "listing_changes": "notices of audited changes, with what became of them",
    "shelf_items": "derived from listings, products and stock",
    "external_ids": "what imported rows are called at their source",
    # What shoppers write in a store; people at work cannot.
    "cart_lines": "a shopper's",
    "carts": "a shopper's",
    "consumers": "a shopper's own data, not kept twice",
    "consumer_addresses": "a shopper's own data, not kept twice",
    "consumer_secrets": "a shopper's password",
    "consumer_sessions": "a shopper's logins",
    "order_addresses": "where an order goes, as the buyer typed it; not kept twice",
    "order_visits": "counted",
    "store_visits": "counted",
    "store_searches": "counted",
    "store_sources": "counted",
    "store_product_traffic": "counted",
    # What is a person's own and concerns nobody else.
    "user_secrets": "hashes of passwords and codes; that a second factor was set is in users",
    "user_sessions": "each tells whose it is, from where and until when",
    "notification_reads": "what somebody has read",
    "hidden_checklists": "names who put a workspace's first steps away",
    "analysis_readers": "when somebody opened a shared analysis",
    # What the machinery keeps for itself.
    "notifications": "told by the services; each tells of something that is audited",
    "report_deliveries": "written by the worker; the schedule is audited",
    "idempotent_requests": "answers kept for repetitions",
    "alembic_version": "the schema's version",
}
"""Tables without a trail, with the reason."""


async def _tables(database: Database, condition: str) -> set[str]:
    async with database.engine_transaction(SYSTEM) as session:
        return set(
            await session.scalars(
                text(
                    "select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace"
                    " where n.nspname = 'public' and c.relkind = 'r'"
                    f" and c.relname not like 'procrastinate%' and {condition}"
                )
            )
        )


_TRIGGER = "(select 1 from pg_trigger t where t.tgrelid = c.oid and t.tgname like 'audit\\_%')"


async def test_every_table_is_audited_or_says_why_not(database: Database) -> None:
    without = await _tables(database, f"not exists {_TRIGGER}")
    # Of a SKU's stock, only the threshold is audited here; its movements name the person.
    assert "stock" not in without
    assert without == set(NOT_AUDITED)


async def _entries(database: Database, where: str, **values: object) -> list[Any]:
    async with database.engine_transaction(SYSTEM) as session:
        found = await session.execute(
            text(f"select * from audit_entries where {where} order by id"), values
        )
        return list(found)


@pytest.fixture
async def operator(database: Database) -> Actor:
    user = await make_user(database)
    return Actor(Scope.PLATFORM, user.id, permissions=ALL)


async def _paid(market: Market) -> PlacedOrder:
    provider = FakeProvider()
    register("fake", lambda: provider)
    order = await market.order({0: 2})
    started = await payments.start(
        PUBLIC, order.order_id, order.access_token, return_url="http://s", provider="fake"
    )
    assert await payments.confirm(provider.pay(started.number)) == "applied"
    return order


async def _line(database: Database, order: PlacedOrder) -> UUID:
    async with database.engine_transaction(SYSTEM) as session:
        found = await session.scalar(
            text("select id from order_lines where order_id = :o"), {"o": order.order_id}
        )
    assert found
    return found


async def test_an_operators_refund_names_the_operator(database: Database, operator: Actor) -> None:
    market = await open_market(database, suppliers=1)
    order = await _paid(market)
    line = await _line(database, order)
    await refunds.refund_lines(operator, f"{order.number}-1", {line: 100}, 0, "broken")
    (refund,) = await _entries(
        database, "table_name = 'refunds' and after ->> 'order_id' = :o", o=str(order.order_id)
    )
    assert (refund.scope, refund.user_id) == ("platform", operator.user_id)
    assert refund.after["amount_cents"] == 100
    changed = await _entries(
        database, "table_name = 'orders' and row_id = :o", o=str(order.order_id)
    )
    assert [(one.user_id, one.after["refunded_cents"]) for one in changed] == [
        (operator.user_id, 100)
    ]
    assert changed[0].after["currency"] == "CNY"
    page = await order_page(operator, order.number)
    (told,) = [event for event in page.events if event["kind"] == "REFUND_PROMISED"]
    assert (told["scope"], told["who"]) == ("platform", "陈青")


async def test_a_supplier_who_refuses_is_named_with_the_refund(database: Database) -> None:
    market = await open_market(database, suppliers=1)
    order = await _paid(market)
    supplier = market.supplier(0)
    await fulfilment.reject(supplier, f"{order.number}-1", "sold out")
    (refund,) = await _entries(
        database, "table_name = 'refunds' and after ->> 'order_id' = :o", o=str(order.order_id)
    )
    assert (refund.scope, refund.user_id) == ("supplier", supplier.user_id)
    assert refund.merchant_id == market.distributor
    parts = await _entries(
        database,
        "table_name = 'supplier_orders' and merchant_id = :s",
        s=market.suppliers[0],
    )
    assert [(p.before["status"], p.after["status"]) for p in parts] == [("PAID", "REJECTED")]


async def test_buyers_and_providers_cost_the_trail_nothing(database: Database) -> None:
    before = await _entries(database, "true")
    market = await open_market(database, suppliers=1)
    founded = await _entries(database, "true")
    await _paid(market)
    assert await _entries(database, "true") == founded
    assert len(founded) > len(before)


async def test_a_role_change_reads_as_a_change(database: Database, operator: Actor) -> None:
    merchant = await make_merchant(database)
    boss, member = await make_user(database), await make_user(database)
    await join(database, boss.id, merchant.id)
    await join(database, member.id, merchant.id, "analyst")
    await join(database, member.id, merchant.id, "fulfilment")
    owner = Actor(Scope.SUPPLIER, boss.id, merchant.id, permissions=ALL)
    await staff.change_role(owner, member.id, await _role(database, "owner"))
    found = await _entries(
        database,
        "table_name = 'memberships' and user_id = :u",
        u=boss.id,
    )
    assert sorted(one.action for one in found) == ["delete", "update"]
    (change,) = [one for one in found if one.action == "update"]
    assert change.after == {"role_id": str(await _role(database, "owner"))}


async def _role(database: Database, code: str) -> UUID:
    async with database.engine_transaction(SYSTEM) as session:
        found = await session.scalar(
            text("select id from roles where code = :code and is_built_in"), {"code": code}
        )
    assert found
    return found


async def test_of_a_role_only_what_differs_is_told(database: Database) -> None:
    merchant = await make_merchant(database)
    boss, member = await make_user(database), await make_user(database)
    await join(database, boss.id, merchant.id)
    owner = Actor(Scope.SUPPLIER, boss.id, merchant.id, permissions=ALL)
    reads = frozenset({"supplier:orders:read", "supplier:stock:read"})
    role = await role_sets.create(owner, RoleDraft(name="Packer", permissions=reads))
    async with database.engine_transaction(SYSTEM) as session:
        await session.execute(
            text(
                "insert into memberships (id, user_id, merchant_id, role_id)"
                " values (new_uuid(), :u, :m, :r)"
            ),
            {"u": member.id, "m": merchant.id, "r": role},
        )
    seen = (await _entries(database, "user_id = :u", u=boss.id))[-1].id
    wider = reads - {"supplier:stock:read"} | {"supplier:products:read"}
    await role_sets.change(owner, role, RoleDraft(name="Packer", permissions=wider))
    found = await _entries(database, "user_id = :u and id > :seen", u=boss.id, seen=seen)
    assert sorted((one.action, one.row_id.split("/")[1]) for one in found) == [
        ("delete", "supplier:stock:read"),
        ("insert", "supplier:products:read"),
    ]
    await role_sets.delete(owner, role, await _role(database, "analyst"))
    moved = await _entries(database, "table_name = 'memberships' and user_id = :u", u=boss.id)
    assert [one.action for one in moved] == ["update"]


async def test_a_rate_names_who_set_it(database: Database, operator: Actor) -> None:
    name = f"Tea {new_id().hex[-6:]}"
    rule = await split_rules.save_rule(operator, RuleDraft(name=name, rate_bps=800))
    await split_rules.save_rule(operator, RuleDraft(id=rule, name=name, rate_bps=950))
    found = await _entries(
        database, "table_name = 'split_rule_versions' and row_id like :r", r=f"{rule}/%"
    )
    assert [(one.row_id, one.user_id, one.after["rate_bps"]) for one in found] == [
        (f"{rule}/1", operator.user_id, 800),
        (f"{rule}/2", operator.user_id, 950),
    ]
    page = await fetch(operator, AUDIT["platform"], _search(name))
    assert {row["table"] for row in page.rows} == {"split_rules", "split_rule_versions"}


def _search(words: str) -> ListQuery:
    return ListQuery.of(AUDIT["platform"], {"q": words})


async def test_the_trail_is_found_by_the_records_name(database: Database, operator: Actor) -> None:
    market = await open_market(database, suppliers=1)
    order = await _paid(market)
    line = await _line(database, order)
    await refunds.refund_lines(operator, f"{order.number}-1", {line: 100}, 0, "broken")
    by_number = await fetch(operator, AUDIT["platform"], _search(order.number))
    assert {"orders", "payments", "refunds"} <= {row["table"] for row in by_number.rows}
    merchant = await make_merchant(database)
    async with database.engine_transaction(operator) as session:
        await session.execute(
            text("update merchants set name = '云上茶舍', settle_days = 9 where id = :id"),
            {"id": merchant.id},
        )
        await session.execute(
            text("update merchants set settle_days = 11 where id = :id"), {"id": merchant.id}
        )
    by_name = await fetch(operator, AUDIT["platform"], _search("云上"))
    assert {row["row"] for row in by_name.rows} == {str(merchant.id)}
    assert len(by_name.rows) == 3
    # A merchant finds nothing of another's, by whatever name.
    stranger = Actor(Scope.SUPPLIER, new_id(), new_id(), permissions=ALL)
    assert not (await fetch(stranger, AUDIT["supplier"], _search(order.number))).rows


async def test_a_threshold_of_stock_names_who_set_it(database: Database) -> None:
    market = await open_market(database, suppliers=1)
    supplier = market.supplier(0)
    async with database.engine_transaction(supplier) as session:
        await session.execute(
            text("update stock set low_at = 7 where sku_id = :s"), {"s": market.goods[0].sku}
        )
        await session.execute(
            text("update stock set on_hand = on_hand where sku_id = :s"),
            {"s": market.goods[0].sku},
        )
    (entry,) = await _entries(
        database, "table_name = 'stock' and row_id = :s", s=str(market.goods[0].sku)
    )
    assert (entry.user_id, entry.after) == (supplier.user_id, {"low_at": 7})


async def test_a_product_saved_again_tells_of_the_pictures_that_changed(
    database: Database,
) -> None:
    market = await open_market(database, suppliers=1)
    actor = Actor(Scope.SUPPLIER, new_id(), market.suppliers[0], permissions=ALL)
    async with database.engine_transaction(SYSTEM) as session:
        category = await session.scalar(text("select id from categories limit 1"))
    one, two, three = (f"pictures/{n * 24}" for n in "123")

    def draft(product: UUID | None, *pictures: str) -> ProductDraft:
        sku = SkuDraft(
            id=None, code=f"P-{new_id().hex[-8:]}", supply_cents=100, suggested_cents=200
        )
        skus = (sku,) if product is None else kept
        return ProductDraft(
            id=product, category_id=category, title="Tea", pictures=pictures, skus=skus
        )

    kept: tuple[SkuDraft, ...] = ()
    product = await save_product(actor, draft(None, one, two))
    async with database.engine_transaction(SYSTEM) as session:
        row = (
            await session.execute(
                text("select id, code from skus where product_id = :p"), {"p": product}
            )
        ).one()
    kept = (SkuDraft(id=row.id, code=row.code, supply_cents=100, suggested_cents=200),)
    mine = "table_name = 'product_images' and user_id = :u and id > :seen"
    seen = (await _entries(database, "true"))[-1].id
    await save_product(actor, draft(product, one, two))
    assert not await _entries(database, mine, u=actor.user_id, seen=seen)
    await save_product(actor, draft(product, two, three))
    found = await _entries(database, mine, u=actor.user_id, seen=seen)
    assert sorted(entry.action for entry in found) == ["delete", "insert", "update"]


async def test_no_secret_stands_in_the_trail(database: Database, operator: Actor) -> None:
    async with database.engine_transaction(operator) as session:
        await session.execute(
            text(
                "insert into one_time_tokens (id, purpose, token_hash, details, expires_at)"
                " values (new_uuid(), 'invitation', 'ab12', '{}', now())"
            )
        )
        await session.execute(text("update one_time_tokens set token_hash = 'cd34'"))
    found = await _entries(database, "table_name = 'one_time_tokens'")
    assert found[0].action == "insert"
    assert not [one for one in found if "token_hash" in {**(one.after or {}), **(one.before or {})}]
