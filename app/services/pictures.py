"""Pictures of products and stores: checked, stripped of metadata, kept in a few widths as WebP."""

import asyncio
import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor

from app.access import Actor, Scope
from app.adapters import blobs
from app.kit import pictures

_MAKING = b"2"
"""How renditions are made. Browsers keep a rendition for ever, so another making needs new keys."""
_decoders = ThreadPoolExecutor(max_workers=2, thread_name_prefix="pictures")
_decoding = threading.Lock()
"""One picture is decoded at a time, for the largest that may come takes 700 MB (a WebP)."""


async def save_picture(actor: Actor, data: bytes) -> str:
    """Keep a picture of a product or a store; return its blob key.

    Raises Forbidden, or PictureProblem where the file cannot be taken.
    """
    check_may_save(actor)
    return await keep_picture(data)


async def save_detail_picture(actor: Actor, data: bytes) -> list[str]:
    """Keep a picture of a description; one that is too long is cut into parts.

    Returns the keys from top to bottom. Raises Forbidden, or PictureProblem.
    """
    check_may_save(actor)
    loop = asyncio.get_running_loop()
    made = await loop.run_in_executor(_decoders, _read_parts, data)
    key = _key(data)
    if len(made) == 1:
        return [await _keep(key, made[0])]
    keys = [_key(data, f"{place}/{len(made)}") for place in range(1, len(made) + 1)]
    return [await _keep(part, made[place]) for place, part in enumerate(keys)]


def check_may_save(actor: Actor) -> None:
    """Raise Forbidden unless the actor may add pictures: to its products, or to its store."""
    if actor.scope is Scope.DISTRIBUTOR:
        actor.require("distributor:store:write")
    else:
        actor.require("supplier:products:write")


async def keep_picture(data: bytes) -> str:
    """Keep a picture's renditions; the same picture gives the same key. Raises PictureProblem."""
    loop = asyncio.get_running_loop()
    _, made = await loop.run_in_executor(_decoders, read_upload, data)
    return await _keep(_key(data), made)


def read_upload(data: bytes) -> tuple[pictures.Picture, dict[int, bytes]]:
    """Return a picture and its renditions by width, as an upload keeps them.

    Raises PictureProblem. It computes for up to seconds: never call it on an event loop.
    """
    with _decoding:
        picture = pictures.read_picture(data)
    return picture, pictures.renditions(picture)


def _read_parts(data: bytes) -> list[dict[int, bytes]]:
    with _decoding:
        picture = pictures.read_picture(data, allow_long=True)
    return pictures.parts(picture) if picture.is_too_long else [pictures.renditions(picture)]


def _key(data: bytes, part: str = "") -> str:
    digest = hashlib.sha256(_MAKING + data)
    digest.update(part.encode())
    return f"pictures/{digest.hexdigest()[:24]}"


async def _keep(key: str, made: dict[int, bytes]) -> str:
    for width, content in made.items():
        await blobs.put(f"{key}/{width}.webp", content)
    return key
