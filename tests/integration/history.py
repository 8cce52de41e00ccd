"""What tests of the import share: histories to bring, and the same sums from files and database."""

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl
from sqlalchemy import text
from sqlalchemy.engine import URL

from app.access import SYSTEM
from app.kit.db import Database
from app.kit.paths import PROJECT_ROOT
from app.services.imports.history import bring
from app.services.imports.mapping import HistoryMapping, read_mapping
from app.services.imports.report import Report
from app.services.verification import verify

MAPPING = PROJECT_ROOT / "tests" / "import" / "olist.toml"
SAMPLE = PROJECT_ROOT / "tests" / "import" / "sample"
"""A few orders of our own in Olist's columns, with all that is odd in the real ones."""

OLIST = Path(os.environ.get("TONGSHANG_OLIST", PROJECT_ROOT.parent / "shared/data/olist"))

HISTORIES = [SAMPLE, *([OLIST] if OLIST.is_dir() else [])]
"""The real data set is not ours to copy: it is tested where it lies beside the checkout."""

WIPE = """\
do $$ begin
  execute (select 'truncate ' || string_agg(relname, ', ') from pg_class where relkind = 'r'
    and relnamespace = 'public'::regnamespace and relname not like 'procrastinate%'
    and relname <> 'alembic_version');
end $$"""


def olist() -> HistoryMapping:
    return read_mapping(MAPPING)


async def bring_olist(folder: Path, **options: Any) -> Report:
    return await bring(SYSTEM, folder, olist(), **options)


def copy_of(folder: Path, target: Path, *names: str) -> Path:
    """Copy some files of a folder, or all, to change or leave out others."""
    target.mkdir(exist_ok=True)
    for path in folder.iterdir():
        if path.suffix == ".csv" and (not names or path.name in names):
            shutil.copy(path, target / path.name)
            (target / path.name).chmod(0o644)
    return target


def replace_in(path: Path, old: str, new: str) -> None:
    content = path.read_text(encoding="utf-8")
    assert old in content
    path.write_text(content.replace(old, new, 1), encoding="utf-8")


def broken(owner_url: URL) -> list[dict[str, Any]]:
    """Return the checks of ``tongshang verify`` that fail."""
    url = owner_url.set(drivername="postgresql").render_as_string(hide_password=False)
    return [check for check in verify(url)["checks"] if not check["ok"]]


async def rows(database: Database, sql: str, **params: object) -> list[tuple[Any, ...]]:
    async with database.engine_transaction(SYSTEM) as session:
        return [tuple(row) for row in await session.execute(text(sql), params)]


async def value(database: Database, sql: str, **params: object) -> Any:
    ((found,),) = await rows(database, sql, **params)
    return found


_CENTS = pl.Decimal(18, 2)


def _read(folder: Path, name: str) -> pl.DataFrame:
    return pl.read_csv(folder / f"{name}.csv", infer_schema=False)


def _orders(folder: Path) -> pl.DataFrame:
    orders = _read(folder, "orders").join(_read(folder, "customers"), on="customer_id", how="left")
    return orders.select(
        "order_id",
        pl.col("order_purchase_timestamp").str.slice(0, 7).alias("month"),
        pl.col("customer_state").alias("state"),
    )


def _sums(frame: pl.DataFrame, keys: Sequence[str], *amounts: str) -> set[tuple[Any, ...]]:
    cents = [(pl.col(name).cast(_CENTS).sum() * 100).cast(pl.Int64).alias(name) for name in amounts]
    return set(frame.group_by(keys).agg(*cents).rows())


def item_sums_of_files(folder: Path) -> set[tuple[Any, ...]]:
    """(month, state, seller, cents of items, cents of freight) straight from the CSVs."""
    items = _read(folder, "order_items").join(_orders(folder), on="order_id")
    return _sums(items, ["month", "state", "seller_id"], "price", "freight_value")


def payment_sums_of_files(folder: Path) -> set[tuple[Any, ...]]:
    """(month, state, method, cents) straight from the CSVs."""
    paid = _read(folder, "order_payments").join(_orders(folder), on="order_id")
    return _sums(paid, ["month", "state", "payment_type"], "payment_value")


_MONTH = "to_char(o.placed_at at time zone 'America/Sao_Paulo', 'YYYY-MM')"

ITEM_SUMS = f"""\
select {_MONTH}, a.province_code, e.external_id, sum(l.goods)::bigint, sum(p.freight_cents)::bigint
from orders o join order_addresses a on a.order_id = o.id
join supplier_orders p on p.order_id = o.id
join (select supplier_order_id, sum(goods_cents) as goods from order_lines group by 1) l
  on l.supplier_order_id = p.id
join external_ids e on e.row_id = p.supplier_id and e.kind = 'suppliers'
where o.imported_at is not null group by 1, 2, 3"""

PAYMENT_SUMS = f"""\
select {_MONTH}, a.province_code, y.method, sum(y.amount_cents)::bigint
from orders o join order_addresses a on a.order_id = o.id join payments y on y.order_id = o.id
where o.imported_at is not null group by 1, 2, 3"""

LEDGER = """\
select a.kind, a.currency, sum(b.balance_cents)::bigint from ledger_accounts a
join account_balances b on b.account_id = a.id group by 1, 2"""


async def fingerprint(database: Database) -> Mapping[str, Any]:
    """Return the number of rows of every table that trade writes, and the sum of its rows."""
    tables = await rows(
        database,
        "select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace"
        " and relname not like 'procrastinate%' and relname not like 'import%'"
        " and relname <> 'alembic_version'",
    )
    return {
        table: await value(
            database,
            f"select count(*) || ':' || coalesce(bit_xor(hashtextextended(t::text, 0)), 0)"
            f" from {table} t",
        )
        for (table,) in tables
    }
