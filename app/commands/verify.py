"""``tongshang verify``: compare every invariant with its sources."""

from typing import Any

from app.kit.secrets import master_secret
from app.kit.settings import settings
from app.server.migrations import require_newest
from app.server.postgres import prepare
from app.services.verification import verify


def run() -> dict[str, Any]:
    """Return the report of all checks."""
    urls = prepare(settings(), master_secret())
    require_newest(urls.owner)
    return verify(urls.owner_text)


def render(report: dict[str, Any]) -> str:
    """Return the report for a person."""
    lines: list[str] = []
    for check in report["checks"]:
        lines.append(f"{'ok  ' if check['ok'] else 'FAIL'}  {check['name']}: {check['meaning']}")
        lines += [f"        {row}" for row in check["rows"]]
    return "\n".join(lines)
