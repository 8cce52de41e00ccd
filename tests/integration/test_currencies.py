"""History in reais beside trade in yuan: nothing adds the two up or writes one as the other."""

import csv
import hashlib
import io
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import groupby
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.engine import URL

from app import routes
from app.access import PERMISSIONS, PUBLIC, SYSTEM, Actor, Scope
from app.adapters.gateway import register
from app.api.web import make_web
from app.kit.db import Database
from app.kit.ids import new_id
from app.queries import distributor_stores, supplier_money, supplier_orders
from app.queries.balances import balance_texts
from app.queries.distributor_orders import customer_detail, order_detail
from app.queries.lists import all_resources, resource_named
from app.queries.platform_ledger import account_head, ledger_figures, transaction_page
from app.queries.platform_merchant import merchant_page
from app.queries.platform_order import order_page
from app.queries.platform_payment import payment_page
from app.queries.platform_product import product_page
from app.queries.resource import ListQuery, Row, cells, export
from app.queries.shown import shown
from app.services import inbox, listings, payments
from app.services.ledger import Move, Source, post
from app.services.list_pricing import SKIP_REASONS
from app.services.listing_prices import preview
from app.services.placing import NotForSale, access_token
from app.services.rules.pricing import Infeasible, PricingKind, PricingRule
from app.services.sessions import COOKIE
from tests.integration.history import SAMPLE, WIPE, bring_olist, broken, rows, value
from tests.integration.market import FakeProvider, Market, open_market
from tests.integration.people import join, make_user, open_session

ALL = frozenset(PERMISSIONS)
PLATFORM = Actor(Scope.PLATFORM, new_id(), permissions=ALL, locale="en")
SIGNS = {"BRL": "R$", "CNY": "¥"}
_TRADING = "select distinct supplier_id, distributor_id from supplier_orders"
_PAID = "select sum(paid_cents)::bigint from orders where currency = 'CNY'"
_OWN_POSTINGS = ("distributor", "postings")


@pytest.fixture
async def market(database: Database, owner_connection: Any) -> Market:
    """A paid order in yuan, and the sample's history of the same shape in reais."""
    owner_connection.execute(WIPE)
    fake = FakeProvider()
    register("fake", lambda: fake)
    market = await open_market(database)
    order = await market.order({0: 2, 1: 1})
    started = await payments.start(
        PUBLIC, order.order_id, order.access_token, return_url="http://s", provider="fake"
    )
    assert await payments.confirm(fake.pay(started.number)) == "applied"
    assert (await bring_olist(SAMPLE)).ok
    return market


@pytest.fixture(autouse=True)
def everything_adds_up(owner_url: URL, market: Market) -> Any:
    yield
    assert broken(owner_url) == []


def _supplier(merchant: UUID) -> Actor:
    return Actor(Scope.SUPPLIER, new_id(), merchant, permissions=ALL, locale="en")


def _distributor(merchant: UUID) -> Actor:
    return Actor(Scope.DISTRIBUTOR, new_id(), merchant, permissions=ALL, locale="en")


async def _imported(database: Database, what: str, more: str = "") -> Any:
    """Return something of the sample's order o1: 191.81 reais, of two sellers."""
    return await value(
        database,
        f"select {what} from orders o join supplier_orders s on s.order_id = o.id"
        f" where split_part(o.idempotency_key, chr(58), 2) = 'o1' {more} order by s.number limit 1",
    )


async def _everybody(database: Database) -> list[Actor]:
    trading = await rows(
        database, "select distinct supplier_id, distributor_id from supplier_orders"
    )
    suppliers, distributors = ({row[place] for row in trading} for place in (0, 1))
    return [PLATFORM, *map(_supplier, suppliers), *map(_distributor, distributors)]


def _query(scope: str, name: str, **params: str) -> ListQuery:
    resource = resource_named(scope, name)
    assert resource is not None
    everything = {key: "*" for f in resource.filters if f.default for key in f.keys}
    return ListQuery.of(resource, everything | params)


async def _all(actor: Actor, name: str, **params: str) -> list[Row]:
    """Return the rows of all pages of a list."""
    resource = resource_named(actor.scope, name)
    assert resource is not None
    parts = export(actor, resource, _query(actor.scope, name, **params))
    return [row async for part in parts for row in part]


async def _cells(actor: Actor, name: str, **params: str) -> list[dict[str, str]]:
    resource = resource_named(actor.scope, name)
    assert resource is not None
    return [cells(resource, row) for row in await _all(actor, name, **params)]


async def test_every_amount_of_every_list_is_written_in_its_rows_currency(
    market: Market, database: Database
) -> None:
    seen = Counter[tuple[str, str, str]]()
    for actor in await _everybody(database):
        for (scope, name), resource in all_resources().items():
            money = [c.key for c in resource.columns if c.kind in ("money", "range")]
            if scope != actor.scope or not money:
                continue
            for row in await _cells(actor, name):
                currency = row["currency"] or "CNY"
                seen[scope, name, currency] += 1
                for key in money:
                    sign = row[key].removeprefix("-")
                    assert not sign or sign.startswith(SIGNS[currency]), (scope, name, key, row)
    # Of this history nothing is refunded here, its shares are posted at once, and all is its
    # sellers'; it is too old for what stores sold of late.
    rare = {"refunds", "shares", "stores"}
    for (scope, name), resource in all_resources().items():
        if resource.column("currency") and name not in rare and (scope, name) != _OWN_POSTINGS:
            assert seen[scope, name, "BRL"] > 0, (scope, name)
            assert seen[scope, name, "CNY"] > 0 or name in ("customers", "imports"), (scope, name)


async def test_a_list_can_be_narrowed_to_one_currency(market: Market, database: Database) -> None:
    for actor in await _everybody(database):
        for (scope, name), resource in all_resources().items():
            if scope != actor.scope or not any(f.key == "currency" for f in resource.filters):
                continue
            whole = Counter(row["currency"] for row in await _cells(actor, name))
            for currency in ("CNY", "BRL"):
                found = await _cells(actor, name, currency=currency)
                assert Counter(row["currency"] for row in found) == Counter(
                    {currency: whole[currency]} if whole[currency] else {}
                ), (scope, name)


async def test_lists_sorted_by_an_amount_keep_the_currencies_apart(
    market: Market, database: Database
) -> None:
    mixed = 0
    for actor in await _everybody(database):
        for (scope, name), resource in all_resources().items():
            if scope != actor.scope or resource.column("currency") is None:
                continue
            for key in [c.key for c in resource.columns if c.sort and c.kind == "money"]:
                for sign in ("", "-"):
                    found = await _all(actor, name, sort=sign + key)
                    groups = [c for c, _ in groupby(row["currency"] or "CNY" for row in found)]
                    assert groups == sorted({*groups}, key=lambda c: (c != "CNY", c)), name
                    mixed += len(groups) > 1
                    for currency in groups:
                        mine = [r[key] for r in found if (r["currency"] or "CNY") == currency]
                        known = [amount for amount in mine if amount is not None]
                        assert known == sorted(known, reverse=bool(sign)), (name, key)
    assert mixed >= 4


async def test_sums_over_all_accounts_stand_apart(market: Market, database: Database) -> None:
    figures = await ledger_figures(PLATFORM)
    assert figures.balanced
    paid = await value(
        database, "select sum(paid_cents)::bigint from orders where currency = 'CNY'"
    )
    # The history's money stands in accounts of its own, so these figures have none of it …
    assert figures.held == [f"¥{paid / 100:,.2f}"]
    account, cents = (await rows(
        database,
        "select a.id, sum(b.balance_cents)::bigint from ledger_accounts a join account_balances b"
        " on b.account_id = a.id where a.kind = 'HISTORY' group by 1",
    ))[0]  # fmt: skip
    assert (await account_head(PLATFORM, account)).balance == f"-R${-cents / 100:,.2f}"
    entry = await value(
        database,
        "select transaction_id from postings where currency = 'BRL' group by 1"
        " order by sum(amount_cents) desc limit 1",
    )
    page = await transaction_page(PLATFORM, entry)
    assert page.total.startswith("R$")
    assert {posting.amount[:2] for posting in page.postings} == {"R$"}


async def test_the_platforms_figures_have_one_amount_for_each_currency(
    market: Market, database: Database, owner_connection: Any
) -> None:
    # … until something of it waits to be paid out.
    in_yuan = await ledger_figures(PLATFORM)
    wait = "update ledger_accounts set kind = %s where kind = %s and currency = 'BRL'"
    owner_connection.execute(wait, ["AVAILABLE", "PAID_OUT"])
    both = await ledger_figures(PLATFORM)
    assert both.available[0] == in_yuan.available[0]
    assert both.available[1].startswith("R$")
    assert both.held == [*in_yuan.held, "R$0.00"]
    owner_connection.execute(wait, ["PAID_OUT", "AVAILABLE"])


async def test_an_accounts_balance_off_by_one_currency_is_told(
    market: Market, database: Database, owner_connection: Any
) -> None:
    """What lacks in one currency is not made up for by another."""
    off = (
        "update account_balances set balance_cents = balance_cents + %s where account_id ="
        " (select a.id from ledger_accounts a join account_balances b on b.account_id = a.id"
        "  where a.currency = %s order by a.id limit 1)"
    )
    owner_connection.execute(off, [7, "CNY"])
    owner_connection.execute(off, [-7, "BRL"])
    assert not (await ledger_figures(PLATFORM)).balanced
    owner_connection.execute(off, [-7, "CNY"])
    owner_connection.execute(off, [7, "BRL"])
    assert (await ledger_figures(PLATFORM)).balanced


async def test_records_of_history_are_written_in_reais(market: Market, database: Database) -> None:
    number = await _imported(database, "o.number")
    page = await order_page(PLATFORM, number)
    assert (page.total, page.paid) == ("R$191.81", "R$191.81")
    assert [part.freight for part in page.parts] == ["R$17.00", "R$15.01"]
    assert {line.total for part in page.parts for line in part.lines} == {"R$19.90", "R$120.00"}
    assert {payment["amount"] for payment in page.payments} == {"R$171.81", "R$20.00"}
    assert not any(part.refundable for part in page.parts)
    money = await payment_page(PLATFORM, page.payments[0]["number"])
    assert money.amount == money.left == page.payments[0]["amount"]
    part_number = await _imported(database, "s.number")
    seller = await _imported(database, "s.supplier_id")
    part = await supplier_orders.part(_supplier(seller), part_number)
    assert part.currency == "BRL"
    shop = await _imported(database, "s.distributor_id")
    detail = await order_detail(_distributor(shop), number)
    assert shown(detail.facts)["total_cents"] == "R$191.81"
    assert {shown(row)["amount_cents"][:2] for row in detail.money} == {"R$"}
    assert {row["currency"] for row in detail.parts} == {"BRL"}


async def test_a_merchants_figures_have_one_amount_for_each_currency(
    market: Market, database: Database, owner_connection: Any
) -> None:
    seller = await _imported(database, "s.supplier_id")
    code = await value(database, "select code from merchants where id = :id", id=seller)
    page = await merchant_page(PLATFORM, code)
    assert {row["balance"][:2] for row in page.balances} == {"R$"}
    texts = balance_texts(await supplier_money.balances(_supplier(seller)), ["PAID_OUT", "PENDING"])
    assert texts["PENDING"] == ["¥0.00", "R$0.00"]
    assert texts["PAID_OUT"][0] == "¥0.00"
    assert texts["PAID_OUT"][1].startswith("R$")
    mine = await supplier_money.balances(_supplier(market.goods[0].supplier))
    assert set(mine["PENDING"]) == {"CNY"}
    own = await distributor_stores.balances(_distributor(market.distributor))
    assert set(own["PENDING"]) == {"CNY"}
    # What was sold today in both currencies is told in both.
    owner_connection.execute(
        "update supplier_orders set placed_at = now() where supplier_id = %s", [seller]
    )
    page = await merchant_page(PLATFORM, code)
    assert page.supplied[0].startswith("¥")
    assert page.supplied[1].startswith("R$")


async def test_a_customers_money_is_not_added_over_currencies(
    market: Market, database: Database, owner_connection: Any
) -> None:
    shop = await _imported(database, "s.distributor_id")
    customer = await _imported(database, "o.consumer_id")
    # The same person buys again, and pays yuan.
    owner_connection.execute(
        "update orders set consumer_id = %(who)s, distributor_id = %(shop)s, store_id ="
        " (select store_id from consumers where id = %(who)s) where currency = 'CNY'",
        {"who": customer, "shop": shop},
    )
    paid = await value(
        database, "select sum(paid_cents)::bigint from orders where currency = 'CNY'"
    )
    reais = await value(
        database,
        "select sum(paid_cents - refunded_cents)::bigint from orders where consumer_id = :who"
        " and currency = 'BRL'",
        who=customer,
    )
    found = await customer_detail(_distributor(shop), customer)
    assert found.spent == {"CNY": paid, "BRL": reais}
    assert {row["currency"] for row in found.orders} == {"CNY", "BRL"}
    row = next(r for r in await _cells(_distributor(shop), "customers") if r["id"] == str(customer))
    assert (row["spent"], row["currency"]) == (f"¥{paid / 100:,.2f}", "CNY")


async def test_a_statement_has_a_line_for_each_currency_of_a_month(
    market: Market, database: Database, owner_connection: Any
) -> None:
    seller = await _imported(database, "s.supplier_id")
    found = await _cells(_supplier(seller), "statement")
    assert found and {row["currency"] for row in found} == {"BRL"}
    # The history's money moves to the company that earns yuan as well.
    maker = market.goods[0].supplier
    with owner_connection.transaction():
        # Postings are never changed but here.
        owner_connection.execute("set local session_replication_role = replica")
        for change in (
            "update ledger_accounts set merchant_id = %s where merchant_id = %s"
            " and currency = 'BRL'",
            "update postings set to_merchant_id = %s where to_merchant_id = %s",
        ):
            owner_connection.execute(change, [maker, seller])
    both = await _cells(_supplier(maker), "statement")
    assert {row["currency"] for row in both} == {"CNY", "BRL"}
    latest = next(row for row in both if row["currency"] == "CNY")
    assert latest["opening"] == "¥0.00"
    assert latest["closing"] == latest["earned"]
    assert [row for row in both if row["currency"] == "BRL"] == found


@asynccontextmanager
async def _no_lifespan(_: FastAPI) -> AsyncIterator[None]:
    yield


async def test_a_file_never_leaves_amounts_without_their_currency(
    market: Market, database: Database
) -> None:
    token = await _operator(database)
    transport = httpx.ASGITransport(make_web(_no_lifespan))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as web:
        who = {"cookie": f"{COOKIE}={token}; ts_lang=en"}
        place = "/download/platform/main/orders.csv"
        answer = await web.get(f"{place}?columns=number,total", headers=who)
        (head, *lines) = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
        assert head == ["Order", "Total", "Currency"]
        assert {line[2] for line in lines} == {"CNY", "BRL"}
        assert all(float(line[1]) >= 0 for line in lines)
        # Where no amount is asked for, none needs a currency.
        plain = await web.get(f"{place}?columns=number", headers=who)
        assert plain.content.decode("utf-8-sig").splitlines()[0] == "Order"
        only = await web.get(f"{place}?currency=BRL", headers=who)
        table = list(csv.DictReader(io.StringIO(only.content.decode("utf-8-sig"))))
        assert {line["Currency"] for line in table} == {"BRL"}


async def _operator(database: Database) -> str:
    user = await make_user(database)
    await join(database, user.id, None, "platform_owner")
    return await open_session(database, user.id)


async def test_exports_have_the_currency_beside_the_cents(
    market: Market, database: Database
) -> None:
    sums = Counter[str]()
    for row in await _all(PLATFORM, "payments"):
        sums[row["currency"]] += row["amount"]
    assert dict(sums) == dict(
        await rows(database, "select currency, sum(amount_cents)::bigint from payments group by 1")
    )


async def test_goods_of_history_are_not_sold_at_the_price_they_had_in_reais(
    market: Market, database: Database, owner_connection: Any
) -> None:
    product, listing = (await rows(
        database, "select l.product_id, l.id from listings l where l.status = 'PAUSED' limit 1"
    ))[0]  # fmt: skip
    page = await product_page(PLATFORM, product)
    assert page.skus[0].supply.startswith("R$")
    shop = await _imported(database, "s.distributor_id")
    seller = _distributor(shop)
    assert await listings.set_on_sale(seller, [listing], on_sale=True) == 0
    rule = PricingRule(PricingKind.SUGGESTED)
    store = await value(database, "select id from stores where distributor_id = :d", d=shop)
    (candidate,) = await preview(seller, store, [product], rule)
    assert candidate.problem == SKIP_REASONS[Infeasible.OTHER_CURRENCY]
    listed = await listings.list_products(seller, store, [product], rule)
    assert (listed.listed, len(listed.skipped)) == (0, 1)
    # Its supplier names a price in yuan, and it can be sold like any other.
    owner_connection.execute(
        "update supply_prices set currency = 'CNY' where product_id = %s", [product]
    )
    assert await listings.set_on_sale(seller, [listing], on_sale=True) == 1


async def test_nothing_is_ordered_at_a_price_in_reais(
    market: Market, owner_connection: Any
) -> None:
    owner_connection.execute(
        "update supply_prices set currency = 'BRL' where sku_id = %s", [market.goods[0].sku]
    )
    with pytest.raises(NotForSale):
        await market.order({0: 1})
    await market.order({1: 1})


async def test_a_buyer_reads_an_old_order_in_reais(
    market: Market, database: Database, owner_connection: Any
) -> None:
    order_id, store = [await _imported(database, what) for what in ("o.id", "o.store_id")]
    # Stores open only numbers of their own making, so the old order takes one.
    number = await value(database, "select number from orders where currency = 'CNY'")
    for change in ("number = 'gone' where currency = 'CNY'", "number = %s where id = %s"):
        given = [number, order_id] if "%s" in change else []
        owner_connection.execute(f"update orders set {change}", given)
    slug = await value(database, "select slug from stores where id = :id", id=store)
    token = access_token(order_id)
    owner_connection.execute("update stores set status = 'OPEN' where id = %s", [store])
    owner_connection.execute(
        "update orders set access_hash = %s where id = %s",
        [hashlib.sha256(token.encode()).hexdigest(), order_id],
    )
    transport = httpx.ASGITransport(make_web(_no_lifespan))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as web:
        answer = await web.get(f"{routes.store(slug, f'orders/{number}')}?t={token}")
    assert answer.status_code == 200
    assert "R$191.81" in answer.text
    assert "¥" not in answer.text


async def test_a_notice_tells_an_amount_in_its_currency(
    market: Market, database: Database, owner_connection: Any
) -> None:
    told = await inbox.notices(_distributor(market.distributor))
    paid = next(notice for notice in told if notice["kind"] == "order_paid")
    cents = await value(database, "select paid_cents from orders where currency = 'CNY'")
    assert f"¥{cents / 100:,.2f}" in paid["about"].split(" · ")
    owner_connection.execute(
        'update notifications set params = params || \'{"currency": "BRL"}\''
        " where kind = 'order_paid'"
    )
    told = await inbox.notices(_distributor(market.distributor))
    assert any(f"R${cents / 100:,.2f}" in notice["about"] for notice in told)


async def test_no_money_moves_from_one_currency_to_another(
    market: Market, database: Database
) -> None:
    (yuan, reais), entries = (
        [await value(database, f"select id from ledger_accounts where kind = 'COMMISSION'"
                               f" and currency = '{currency}'") for currency in ("CNY", "BRL")],
        "select count(*) from ledger_transactions",
    )  # fmt: skip
    before = await value(database, entries)
    with pytest.raises(ValueError, match="one currency"):
        async with database.engine_transaction(SYSTEM) as session:
            await post(session, Source("RELEASE", "split", new_id()), [Move(yuan, reais, 5)])
    assert await value(database, entries) == before


async def test_what_is_mixed_is_found(
    market: Market, database: Database, owner_url: URL, owner_connection: Any
) -> None:
    wrong = (
        "update {table} set currency = case currency when 'CNY' then 'BRL' else 'CNY' end"
        " where id = (select id from {table} order by id limit 1)"
    )
    for table, check in (
        ("payments", "money_keeps_its_orders_currency"),
        ("supplier_orders", "money_keeps_its_orders_currency"),
        ("splits", "money_keeps_its_orders_currency"),
    ):
        owner_connection.execute(wrong.format(table=table))
        assert check in {found["name"] for found in broken(owner_url)}, table
        owner_connection.execute(wrong.format(table=table))
