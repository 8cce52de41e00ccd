"""``tongshang verify``: compare every invariant with its sources."""

import asyncio
from typing import Any

from app.analytics.snapshots import checking
from app.kit.secrets import master_secret
from app.kit.settings import settings
from app.server.lifespan import serving
from app.server.migrations import require_newest
from app.server.postgres import prepare
from app.services.verification import verify, with_check


def run() -> dict[str, Any]:
    """Return the report of all checks."""
    urls = prepare(settings(), master_secret())
    require_newest(urls.owner)
    report = verify(urls.owner_text)
    return with_check(report, asyncio.run(_snapshots()))


async def _snapshots() -> dict[str, Any] | None:
    async with serving():
        return await asyncio.to_thread(checking.check)


def render(report: dict[str, Any]) -> str:
    """Return the report for a person."""
    lines: list[str] = []
    for check in report["checks"]:
        lines.append(f"{'ok  ' if check['ok'] else 'FAIL'}  {check['name']}: {check['meaning']}")
        lines += [f"        {row}" for row in check["rows"]]
    return "\n".join(lines)
