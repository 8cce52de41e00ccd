"""Where pictures and uploads lie: a local folder by default, any S3-compatible store by URL."""

import asyncio
from functools import lru_cache
from pathlib import Path

from obstore.store import LocalStore, ObjectStore, from_url

from app.kit.settings import settings


@lru_cache(maxsize=1)
def _store() -> ObjectStore:
    url = settings().blob_url
    if url:
        return from_url(url)
    folder = settings().data_dir / "blobs"
    folder.mkdir(parents=True, exist_ok=True)
    return LocalStore(folder)


async def put(key: str, data: bytes) -> None:
    """Keep ``data`` under ``key``."""
    await _store().put_async(key, data)


async def get(key: str) -> bytes | None:
    """Return what lies under ``key``, or None."""
    try:
        found = await _store().get_async(key)
        return bytes(await found.bytes_async())
    except FileNotFoundError:
        return None


async def put_file(key: str, path: Path) -> None:
    """Keep a file under ``key``, a piece at a time."""
    await _store().put_async(key, path)


async def fetch_file(key: str, path: Path) -> bool:
    """Write what lies under ``key`` into a file, a piece at a time; False where nothing does."""
    try:
        found = await _store().get_async(key)
    except FileNotFoundError:
        return False
    with path.open("wb") as file:
        async for piece in found.stream(min_chunk_size=2**20):
            await asyncio.to_thread(file.write, piece)
    return True


async def drop(key: str) -> None:
    """Forget what lies under ``key``; nothing may lie there."""
    try:
        await _store().delete_async(key)
    except FileNotFoundError:
        return


def is_local() -> bool:
    """Say whether pictures lie on this machine."""
    return not settings().blob_url
