"""Comparing the snapshot with the tables: an invariant of ``tongshang verify``. Blocking."""

from datetime import timedelta
from typing import Any

from app.access import SYSTEM
from app.analytics.snapshots.changes import differing, traced
from app.analytics.snapshots.extract import Source
from app.analytics.snapshots.layout import RAW
from app.analytics.snapshots.opening import rows_of
from app.analytics.snapshots.store import store
from app.kit.clock import now
from app.kit.i18n import N_
from app.services.engine import engine_reader
from app.services.verification import MOST_ROWS

NAME = "snapshots_equal_tables"
MEANING = N_("the analytics files agree with the tables for closed days")


def check() -> dict[str, Any] | None:
    """Return the check as a report of verify has them; None where there is no snapshot.

    Days that traces tell of are left out: the worker takes them within minutes.
    """
    manifest = store().newest()
    if manifest is None:
        return None
    with engine_reader(SYSTEM, "snapshots.compare") as connection:
        source = Source(connection, now())
        late = traced(source, manifest.watermark, manifest.closed_through)
        stand = {
            dataset.name: rows_of(store(), dataset, manifest.files.get(dataset.name, ()), None)
            for dataset in RAW
        }
        first = source.first_day() or manifest.closed_through + timedelta(days=1)
        found = differing(source, stand, first, manifest.closed_through)
    rows = [
        {"dataset": name, "day": day}
        for name, days in found.items()
        for day in sorted(days - late[name])
    ]
    return {"name": NAME, "ok": not rows, "meaning": MEANING, "rows": rows[:MOST_ROWS]}
