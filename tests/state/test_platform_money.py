"""The platform's pages of orders and money on one real trade: what they show adds up."""

from collections.abc import AsyncIterator
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.engine import URL

from app.access import PUBLIC, SYSTEM
from app.adapters.gateway import register
from app.kit.db import Database
from app.kit.errors import Forbidden, NotFound
from app.queries.lists.platform_money import ACCOUNTS, PAYMENTS, REFUNDS, TRANSACTIONS
from app.queries.platform_ledger import ledger_figures
from app.queries.platform_order import order_page
from app.queries.platform_payment import payment_page
from app.queries.resource import ListQuery, cells, fetch
from app.services import fulfilment, payments, refunds
from app.services.placing import PlacedOrder
from app.services.verification import verify
from state.platform.ledger import AccountsState, TransactionsState, TransactionState
from state.platform.orders import OrdersState, OrderState
from state.platform.payments import PaymentState
from tests.integration.market import FakeProvider, Market, open_market, scalar
from tests.state.platform_desk import actor, at, call, query, said

__all__ = ["query"]


@pytest.fixture(scope="module")
def provider() -> FakeProvider:
    fake = FakeProvider()
    register("fake", lambda: fake)
    return fake


@pytest.fixture
async def market(database: Database) -> Market:
    return await open_market(database)


@pytest.fixture
async def order(market: Market, provider: FakeProvider) -> PlacedOrder:
    placed = await market.order({0: 2, 1: 1})
    started = await payments.start(
        PUBLIC, placed.order_id, placed.access_token, return_url="http://s", provider="fake"
    )
    assert await payments.confirm(provider.pay(started.number)) == "applied"
    return placed


@pytest.fixture(autouse=True)
async def everything_adds_up(database: Database, owner_url: URL) -> AsyncIterator[None]:
    yield
    report = verify(owner_url.set(drivername="postgresql").render_as_string(hide_password=False))
    assert report["ok"], [check for check in report["checks"] if not check["ok"]]


def cents(shown: str) -> int:
    """Read an amount back from the screen."""
    return int(Decimal(shown.replace("¥", "").replace(",", "") or "0") * 100)


async def test_every_cent_of_a_paid_order_is_explained(order: PlacedOrder) -> None:
    page = await order_page(actor(), order.number)
    assert cents(page.paid) == order.total_cents
    assert sum(cents(part.money.total) for part in page.parts) == order.total_cents
    for part in page.parts:
        shares = part.money.shares
        assert {share.kind for share in shares} == {
            *("SUPPLY", "FREIGHT", "COMMISSION", "PAYMENT_FEE", "MARGIN")
        }
        # What the postings of the payment carry is what the shares say.
        carried = [entry.amount for entry in part.money.postings if entry.kind == "PAYMENT"]
        assert sorted(carried) == sorted(share.amount for share in shares)
        for line in part.lines:
            money = line.money
            parts = (money.supply, money.commission, money.fee, money.margin)
            assert sum(map(cents, parts)) == cents(money.paid)
            assert (money.rule, money.version, money.rate) == ("Store", 1, "5%")
            assert (money.fee_bearer, money.fee_rate) == ("DISTRIBUTOR", "0.6%")


async def test_without_the_ledger_permission_no_postings_are_read(order: PlacedOrder) -> None:
    page = await order_page(actor("platform:orders:read"), order.number)
    assert [part.money.postings for part in page.parts] == [[], []]
    assert (page.payments, page.refunds) == ([], [])
    assert page.parts[0].lines[0].money.rule_id == ""
    with pytest.raises(Forbidden):
        await order_page(actor("platform:payments:read"), order.number)


async def test_an_unaccepted_part_is_cancelled_and_refunded_an_accepted_one_is_not(
    market: Market, order: PlacedOrder
) -> None:
    state = OrderState()
    with at(f"orders/{order.number}"):
        await call(state, "load")
        first, second = state.order.parts
        await call(state, "ask", "cancel", first.id)
        assert state.asking == "cancel"
        await call(state, "submit", {"reason": " "})
        assert state.errors["reason"]
        assert "way" in said(await call(state, "submit", {"reason": "Recall"}))
        assert (state.asking, state.order.parts[0].status) == ("", "WITHDRAWN_PLATFORM")
        assert not state.order.parts[0].refundable
        assert {e["kind"] for e in state.order.events} >= {"CANCELLED", "REFUND_PROMISED"}
        assert {share.left for share in state.order.parts[0].money.shares} == {"¥0.00"}
        await fulfilment.accept(market.supplier(1), [second.number])
        await call(state, "ask", "cancel", second.id)
        assert "changed" in said(await call(state, "submit", {"reason": "Too late"}))
        await call(state, "load")
        assert state.order.parts[1].status == "ACCEPTED"


async def test_a_line_is_refunded_in_part_and_the_rest_with_its_freight(
    order: PlacedOrder, database: Database
) -> None:
    state = OrderState()
    with at(f"orders/{order.number}"):
        await call(state, "load")
        part = state.order.parts[0]
        line = part.lines[0]
        await call(state, "ask", "refund_line", line.id)
        # The most is said, in units and in money, and what the whole of it takes from whom.
        assert state.values["units"] == "2"
        assert line.total in state.hints["amount"]
        # Nothing else is to be shipped, so the freight comes back with it.
        assert cents(state.foreseen[0][1]) == cents(line.total) + cents(part.freight)
        await call(state, "submit", {"amount": "9999999", "reason": "x"})
        assert state.errors["amount"]
        for nothing in ("0", ""):
            await call(state, "submit", {"amount": nothing, "reason": "Nothing"})
            assert "0 refunds nothing" in state.errors["amount"]
        await call(state, "submit", {"amount": "0.01", "units": "1", "reason": "Too little"})
        assert "cost more" in state.errors["amount"]
        await call(state, "submit", {"amount": "1.23", "reason": "Scratched"})
        assert state.order.parts[0].lines[0].refunded == "-¥1.23"
        await call(state, "ask", "refund_part", part.id)
        await call(state, "submit", {"reason": "Lost"})
        assert {share.left for share in state.order.parts[0].money.shares} == {"¥0.00"}
        assert not state.order.parts[0].refundable
        await call(state, "ask", "refund_part", part.id)
        assert "changed" in said(await call(state, "submit", {"reason": "Again"}))
    await refunds.submit_refunds()
    page = await order_page(actor(), order.number)
    entries = page.parts[0].money.postings
    paid_out = [entry.amount for entry in entries if entry.kind == "REFUND_PAID"]
    assert sum(map(cents, paid_out)) == cents(part.money.total)
    assert await scalar(
        database, "select refunded_cents from orders where id = :id", id=order.order_id
    ) == cents(part.money.total)


async def test_freight_is_refunded_alone_or_with_a_line_up_to_what_is_left(
    order: PlacedOrder, database: Database
) -> None:
    state = OrderState()
    with at(f"orders/{order.number}"):
        await call(state, "load")
        part = state.order.parts[0]
        whole = part.freight_left_cents
        assert whole == cents(part.freight) > 300
        await call(state, "ask", "refund_freight", part.id)
        assert cents(state.values["freight"]) == whole
        await call(state, "submit", {"freight": "1.00", "reason": "Late"})
        await call(state, "ask", "refund_line", part.lines[0].id)
        wanted = {"amount": "0.50", "reason": "Scratched"}
        await call(state, "submit", {**wanted, "freight": str(whole / 100)})
        assert state.errors["freight"]
        await call(state, "submit", {**wanted, "freight": "2.00"})
        part = state.order.parts[0]
        assert (part.freight_left_cents, part.lines[0].refunded) == (whole - 300, "-¥0.50")
    back = "select refunded_cents from orders where id = :id"
    assert await scalar(database, back, id=order.order_id) == 350


async def test_what_is_foreseen_is_what_the_refund_takes_from_each_party(
    market: Market, order: PlacedOrder, database: Database
) -> None:
    state = OrderState()
    with at(f"orders/{order.number}"):
        await call(state, "load")
        part = state.order.parts[0]
        await call(state, "ask", "refund_line", part.lines[0].id)
        await call(state, "foresee", "units", "1")
        await call(state, "foresee", "freight", "2.00")
        foreseen = [cents(amount) for label, amount in state.foreseen if "¥" in amount]
        total, *by_party, freight = foreseen
        assert (total, sum(by_party), freight) == (1_501 + 200, total, 200)
        await call(state, "submit", {"units": "1", "freight": "2.00", "reason": "One is gone"})
        assert (state.order.parts[0].lines[0].cancelled, state.order.is_refunding) == (1, True)
        back = (
            "select string_agg(x.cents::text, ' ' order by x.place) from (select"
            " array_position(array['SUPPLY', 'MARGIN', 'COMMISSION', 'PAYMENT_FEE'],"
            "  case kind when 'FREIGHT' then 'SUPPLY' else kind end) as place,"
            " sum(reversed_cents) as cents from splits where supplier_order_id ="
            " (select id from supplier_orders where number = :n) group by 1) x"
        )
        taken = str(await scalar(database, back, n=part.number)).split()
        assert [int(amount) for amount in taken] == by_party
        await call(state, "ask", "refund_line", state.order.parts[0].lines[0].id)
        await call(state, "look")
        assert state.asking == "refund_line"
        await call(state, "dismiss")
        await refunds.submit_refunds()
        await call(state, "look")
        assert (state.order.is_refunding, state.order.refunds[0]["status"]) == (False, "SUCCEEDED")


async def test_freight_is_not_offered_where_none_is_left(order: PlacedOrder) -> None:
    state = OrderState()
    with at(f"orders/{order.number}"):
        await call(state, "load")
        part = state.order.parts[0]
        await call(state, "ask", "refund_line", part.lines[0].id)
        assert part.freight in state.hints["freight"]
        await call(state, "dismiss")
        await call(state, "ask", "refund_freight", part.id)
        await call(state, "submit", {"freight": "0", "reason": "Nothing"})
        assert "0 refunds nothing" in state.errors["freight"]
        await call(state, "submit", {"freight": part.freight[1:], "reason": "Late"})
        await call(state, "ask", "refund_line", part.lines[0].id)
        assert "freight" in state.hidden


async def test_a_refused_refund_is_asked_for_again_under_its_number(
    order: PlacedOrder, database: Database
) -> None:
    await refunds.refund_rest(actor(), f"{order.number}-1", "Lost")
    async with database.engine_transaction(SYSTEM) as session:
        sql = "update refunds set status = 'FAILED', failed_at = now() where order_id = :o"
        await session.execute(text(sql), {"o": order.order_id})
    key = UUID(str(await scalar(database, "select id from refunds where order_id = :o",
                                o=order.order_id)))  # fmt: skip
    with pytest.raises(Forbidden):
        await refunds.ask_again(actor("platform:payments:read"), [key])
    assert (await refunds.ask_again(actor(), [key]), await refunds.ask_again(actor(), [key])) == (
        1,
        0,
    )
    await refunds.submit_refunds()
    status = "select status from refunds where order_id = :o"
    assert await scalar(database, status, o=order.order_id) == "SUCCEEDED"


async def test_a_refund_of_the_demos_history_is_done_with_the_books(
    order: PlacedOrder, database: Database
) -> None:
    async with database.engine_transaction(SYSTEM) as session:
        sql = "update payments set provider = 'demo' where order_id = :o"
        await session.execute(text(sql), {"o": order.order_id})
    await refunds.refund_rest(actor(), f"{order.number}-1", "Demo")
    await refunds.submit_refunds()
    status = "select status from refunds where order_id = :o"
    assert await scalar(database, status, o=order.order_id) == "SUCCEEDED"
    async with database.engine_transaction(SYSTEM) as session:
        sql = "update payments set provider = 'fake' where order_id = :o"
        await session.execute(text(sql), {"o": order.order_id})


async def test_refunds_and_cancels_need_their_own_permissions(order: PlacedOrder) -> None:
    state = OrderState()
    part = (await order_page(actor(), order.number)).parts[0]
    with at(f"orders/{order.number}", actor("platform:orders:read", "platform:payments:read")):
        for name in ("cancel", "refund_part"):
            assert "permission" in said(await call(state, "ask", name, part.id))
        state.asking, state.target = "cancel", part.id
        assert "permission" in said(await call(state, "submit", {"reason": "x"}))
    assert (await order_page(actor(), order.number)).parts[0].status == "PAID"


async def test_an_unknown_order_is_said_to_be_missing() -> None:
    state = OrderState()
    with at("orders/unknown"):
        await call(state, "load")
    assert (state.missing, state.loaded) == (True, True)


async def test_orders_are_found_by_number_and_phone_and_filtered(
    order: PlacedOrder, market: Market, query: dict[str, str]
) -> None:
    state = OrdersState()
    with at("orders"):
        query["q"] = order.number
        await call(state, "load")
        assert [row["number"] for row in state.rows] == [order.number]
        assert state.narrowed
        query.clear()
        query.update(q="1111", store=str(market.store), status="PAID")
        await call(state, "load")
        assert [row["number"] for row in state.rows] == [order.number]
        query.update(status="CLOSED")
        await call(state, "load")
        assert state.rows == []


async def test_a_payment_shows_its_messages_and_where_it_was_booked(order: PlacedOrder) -> None:
    state = PaymentState()
    number = (await order_page(actor(), order.number)).payments[0]["number"]
    with at(f"payments/{number}"):
        await call(state, "load")
    payment = state.payment
    assert [message["outcome"] for message in payment.callbacks] == ["applied"]
    assert [t["kind"] for t in payment.transactions] == ["PAYMENT"]
    assert cents(payment.transactions[0]["amount"]) == order.total_cents
    with pytest.raises(NotFound):
        await payment_page(actor(), "nothing")


async def test_the_providers_fee_is_no_income_of_the_platform(
    order: PlacedOrder, database: Database
) -> None:
    figures = await ledger_figures(actor())
    booked = (
        "select sum(b.balance_cents) from account_balances b join ledger_accounts a"
        " on a.id = b.account_id where a.kind = :kind and a.currency = 'CNY'"
    )
    commission = await scalar(database, booked, kind="COMMISSION")
    fee = await scalar(database, booked, kind="PAYMENT_FEE")
    assert (cents(figures.earned[0]), cents(figures.fees[0])) == (commission, fee)
    assert int(str(fee)) > 0


async def test_the_ledger_balances_and_leads_from_account_to_posting(
    order: PlacedOrder, query: dict[str, str]
) -> None:
    figures = await ledger_figures(actor())
    owed = (figures.pending, figures.available, figures.earned, figures.fees, figures.unallocated)
    assert figures.balanced
    ((held,), *others) = (figures.held, *owed)
    assert cents(held) == sum(cents(text) for (text,) in others) > 0
    accounts, transactions, one = AccountsState(), TransactionsState(), TransactionState()
    with at("ledger"):
        query["kind"] = "COMMISSION"
        await call(accounts, "load")
        assert [row["party"] for row in accounts.rows] == ["PLATFORM"]
        query.clear()
        query["account"] = accounts.rows[0]["id"]
        await call(transactions, "load")
    assert transactions.account.kind == "COMMISSION"
    assert order.number in {row["order"] for row in transactions.rows}
    entry = next(row for row in transactions.rows if row["order"] == order.number)
    with at(f"ledger/transactions/{entry['id']}"):
        await call(one, "load")
    assert sum(cents(posting.amount) for posting in one.entry.postings) == order.total_cents
    assert {posting.from_account for posting in one.entry.postings} == {"CLEARING"}
    with at("ledger/transactions/no-id"):
        await call(one, "load")
    assert one.missing


async def test_a_malformed_account_in_the_address_narrows_nothing(query: dict[str, str]) -> None:
    state = TransactionsState()
    query["account"] = "1' or '1'='1"
    with at("ledger/transactions"):
        await call(state, "load")
    assert state.account.kind == ""


async def test_lists_of_money_are_shut_without_their_permission() -> None:
    for resource in (PAYMENTS, REFUNDS, ACCOUNTS, TRANSACTIONS):
        with pytest.raises(Forbidden):
            await fetch(actor("platform:orders:read"), resource, ListQuery())


async def test_a_refund_names_its_reason_and_order(order: PlacedOrder, market: Market) -> None:
    await fulfilment.reject(market.supplier(0), f"{order.number}-1", "sold out")
    found = await fetch(actor(), REFUNDS, ListQuery(q=order.number))
    row = cells(REFUNDS, found.rows[0])
    assert (row["order"], row["reason"], row["status"]) == (order.number, "rejected", "PENDING")
    assert UUID(row["id"])
    blind = await fetch(actor("platform:payments:read"), REFUNDS, ListQuery())
    assert all("order" not in row for row in blind.rows)
