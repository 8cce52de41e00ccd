"""Where pictures lie: a local folder by default, any S3-compatible store by URL."""

from functools import lru_cache

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


def is_local() -> bool:
    """Say whether pictures lie on this machine."""
    return not settings().blob_url
