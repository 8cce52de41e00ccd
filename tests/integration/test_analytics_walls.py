"""No figure of a merchant includes another's data, on any path.

All that a merchant gets is noted: every measure by every dimension and grain, tiles, panels,
answers of the explorer. Then everything of all others is changed beyond
recognition, live and in the snapshot, and the merchant must get the very same again.
"""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.engine import URL

from app.access import Actor, Scope
from app.analytics import snapshots
from app.analytics.dashboards import open_dashboard
from app.analytics.engine import measure_frame
from app.analytics.explorer import Question, ask, askable, dimensions_of
from app.analytics.measures import MEASURES
from app.analytics.snapshots.layout import DATASETS, key_of
from app.kit.errors import Forbidden
from tests.integration.analytics import (
    Trade,
    distributor,
    open_trade,
    platform,
    quarter,
    supplier,
    today,
)

CHANGED = (
    "update order_lines set quantity = quantity * 7, goods_cents = goods_cents * 7,"
    " discount_cents = 3, refunded_cents = goods_cents * 2 where supplier_order_id in (select id"
    " from supplier_orders where {others})",
    "update order_line_terms set supply_cents = supply_cents * 7, commission_cents = 99,"
    " margin_cents = margin_cents * 5 + 1, supply_returned_cents = 17, margin_returned_cents = 13"
    " where supplier_order_id in (select id from supplier_orders where {others})",
    "update fulfilment_lines set quantity = quantity * 7, supply_cents = supply_cents * 7,"
    " supply_returned_cents = 17 where supplier_order_id in (select id from supplier_orders"
    " where {others})",
    "update supplier_orders set freight_cents = freight_cents * 7 + 100, accepted_at = null,"
    " shipped_at = paid_at + interval '30 days', status = 'REJECTED' where {others}"
    " and paid_at is not null",
    "update refunds set amount_cents = amount_cents * 7 where supplier_order_id in (select id from"
    " supplier_orders where {others})",
    "update postings set amount_cents = amount_cents * 7 where supplier_order_id in (select id from"
    " supplier_orders where {others})",
    "update account_balances set balance_cents = balance_cents * 7 where account_id in (select id"
    " from ledger_accounts where merchant_id is distinct from '{who}')",
    "update stock set on_hand = on_hand * 7 where supplier_id <> '{who}'",
)
CHANGED_STORES = (
    "update orders set total_cents = total_cents * 7, paid_cents = paid_cents * 7,"
    " refunded_cents = 5, status = 'REFUNDED' where distributor_id <> '{who}' and paid_at is not"
    " null",
    "update store_visits set page_views = page_views * 7, product_views = 9, cart_adds = 9,"
    " checkouts = 9 where distributor_id <> '{who}'",
    "update store_product_traffic set views = views * 7, cart_adds = 9 where distributor_id"
    " <> '{who}'",
    "update order_visits set source = 'others', campaign = 'others' where distributor_id"
    " <> '{who}'",
    "update order_addresses set province = '海南省', phone = '+8613900000000' where order_id in"
    " (select id from orders where distributor_id <> '{who}')",
)
"""What only other distributors' stores have; a supplier has parts of their orders."""


@pytest.fixture(scope="module")
async def trade(owner_url: URL, app_url: str) -> AsyncIterator[Trade]:
    async for made in open_trade(owner_url, app_url):
        yield made


async def everything(actor: Actor) -> dict[str, Any]:
    """Return all figures that an actor gets, path by path."""
    found: dict[str, Any] = {}
    for view in (quarter(), today()):
        name = view.period.preset
        for measure in askable(actor):
            key = measure.key
            frame = await measure_frame(actor, view, measures=[key], compared=True)
            found[f"measure {key} {name}"] = frame.rows()
            for dimension in dimensions_of(actor, [key]):
                frame = await measure_frame(actor, view, measures=[key], by=[dimension])
                rows = sorted((row for row in frame.rows() if row[1]), key=str)
                found[f"measure {key} {name} by {dimension}"] = rows
                asked = Question((key,), view, (dimension,))
                found[f"explorer {key} {name} by {dimension}"] = await ask(actor, asked)
            asked = Question((key,), view, grain="day")
            found[f"explorer {key} {name} by day"] = await ask(actor, asked)
        seen = await open_dashboard(actor, view)
        found |= {f"tile {tile.measure} {name}": tile for tile in seen.tiles}
        found |= {f"todo {todo.measure} {name}": todo for todo in seen.todos}
        found |= {f"panel {panel.name} {name}": panel for panel in seen.panels}
    return found


@pytest.mark.parametrize("scope", [Scope.SUPPLIER, Scope.DISTRIBUTOR])
async def test_a_merchant_reads_only_its_own_rows_of_every_dataset(
    trade: Trade, scope: Scope
) -> None:
    who = (trade.suppliers if scope is Scope.SUPPLIER else trade.distributors)[0]
    actor = supplier(who) if scope is Scope.SUPPLIER else distributor(who)
    first, last = quarter().period.first, quarter().period.last
    read = refused = 0
    for name, dataset in DATASETS.items():
        try:
            rows = snapshots.scan(actor, name, first=first, last=last).collect()
        except Forbidden:
            refused += 1
            assert scope not in dataset.scopes or not dataset.has(scope)
            continue
        read += 1
        assert set(rows[scope].to_list()) <= {key_of(who)}, name
        assert not set(rows.columns) - set(dataset.known_to(scope)), name
    assert read >= 8
    assert refused >= 5


async def test_a_supplier_has_no_measure_of_retail_amounts_or_customers(trade: Trade) -> None:
    actor = supplier(trade.suppliers[0])
    mine = {measure.key for measure in askable(actor)}
    assert mine == {
        *("supply_sales", "supply_net", "paid_parts", "units_sold", "income"),
        *("on_time", "accept_time", "ship_time", "refusal_rate", "rating", "supply_return_rate"),
    }
    for key in MEASURES.keys() - mine:
        with pytest.raises(Exception, match=r"permission|no measure"):
            await ask(actor, Question((key,), quarter()))


async def test_a_supplier_sees_no_retail_amount_and_a_distributor_no_supply_price(
    trade: Trade,
) -> None:
    """Amount for amount: what a product made at retail is in nothing that its supplier gets."""
    lines = (
        "select p.id::text, sum(l.goods_cents), sum(t.supply_cents) from order_lines l"
        " join order_line_terms t on t.line_id = l.id join products p on p.id = l.product_id"
        " join orders o on o.id = l.order_id where o.currency = 'CNY' and"
        " (o.paid_at at time zone 'Asia/Shanghai')::date >= %(first)s and {mine} group by 1"
    )
    first = quarter().period.first
    for who in trade.suppliers:
        rows = trade.rows(lines.format(mine="p.supplier_id = %(who)s"), first=first, who=who)
        seen = await open_dashboard(supplier(who), quarter())
        held = {(row.key, v) for panel in seen.panels for row in panel.rows for v in row.values[1:]}
        assert rows
        assert not {(key, int(retail)) for key, retail, _ in rows} & held
        assert {(key, int(supply)) for key, _, supply in rows} & held


@pytest.mark.parametrize("scope", [Scope.SUPPLIER, Scope.DISTRIBUTOR])
async def test_nothing_of_others_moves_a_merchants_figures(trade: Trade, scope: Scope) -> None:
    """The last of this module, since it leaves the market in disorder."""
    is_supplier = scope is Scope.SUPPLIER
    who = (trade.suppliers if is_supplier else trade.distributors)[0]
    actor = supplier(who) if is_supplier else distributor(who)
    before = await everything(actor)
    assert len(before) > 80
    whole = await measure_frame(platform(), quarter(), measures=["gmv_paid", "units_sold"])
    await _change_all_others(trade, who, scope)
    after = await everything(actor)
    assert after.keys() == before.keys()
    for path, value in before.items():
        assert after[path] == value, path
    # The others' figures have moved, so this was no idle exercise.
    moved = await measure_frame(platform(), quarter(), measures=["gmv_paid", "units_sold"])
    assert moved["units_sold"][0] > whole["units_sold"][0] * 3


async def _change_all_others(trade: Trade, who: UUID, scope: Scope) -> None:
    statements = CHANGED if scope is Scope.SUPPLIER else (*CHANGED, *CHANGED_STORES)
    others = f"{scope}_id <> '{who}'"
    trade.owner.execute("set session_replication_role = replica")
    for table in ("order_lines", "order_line_terms", "fulfilment_lines", "orders", "stock"):
        rows = trade.rows(
            "select conname from pg_constraint where contype = 'c' and conrelid = %(t)s::regclass",
            t=table,
        )
        for (name,) in rows:
            trade.owner.execute(f"alter table {table} drop constraint {name}")  # type: ignore[arg-type]
    for statement in statements:
        trade.owner.execute(statement.format(others=others, who=who))  # type: ignore[arg-type]
    trade.owner.execute("set session_replication_role = origin")
    await trade.rebuild()
