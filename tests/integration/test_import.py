"""A marketplace's history comes in whole, to the cent, once, and says what it could not say."""

import asyncio
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from sqlalchemy.engine import URL

from app.access import SYSTEM, Actor, Scope
from app.kit.db import Database
from app.kit.errors import Forbidden
from app.kit.paths import PROJECT_ROOT
from app.services.closing import expire_orders
from app.services.fulfilment import complete_overdue, receive_overdue
from app.services.imports import history, orders, working
from app.services.imports.files import NothingToImport
from app.services.imports.history import ImportRuns, Progress, bring
from app.services.imports.mapping import HistoryMapping
from app.services.imports.report import Count, Totals
from app.services.settlement import release_due
from tests.integration.history import (
    HISTORIES,
    ITEM_SUMS,
    LEDGER,
    MAPPING,
    PAYMENT_SUMS,
    SAMPLE,
    WIPE,
    bring_olist,
    broken,
    copy_of,
    fingerprint,
    item_sums_of_files,
    olist,
    payment_sums_of_files,
    replace_in,
    rows,
    value,
)

STAGED = "select count(*) from pg_tables where schemaname = 'staging'"
"""Staged rows name people; they are gone once an import is over."""


@pytest.fixture(autouse=True)
def _empty(owner_connection: Any) -> None:
    owner_connection.execute(WIPE)


@pytest.mark.parametrize("folder", HISTORIES, ids=lambda path: path.name)
async def test_sums_equal_those_of_the_files(
    database: Database, owner_url: URL, folder: Path
) -> None:
    report = await bring_olist(folder)
    assert report.ok, report.problems[:3]
    assert set(await rows(database, ITEM_SUMS)) == item_sums_of_files(folder)
    paid = payment_sums_of_files(folder)
    assert set(await rows(database, PAYMENT_SUMS)) == paid
    assert report.totals.payments_cents == sum(row[-1] for row in paid)
    assert report.totals.items_cents == sum(row[-2] for row in item_sums_of_files(folder))
    assert report.totals.freight_cents == sum(row[-1] for row in item_sums_of_files(folder))
    balances = {kind: cents for kind, _, cents in await rows(database, LEDGER)}
    assert {currency for _, currency, _ in await rows(database, LEDGER)} == {"BRL"}
    assert -balances["HISTORY"] == report.totals.payments_cents
    assert sum(balances.values()) == 0
    assert broken(owner_url) == []


@pytest.mark.parametrize("folder", HISTORIES, ids=lambda path: path.name)
async def test_the_same_files_twice_change_nothing(database: Database, folder: Path) -> None:
    first = await bring_olist(folder)
    before = await fingerprint(database)
    second = await bring_olist(folder)
    assert await fingerprint(database) == before
    for kind, count in second.counts.items():
        assert count == Count(first.counts[kind].written, 0, first.counts[kind].written, 0), kind
    assert second.totals == first.totals


async def test_merchants_are_as_old_as_their_first_order(database: Database) -> None:
    """An import is no day on which thousands of merchants applied."""
    await bring_olist(SAMPLE)
    found = await rows(
        database,
        "select m.created_at = coalesce((select min(o.placed_at) from orders o left join"
        " supplier_orders p on p.order_id = o.id where m.id in (o.distributor_id, p.supplier_id)),"
        " m.approved_at), m.created_at = m.approved_at, m.is_supplier, count(*) from merchants m"
        " group by 1, 2, 3",
    )
    assert {row[:2] for row in found} == {(True, True)}
    assert {row[2] for row in found} == {True, False}
    late = await value(database, "select count(*) from merchants where created_at > '2019-01-01'")
    sellers = await value(database, "select count(*) from merchants")
    assert late < sellers


async def test_what_is_odd_is_told_truthfully(database: Database) -> None:
    report = await bring_olist(SAMPLE)
    found = await rows(
        database,
        "select split_part(o.idempotency_key, ':', 2), o.status, o.goods_cents, o.freight_cents,"
        " o.paid_cents, (select count(*) from supplier_orders p where p.order_id = o.id),"
        " (select count(*) from payments y where y.order_id = o.id) from orders o order by 1",
    )
    assert found == [
        ("o1", "COMPLETED", 15980, 3201, 19181, 2, 2),
        ("o2", "COMPLETED", 705, 0, 704, 1, 1),
        ("o3", "SHIPPED", 1850, 999, 3049, 1, 1),
        ("o4", "CLOSED", 0, 0, 5000, 0, 1),
        ("o5", "CLOSED", 0, 0, 22623, 0, 1),
        ("o6", "COMPLETED", 101, 202, 303, 1, 2),
        ("o7", "PAID", 11999, 1501, 13500, 1, 1),
        ("o8", "CLOSED", 11999, 1501, 13500, 1, 1),
        ("o9", "PENDING_PAYMENT", 0, 0, 1234, 0, 1),
    ]
    notes = {note.word: (note.rows, note.cents) for note in report.notes}
    assert notes["cancelled"] == (3, 5000 + 22623 + 13500)
    assert notes["under_way"] == (3, 3049 + 13500 + 1234)
    assert notes["paid_less"] == (1, 1)
    assert notes["orders_without_lines"] == (3, 5000 + 22623 + 1234)
    assert notes["products_waiting"] == (1, None)
    assert notes["products_of_several"] == (1, None)
    assert notes["unnamed_categories"] == (1, None)
    balances = {kind: cents for kind, _, cents in await rows(database, LEDGER)}
    # What the notes speak of is what the ledger holds open.
    assert balances["HISTORY_OPEN"] == 41123 + 17783 - 1
    assert balances["PAID_OUT"] == 15980 + 3201 + 705 + 101 + 202


async def test_people_places_times_and_words(database: Database) -> None:
    await bring_olist(SAMPLE)
    assert await rows(database, "select count(*), count(phone) from consumers") == [(7, 0)]
    assert await rows(
        database,
        "select a.province_code, a.province, a.city, a.street from order_addresses a"
        " join orders o on o.id = a.order_id where o.idempotency_key = 'olist:o5'",
    ) == [("AM", "Amazonas", "manaus", "CEP 69000")]
    # Half past midnight did not exist on that day in São Paulo.
    placed = await value(
        database, "select placed_at from orders where idempotency_key = 'olist:o6'"
    )
    assert placed == datetime(2017, 10, 15, 3, 30, tzinfo=UTC)
    assert await rows(
        database,
        "select r.score, r.title, r.body from reviews r join orders o on o.id = r.order_id"
        " where o.idempotency_key = 'olist:o1'",
    ) == [(5, "", 'Chegou bem.\nRecomendo, "sim".')]
    assert (
        await value(
            database,
            "select c.slug from products p join categories c on c.id = p.category_id"
            " where p.title = 'p3'",
        )
        == "uncategorised"
    )
    assert await rows(
        database,
        "select method, installments, amount_cents from payments y join orders o"
        " on o.id = y.order_id where o.idempotency_key = 'olist:o6' order by amount_cents",
    ) == [("voucher", 1, 0), ("credit_card", 2, 303)]


async def test_no_job_moves_history_or_pays_it_again(database: Database, owner_url: URL) -> None:
    await bring_olist(SAMPLE)
    before = await fingerprint(database)
    await expire_orders()
    await receive_overdue()
    await complete_overdue()
    assert await release_due() == 0
    assert await fingerprint(database) == before
    assert broken(owner_url) == []


async def test_history_in_parts(database: Database, owner_url: URL, tmp_path: Path) -> None:
    people = ("sellers.csv", "products.csv", "category_names.csv")
    trade = ("orders.csv", "order_items.csv", "order_payments.csv", "customers.csv")
    first = await bring_olist(copy_of(SAMPLE, tmp_path / "a", *people))
    assert first.ok
    assert await value(database, "select count(*) from products") == 0
    second = await bring_olist(copy_of(SAMPLE, tmp_path / "b", *trade))
    assert second.ok, second.problems
    third = await bring_olist(copy_of(SAMPLE, tmp_path / "c", "order_reviews.csv"))
    assert third.counts == {"reviews": Count(3, 3, 0, 0)}
    assert set(await rows(database, ITEM_SUMS)) == item_sums_of_files(SAMPLE)
    # Lines of orders that are here already are known again without their orders' file.
    again = await bring_olist(copy_of(SAMPLE, tmp_path / "d", "order_items.csv"))
    assert again.counts == {"lines": Count(8, 0, 8, 0)}
    assert again.totals.items_cents == second.totals.items_cents
    assert broken(owner_url) == []


async def test_history_is_not_rewritten(database: Database, tmp_path: Path) -> None:
    await bring_olist(SAMPLE)
    before = await fingerprint(database)
    folder = copy_of(SAMPLE, tmp_path / "changed")
    replace_in(folder / "order_items.csv", "19.9,8.5", "19.8,8.5")
    replace_in(folder / "order_payments.csv", "7.04", "7.05")
    replace_in(folder / "orders.csv", "o3,c3,shipped", "o3,c3,delivered")
    replace_in(folder / "order_reviews.csv", "Cancelaram", "Cancelou")
    report = await bring_olist(folder)
    changed = {(p.file, p.line) for p in report.problems if p.problem == "changed"}
    assert changed == {
        ("order_items.csv", 2),
        ("order_items.csv", 3),
        ("order_items.csv", 4),
        ("order_payments.csv", 4),
        ("orders.csv", 4),
        ("order_reviews.csv", 4),
    }
    assert report.counts["orders"] == Count(9, 0, 6, 3)
    assert await fingerprint(database) == before


async def test_a_batch_that_would_lose_rows_is_not_written(
    database: Database, owner_url: URL, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = orders._INSERTS  # pyright: ignore[reportPrivateUsage]
    torn = {**steps, "events": f"{steps['events']} where p.place = 1"}
    monkeypatch.setattr(orders, "_INSERTS", torn)
    with pytest.raises(RuntimeError, match="events"):
        await bring_olist(SAMPLE)
    assert await value(database, "select count(*) from orders") == 0
    assert broken(owner_url) == []


class Broken(Exception):
    """Stands for whatever ends a run."""


async def test_a_run_that_broke_off_goes_on(
    database: Database, owner_url: URL, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orders, "BATCH", 2)
    monkeypatch.setattr(history, "WRITERS", 1)

    def breaks(progress: Progress) -> None:
        if progress.step == "orders" and progress.done == 4:
            raise Broken()

    with pytest.raises(Broken):
        await bring_olist(SAMPLE, watch=breaks)
    assert await value(database, "select count(*) from orders") == 4
    assert broken(owner_url) == []
    report = await bring_olist(SAMPLE)
    assert (report.resumed, report.ok) == (True, True)
    assert report.counts["orders"] == Count(9, 9, 0, 0)
    assert report.counts["lines"] == Count(8, 8, 0, 0)
    assert set(await rows(database, ITEM_SUMS)) == item_sums_of_files(SAMPLE)
    assert await rows(database, "select state from import_runs") == [("DONE",)]
    assert broken(owner_url) == []


KILLED = """\
import asyncio, os, signal, sys
from pathlib import Path
from app.access import SYSTEM
from app.kit.db import Database, use_database
from app.services.imports import history, orders
from app.services.imports.mapping import read_mapping
orders.BATCH, history.WRITERS = 1, 2
def watch(progress):
    if progress.step == "orders" and progress.done >= 3:
        os.kill(os.getpid(), signal.SIGKILL)
async def main():
    use_database(Database(sys.argv[1], pool_size=8))
    await history.bring(SYSTEM, Path(sys.argv[2]), read_mapping(Path(sys.argv[3])), watch=watch)
asyncio.run(main())
"""


async def test_a_killed_process_leaves_whole_orders_and_a_run_to_continue(
    database: Database, app_url: str, owner_url: URL
) -> None:
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", KILLED, app_url, str(SAMPLE), str(MAPPING)],
        cwd=PROJECT_ROOT,
        check=False,
    )
    assert done.returncode == -9
    written = await value(database, "select count(*) from orders")
    assert 3 <= written < 9
    assert broken(owner_url) == []
    assert await value(database, STAGED) > 0
    for _ in range(100):
        await working.tidy()
        if await value(database, STAGED) == 0:
            break
        await asyncio.sleep(0.1)
    assert await value(database, STAGED) == 0
    report = await _once_free()
    assert report.resumed
    assert report.counts["orders"] == Count(9, 9, 0, 0)
    assert set(await rows(database, PAYMENT_SUMS)) == payment_sums_of_files(SAMPLE)
    assert broken(owner_url) == []


async def _once_free() -> Any:
    """Bring the sample as soon as the server has noticed that the killed process is gone."""
    for _ in range(100):
        try:
            return await bring_olist(SAMPLE)
        except ImportRuns:
            await asyncio.sleep(0.1)
    raise AssertionError("the lock of a dead process stays")


async def test_two_imports_at_once_are_refused(database: Database) -> None:
    results = await asyncio.gather(bring_olist(SAMPLE), bring_olist(SAMPLE), return_exceptions=True)
    assert sorted(type(result).__name__ for result in results) == ["ImportRuns", "Report"]


async def test_a_trial_writes_nothing(database: Database) -> None:
    before = await fingerprint(database)
    trial = await bring_olist(SAMPLE, dry=True)
    assert await fingerprint(database) == before
    assert await value(database, STAGED) == 0
    real = await bring_olist(SAMPLE)
    assert await value(database, STAGED) == 0
    assert trial.state == "checked"
    assert trial.counts == real.counts
    assert trial.totals == real.totals
    assert trial.notes == real.notes


async def test_a_run_keeps_its_mapping_and_names_each_file_once(database: Database) -> None:
    told = await bring_olist(SAMPLE)
    found = "select mapping_name, mapping, files from import_runs where id = :id"
    ((name, mapping, files),) = await rows(database, found, id=told.run_id)
    assert (name, mapping) == ("olist.toml", MAPPING.read_text(encoding="utf-8"))
    names = [file["name"] for file in files]
    # Orders and parcels are read of the same file.
    assert names.count("orders.csv") == 1
    assert len(set(names)) == len(names)


async def test_only_the_platforms_operator_may_import(database: Database) -> None:
    for actor in (
        Actor(Scope.PLATFORM, permissions=frozenset({"platform:system:read"})),
        Actor(Scope.SUPPLIER, permissions=frozenset({"supplier:products:write"})),
    ):
        with pytest.raises(Forbidden):
            await bring(actor, SAMPLE, olist())
    operator = Actor(Scope.PLATFORM, permissions=frozenset({"platform:imports:write"}))
    assert (await bring(operator, SAMPLE, olist())).ok


async def test_a_folder_without_files(database: Database, tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "missing"):
        with pytest.raises(NothingToImport):
            await bring(SYSTEM, folder, HistoryMapping())


CANONICAL: dict[str, dict[str, list[Any]]] = {
    "suppliers": {"id": ["s1", "s2"], "name": ["Kiln", "Garden"]},
    "distributors": {"id": ["d1", "d2"], "name": ["North", "South"], "store": ["north", "south"]},
    "products": {
        "id": ["p1", "p2", "p3"],
        "title": ["Cup", "Tea", "Pot"],
        "supplier_id": ["s1", None, "s1"],
        "price": [None, None, "88.00"],
    },
    "customers": {
        "id": ["c1", "c2"],
        "distributor_id": ["d1", "d2"],
        "name": ["陈", "林"],
        "phone": ["+8613811112222", "call me"],
        "province_code": ["33", "31"],
    },
    "orders": {
        "id": ["o1", "o2"],
        "customer_id": ["c1", "c2"],
        "distributor_id": ["d1", "d2"],
        "status": ["completed", "received"],
        "placed_at": [datetime(2026, 1, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)],
    },
    "lines": {
        "order_id": ["o1", "o1", "o2"],
        "line": ["1", "2", "1"],
        "product_id": ["p1", "p2", "p1"],
        "supplier_id": ["s1", "s2", "s1"],
        "quantity": [3, 1, 2],
        "price": [10.0, 20.5, 10.0],
        "freight": [8.0, 0.0, None],
        "supply_price": [6.0, None, None],
        "commission": [1.5, 2.05, None],
    },
    "payments": {
        "order_id": ["o1", "o2"],
        "sequence": ["a", "a"],
        "amount": [58.5, 20.0],
        "method": ["alipay", None],
    },
    "shipments": {
        "order_id": ["o1", "o1"],
        "supplier_id": ["s1", "s1"],
        "carrier": ["shunfeng", "shunfeng"],
        "tracking_no": ["SF1", "SF2"],
        "shipped_at": [datetime(2026, 1, 3, tzinfo=UTC)] * 2,
    },
    "reviews": {
        "id": ["r1"],
        "order_id": ["o1"],
        "product_id": ["p2"],
        "score": [4],
        "created_at": [datetime(2026, 1, 9, tzinfo=UTC)],
    },
}


def _canonical(folder: Path, **changes: dict[str, list[Any]]) -> Path:
    for kind, columns in (CANONICAL | changes).items():
        pl.DataFrame(columns).write_parquet(folder / f"{kind}.parquet")
    return folder


async def test_the_canonical_layout_with_shares(
    database: Database, owner_url: URL, tmp_path: Path
) -> None:
    report = await bring(SYSTEM, _canonical(tmp_path), HistoryMapping())
    assert report.ok, report.problems
    assert report.totals == Totals(7050, 800, 7850)
    balances = await rows(
        database,
        "select coalesce(m.name, 'platform'), a.kind, sum(b.balance_cents)::bigint"
        " from ledger_accounts a join account_balances b on b.account_id = a.id"
        " left join merchants m on m.id = a.merchant_id group by 1, 2 order by 1, 2",
    )
    assert balances == [
        ("Garden", "PAID_OUT", 2050 - 205),
        ("Kiln", "PAID_OUT", 1800 + 800 + 2000),
        ("North", "PAID_OUT", 3000 - 1800 - 150),
        ("platform", "COMMISSION", 150 + 205),
        ("platform", "HISTORY", -7850),
    ]
    assert await rows(
        database,
        "select s.slug, c.name, c.phone from consumers c join stores s on s.id = c.store_id"
        " order by 1",
    ) == [("north", "陈", "+8613811112222"), ("south", "林", None)]
    assert await rows(
        database,
        "select r.score, m.name, p.title from reviews r join merchants m on m.id = r.supplier_id"
        " join products p on p.id = r.product_id",
    ) == [(4, "Garden", "Tea")]
    # A product with supplier and price comes without having been sold; the others with their lines.
    assert set(await rows(database, "select title from products")) == {("Cup",), ("Tea",), ("Pot",)}
    assert await value(database, "select count(*) from shipments") == 2
    assert await value(database, "select sum(quantity)::int from shipment_lines") == 3
    assert broken(owner_url) == []


async def test_shares_stores_and_parcels_that_cannot_be(
    database: Database, owner_url: URL, tmp_path: Path
) -> None:
    lines = CANONICAL["lines"] | {"supply_price": [10.5, None, None]}
    orders_ = CANONICAL["orders"] | {"distributor_id": ["d1", "d1"]}
    folder = _canonical(tmp_path, lines=lines, orders=orders_)
    report = await bring(SYSTEM, folder, HistoryMapping())
    told = {(p.file, p.line, p.problem) for p in report.problems if p.problem != "order_refused"}
    assert told == {("lines.parquet", 2, "shares_exceed"), ("orders.parquet", 3, "other_store")}
    assert report.counts["orders"] == Count(2, 0, 0, 2)
    parcels = CANONICAL["shipments"] | {"supplier_id": ["s1", "s2"], "order_id": ["o1", "o2"]}
    report = await bring(SYSTEM, _canonical(tmp_path, shipments=parcels), HistoryMapping())
    told = {(p.file, p.line, p.problem) for p in report.problems if p.problem != "order_refused"}
    assert told == {("shipments.parquet", 3, "not_in_order")}
    assert broken(owner_url) == []
