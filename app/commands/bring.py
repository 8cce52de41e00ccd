"""``tongshang import``: bring another marketplace's history in."""

import asyncio
import locale
import os
import sys
from pathlib import Path

from sqlalchemy.engine import URL

from app.access import SYSTEM
from app.kit.currencies import decimal_text
from app.kit.i18n import locale_of
from app.kit.secrets import master_secret
from app.kit.settings import settings
from app.server.bulk import bulk_writer
from app.server.lifespan import serving
from app.server.migrations import require_newest
from app.server.postgres import prepare
from app.services.imports.history import Progress, Report, bring
from app.services.imports.mapping import HistoryMapping, read_mapping


def run(folder: Path, mapping: Path | None, *, dry: bool) -> Report:
    """Import the folder; progress goes to the terminal's error stream."""
    read = read_mapping(mapping)
    owner = prepare(settings(), master_secret()).owner
    require_newest(owner)
    return asyncio.run(_run(owner, folder, read, dry=dry))


async def _run(owner: URL, folder: Path, mapping: HistoryMapping, *, dry: bool) -> Report:
    async with serving(), bulk_writer(owner) as writer:
        return await bring(SYSTEM, folder, mapping, dry=dry, watch=tell, writer=writer)


def tell(progress: Progress) -> None:
    """Write one line of progress."""
    share = f" of {progress.total:,}" if progress.total else ""
    sys.stderr.write(f"{progress.step}: {progress.done:,}{share}\n")
    sys.stderr.flush()


def reader() -> str:
    """Return the locale of whoever sits at the terminal."""
    name = os.environ.get("LC_ALL") or os.environ.get("LANG") or locale.getlocale()[0] or "en"
    return locale_of(None, name if name.startswith(("zh", "en")) else "en")


def render(report: Report) -> str:
    """Return the report for a person: one line for each refused row, then counts and totals."""
    language = reader()
    lines = [
        f"{problem.file}:{problem.line} {problem.field}: {problem.text(language)}"
        + (f" [{problem.value}]" if problem.value else "")
        for problem in report.problems
    ]
    left = report.problems_total - len(report.problems)
    if left:
        lines.append(f"… {left:,}")
    lines += [f"{'':<14}{'read':>10}{'written':>10}{'unchanged':>11}{'refused':>9}"]
    lines += [
        f"{kind:<14}{count.read:>10,}{count.written:>10,}{count.unchanged:>11,}{count.refused:>9,}"
        for kind, count in report.counts.items()
    ]
    lines += [
        f"{name.removesuffix('_cents'):<14}{report.currency} {decimal_text(cents, report.currency)}"
        for name, cents in vars(report.totals).items()
    ]
    lines += [f"- {note.text(language, report.currency)}" for note in report.notes]
    return "\n".join([*lines, f"{report.state}, {report.seconds} s"])
