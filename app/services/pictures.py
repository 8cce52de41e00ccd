"""Pictures of products: checked, stripped of metadata, kept in a few widths as WebP."""

import asyncio
import hashlib
import io

from PIL import Image, ImageOps, UnidentifiedImageError

from app.access import Actor, Scope
from app.adapters import blobs
from app.kit.errors import Invalid
from app.kit.i18n import N_

WIDTHS = (240, 480, 960)
MOST_BYTES = 8 * 2**20
MOST_PIXELS = 40_000_000
_FORMATS = ("JPEG", "PNG", "WEBP")


async def save_picture(actor: Actor, data: bytes) -> str:
    """Keep a picture of a product or a store; return its blob key. Raises Invalid."""
    check_may_save(actor)
    return await keep_picture(data)


def check_may_save(actor: Actor) -> None:
    """Raise Forbidden unless the actor may add pictures: to its products, or to its store."""
    if actor.scope is Scope.DISTRIBUTOR:
        actor.require("distributor:store:write")
    else:
        actor.require("supplier:products:write")


async def keep_picture(data: bytes) -> str:
    """Check a picture and keep its renditions; the same picture gives the same key."""
    if len(data) > MOST_BYTES:
        raise Invalid({"pictures": N_("A picture may have at most 8 MB.")})
    renditions = await asyncio.to_thread(_renditions, data)
    key = f"pictures/{hashlib.sha256(data).hexdigest()[:24]}"
    for width, content in renditions.items():
        await blobs.put(f"{key}/{width}.webp", content)
    return key


def _renditions(data: bytes) -> dict[int, bytes]:
    picture = _opened(data)
    return {width: _webp(picture, width) for width in WIDTHS}


def _opened(data: bytes) -> Image.Image:
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise Invalid({"pictures": N_("The picture is too large; 40 megapixels at most.")})
            # Turned as the camera says, then without the metadata that says so (and where it was).
            return ImageOps.exif_transpose(picture).convert("RGB")
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError) as error:
        raise Invalid({"pictures": N_("This is not a JPEG, PNG or WebP picture.")}) from error


def _webp(picture: Image.Image, width: int) -> bytes:
    size = (width, max(1, round(picture.height * width / picture.width)))
    fitted = picture if picture.width <= width else picture.resize(size, Image.Resampling.LANCZOS)
    out = io.BytesIO()
    fitted.save(out, "WEBP", quality=82, method=4)
    return out.getvalue()
