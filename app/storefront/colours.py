"""A merchant's accent colour, made readable on light and on dark pages."""

import re
from dataclasses import dataclass
from functools import lru_cache

from app.kit.tokens import DARK, LIGHT

DEFAULT_ACCENT = "#9a4f2c"
LEAST_CONTRAST = 4.6
"""WCAG asks for 4.5:1 between small text and its background."""

_COLOUR = re.compile(r"#[0-9a-f]{6}")
_STEPS = 40


@dataclass(frozen=True)
class Palette:
    """The accent on light and dark pages, each with the colour of text upon it."""

    light: str
    on_light: str
    dark: str
    on_dark: str

    @property
    def style(self) -> str:
        """The palette as CSS variables for a style attribute; nothing but checked colours."""
        return (
            f"--accent-light:{self.light};--on-light:{self.on_light};"
            f"--accent-dark:{self.dark};--on-dark:{self.on_dark}"
        )


@lru_cache(maxsize=512)
def palette(accent: str) -> Palette:
    """Return the palette of an accent; anything but ``#rrggbb`` gives the default one."""
    chosen = accent.lower()
    if not _COLOUR.fullmatch(chosen):
        chosen = DEFAULT_ACCENT
    light = _towards(chosen, 0, [LIGHT["surface"], LIGHT["bg"], LIGHT["sunken"]])
    dark = _towards(chosen, 255, [DARK["surface"], DARK["bg"], DARK["sunken"]])
    return Palette(light, _text_on(light), dark, _text_on(dark))


def _towards(colour: str, goal: int, backgrounds: list[str]) -> str:
    """Move a colour towards black (0) or white (255) until it can be read on the backgrounds."""
    channels = _channels(colour)
    for step in range(_STEPS + 1):
        moved = [round(value + (goal - value) * step / _STEPS) for value in channels]
        found = "#" + "".join(f"{value:02x}" for value in moved)
        if all(contrast(found, background) >= LEAST_CONTRAST for background in backgrounds):
            return found
    return "#000000" if goal == 0 else "#ffffff"


def _text_on(colour: str) -> str:
    dark = DARK["bg"]
    return "#ffffff" if contrast("#ffffff", colour) >= contrast(dark, colour) else dark


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours by WCAG 2, from 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _channels(colour: str) -> list[int]:
    return [int(colour[place : place + 2], 16) for place in (1, 3, 5)]


def _luminance(colour: str) -> float:
    linear = [
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in (channel / 255 for channel in _channels(colour))
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
