"""What a drawing is: all that a page needs to show a panel, and no more of its figures.

Every text is in the reader's language. Colours are names of tokens (``@accent``, ``@ink/10`` for a
tenth of it), which the browser replaces with those of the theme, so that a theme is switched
without a round trip.
"""

from dataclasses import dataclass, field
from typing import Any

Figure = dict[str, Any]
"""A Plotly figure as a plain dictionary (no import of plotly)."""


@dataclass
class Head:
    """A column's heading or a legend's entry; ``about`` is the tooltip of its measure."""

    text: str
    about: str = ""
    mark: str = ""
    """The token of its colour in the chart; ``before`` for a dashed line."""
    right: bool = False


@dataclass
class Cell:
    """One value of a row."""

    text: str
    tone: str = ""
    """``up`` for good news, ``down`` for bad."""
    tint: int = 0
    """How many percent of the accent stand behind it."""
    right: bool = True
    """Figures stand at the right of their column, texts and days at the left."""


@dataclass
class Line:
    """One row: a bar, a tile of a segment, a row of a table."""

    row: int
    """Its place in the panel."""
    label: str
    cells: list[Cell] = field(default_factory=list[Cell])
    share: str = ""
    """The length of its bar in percent of the longest."""
    before: str = ""
    """Where its comparison stands on the bar, likewise; empty for nowhere."""
    chosen: str = ""
    """``yes`` where the view is filtered by it, ``no`` where by another one."""
    picks: bool = False
    """Whether something happens when it is clicked."""
    path: str = ""
    area: str = ""


@dataclass
class Drawing:
    """A panel as it is shown. ``kind``: plot, bars, cohort, segments, table or empty."""

    name: str
    title: str
    kind: str
    note: str = ""
    about: str = ""
    figure: Figure = field(default_factory=dict[str, Any])
    heads: list[Head] = field(default_factory=list[Head])
    lines: list[Line] = field(default_factory=list[Line])
    wide: bool = False
    lead: str = ""
    """The whole period's figure, where a tile has it."""
    change: str = ""
    tone: str = ""
    href: str = ""
    """The rows behind the whole."""
