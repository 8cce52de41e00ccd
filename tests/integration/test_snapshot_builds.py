"""The snapshot follows the tables: new days, late changes, crashes, two builders, other schemas."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import polars as pl
import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.engine import URL

from app.access import PERMISSIONS, PUBLIC, SYSTEM, Actor, Scope
from app.adapters.gateway import ProviderState, register
from app.analytics.periods import business_date, midnight
from app.analytics.snapshots import (
    changes,
    closed_through,
    live,
    manifest,
    one_snapshot,
    scan,
)
from app.analytics.snapshots.build import Built, build
from app.analytics.snapshots.checking import check
from app.analytics.snapshots.draft import Draft
from app.analytics.snapshots.health import part
from app.analytics.snapshots.layout import DATASETS, Dataset, key_of, print_of
from app.analytics.snapshots.live import forget
from app.analytics.snapshots.manifest import DAY, GRACE
from app.analytics.snapshots.store import MANIFEST, Store, store
from app.kit.clock import frozen, now
from app.kit.db import Database, use_database
from app.kit.ids import new_id
from app.kit.settings import settings
from app.services import fulfilment, payments, refunds
from tests.integration.market import FakeProvider, Market, open_market
from tests.integration.s3 import s3_store

PLATFORM = Actor(Scope.PLATFORM, permissions=frozenset(PERMISSIONS))
BEGINNING, END = date(2020, 1, 1), date(2100, 1, 1)


@pytest.fixture
async def fresh(
    app_url: str, owner_url: URL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator["Ground"]:
    """An empty database's market, its owner, and a folder of its own for the files."""
    monkeypatch.setenv("TONGSHANG_SNAPSHOT_URL", str(tmp_path))
    settings.cache_clear()
    opened = Database(app_url, pool_size=4)
    use_database(opened)
    url = owner_url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url, autocommit=True) as owner:
        tables = owner.execute(
            "select string_agg(quote_ident(tablename), ', ') from pg_tables"
            " where schemaname = 'public' and tablename not like 'procrastinate%'"
            " and tablename <> 'alembic_version'"
        ).fetchone()
        owner.execute(f"truncate {tables[0]} cascade")  # type: ignore[index]
        yield Ground(owner, opened, store(), tmp_path / str(owner_url.database))
    use_database(None)
    settings.cache_clear()
    await opened.close()


class Ground:
    """A market whose orders can be moved into the past."""

    def __init__(self, owner: Any, database: Database, files: Store, folder: Path) -> None:
        self.owner, self.database, self.files, self.folder = owner, database, files, folder
        self.provider = FakeProvider()
        register("fake", lambda: self.provider)

    async def buy(self, market: Market, quantities: dict[int, int], days_ago: float = 3) -> UUID:
        order = await market.order(quantities)
        started = await payments.start(
            PUBLIC, order.order_id, order.access_token, return_url="http://s", provider="fake"
        )
        assert await payments.confirm(self.provider.pay(started.number)) == "applied"
        self.move(order.order_id, timedelta(days=days_ago))
        return order.order_id

    def move(self, order: UUID, back: timedelta) -> None:
        self.owner.execute("set session_replication_role = replica")
        for table, columns, key in (
            ("orders", "placed_at paid_at", "id"),
            ("supplier_orders", "placed_at paid_at", "order_id"),
            ("order_events", "created_at", "order_id"),
            ("payments", "created_at paid_at", "order_id"),
        ):
            moved = ", ".join(f"{column} = {column} - %(back)s" for column in columns.split())
            self.owner.execute(
                f"update {table} set {moved} where {key} = %(order)s",
                {"back": back, "order": order},
            )
        self.owner.execute(
            "update postings set created_at = created_at - %(back)s where supplier_order_id in"
            " (select id from supplier_orders where order_id = %(order)s)",
            {"back": back, "order": order},
        )
        self.owner.execute("set session_replication_role = origin")

    def at(self, order: UUID, moment: datetime) -> None:
        self.owner.execute(
            "update orders set placed_at = %s, paid_at = %s where id = %s", (moment, moment, order)
        )

    async def build(self, *, full: bool = False, audit: bool = False, name: str = "t") -> Built:
        return await asyncio.to_thread(build, name, full=full, audit=audit)

    def rows(self, dataset: str = "lines") -> pl.DataFrame:
        return scan(PLATFORM, dataset, first=BEGINNING, last=END).collect()

    async def line_and_part(self, order: UUID) -> tuple[UUID, str]:
        row = self.owner.execute(
            "select l.id, s.number from order_lines l join supplier_orders s"
            " on s.id = l.supplier_order_id where l.order_id = %s order by l.id",
            (order,),
        ).fetchone()
        return row[0], row[1]

    async def refund(self, market: Market, order: UUID, cents: int) -> None:
        line, number = await self.line_and_part(order)
        await refunds.refund_lines(market.seller, number, {line: cents}, 0, "broken")

    async def is_true(self) -> bool:
        """Compare every dataset, live and from files, and the check of ``verify``."""
        forget()
        for name, dataset in DATASETS.items():
            if dataset.is_summary:
                continue
            told = (await live(PLATFORM, name, since=BEGINNING)).filter(
                pl.col("day") <= closed_through()
            )
            filed = self.rows(name)
            assert filed.sort(filed.columns).equals(told.sort(told.columns)), name
        report = await asyncio.to_thread(check)
        return report is not None and report["ok"]


async def test_there_is_no_snapshot_before_the_first_build(fresh: Ground) -> None:
    assert closed_through() is None
    assert fresh.rows().is_empty()
    assert await asyncio.to_thread(check) is None
    assert not part(fresh.files).ok


async def test_an_empty_installation_has_an_empty_snapshot(fresh: Ground) -> None:
    built = await fresh.build()
    assert built.closed_through == business_date(now()) - DAY and built.new_days == 0
    assert fresh.rows().is_empty() and await fresh.is_true()
    assert part(fresh.files).ok


async def test_what_happens_today_is_never_in_a_snapshot(fresh: Ground) -> None:
    market = await open_market(fresh.database)
    await fresh.buy(market, {0: 1, 1: 2}, days_ago=0)
    await fresh.buy(market, {0: 1}, days_ago=1)
    await fresh.build()
    assert fresh.rows().height == 1 and await fresh.is_true()
    with frozen(now() + DAY):
        built = await fresh.build()
        assert (built.new_days, built.is_full) == (1, False)
        assert fresh.rows().height == 3 and await fresh.is_true()


async def test_days_without_sales_are_closed_too(fresh: Ground) -> None:
    market = await open_market(fresh.database)
    await fresh.buy(market, {0: 1}, days_ago=9)
    await fresh.build()
    assert (await fresh.build()).new_days == 0
    with frozen(now() + 4 * DAY):
        assert (await fresh.build()).new_days == 4
        assert fresh.rows().height == 1 and await fresh.is_true()


async def test_a_day_ends_at_midnight_of_the_business_zone(fresh: Ground) -> None:
    market = await open_market(fresh.database)
    day = business_date(now()) - 5 * DAY
    for moment in (
        midnight(day),
        midnight(day) - timedelta(microseconds=1),
        midnight(day + DAY) - timedelta(microseconds=1),
        midnight(day + DAY),
    ):
        fresh.at(await fresh.buy(market, {0: 1}), moment)
    await fresh.build()
    days = dict(fresh.rows("daily").select("day", "orders").rows())
    assert days == {day - DAY: 1, day: 2, day + DAY: 1}
    minutes = fresh.rows("lines").sort("day", "minute").select("hour", "minute").rows()
    assert minutes == [(23, 1439), (0, 0), (23, 1439), (0, 0)]
    assert await fresh.is_true()


async def test_the_snapshot_closes_a_day_at_midnight_and_not_before(fresh: Ground) -> None:
    market = await open_market(fresh.database)
    today = business_date(now())
    await fresh.buy(market, {0: 1}, days_ago=0)
    with frozen(midnight(today + DAY) - timedelta(microseconds=1)):
        assert (await fresh.build()).closed_through == today - DAY
    with frozen(midnight(today + DAY)):
        assert (await fresh.build()).closed_through == today


async def test_a_late_refund_changes_its_closed_day(fresh: Ground) -> None:
    market = await open_market(fresh.database)
    order = await fresh.buy(market, {0: 2, 1: 1}, days_ago=40)
    other = await fresh.buy(market, {0: 1}, days_ago=39)
    await fresh.build()
    before = fresh.rows("daily")
    await fresh.refund(market, order, 300)
    built = await fresh.build()
    assert built.changed_days == 1
    after = fresh.rows("daily")
    assert before["refunded_cents"].sum() == 0
    assert after.filter(pl.col("refunded_cents") == 300).height == 1
    assert fresh.rows("lines").filter(pl.col("order_key") == key_of(other)).height == 1
    returned = after.select("supply_returned_cents", "margin_returned_cents").sum().row(0)
    assert 0 < returned[0] < 300 and returned[1] > 0
    assert await fresh.is_true()
    with frozen(now() + DAY):
        await fresh.build()
        assert fresh.rows("refunds")["amount_cents"].to_list() == [300]
        assert await fresh.is_true()


async def test_a_refund_that_fails_is_taken_back(fresh: Ground) -> None:
    market = await open_market(fresh.database)
    order = await fresh.buy(market, {0: 2})
    await fresh.refund(market, order, 300)
    fresh.owner.execute("update refunds set created_at = created_at - interval '2 days'")
    await fresh.build()
    assert fresh.rows("refunds").height == 1 and fresh.rows("parts")["refunded_cents"].sum() == 300
    refund = fresh.owner.execute("select id from refunds").fetchone()[0]
    assert not await refunds._answered(refund, ProviderState.FAILED)
    assert (await fresh.build()).changed_days == 2
    assert fresh.rows("refunds").is_empty() and fresh.rows("parts")["refunded_cents"].sum() == 0
    assert await fresh.is_true()


async def test_steps_of_an_order_change_the_days_of_its_part_and_its_own(fresh: Ground) -> None:
    market = await open_market(fresh.database)
    order = await fresh.buy(market, {0: 1}, days_ago=1)
    await fresh.build()
    lines = fresh.files.newest().files["lines"]  # type: ignore[union-attr]
    _, number = await fresh.line_and_part(order)
    assert await fulfilment.accept(market.supplier(0), [number])
    assert (await fresh.build()).changed_days == 1
    assert fresh.rows("parts")["status"].to_list() == ["ACCEPTED"]
    assert fresh.rows("parts")["accept_minutes"].item() >= 24 * 60 - 1
    assert fresh.files.newest().files["lines"] == lines, "lines had not changed"  # type: ignore[union-attr]
    assert await fresh.is_true()


async def test_a_part_becomes_late_though_nothing_happens(fresh: Ground) -> None:
    market = await open_market(fresh.database)
    await fresh.buy(market, {0: 1}, days_ago=1)
    await fresh.build()
    assert fresh.rows("parts")["on_time"].to_list() == [None]
    with frozen(now() + 2 * DAY):
        await fresh.build()
        assert fresh.rows("parts")["on_time"].to_list() == [False]
        assert await fresh.is_true()


async def test_a_row_that_commits_late_is_still_found(fresh: Ground) -> None:
    """Its time lies before the watermark, but nobody could see it then."""
    market = await open_market(fresh.database)
    order = await fresh.buy(market, {0: 1}, days_ago=2)
    await fresh.build()
    watermark = fresh.files.newest().watermark  # type: ignore[union-attr]
    await fresh.refund(market, order, 100)
    early = watermark - changes.OVERLAP / 2
    fresh.owner.execute("update refunds set created_at = %s", (early,))
    assert (await fresh.build()).changed_days >= 1
    assert fresh.rows("lines")["refunded_cents"].sum() == 100
    assert await fresh.is_true()


async def test_the_audit_finds_what_left_no_trace(fresh: Ground) -> None:
    market = await open_market(fresh.database)
    order = await fresh.buy(market, {0: 3}, days_ago=20)
    await fresh.buy(market, {0: 1}, days_ago=2)
    await fresh.build()
    fresh.owner.execute("update order_lines set discount_cents = 7 where order_id = %s", (order,))
    report = await asyncio.to_thread(check)
    assert not report["ok"] and [row["dataset"] for row in report["rows"]] == ["lines"]  # type: ignore[index]
    assert (await fresh.build()).changed_days == 0
    built = await fresh.build(audit=True)
    assert (built.changed_days, built.differing_days) == (1, 1)
    assert fresh.rows("lines")["discount_cents"].sum() == 7 and await fresh.is_true()
    assert (await fresh.build(audit=True)).differing_days == 0


async def test_the_audit_finds_history_before_the_first_day_and_days_that_emptied(
    fresh: Ground,
) -> None:
    market = await open_market(fresh.database)
    order = await fresh.buy(market, {0: 3}, days_ago=20)
    await fresh.build()
    fresh.move(order, 300 * DAY)
    built = await fresh.build(audit=True)
    assert built.differing_days == 2
    assert fresh.rows("lines").height == 1 and await fresh.is_true()


async def test_a_product_takes_its_sales_with_it_to_another_category(fresh: Ground) -> None:
    market = await open_market(fresh.database)
    await fresh.buy(market, {0: 3}, days_ago=20)
    await fresh.buy(market, {1: 3}, days_ago=10)
    await fresh.build()
    category = new_id()
    fresh.owner.execute(
        "insert into categories (id, slug, name_zh, name_en, position)"
        " values (%s, 'other', '它', 'Other', 1)",
        (category,),
    )
    product = market.goods[0].product
    fresh.owner.execute("update products set category_id = %s where id = %s", (category, product))
    assert (await fresh.build()).changed_days == 1
    moved = fresh.rows("daily_category").filter(pl.col("category") == key_of(category))
    assert moved["quantity"].to_list() == [3] and await fresh.is_true()


async def test_an_earlier_order_that_comes_late_is_the_customer_s_first(fresh: Ground) -> None:
    market = await open_market(fresh.database)
    later = await fresh.buy(market, {0: 1}, days_ago=5)
    await fresh.build()
    earlier = await fresh.buy(market, {0: 1}, days_ago=50)
    await fresh.build(audit=True)
    firsts = dict(fresh.rows("orders").select("order_key", "is_first").rows())
    assert firsts == {key_of(earlier): True, key_of(later): False}
    assert await fresh.is_true()


async def test_customers_cohorts_and_segments_are_of_all_orders(fresh: Ground) -> None:
    market = await open_market(fresh.database)
    for days_ago in (70, 40, 8):
        await fresh.buy(market, {0: 1}, days_ago=days_ago)
    await fresh.buy(market, {1: 1}, days_ago=0)
    await fresh.build()
    paid = fresh.owner.execute(
        "select sum(paid_cents) from orders where paid_at < now() - interval '1 day'"
    ).fetchone()[0]
    (customer,) = fresh.rows("customers").to_dicts()
    today = business_date(now())
    assert customer["orders"] == 3 and customer["paid_cents"] == paid
    assert customer["first_day"] == today - 70 * DAY and customer["last_day"] == today - 8 * DAY
    assert customer["segment"] == "loyal" and customer["province"] == "浙江省"
    whole = fresh.rows("cohorts").filter(pl.col("distributor").is_null())
    first, last = customer["first_day"], customer["last_day"]
    months = (last.year - first.year) * 12 + last.month - first.month
    assert whole["month"].min() == 0 and whole["month"].max() == months
    assert whole["orders"].sum() == 3 and whole["paid_cents"].sum() == paid
    (segment,) = fresh.rows("segments").filter(pl.col("distributor").is_null()).to_dicts()
    assert (segment["segment"], segment["customers"], segment["mean_days_since"]) == ("loyal", 1, 7)


async def test_another_currency_is_never_added_up(fresh: Ground) -> None:
    market = await open_market(fresh.database)
    foreign = await fresh.buy(market, {0: 1}, days_ago=3)
    await fresh.buy(market, {0: 1}, days_ago=3)
    for table, key in (("orders", "id"), ("supplier_orders", "order_id")):
        fresh.owner.execute(f"update {table} set currency = 'BRL' where {key} = %s", (foreign,))
    await fresh.build()
    daily = fresh.rows("daily").sort("currency")
    assert daily["currency"].to_list() == ["BRL", "CNY"] and daily["orders"].to_list() == [1, 1]
    assert fresh.rows("segments")["currency"].unique().len() == 2
    assert await fresh.is_true()


async def test_another_schema_is_built_anew(fresh: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    market = await open_market(fresh.database)
    await fresh.buy(market, {0: 1})
    await fresh.build()
    monkeypatch.setattr("app.analytics.snapshots.manifest.SCHEMA_VERSION", 10_000)
    fresh.files._seen = None
    assert closed_through() is None, "the old files are of no use"
    assert (await fresh.build()).is_full
    assert fresh.rows().height == 1 and await fresh.is_true()


VISIT = (
    "insert into store_visits (store_id, day, visitor, distributor_id, page_views,"
    " product_views, searches, cart_adds, checkouts, orders, first_at)"
    " select id, (now() at time zone 'Asia/Shanghai')::date - 9, 1, distributor_id,"
    " 4, 0, 0, 0, 0, 0, now() - interval '9 days' from stores limit 1"
)


@pytest.mark.parametrize(
    ("looks_other", "left"), [("lines", (4, 4)), ("traffic_daily", (4, 4)), ("traffic", (0, 4))]
)
async def test_visits_long_ago_outlive_a_new_schema(
    fresh: Ground, monkeypatch: pytest.MonkeyPatch, looks_other: str, left: tuple[int, int]
) -> None:
    market = await open_market(fresh.database)
    await fresh.buy(market, {0: 1}, days_ago=12)
    fresh.owner.execute(VISIT)
    await fresh.build()
    # Single visitors are forgotten after a time, but not what they came to.
    fresh.owner.execute("delete from store_visits")
    monkeypatch.setattr(changes, "KEPT_DAYS", 5)

    def views() -> tuple[int, int]:
        raw, daily = (fresh.rows(name)["page_views"].sum() for name in ("traffic", "traffic_daily"))
        return raw, daily

    assert (await fresh.build(full=True)).is_full and views() == (4, 4)

    def print_now(dataset: Dataset) -> str:
        return "other" if dataset.name == looks_other else print_of(dataset)

    monkeypatch.setattr(manifest, "SCHEMA_VERSION", 10_000)
    monkeypatch.setattr(manifest, "print_of", print_now)
    fresh.files._seen = None
    assert closed_through() is None
    assert (await fresh.build()).is_full and views() == left
    assert (await asyncio.to_thread(check) or {})["ok"]
    assert (await fresh.build(audit=True)).differing_days == 0 and views() == left


async def test_the_snapshot_of_another_database_is_built_anew(fresh: Ground) -> None:
    market = await open_market(fresh.database)
    await fresh.buy(market, {0: 1})
    await fresh.build(name="one")
    assert not (await fresh.build(name="one")).is_full
    assert (await fresh.build(name="two")).is_full


async def test_a_crash_between_files_and_manifest_leaves_the_snapshot_as_it_was(
    fresh: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    market = await open_market(fresh.database)
    order = await fresh.buy(market, {0: 2}, days_ago=3)
    await fresh.build()
    old = (fresh.folder / MANIFEST).read_bytes()
    await fresh.refund(market, order, 100)

    def crash(self: Store, manifest: object) -> None:
        raise OSError("the power went")

    with monkeypatch.context() as patch:
        patch.setattr(Store, "switch", crash)
        with pytest.raises(OSError, match="power"):
            await fresh.build()
    assert (fresh.folder / MANIFEST).read_bytes() == old
    assert fresh.rows()["refunded_cents"].sum() == 0
    await fresh.build()
    assert fresh.rows()["refunded_cents"].sum() == 100 and await fresh.is_true()


async def test_a_crash_amid_the_files_leaves_remnants_that_a_later_build_sweeps_up(
    fresh: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    market = await open_market(fresh.database)
    await fresh.buy(market, {0: 2}, days_ago=3)

    def crash(self: Draft, closed: date, *, nightly: bool) -> None:
        raise OSError("the power went")

    with monkeypatch.context() as patch:
        patch.setattr(Draft, "compact", crash)
        with pytest.raises(OSError, match="power"):
            await fresh.build()
    assert closed_through() is None
    remnants = set(fresh.folder.rglob("*.parquet"))
    assert remnants
    fresh.owner.execute("update order_lines set discount_cents = 1")
    with frozen(now() + 2 * GRACE):
        built = await fresh.build()
    named = {fresh.folder / path for path in fresh.files.newest().paths()}  # type: ignore[union-attr]
    assert built.deleted_files and set(fresh.folder.rglob("*.parquet")) == named


async def test_of_two_builders_at_once_one_runs(fresh: Ground) -> None:
    market = await open_market(fresh.database)
    for _ in range(3):
        await fresh.buy(market, {0: 1})
    done = await asyncio.gather(*(fresh.build() for _ in range(4)))
    worked = [built for built in done if built.closed_through]
    assert len(worked) >= 1
    assert await fresh.is_true()
    async with fresh.database.engine_transaction(SYSTEM) as session:
        await session.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": 0x736E6170})
        assert (await fresh.build()).closed_through is None


async def test_a_reader_keeps_to_one_snapshot(fresh: Ground) -> None:
    market = await open_market(fresh.database)
    await fresh.buy(market, {0: 1}, days_ago=0)
    await fresh.build()
    with one_snapshot():
        first = closed_through()
        with frozen(now() + DAY):
            await fresh.build()
        assert closed_through() == first and fresh.rows().is_empty()
    assert closed_through() == first + DAY and fresh.rows().height == 1  # type: ignore[operator]


async def test_many_late_changes_do_not_make_many_files(fresh: Ground) -> None:
    market = await open_market(fresh.database)
    orders = [await fresh.buy(market, {0: 2}, days_ago=40 + n % 3) for n in range(12)]
    await fresh.build()
    for order in orders:
        await fresh.refund(market, order, 10)
        await fresh.build()
    files = fresh.files.newest().files  # type: ignore[union-attr]
    assert all(len([f for f in files[name] if f.spans]) <= 12 for name in ("lines", "daily"))
    assert fresh.rows()["refunded_cents"].sum() == 120 and await fresh.is_true()
    with frozen(now() + DAY):
        await fresh.build()
        months = [file.month for file in fresh.files.newest().files["lines"]]  # type: ignore[union-attr]
        closed = [month for month in months if month < business_date(now()).replace(day=1)]
        assert len(closed) == len(set(closed)) and await fresh.is_true()


async def test_a_month_is_one_file_from_the_first_night_after_its_last_day(fresh: Ground) -> None:
    market = await open_market(fresh.database)
    await fresh.buy(market, {0: 2}, days_ago=2)
    await fresh.build()
    month = business_date(now() + DAY).replace(day=1)
    first = midnight((month + 32 * DAY).replace(day=1)) + timedelta(hours=1)
    for moment in (now() + DAY, first - 2 * DAY, first - DAY, first):
        with frozen(moment):
            await fresh.build()
    found = fresh.files.newest().files  # type: ignore[union-attr]
    by_day = {name: files for name, files in found.items() if files[0].spans}
    assert {"lines", "daily"} <= by_day.keys()
    for dataset, files in by_day.items():
        closed = [file for file in files if file.month == month]
        assert len(closed) == 1 and closed[0].is_whole, dataset


async def test_an_object_store_serves_as_a_folder_does(
    fresh: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    market = await open_market(fresh.database)
    order = await fresh.buy(market, {0: 2, 1: 1}, days_ago=40)
    with s3_store() as (environment, objects):
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("TONGSHANG_SNAPSHOT_URL", "s3://bucket/analytics")
        settings.cache_clear()
        fresh.files = store()
        assert closed_through() is None
        await fresh.build()
        assert fresh.rows().height == 2 and await fresh.is_true()
        await fresh.refund(market, order, 100)
        assert (await fresh.build()).changed_days == 1
        assert fresh.rows()["refunded_cents"].sum() == 100 and await fresh.is_true()
        before = set(objects)
        with frozen(now() + 2 * GRACE):
            deleted = (await fresh.build()).deleted_files
        assert deleted and len(before - objects.keys()) == deleted and await fresh.is_true()
        assert any(key.endswith(MANIFEST) for key in objects)
