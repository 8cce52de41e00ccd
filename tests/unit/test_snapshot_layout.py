"""The layout is one: what is declared, read, rolled up and hidden fits together."""

import ast
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.access import PERMISSIONS, Actor, Scope
from app.analytics.snapshots import cache, manifest
from app.analytics.snapshots.cache import Frames
from app.analytics.snapshots.draft import Draft
from app.analytics.snapshots.extract import chunks
from app.analytics.snapshots.frames import empty, roll_up
from app.analytics.snapshots.layout import DATASETS, RAW, ROLLUPS, SCHEMA_VERSION, key_of
from app.analytics.snapshots.manifest import DAY, File, Manifest, days_of, spans_of
from app.analytics.snapshots.scope import sight
from app.analytics.snapshots.statements import bound, raw_sql, rollup_sql
from app.analytics.snapshots.store import Store
from app.kit.errors import Forbidden
from app.kit.paths import PROJECT_ROOT

ALL = frozenset(PERMISSIONS)
MERCHANT = UUID("01a2115d-efdb-7f41-806d-8f3399e0ac7a")
OPENERS = {
    "app/analytics/snapshots/opening.py",
    "app/analytics/snapshots/draft.py",
}
"""``draft`` writes what ``opening`` opened. Files of the import are not snapshots."""
NOT_FOR_SUPPLIERS = (
    "goods discount commission_cents fee_cents margin refunded commission_returned"
    " customer order_number total_cents paid_cents"
)
"""Beginnings of what a supplier may never know: what consumers pay, and who they are."""


def test_only_the_opener_opens_parquet() -> None:
    names = {"scan_parquet", "read_parquet", "sink_parquet", "write_parquet", "read_parquet_schema"}
    found = {
        str(path.relative_to(PROJECT_ROOT))
        for folder in ("app", "state", "components")
        for path in (PROJECT_ROOT / folder).rglob("*.py")
        if "app/services/imports" not in str(path)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if (isinstance(node, ast.Attribute) and node.attr in names)
        or (isinstance(node, ast.ImportFrom) and any(a.name in names for a in node.names))
    }
    assert found == OPENERS


def test_only_scan_and_the_builder_ask_the_opener() -> None:
    """``rows_of`` gives every merchant's rows, so nothing that answers people may call it."""
    callers = {
        str(path.relative_to(PROJECT_ROOT))
        for path in (PROJECT_ROOT / "app").rglob("*.py")
        if "snapshots.opening" in path.read_text(encoding="utf-8")
    }
    room = "app/analytics/snapshots/"
    assert callers == {room + name for name in ("reading.py", "draft.py", "checking.py")}


@pytest.mark.parametrize("dataset", RAW, ids=lambda d: d.name)
@pytest.mark.parametrize("scope", [Scope.PLATFORM, Scope.SUPPLIER, Scope.DISTRIBUTOR])
def test_every_raw_dataset_has_a_statement_with_its_columns(dataset, scope) -> None:
    if scope not in dataset.scopes:
        return
    sql = raw_sql(dataset, scope)
    assert all(f" as {name}" in sql for name in dataset.known_to(scope))
    hidden = set(dataset.names) - set(dataset.known_to(scope))
    assert not any(f" as {name}," in sql for name in hidden)


@pytest.mark.parametrize("rollup", ROLLUPS, ids=lambda d: d.name)
def test_a_rollup_has_the_columns_that_it_declares(rollup) -> None:
    source = DATASETS[rollup.source]
    rolled = roll_up(rollup, empty(source).lazy(), rollup.names).collect()
    assert rolled.schema == empty(rollup).schema
    assert rollup_sql(rollup).count("group by") >= 1


@pytest.mark.parametrize("dataset", DATASETS.values(), ids=lambda d: d.name)
def test_suppliers_know_nothing_of_retail(dataset) -> None:
    known = dataset.known_to(Scope.SUPPLIER)
    if Scope.SUPPLIER in dataset.scopes:
        assert not any(name.startswith(tuple(NOT_FOR_SUPPLIERS.split())) for name in known)
    else:
        with pytest.raises(Forbidden):
            sight(Actor(Scope.SUPPLIER, merchant_id=MERCHANT, permissions=ALL), dataset.name)


@pytest.mark.parametrize("scope", [Scope.SUPPLIER, Scope.DISTRIBUTOR])
@pytest.mark.parametrize("dataset", DATASETS.values(), ids=lambda d: d.name)
def test_a_merchant_sees_only_what_can_be_told_apart(dataset, scope) -> None:
    actor = Actor(scope, merchant_id=MERCHANT, permissions=ALL)
    if scope in dataset.scopes and dataset.has(scope):
        assert (str(scope), key_of(MERCHANT)) in sight(actor, dataset.name).equal
    else:
        with pytest.raises(Forbidden):
            sight(actor, dataset.name)


@pytest.mark.parametrize(
    "actor",
    [
        Actor(Scope.PUBLIC, permissions=ALL),
        Actor(Scope.CONSUMER, permissions=ALL),
        Actor(Scope.ACCOUNT, permissions=ALL),
        Actor(Scope.SYSTEM, permissions=ALL),
        Actor(Scope.PLATFORM, permissions=frozenset({"platform:orders:write"})),
        Actor(Scope.PLATFORM, permissions=frozenset({"supplier:analytics:read"})),
        Actor(Scope.SUPPLIER, merchant_id=MERCHANT),
        Actor(Scope.SUPPLIER, permissions=ALL),
        Actor(Scope.DISTRIBUTOR, permissions=ALL),
    ],
    ids=lambda actor: actor.scope,
)
def test_nobody_else_sees_anything(actor: Actor) -> None:
    for dataset in DATASETS:
        with pytest.raises(Forbidden):
            sight(actor, dataset)


def test_an_unknown_dataset_is_no_forbidden_one() -> None:
    with pytest.raises(LookupError):
        sight(Actor(Scope.PLATFORM, permissions=ALL), "everything")


def test_a_statement_is_bound_without_touching_casts() -> None:
    at = datetime(2026, 1, 2, tzinfo=UTC)
    sql = bound("select :now::date, 'a'::text where x = :merchant", now=at, merchant=MERCHANT)
    assert sql == (
        "select '2026-01-02 00:00:00+00:00'::timestamptz::date, 'a'::text"
        f" where x = '{MERCHANT.hex}'::uuid"
    )
    with pytest.raises(KeyError):
        bound("select :other", now=at)


days = st.dates(date(2026, 1, 1), date(2026, 4, 30))


@given(st.sets(days))
def test_spans_hold_the_days_that_made_them(chosen: set[date]) -> None:
    spans = spans_of(chosen)
    assert list(days_of(spans)) == sorted(chosen)
    assert all(later[0] - earlier[1] > DAY for earlier, later in pairwise(spans))


@given(st.sets(days), st.dictionaries(days, st.integers(0, 200_000)))
def test_chunks_lie_in_one_month_and_are_small(chosen: set[date], orders: dict[date, int]) -> None:
    found = chunks(chosen, orders)
    assert [day for chunk in found for day in chunk] == sorted(chosen)
    for chunk in found:
        assert len({(day.year, day.month) for day in chunk}) == 1
        assert len(chunk) == 1 or sum(orders.get(day, 0) for day in chunk) <= 150_000


def _manifest(files: dict[str, tuple[File, ...]], at: datetime) -> Manifest:
    return Manifest("here", at, date(2026, 2, 3), at, at, files)


def test_a_manifest_is_read_as_it_was_written() -> None:
    at = datetime(2026, 2, 4, 5, 6, tzinfo=UTC)
    spans = ((date(2026, 2, 1), date(2026, 2, 2)),)
    one = _manifest({"lines": (File("lines/a", 3, 4, spans, False), File("lines/b", 0, 1))}, at)
    assert manifest.parse(one.text()) == one


def test_a_manifest_of_another_schema_is_none() -> None:
    text = _manifest({}, datetime.now(UTC)).text()
    assert manifest.parse(text.replace(f'"schema": {SCHEMA_VERSION}', '"schema": 0')) is None


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"schema": 1}', "\x00"])
def test_a_broken_manifest_is_none(text: str) -> None:
    assert manifest.parse(text) is None


def test_files_are_kept_for_those_who_still_read_them(tmp_path) -> None:
    store, at = Store(str(tmp_path)), datetime.now(UTC)
    kept, gone = store.put("lines", b"kept"), store.put("lines", b"gone")
    first = _manifest({"lines": (File(kept, 1, 4), File(gone, 1, 4))}, at)
    store.switch(first)
    second = _manifest({"lines": (File(kept, 1, 4),)}, at + timedelta(minutes=5))
    second = second.instead_of(first)
    assert store.collect(second, at + timedelta(minutes=5)) == 0
    third = _manifest({"lines": (File(kept, 1, 4),)}, at + timedelta(hours=2))
    third = third.instead_of(second)
    assert store.collect(third, at + timedelta(hours=2)) == 1
    assert (tmp_path / kept).exists() and not (tmp_path / gone).exists()


def test_a_file_that_comes_back_is_not_collected(tmp_path) -> None:
    store, at = Store(str(tmp_path)), datetime.now(UTC)
    path = store.put("lines", b"same")
    first = _manifest({"lines": (File(path, 1, 4),)}, at)
    without = _manifest({}, at + timedelta(minutes=1)).instead_of(first)
    again = _manifest({"lines": (File(path, 1, 4),)}, at + timedelta(hours=3)).instead_of(without)
    assert store.collect(again, at + timedelta(hours=3)) == 0


def _rows(days_and_sums: dict[date, int]) -> pl.DataFrame:
    frame = pl.DataFrame(
        {"day": list(days_and_sums), "refunds": 1, "amount_cents": list(days_and_sums.values())}
    )
    columns = DATASETS["refunds_daily"].names
    return frame.with_columns(currency=pl.lit("CNY")).select(columns)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.dictionaries(days, st.integers(0, 9), min_size=1), max_size=6))
def test_later_files_replace_days_of_earlier_ones(tmp_path_factory, builds) -> None:
    draft = Draft(Store(str(tmp_path_factory.mktemp("files"))), {})
    dataset, stands = DATASETS["refunds_daily"], dict[date, int]()
    for build in builds:
        draft.add(dataset, build, _rows(build))
        stands |= build
    for _ in range(2):
        rows = draft.rows(dataset).collect()
        assert dict(rows.select("day", "amount_cents").rows()) == stands
        draft.compact(date(2026, 3, 15), nightly=True)
    months = [file.month for file in draft.files.get(dataset.name, ())]
    closed = [month for month in months if month != date(2026, 3, 1)]
    assert len(closed) == len(set(closed))


def test_the_cache_lets_go_of_what_was_not_asked_for() -> None:
    frame = pl.DataFrame({"a": range(100)})
    held = Frames(most_bytes=2 * int(frame.estimated_size()))
    for url in ("one", "two"):
        held.keep(url, frame)
    assert held.get("one") is not None
    held.keep("three", frame)
    assert held.get("two") is None and held.get("one") is not None and held.get("three") is not None
    assert held.held_bytes == 2 * int(frame.estimated_size())


def test_what_is_large_is_not_kept() -> None:
    assert cache.fits(10_000, 20)
    assert not cache.fits(10_000_000, 20)
