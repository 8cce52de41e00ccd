"""Pictures as the web sees them. A key is made from the picture, so it never changes."""

import re

from fastapi import APIRouter, Response

from app.adapters import blobs

router = APIRouter(prefix="/media")

_KEY = re.compile(r"pictures/[0-9a-f]{24}")
_WIDTHS = {240, 480, 960}


@router.get("/{key:path}/{width}.webp")
async def picture(key: str, width: int) -> Response:
    """Return one rendition of a picture."""
    if not _KEY.fullmatch(key) or width not in _WIDTHS:
        return Response(status_code=404)
    data = await blobs.get(f"{key}/{width}.webp")
    if data is None:
        return Response(status_code=404)
    headers = {"cache-control": "public, max-age=31536000, immutable"}
    return Response(data, media_type="image/webp", headers=headers)
