"""A report as a message: a plain text, the same as HTML, and the whole as a spreadsheet.

Mail programs run no script, and ask before they fetch pictures: so there are none. Bars and
columns are cells of tables with a colour. All texts are in the receiver's language.
"""

import asyncio
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from app import routes
from app.adapters.mail import Mail, MailFile
from app.analytics.charts import (
    Drawing,
    Line,
    Reader,
    change_text,
    draw,
    is_empty,
    tone_of,
    value_text,
)
from app.analytics.dashboards import Tile
from app.analytics.files import write_xlsx
from app.analytics.results import Chart, Panel
from app.kit.clock import now
from app.kit.i18n import N_, moment_text, plural
from app.kit.settings import settings
from app.kit.tokens import ACCENTS, DARK, FONT, LIGHT
from app.services.reports import leaving
from app.services.reports.contents import Contents, Wanted
from app.services.reports.receivers import Receiver

MOST_ROWS = 8
"""So many rows of a panel stand in a message; the others are in its file."""
MOST_COLUMNS = 6
MOST_STRIPS = 92
"""So many slots are drawn as a strip of columns."""
STRIP_PIXELS = 64
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_IN_TIME = frozenset({Chart.TREND, Chart.LINES, Chart.COLUMNS, Chart.FORECAST})


@dataclass(frozen=True)
class Figure:
    """A key figure."""

    name: str
    value: str
    change: str
    tone: str
    before: str


@dataclass(frozen=True)
class Strip:
    """A panel in time as columns of pixels, with its ends and its largest value in words."""

    heights: tuple[int, ...]
    first: str
    last: str
    most: str


@dataclass(frozen=True)
class Section:
    """A panel: what it is called, a strip of columns or rows, how many rows are in the file."""

    title: str
    note: str
    kind: str
    heads: tuple[tuple[str, bool], ...]
    lines: tuple[Line, ...]
    more: int
    strip: Strip | None


def _figure(tile: Tile, reader: Reader) -> Figure:
    measure = tile.definition
    before = ""
    if tile.previous is not None:
        text = value_text(tile.previous, measure.unit, reader)
        before = reader.say(N_("Before: %(value)s"), value=text)
    return Figure(
        reader.say(measure.name),
        value_text(tile.value, measure.unit, reader),
        "" if tile.change_bps is None else change_text(tile.change_bps, reader),
        tone_of(tile.measure, tile.change_bps),
        before,
    )


def section(panel: Panel, reader: Reader) -> Section:
    """Return a panel as a message shows it, its rows in the order of the screen."""
    in_time = panel.chart in _IN_TIME
    drawn = draw(panel, reader, as_table=in_time or panel.chart is Chart.SEGMENTS)
    strip = _strip(panel, drawn, reader) if in_time else None
    shown = () if strip and panel.chart is Chart.TREND else _lines_shown(panel, drawn.lines)
    heads = tuple((head.text, head.right) for head in drawn.heads[:MOST_COLUMNS])
    more = len(drawn.lines) - len(shown)
    return Section(drawn.title, drawn.note, drawn.kind, heads, shown, more, strip)


def _lines_shown(panel: Panel, lines: Sequence[Line]) -> tuple[Line, ...]:
    """Return the rows that stand in the message, in the order that they have on the screen."""
    slots = [value for row in panel.rows if isinstance(value := row.values[0], date)]
    # Of days that go on, the last ones matter; the first stand in the strip and in the file.
    if len(slots) == len(panel.rows) and slots == sorted(slots):
        return tuple(lines[-MOST_ROWS:])
    return tuple(lines[:MOST_ROWS])


def _strip(panel: Panel, drawn: Drawing, reader: Reader) -> Strip | None:
    if not 2 <= len(panel.rows) <= MOST_STRIPS or not isinstance(panel.rows[0].values[0], date):
        return None
    values = [value if isinstance(value := row.values[1], int) else 0 for row in panel.rows]
    most = max(values)
    if most <= 0:
        return None
    heights = tuple(max(0, value) * STRIP_PIXELS // most for value in values)
    top = value_text(most, panel.columns[1].unit, reader)
    label = reader.say(panel.columns[1].label, **panel.columns[1].label_params)
    return Strip(
        heights,
        drawn.lines[0].label,
        drawn.lines[-1].label,
        reader.say(N_("%(name)s, at most %(value)s"), name=label, value=top),
    )


@lru_cache(maxsize=1)
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=select_autoescape(("html",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


async def letter(
    receiver: Receiver, wanted: Wanted, contents: Contents, contact: str, key: str
) -> Mail:
    """Return the message.

    ``contact`` is the platform's, if the operator gave one; ``key`` names the message for ever.
    """
    reader = Reader.of(contents.view, receiver.locale)
    values = _values(receiver, wanted, contents, contact, reader)
    leave = leaving.link_for(wanted.schedule_id, _user(receiver))
    values["leave"] = leave
    subject = reader.say(
        N_("%(name)s · %(place)s · %(days)s"),
        name=wanted.name,
        place=values["place"],
        days=values["days"],
    )
    return Mail(
        receiver.email,
        subject,
        _templates().get_template("report.txt").render(values),
        _templates().get_template("report.html").render(values | {"subject": subject}),
        (await _file(receiver, wanted, contents, reader),),
        {
            "List-Unsubscribe": f"<{leave}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "X-Auto-Response-Suppress": "All",
        },
        key,
    )


def _user(receiver: Receiver) -> Any:
    return receiver.actor.user_id


def _values(
    receiver: Receiver, wanted: Wanted, contents: Contents, contact: str, reader: Reader
) -> dict[str, Any]:
    period, shift = contents.view.period, contents.view.shift
    compared = ""
    if shift is not None:
        days = f"{period.first - shift} – {period.last - shift}"
        compared = reader.say(N_("compared with %(days)s"), days=days)
    scope = receiver.workspace.scope
    return {
        "_": reader.say,
        "plural": plural,
        "lang": "en" if receiver.locale == "en" else "zh-CN",
        "name": wanted.name,
        "place": receiver.workspace_name or reader.say(N_("Platform")),
        "days": _days(contents),
        "compared": compared,
        "filters": contents.filters,
        "said": [reader.say(message) for message in contents.said],
        "as_of": moment_text(now()),
        "figures": [_figure(tile, reader) for tile in contents.tiles],
        "sections": [section(p, reader) for p in contents.panels if not is_empty(p)],
        "is_empty": all(is_empty(panel) for panel in contents.panels) and not contents.tiles,
        "link": f"{settings().origin}{routes.console(receiver.workspace, contents.page)}",
        "contact": contact,
        "light": LIGHT | {"accent": ACCENTS[scope][0]},
        "dark": DARK | {"accent": ACCENTS[scope][1]},
        "font": FONT,
        "strip_pixels": STRIP_PIXELS,
    }


def _days(contents: Contents) -> str:
    first, last = contents.view.period.first, contents.view.period.last
    return f"{first}" if first == last else f"{first} – {last}"


async def _file(receiver: Receiver, wanted: Wanted, contents: Contents, reader: Reader) -> MailFile:
    period = contents.view.period
    said: list[tuple[str, str]] = [
        (reader.say(N_("Report")), wanted.name),
        (reader.say(N_("Days")), f"{period.first} – {period.last}"),
        (reader.say(N_("Compared with")), reader.compared_with),
        (reader.say(N_("Currency")), contents.view.currency),
        (reader.say(N_("Data as of")), moment_text(now())),
        *contents.filters,
    ]
    said += [(reader.say(t.definition.name), _figure(t, reader).value) for t in contents.tiles]
    body = await asyncio.to_thread(_xlsx, contents.panels, reader, said)
    return MailFile(f"{_plain(wanted.name)} {period.last}.xlsx", XLSX, body)


def _xlsx(panels: Sequence[Panel], reader: Reader, said: Sequence[tuple[str, str]]) -> bytes:
    with tempfile.TemporaryDirectory(prefix="tongshang-") as folder:
        path = Path(folder) / "report.xlsx"
        write_xlsx(path, panels, reader, said)
        return path.read_bytes()


def _plain(name: str) -> str:
    """Return a name that every file system takes."""
    return "".join(" " if sign in '\\/:*?"<>|\r\n\t' else sign for sign in name).strip() or "report"
