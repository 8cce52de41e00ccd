"""Which dataset answers which question: the smallest that sums to the truth."""

import pytest

from app.access import Scope
from app.analytics.choice import choose, share_out, weight
from app.analytics.measures import MEASURES, Base
from app.analytics.snapshots.layout import DATASETS, ROLLUPS

P, S, D = Scope.PLATFORM, Scope.SUPPLIER, Scope.DISTRIBUTOR

CASES = [
    # (measure, scope, dimensions of division and filters) → dataset
    ("gmv_paid", P, (), "daily"),
    ("gmv_paid", P, ("category",), "daily_category"),
    ("gmv_paid", P, ("province",), "daily_province"),
    ("gmv_paid", P, ("supplier",), "daily_supplier"),
    ("gmv_paid", P, ("distributor",), "daily_store"),
    ("gmv_paid", P, ("store",), "daily_store"),
    ("gmv_paid", P, ("product",), "daily_product"),
    ("gmv_paid", P, ("supplier", "category"), "daily_supplier_category"),
    ("gmv_paid", P, ("supplier", "province"), "daily_supplier_province"),
    ("gmv_paid", P, ("supplier", "distributor"), "daily_supplier_store"),
    ("gmv_paid", P, ("distributor", "category"), "daily_store_category"),
    ("gmv_paid", P, ("distributor", "province"), "daily_store_province"),
    ("gmv_paid", P, ("product", "category"), "daily_product"),
    ("gmv_paid", P, ("product", "store"), "daily_store_product"),
    ("gmv_paid", P, ("category", "province"), "daily_category_province"),
    ("gmv_paid", P, ("supplier", "category", "province"), "lines"),
    ("gmv_paid", P, ("product", "province"), "lines"),
    ("gmv_paid", P, ("hour",), "lines"),
    # Orders of several categories or suppliers count once in each, so they sum over stores only.
    ("paid_orders", P, (), "daily"),
    ("paid_orders", P, ("category",), "daily_category"),
    ("paid_orders", P, ("distributor",), "daily_store"),
    ("paid_orders", P, ("distributor", "category"), "daily_store_category"),
    ("paid_orders", P, ("supplier", "category"), "daily_supplier_category"),
    ("average_order", P, ("supplier",), "daily_supplier"),
    ("parts", P, ("supplier", "distributor"), "daily_supplier_store"),
    # A merchant's datasets have its own key.
    ("supply_sales", S, (), "daily_supplier"),
    ("supply_sales", S, ("category",), "daily_supplier_category"),
    ("supply_sales", S, ("province",), "daily_supplier_province"),
    ("supply_sales", S, ("store",), "daily_supplier_store"),
    ("supply_sales", S, ("product",), "daily_product"),
    ("supply_sales", S, ("store", "product"), "daily_store_product"),
    ("supply_sales", S, ("store", "category"), "daily_store_product"),
    ("paid_parts", S, ("store", "category"), "lines"),
    ("paid_parts", S, (), "daily_supplier"),
    ("store_sales", D, (), "daily_store"),
    ("store_sales", D, ("category",), "daily_store_category"),
    ("store_sales", D, ("province",), "daily_store_province"),
    ("store_sales", D, ("supplier",), "daily_supplier_store"),
    ("goods_sales", D, ("product",), "daily_store_product"),
    ("paid_orders", D, ("category",), "daily_store_category"),
    ("paid_orders", D, (), "daily_store"),
    ("gmv_placed", P, (), "orders_daily"),
    ("gmv_placed", P, ("province",), "orders_daily_province"),
    ("placed_orders", D, ("status",), "orders_daily_store"),
    ("new_customers", P, ("distributor",), "orders_daily_store"),
    ("sourced_sales", P, ("source",), "orders_daily_source"),
    ("sourced_sales", D, ("source",), "orders_daily_store_source"),
    # Customers of several days are the same people: only rows tell.
    ("customers", P, (), "orders"),
    ("customers", P, ("day",), "buyers_daily"),
    ("customers", P, ("day", "province"), "orders"),
    ("customers", D, ("day",), "orders"),
    ("gmv_paid", P, ("day",), "daily"),
    ("repeat_rate", D, ("store",), "orders"),
    ("refunds", P, (), "refunds_daily"),
    ("refunds", P, ("supplier",), "refunds_daily_supplier"),
    ("refunds", P, ("distributor",), "refunds_daily_store"),
    ("store_refunds", D, (), "refunds_daily_store"),
    ("store_refunds", D, ("supplier",), "refunds"),
    ("take", P, (), "bookings_daily"),
    ("take", P, ("supplier",), "bookings_daily_supplier"),
    ("margin", D, (), "bookings_daily_store"),
    ("income", S, (), "bookings_daily_supplier"),
    ("on_time", P, ("supplier",), "parts_daily_supplier"),
    ("on_time", S, ("store",), "parts_daily_supplier_store"),
    ("on_time", D, (), "parts_daily_store"),
    ("visitors", P, (), "traffic_daily"),
    ("visitors", D, (), "traffic_daily_store"),
    ("visitors", P, ("source",), "traffic_daily_source"),
    ("product_views", P, (), "product_traffic"),
]  # fmt: skip


@pytest.mark.parametrize(("key", "scope", "dimensions", "expected"), CASES)
def test_the_smallest_dataset_that_has_the_dimensions_answers(
    key: str, scope: Scope, dimensions: tuple[str, ...], expected: str
) -> None:
    measure = MEASURES[key]
    base = measure.bases[0]
    assert choose(base, measure.amounts, dimensions, scope).name == expected


def test_what_only_rows_tell_keeps_nothing_else_there() -> None:
    amounts = MEASURES["repeat_rate"].amounts
    found = {
        dimensions: {
            dataset.name: {amount.key for amount in some}
            for dataset, some in share_out(Base.ORDERS, amounts, dimensions, P)
        }
        for dimensions in ((), ("day",), ("hour",))
    }
    assert found == {
        (): {"orders": {"customers"}, "orders_daily": {"first_orders"}},
        ("day",): {"buyers_daily": {"customers"}, "orders_daily": {"first_orders"}},
        ("hour",): {"orders": {"customers", "first_orders"}},
    }


def test_rows_are_read_only_where_no_rollup_has_the_answer() -> None:
    """Whatever a merchant divides its sums by, one dimension at a time, a rollup has."""
    for measure in MEASURES.values():
        if not measure.adds_up or measure.bases != (Base.LINES,):
            continue
        for scope in measure.scopes:
            for dimension in measure.divides(scope):
                found = choose(Base.LINES, measure.amounts, (dimension,), scope)
                assert not found.is_raw, (measure.key, scope, dimension)


def test_every_rollup_has_fewer_rows_than_those_with_more_keys() -> None:
    for rollup in ROLLUPS:
        for other in ROLLUPS:
            if rollup.source == other.source and set(rollup.keys) < set(other.keys):
                assert weight(rollup) <= weight(other), (rollup.name, other.name)


def test_every_amount_is_a_column_of_the_rows_that_it_is_counted_in() -> None:
    for measure in MEASURES.values():
        for amount in measure.amounts:
            raw = DATASETS[amount.base]
            assert amount.how == "count" or raw.has(amount.source), (measure.key, amount.key)
            assert amount.where is None or raw.has(amount.where[0])


def test_a_measure_is_only_for_scopes_that_may_know_its_columns() -> None:
    """A supplier's measures are made of columns without retail amounts and customers."""
    for measure in MEASURES.values():
        for scope in measure.scopes:
            for amount in measure.amounts:
                raw = DATASETS[amount.base]
                known = raw.known_to(scope)
                assert scope in raw.scopes, (measure.key, scope)
                assert amount.how == "count" or amount.source in known, (measure.key, scope)
