"""Make a history of any size in the canonical layout, to measure the import with.

    uv run python tests/import/synthetic.py FOLDER LINES

Its shape is that of a real marketplace: 1.13 lines and 1.04 payments for each order, most orders of
one supplier, one customer for each order, four of five orders with a review and a parcel.
"""

import sys
from pathlib import Path

import polars as pl

LINES_PER_ORDER = 1.13
SUPPLIERS, PRODUCTS, CATEGORIES = 3_000, 33_000, 70


def _ids(prefix: str, numbers: pl.Expr) -> pl.Expr:
    return pl.lit(prefix) + numbers.cast(pl.String).str.zfill(9)


def _pick(seed: int, below: int) -> pl.Expr:
    return pl.col("n").hash(seed) % below


def _amount(cents: pl.Expr) -> pl.Expr:
    digits = cents.cast(pl.String).str.zfill(3)
    return digits.str.head(-2) + pl.lit(".") + digits.str.tail(2)


def _moment(minutes: pl.Expr) -> pl.Expr:
    start = pl.datetime(2024, 1, 1)
    return (start + pl.duration(minutes=minutes)).dt.strftime("%Y-%m-%d %H:%M:%S")


def _numbers(count: int) -> pl.DataFrame:
    return pl.DataFrame({"n": pl.int_range(count, eager=True)})


def orders(count: int) -> pl.DataFrame:
    placed = _pick(1, 700 * 1440)
    fate = _pick(2, 100)
    return _numbers(count).select(
        id=_ids("O", pl.col("n")),
        customer_id=_ids("C", pl.col("n")),
        status=pl.when(fate < 95)
        .then(pl.lit("completed"))
        .when(fate < 98)
        .then(pl.lit("shipped"))
        .otherwise(pl.lit("cancelled")),
        placed_at=_moment(placed),
        paid_at=_moment(placed + 20),
        shipped_at=pl.when(fate < 98).then(_moment(placed + 3_000)),
        received_at=pl.when(fate < 95).then(_moment(placed + 14_000)),
    )


def lines(count: int, order_count: int) -> pl.DataFrame:
    # The first lines are one of each order; those beyond fall on some of them again.
    order = pl.when(pl.col("n") < order_count).then(pl.col("n")).otherwise(_pick(3, order_count))
    return (
        _numbers(count)
        .with_columns(order=order, product=_pick(4, PRODUCTS))
        .select(
            order_id=_ids("O", pl.col("order")),
            line=pl.col("n").cast(pl.String),
            product_id=_ids("P", pl.col("product")),
            supplier_id=_ids("S", pl.col("product") % SUPPLIERS),
            price=_amount(500 + pl.col("product").hash(5) % 30_000),
            freight=_amount(500 + _pick(6, 4_000)),
        )
    )


def payments(of_lines: pl.DataFrame) -> pl.DataFrame:
    cents = pl.col("price").str.replace(".", "", literal=True).cast(pl.Int64)
    freight = pl.col("freight").str.replace(".", "", literal=True).cast(pl.Int64)
    due = of_lines.group_by("order_id").agg(cents=(cents + freight).sum()).sort("order_id")
    voucher = pl.when(pl.col("cents").hash(7) % 100 < 4).then(pl.lit(300)).otherwise(pl.lit(0))
    due = due.with_columns(voucher=voucher)
    card = due.select(
        "order_id",
        sequence=pl.lit("1"),
        method=pl.lit("credit_card"),
        installments=(pl.col("cents").hash(8) % 10 + 1).cast(pl.String),
        amount=_amount(pl.col("cents") - pl.col("voucher")),
    )
    rest = due.filter(pl.col("voucher") > 0).select(
        "order_id",
        sequence=pl.lit("2"),
        method=pl.lit("voucher"),
        installments=pl.lit("1"),
        amount=_amount(pl.col("voucher")),
    )
    return pl.concat([card, rest])


def make(folder: Path, line_count: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    order_count = max(1, int(line_count / LINES_PER_ORDER))
    all_orders, all_lines = orders(order_count), lines(line_count, order_count)
    named = _numbers(order_count)
    frames = {
        "categories": _numbers(CATEGORIES).select(
            id=_ids("K", pl.col("n")), name_en=_ids("Category ", pl.col("n"))
        ),
        "suppliers": _numbers(SUPPLIERS).select(
            id=_ids("S", pl.col("n")), name=_ids("Supplier ", pl.col("n"))
        ),
        "products": _numbers(PRODUCTS).select(
            id=_ids("P", pl.col("n")),
            title=_ids("Product ", pl.col("n")),
            category_id=_ids("K", pl.col("n") % CATEGORIES),
        ),
        "customers": named.select(
            id=_ids("C", pl.col("n")),
            person_id=_ids("B", pl.col("n") - pl.col("n") % 33 % 2),
            province_code=(_pick(9, 31) + 11).cast(pl.String),
            city=_ids("City ", _pick(10, 300)),
        ),
        "orders": all_orders,
        "lines": all_lines,
        "payments": payments(all_lines),
        "shipments": all_orders.filter(pl.col("shipped_at").is_not_null()).select(
            order_id="id", shipped_at="shipped_at", delivered_at="received_at"
        ),
        "reviews": named.filter(_pick(11, 5) > 0).select(
            id=_ids("R", pl.col("n")),
            order_id=_ids("O", pl.col("n")),
            score=(_pick(12, 5) + 1).cast(pl.String),
            body=pl.when(_pick(13, 5) < 2).then(pl.lit("Arrived as promised, well packed. ")),
            created_at=_moment(_pick(1, 700 * 1440) + 20_000),
        ),
    }
    for name, frame in frames.items():
        frame.write_csv(folder / f"{name}.csv")


if __name__ == "__main__":
    make(Path(sys.argv[1]), int(sys.argv[2]))
