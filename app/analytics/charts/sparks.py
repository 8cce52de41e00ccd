"""Sparklines as SVG paths."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Sparkline:
    """Two SVG paths in a box of the given size: the line, and the area below it."""

    line: str
    area: str
    width: int
    height: int


def sparkline(values: Sequence[int | None], width: int = 120, height: int = 32) -> Sparkline:
    """Draw a series small. Slots to come are left free; without two values there is no line."""
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return Sparkline("", "", width, height)
    low, high = min(0, *known), max(*known, 0)
    edge = 2
    across = (width - 2 * edge) / (len(values) - 1)
    up = (height - 2 * edge) / (high - low or 1)
    points = [
        f"{edge + i * across:.1f} {height - edge - (value - low) * up:.1f}"
        for i, value in enumerate(known)
    ]
    line = "M" + "L".join(points)
    right = edge + (len(known) - 1) * across
    floor = height - edge
    return Sparkline(line, f"{line}L{right:.1f} {floor}L{edge} {floor}Z", width, height)
