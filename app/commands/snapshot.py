"""``tongshang snapshot``: bring the files of the analytics up to date now."""

import asyncio
from typing import Any

from app.analytics.snapshots.build import Built
from app.analytics.snapshots.refresh import refresh
from app.kit.secrets import master_secret
from app.kit.settings import settings
from app.server.lifespan import serving
from app.server.migrations import require_newest
from app.server.postgres import prepare


def run(*, full: bool, audit: bool) -> dict[str, Any]:
    """Return what was done; ``busy`` says that another process is at it."""
    if settings().app_database_url is None:
        require_newest(prepare(settings(), master_secret()).owner)
    built = asyncio.run(_refresh(full=full, audit=audit))
    return {"busy": built.closed_through is None} | built.as_json()


async def _refresh(*, full: bool, audit: bool) -> Built:
    async with serving():
        return await refresh(full=full, audit=audit)


def render(report: dict[str, Any]) -> str:
    """Return the report for a person."""
    if report["busy"]:
        return "Another process builds the snapshot at this moment."
    said = [
        f"The snapshot goes through {report['closed_through']}:"
        f" {report['new_days']} new days, {report['changed_days']} changed ones,"
        f" {report['rows']} rows written in {report['seconds']} s."
    ]
    if report["differing_days"] is not None:
        said.append(f"The audit found {report['differing_days']} days that differed.")
    return "\n".join(said)
