"""How the snapshot is, for ``doctor`` and the page of the system's health. Blocking."""

from app.analytics.periods import business_date
from app.analytics.snapshots.manifest import DAY
from app.analytics.snapshots.store import Store
from app.kit.clock import now
from app.kit.i18n import N_
from app.services.checks import Part


def part(store: Store) -> Part:
    """Say how far the snapshot goes, and when it was built."""
    name = N_("Analytics files")
    manifest = store.newest()
    if manifest is None:
        says = N_("none yet; figures come from the database until the worker has built them")
        return Part(name, says, ok=False, needed=False)
    files = [file for files in manifest.files.values() for file in files]
    return Part(
        name,
        N_(
            "closed through %(day)s, built %(minutes)s min ago:"
            " %(files)s files, %(rows)s rows, %(size)s MB"
        ),
        # A day closes at midnight, and the worker may take until the next build to see it.
        ok=manifest.closed_through >= business_date(now()) - 2 * DAY,
        needed=False,
        params={
            "day": manifest.closed_through,
            "minutes": int((now() - manifest.built_at).total_seconds() // 60),
            "files": f"{len(files):,}",
            "rows": f"{sum(file.rows for file in files):,}",
            "size": f"{sum(file.bytes for file in files) / 2**20:,.1f}",
        },
    )
