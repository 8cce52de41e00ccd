"""Product pictures for the demo, drawn here: one light, one shadow, one palette for all.

Every shape is a mask that is filled with the shading of a solid: lit from the upper left, darker
towards the edges. Nothing is downloaded and the same arguments give the same picture.
"""

import io
from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

SIDE = 1_200
"""Pictures are drawn at this size and scaled down, which smooths their edges."""

Colour = tuple[int, int, int]
Box = tuple[float, float, float, float]

PALETTES: Sequence[tuple[Colour, Colour, Colour]] = (
    # backdrop, main colour, accent
    ((236, 229, 218), (88, 129, 120), (232, 221, 200)),
    ((229, 234, 232), (201, 120, 84), (245, 236, 222)),
    ((238, 232, 236), (92, 98, 145), (226, 196, 150)),
    ((232, 236, 228), (222, 182, 92), (120, 92, 70)),
    ((226, 233, 240), (66, 92, 118), (236, 200, 180)),
    ((240, 230, 224), (176, 84, 92), (240, 224, 206)),
    ((230, 236, 238), (240, 238, 232), (96, 128, 130)),
    ((234, 230, 224), (58, 60, 66), (206, 168, 110)),
)


class Studio:
    """One picture in the making. Coordinates run from 0 to 1 in both directions."""

    def __init__(self, backdrop: Colour) -> None:
        ramp = np.linspace(1.04, 0.9, SIDE)[:, None, None]
        wall = np.clip(np.array(backdrop)[None, None, :] * ramp, 0, 255)
        floor = np.arange(SIDE)[:, None, None] > SIDE * 0.74
        shade = np.where(floor, wall * 0.965, wall)
        columns = np.abs(np.linspace(-1, 1, SIDE))[None, :, None]
        lit = np.clip(shade * (1.03 - 0.07 * columns**2), 0, 255)
        picture = Image.fromarray(np.broadcast_to(lit, (SIDE, SIDE, 3)).astype(np.uint8))
        self.picture = picture.filter(ImageFilter.GaussianBlur(14))

    def shadow(self, left: float, right: float, y: float, strength: float = 0.34) -> None:
        """Lay a soft shadow on the floor."""
        mask = Image.new("L", (SIDE, SIDE))
        box = [left * SIDE, (y - 0.02) * SIDE, (right + 0.05) * SIDE, (y + 0.035) * SIDE]
        ImageDraw.Draw(mask).ellipse(box, fill=int(255 * strength))
        mask = mask.filter(ImageFilter.GaussianBlur(22))
        self.picture.paste((40, 34, 30), mask=mask)

    def mask(self, draw: Callable[[ImageDraw.ImageDraw], None]) -> Image.Image:
        """Return what ``draw`` draws, as a mask."""
        mask = Image.new("L", (SIDE, SIDE))
        draw(ImageDraw.Draw(mask))
        return mask

    def solid(self, mask: Image.Image, colour: Colour, *, gloss: float = 0.5) -> None:
        """Fill a mask with the shading of something round."""
        box = mask.getbbox()
        if box is None:
            return
        left, top, right, bottom = box
        x = np.linspace(-1, 1, right - left)[None, :]
        y = np.linspace(0, 1, bottom - top)[:, None]
        light = 1.1 - 0.42 * (x + 0.25) ** 2 - 0.12 * y
        shine = gloss * np.exp(-(((x + 0.52) / 0.13) ** 2)) * (0.75 - 0.5 * y)
        base = np.array(colour)[None, None, :] * light[..., None] + 115 * shine[..., None]
        filled = Image.fromarray(np.clip(base, 0, 255).astype(np.uint8))
        self.picture.paste(filled, (left, top), mask.crop(box))

    def ellipse(self, box: Box, colour: Colour, *, gloss: float = 0.3) -> None:
        """Draw a solid ellipse."""
        self.solid(self.mask(lambda d: d.ellipse(_scaled(box), fill=255)), colour, gloss=gloss)

    def block(self, box: Box, colour: Colour, radius: float = 0.02, gloss: float = 0.4) -> None:
        """Draw a solid block with round corners."""
        corner = radius * SIDE
        mask = self.mask(lambda d: d.rounded_rectangle(_scaled(box), corner, fill=255))
        self.solid(mask, colour, gloss=gloss)

    def shape(self, points: Sequence[tuple[float, float]], colour: Colour, soft: int = 9) -> None:
        """Draw a solid polygon with softened corners."""
        outline = [(x * SIDE, y * SIDE) for x, y in points]
        mask = self.mask(lambda d: d.polygon(outline, fill=255))
        mask = mask.filter(ImageFilter.GaussianBlur(soft)).point(
            lambda value: min(255, max(0, (value - 118) * 18))  # pyright: ignore
        )
        self.solid(mask, colour)

    def stroke(self, box: Box, start: int, end: int, width: float, colour: Colour) -> None:
        """Draw a solid arc."""
        thick = int(width * SIDE)
        mask = self.mask(lambda d: d.arc(_scaled(box), start, end, fill=255, width=thick))
        self.solid(mask, colour)

    def ring(self, box: Box, width: float, colour: Colour) -> None:
        """Draw a solid ring."""
        inner = (box[0] + width, box[1] + width, box[2] - width, box[3] - width)
        outside = self.mask(lambda d: d.ellipse(_scaled(box), fill=255))
        inside = self.mask(lambda d: d.ellipse(_scaled(inner), fill=255))
        self.solid(ImageChops.subtract(outside, inside), colour)


def _scaled(box: Box) -> list[float]:
    return [edge * SIDE for edge in box]


def _dark(colour: Colour, by: float = 0.7) -> Colour:
    red, green, blue = colour
    return int(red * by), int(green * by), int(blue * by)


def _cup(s: Studio, main: Colour, accent: Colour) -> None:
    s.shadow(0.26, 0.72, 0.775)
    s.stroke((0.56, 0.46, 0.78, 0.68), -90, 105, 0.028, main)
    s.shape(
        [(0.27, 0.42), (0.69, 0.42), (0.63, 0.74), (0.57, 0.77), (0.39, 0.77), (0.33, 0.74)], main
    )
    s.ellipse((0.27, 0.385, 0.69, 0.455), _dark(main, 1.12), gloss=0.1)
    s.ellipse((0.295, 0.397, 0.665, 0.448), _dark(accent, 0.72), gloss=0.1)


def _teapot(s: Studio, main: Colour, accent: Colour) -> None:
    s.shadow(0.22, 0.74, 0.785)
    s.stroke((0.11, 0.45, 0.41, 0.73), 80, 285, 0.03, main)
    s.shape([(0.64, 0.56), (0.84, 0.40), (0.89, 0.42), (0.74, 0.66), (0.66, 0.70)], main)
    s.ellipse((0.22, 0.40, 0.74, 0.79), main, gloss=0.55)
    s.ellipse((0.34, 0.375, 0.62, 0.445), _dark(main, 0.86))
    s.ellipse((0.445, 0.315, 0.515, 0.385), accent)


def _tin(s: Studio, main: Colour, accent: Colour) -> None:
    s.shadow(0.31, 0.70, 0.80)
    s.block((0.31, 0.34, 0.69, 0.80), main, 0.03)
    s.block((0.30, 0.26, 0.70, 0.37), _dark(main, 0.82), 0.025)
    s.block((0.31, 0.48, 0.69, 0.68), accent, 0.002, 0.25)
    s.ellipse((0.455, 0.53, 0.545, 0.62), main, gloss=0.1)


def _bottle(s: Studio, main: Colour, accent: Colour) -> None:
    s.shadow(0.36, 0.64, 0.815)
    s.block((0.44, 0.19, 0.56, 0.36), accent, 0.014)
    s.block((0.36, 0.34, 0.64, 0.82), main, 0.06, 0.6)
    s.block((0.40, 0.50, 0.60, 0.68), (250, 248, 244), 0.008, 0.1)
    s.block((0.43, 0.545, 0.57, 0.556), _dark(main, 0.8), 0.002, 0)
    s.block((0.43, 0.585, 0.53, 0.593), _dark(main, 0.9), 0.002, 0)


def _jar(s: Studio, main: Colour, accent: Colour) -> None:
    s.shadow(0.29, 0.71, 0.795)
    s.block((0.29, 0.42, 0.71, 0.80), main, 0.08, 0.7)
    s.block((0.31, 0.33, 0.69, 0.45), accent, 0.02)
    s.block((0.36, 0.53, 0.64, 0.70), (252, 249, 242), 0.01, 0.1)
    s.ellipse((0.46, 0.565, 0.54, 0.645), main, gloss=0.1)


def _lamp(s: Studio, main: Colour, accent: Colour) -> None:
    s.shadow(0.34, 0.66, 0.825)
    s.block((0.488, 0.42, 0.512, 0.80), _dark(accent, 0.8), 0.008)
    s.ellipse((0.36, 0.775, 0.64, 0.84), _dark(accent, 0.85))
    s.shape([(0.38, 0.20), (0.62, 0.20), (0.74, 0.47), (0.26, 0.47)], main)
    s.ellipse((0.27, 0.445, 0.73, 0.495), (255, 243, 214), gloss=0)


def _headphones(s: Studio, main: Colour, accent: Colour) -> None:
    s.shadow(0.26, 0.74, 0.80)
    s.stroke((0.25, 0.20, 0.75, 0.84), 188, 352, 0.038, main)
    s.block((0.20, 0.49, 0.335, 0.76), main, 0.06)
    s.block((0.665, 0.49, 0.80, 0.76), main, 0.06)
    s.block((0.315, 0.515, 0.385, 0.735), accent, 0.034)
    s.block((0.615, 0.515, 0.685, 0.735), accent, 0.034)


def _bag(s: Studio, main: Colour, accent: Colour) -> None:
    s.shadow(0.24, 0.76, 0.815)
    s.stroke((0.36, 0.19, 0.64, 0.58), 180, 360, 0.022, _dark(main, 0.8))
    s.shape([(0.27, 0.39), (0.73, 0.39), (0.78, 0.82), (0.22, 0.82)], main, 14)
    s.shape([(0.265, 0.39), (0.735, 0.39), (0.75, 0.52), (0.25, 0.52)], _dark(main, 0.9), 10)
    s.ellipse((0.475, 0.49, 0.525, 0.54), accent)


def _shoe(s: Studio, main: Colour, accent: Colour) -> None:
    s.shadow(0.12, 0.86, 0.765)
    upper = [
        (0.17, 0.42),
        (0.35, 0.42),
        (0.46, 0.55),
        (0.70, 0.60),
        (0.85, 0.66),
        (0.86, 0.73),
        (0.15, 0.73),
    ]
    s.shape(upper, main, 16)
    s.block((0.13, 0.705, 0.88, 0.775), (248, 246, 242), 0.03, 0.1)
    for place in range(4):
        x = 0.41 + 0.055 * place
        s.shape(
            [
                (x, 0.505 + 0.02 * place),
                (x + 0.022, 0.50 + 0.02 * place),
                (x + 0.002, 0.60),
                (x - 0.02, 0.60),
            ],
            accent,
            5,
        )


def _plant(s: Studio, main: Colour, accent: Colour) -> None:
    s.shadow(0.34, 0.66, 0.825)
    leaf = (74, 118, 84)
    for angle, size, shade in (
        (-52, 0.34, 0.85),
        (46, 0.33, 0.95),
        (-24, 0.42, 1.0),
        (22, 0.4, 1.1),
        (0, 0.46, 0.92),
    ):
        mask = s.mask(
            lambda d, n=size: d.ellipse(_scaled((0.455, 0.62 - n, 0.545, 0.62)), fill=255)
        )
        turned = mask.rotate(
            -angle, center=(0.5 * SIDE, 0.62 * SIDE), resample=Image.Resampling.BICUBIC
        )
        s.solid(turned, _dark(leaf, shade), gloss=0.15)
    s.shape([(0.34, 0.58), (0.66, 0.58), (0.61, 0.83), (0.39, 0.83)], main)
    s.ellipse((0.345, 0.56, 0.655, 0.605), _dark(accent, 0.75), gloss=0)


def _notebook(s: Studio, main: Colour, accent: Colour) -> None:
    s.shadow(0.26, 0.76, 0.80)
    s.block((0.31, 0.24, 0.745, 0.81), (246, 242, 234), 0.012, 0)
    s.block((0.28, 0.225, 0.72, 0.80), main, 0.014, 0.3)
    s.block((0.335, 0.225, 0.352, 0.80), accent, 0.002, 0.1)
    s.block((0.45, 0.37, 0.64, 0.47), (250, 247, 240), 0.008, 0)


def _box(s: Studio, main: Colour, accent: Colour) -> None:
    s.shadow(0.20, 0.80, 0.79)
    fruit = (
        (0.29, 0.40),
        (0.43, 0.36),
        (0.57, 0.36),
        (0.71, 0.40),
        (0.36, 0.45),
        (0.50, 0.43),
        (0.64, 0.45),
    )
    for x, y in fruit:
        s.ellipse((x - 0.085, y - 0.02, x + 0.085, y + 0.15), accent, gloss=0.45)
    s.shape([(0.20, 0.52), (0.80, 0.52), (0.77, 0.80), (0.23, 0.80)], main, 8)
    s.block((0.36, 0.60, 0.64, 0.71), (250, 246, 238), 0.01, 0)


def _candle(s: Studio, main: Colour, accent: Colour) -> None:
    s.shadow(0.33, 0.67, 0.805)
    s.block((0.33, 0.44, 0.67, 0.81), main, 0.03, 0.7)
    s.ellipse((0.335, 0.415, 0.665, 0.475), _dark(accent, 1.02), gloss=0)
    s.block((0.496, 0.37, 0.504, 0.45), (70, 60, 52), 0.002, 0)
    s.ellipse((0.478, 0.275, 0.522, 0.385), (255, 205, 120), gloss=0)
    s.block((0.40, 0.56, 0.60, 0.70), (252, 249, 243), 0.008, 0.1)


SHAPES: dict[str, Callable[[Studio, Colour, Colour], None]] = {
    "cup": _cup,
    "teapot": _teapot,
    "tin": _tin,
    "bottle": _bottle,
    "jar": _jar,
    "lamp": _lamp,
    "headphones": _headphones,
    "bag": _bag,
    "shoe": _shoe,
    "plant": _plant,
    "notebook": _notebook,
    "box": _box,
    "candle": _candle,
}


def draw(shape: str, palette: int) -> bytes:
    """Return a square PNG of ``shape`` in one of the palettes."""
    backdrop, main, accent = PALETTES[palette % len(PALETTES)]
    studio = Studio(backdrop)
    SHAPES[shape](studio, main, accent)
    out = io.BytesIO()
    studio.picture.resize((960, 960), Image.Resampling.LANCZOS).save(out, "PNG", compress_level=1)
    return out.getvalue()
