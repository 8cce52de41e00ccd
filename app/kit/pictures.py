"""Pictures of strangers: recognised by content, checked, made plain sRGB of a few widths.

A file is untrusted in every way: its name, its header, its metadata and its tail. What leaves here
is pixels alone, so that no rendition tells where a picture was taken. Nothing here waits for
anything; a caller keeps the work off its event loop.
"""

import io
import struct
import zlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

import numpy as np
import pillow_heif
from PIL import Image, ImageCms

from app.kit.errors import Invalid
from app.kit.i18n import N_

WIDTHS = (240, 480, 960)
"""The widths of the renditions in pixels; a narrower picture keeps its own."""
MAX_BYTES = 8 * 2**20
MAX_PIXELS = 40_000_000
MIN_SIDE = 200
MAX_RATIO = 4
"""How many times its short side the long side of a picture may be."""

_QUALITY = 82
_MAX_ORIENTATION = 8
_ORIENTATION = 0x0112
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"})
_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_DAMAGED = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    LookupError,
    TypeError,
    AttributeError,
    RuntimeError,
    ArithmeticError,
    struct.error,
    zlib.error,
)
"""What decoders raise over broken files; each of them has its own way."""
_TURNS = {
    2: (Image.Transpose.FLIP_LEFT_RIGHT,),
    3: (Image.Transpose.ROTATE_180,),
    4: (Image.Transpose.FLIP_TOP_BOTTOM,),
    5: (Image.Transpose.TRANSPOSE,),
    6: (Image.Transpose.ROTATE_270,),
    7: (Image.Transpose.TRANSVERSE,),
    8: (Image.Transpose.ROTATE_90,),
}
_COLOUR_SPACES = {"GRAY": "L", "RGB": "RGB", "CMYK": "CMYK"}

# Neither library says all of its types.
cast(Any, pillow_heif).register_heif_opener(thumbnails=False, depth_images=False, aux_images=False)


class PictureProblem(Invalid):
    """A picture that cannot be taken; the sentence stands at the field ``pictures``."""

    def __init__(self) -> None:
        super().__init__({"pictures": self.message})


class NotAPicture(PictureProblem):
    """The content is none of the known formats, whatever the file is called."""

    code = "not_a_picture"
    message = N_(
        "This is not a JPEG, PNG, WebP, HEIC or AVIF picture. Save it as one of these, then upload"
        " it again."
    )


class Damaged(PictureProblem):
    """It begins as a picture, but cannot be read to its end."""

    code = "damaged"
    message = N_("The picture is damaged or incomplete. Export it again, then upload that file.")


class TooLarge(PictureProblem):
    """More than ``MAX_BYTES``."""

    code = "too_large"
    message = N_("A picture may have at most 8 MB. Save it smaller or as JPEG, then upload that.")


class TooManyPixels(TooLarge):
    """More than ``MAX_PIXELS``, however few bytes they take."""

    message = N_(
        "A picture may have at most 40 megapixels. Save it with fewer pixels, then upload that."
    )


class TooSmall(PictureProblem):
    """A side shorter than ``MIN_SIDE``."""

    code = "too_small"
    message = N_("A picture must be at least 200 pixels wide and high. Please choose a larger one.")


class BadShape(PictureProblem):
    """Longer than ``MAX_RATIO`` times its short side."""

    code = "bad_shape"
    message = N_(
        "The long side of a picture may be at most four times the short one. Crop it; a tall"
        " picture may also go into the description, where it is cut into parts."
    )


class TooWide(BadShape):
    """Too long a picture that lies, which nothing cuts into parts."""

    message = N_("A picture may be at most four times as wide as it is high. Please crop it.")


@dataclass(frozen=True)
class Picture:
    """A picture as a person sees it: its size in pixels, how many frames its file has.

    ``image`` is its first frame as sRGB without metadata (RGBA where something is transparent),
    at most a little larger than the widest rendition needs.
    """

    image: Image.Image
    width: int
    height: int
    frames: int

    @property
    def is_too_long(self) -> bool:
        """Whether it must be cut into parts."""
        return self.height > MAX_RATIO * self.width


def read_picture(data: bytes, *, allow_long: bool = False) -> Picture:
    """Return the picture of a file; ``allow_long`` lets it be higher than ``MAX_RATIO`` widths.

    Raises PictureProblem: NotAPicture, Damaged, TooLarge, TooSmall or BadShape.
    """
    if len(data) > MAX_BYTES:
        raise TooLarge
    kind = format_of(data)
    if kind is None:
        raise NotAPicture
    try:
        with Image.open(io.BytesIO(data), formats=[kind]) as file:
            check_size(*file.size, allow_long=allow_long)
            picture = _decoded(file)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise TooManyPixels from None
    except _DAMAGED as error:
        raise Damaged from error
    # Only now is it known which of its sides is the upper one.
    if picture.width > MAX_RATIO * picture.height:
        raise TooWide if allow_long else BadShape
    return picture


def format_of(data: bytes) -> str | None:
    """Return what a file is by its first bytes, as Pillow names it, or None."""
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[4:8] != b"ftyp":
        return None
    end = min(int.from_bytes(data[:4], "big"), 256)
    brands = {data[8:12], *(data[at : at + 4] for at in range(16, end - 3, 4))}
    if brands & _AVIF_BRANDS:
        return "AVIF"
    return "HEIF" if brands & _HEIC_BRANDS else None


def check_size(width: int, height: int, *, allow_long: bool) -> None:
    """Check the size that a header declares. Raises TooManyPixels, TooSmall or BadShape."""
    short, long = sorted((width, height))
    if short * long > MAX_PIXELS:
        raise TooManyPixels
    if short < MIN_SIDE:
        raise TooSmall
    if long > MAX_RATIO * short and not allow_long:
        raise BadShape


def renditions(picture: Picture) -> dict[int, bytes]:
    """Return the picture as WebP for each of ``WIDTHS``."""
    return {width: _webp(_fitted(picture.image, width)) for width in WIDTHS}


def parts(picture: Picture) -> list[dict[int, bytes]]:
    """Return the renditions of a long picture cut into equal parts, from top to bottom.

    Each width is cut after it was scaled, so that no seam shows.
    """
    count = -(-picture.height // (MAX_RATIO * picture.width))
    cut: list[dict[int, bytes]] = [{} for _ in range(count)]
    for width in WIDTHS:
        fitted = _fitted(picture.image, width)
        edges = [round(fitted.height * place / count) for place in range(count + 1)]
        for place, part in enumerate(cut):
            box = (0, edges[place], fitted.width, edges[place + 1])
            part[width] = _webp(fitted.crop(box))
    return cut


def _decoded(file: Image.Image) -> Picture:
    frames = getattr(file, "n_frames", 1)
    seen = file.size
    # Twice the widest rendition is plenty; JPEG then decodes to a fraction of its size.
    scale = min(1.0, 2 * WIDTHS[-1] / min(seen))
    wanted = (max(1, round(seen[0] * scale)), max(1, round(seen[1] * scale)))
    file.draft(None, wanted)
    file.load()
    turn = _orientation(file)
    profile = file.info.get("icc_profile")
    image = _eight_bits(file)
    if image.width > wanted[0]:
        image = image.resize(wanted, Image.Resampling.LANCZOS, reducing_gap=3.0)
    image = _in_srgb(image, profile if isinstance(profile, bytes) else None)
    for step in _TURNS.get(turn, ()):
        image = image.transpose(step)
    # WebP would take colour profile and comments over from here.
    image.info.clear()
    width, height = seen if turn < 5 else (seen[1], seen[0])
    return Picture(image, width, height, int(frames))


def _orientation(file: Image.Image) -> int:
    """Return how the camera was held, 1 to 8; nonsense counts as upright."""
    try:
        turn = file.getexif().get(_ORIENTATION, 1)
    except _DAMAGED:
        return 1
    return turn if isinstance(turn, int) and 1 <= turn <= _MAX_ORIENTATION else 1


def _eight_bits(file: Image.Image) -> Image.Image:
    """Return the image as L, LA, RGB, RGBA or CMYK, whatever its file kept."""
    if file.mode.startswith("I"):
        return _from_sixteen_bits(file)
    if file.mode in ("LA", "RGBA", "CMYK"):
        return file
    if file.has_transparency_data:
        return file.convert("LA" if file.mode == "L" else "RGBA")
    if file.mode in ("1", "L"):
        return file.convert("L")
    return file.convert("RGB")


def _from_sixteen_bits(file: Image.Image) -> Image.Image:
    """Scale grey of 16 bits; Pillow's own conversion clips it to white."""
    values = np.clip(np.asarray(file), 0, 0xFFFF).astype(np.uint16)
    grey = Image.fromarray((values >> 8).astype(np.uint8))
    clear = file.info.get("transparency")
    if isinstance(clear, int):
        grey.putalpha(Image.fromarray(np.where(values == clear, 0, 255).astype(np.uint8)))
    return grey


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Return the image as RGB, or as RGBA where something is transparent."""
    alpha = image.getchannel("A") if image.mode in ("LA", "RGBA") else None
    base = image.convert({"LA": "L", "RGBA": "RGB"}.get(image.mode, image.mode))
    colours = (_transformed(base, profile) if profile else None) or base.convert("RGB")
    if alpha is not None and alpha.getextrema() != (255, 255):
        colours.putalpha(alpha)
    return colours


def _transformed(base: Image.Image, profile: bytes) -> Image.Image | None:
    """Return the image in sRGB, or None where the profile is broken or of another kind of image."""
    try:
        given: Any = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        mode = _COLOUR_SPACES.get(str(given.profile.xcolor_space).strip())
        if mode == "RGB" and base.mode == "L":
            base = base.convert("RGB")
        if mode != base.mode:
            return None
        return ImageCms.profileToProfile(base, given, _srgb(), outputMode="RGB")
    except (*_DAMAGED, ImageCms.PyCMSError):
        return None


@lru_cache(maxsize=1)
def _srgb() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(cast(Any, ImageCms).createProfile("sRGB"))


def _fitted(image: Image.Image, width: int) -> Image.Image:
    if image.width <= width:
        return image
    size = (width, max(1, round(image.height * width / image.width)))
    return image.resize(size, Image.Resampling.LANCZOS)


def _webp(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "WEBP", quality=_QUALITY, method=4)
    return out.getvalue()
