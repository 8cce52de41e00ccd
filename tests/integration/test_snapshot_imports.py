"""A history that is brought in reaches closed days, without waiting for the night."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import polars as pl
import pytest

from app.access import PERMISSIONS, Actor, Scope
from app.analytics.reach import Reach, reaches
from app.analytics.snapshots import closed_through, live, scan
from app.analytics.snapshots.build import Built, build
from app.analytics.snapshots.checking import check
from app.analytics.snapshots.layout import DATASETS, key_of
from app.analytics.snapshots.live import forget
from app.kit.db import Database
from app.kit.errors import Forbidden
from app.kit.settings import settings
from tests.integration.history import SAMPLE, WIPE, bring_olist, copy_of, rows

BEGINNING, END = date(2010, 1, 1), date(2100, 1, 1)
PLATFORM = Actor(Scope.PLATFORM, permissions=frozenset(PERMISSIONS))


@pytest.fixture(autouse=True)
async def _empty(
    owner_connection: Any, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[None]:
    owner_connection.execute(WIPE)
    monkeypatch.setenv("TONGSHANG_SNAPSHOT_URL", str(tmp_path))
    settings.cache_clear()
    yield
    settings.cache_clear()


async def _build(*, audit: bool = False) -> Built:
    return await asyncio.to_thread(build, "t", audit=audit)


def _rows(actor: Actor, dataset: str) -> pl.DataFrame:
    return scan(actor, dataset, first=BEGINNING, last=END).collect()


async def _is_true(actor: Actor) -> None:
    forget()
    for name, dataset in DATASETS.items():
        if dataset.is_summary or actor.scope not in dataset.scopes:
            continue
        if actor.scope is not Scope.PLATFORM and not dataset.has(actor.scope):
            continue
        told = await live(actor, name, since=BEGINNING)
        filed = _rows(actor, name)
        if actor.scope is Scope.SUPPLIER:
            # Of history that was paid and then cancelled a supplier reads no address live; the
            # files keep the region, which is no address.
            told, filed = told.drop("province", strict=False), filed.drop("province", strict=False)
        assert filed.sort(filed.columns).equals(told.sort(told.columns)), name
    report = await asyncio.to_thread(check)
    assert report is not None and report["ok"], report


async def test_imported_days_are_taken_by_their_trace(database: Database) -> None:
    await _build()
    assert closed_through() is not None and _rows(PLATFORM, "lines").is_empty()
    await bring_olist(SAMPLE)
    built = await _build()
    assert built.changed_days > 0 and not built.is_full
    await _is_true(PLATFORM)
    assert (await _build(audit=True)).differing_days == 0
    assert _rows(PLATFORM, "lines").height > 0
    assert set(_rows(PLATFORM, "lines")["currency"]) == {"BRL"}
    assert _rows(PLATFORM, "parts")["score"].drop_nulls().len() > 0
    firsts = _rows(PLATFORM, "orders").filter(pl.col("is_first"))
    customers = _rows(PLATFORM, "customers")
    assert firsts.height == customers.height > 0


A_DAY_AGO = """\
set session_replication_role = replica;
update import_runs set started_at = started_at - interval '1 day',
  finished_at = finished_at - interval '1 day';
update import_steps set finished_at = finished_at - interval '1 day';
update orders set imported_at = imported_at - interval '1 day';
update order_events set created_at = created_at - interval '1 day';
reset session_replication_role"""


async def test_an_import_that_was_killed_is_not_looked_for_for_ever(
    database: Database, owner_connection: Any
) -> None:
    await bring_olist(SAMPLE)
    owner_connection.execute(A_DAY_AGO)
    owner_connection.execute("update import_runs set state = 'RUNNING', finished_at = null")
    await _build()
    # Nothing tells of this change but the import's last step.
    owner_connection.execute("update order_addresses set province = 'elsewhere'")
    assert (await _build()).changed_days == 0
    owner_connection.execute("update import_steps set finished_at = now()")
    assert (await _build()).changed_days > 0


async def test_reviews_of_orders_that_came_earlier_are_taken_by_their_trace(
    database: Database, owner_connection: Any, tmp_path: Path
) -> None:
    everything = {path.name for path in SAMPLE.iterdir()}
    await bring_olist(copy_of(SAMPLE, tmp_path / "a", *everything - {"order_reviews.csv"}))
    owner_connection.execute(A_DAY_AGO)
    await _build()
    assert _rows(PLATFORM, "parts")["score"].drop_nulls().is_empty()
    await bring_olist(copy_of(SAMPLE, tmp_path / "b", "order_reviews.csv"))
    await _build()
    assert _rows(PLATFORM, "parts")["score"].drop_nulls().len() > 0
    await _is_true(PLATFORM)


async def test_sales_are_found_wherever_they_lie(database: Database) -> None:
    await _build()
    assert await reaches(PLATFORM) == []
    await bring_olist(SAMPLE)
    await _build()
    sold = await rows(
        database,
        "select supplier_id, distributor_id, (paid_at at time zone 'Asia/Shanghai')::date"
        " from supplier_orders where paid_at is not null",
    )
    assert len({supplier for supplier, *_ in sold}) > 1
    for supplier, distributor, _ in sold:
        everybody = (
            (PLATFORM, [day for *_, day in sold]),
            (_merchant(Scope.SUPPLIER, supplier), [d for s, _, d in sold if s == supplier]),
            (
                _merchant(Scope.DISTRIBUTOR, distributor),
                [d for _, s, d in sold if s == distributor],
            ),
        )
        for actor, days in everybody:
            assert await reaches(actor) == [Reach("BRL", min(days), max(days))]
    with pytest.raises(Forbidden):
        await reaches(Actor(Scope.SUPPLIER, merchant_id=sold[0][0]))


def _merchant(scope: Scope, merchant: UUID) -> Actor:
    return Actor(scope, merchant_id=merchant, permissions=frozenset(PERMISSIONS))


async def test_merchants_see_the_currency_of_their_history(database: Database) -> None:
    await bring_olist(SAMPLE)
    await _build()
    found = await rows(database, "select distinct supplier_id, distributor_id from supplier_orders")
    for supplier, distributor in found:
        for scope, merchant in ((Scope.SUPPLIER, supplier), (Scope.DISTRIBUTOR, distributor)):
            actor = _merchant(scope, merchant)
            await _is_true(actor)
            mine = _rows(actor, "lines")
            assert set(mine["currency"]) <= {"BRL"}
            assert set(mine[str(scope)]) <= {key_of(merchant)}
