"""The master secret of an installation, and the keys that derive from it."""

import hashlib
import hmac
import os
import secrets
from functools import lru_cache
from pathlib import Path

from app.kit.settings import settings


@lru_cache(maxsize=1)
def master_secret() -> str:
    """Return the configured secret, or the one kept in the data folder (made on first use)."""
    configured = settings().secret_key
    if configured is not None:
        return configured.get_secret_value()
    return _kept_secret(settings().data_dir / "secret.key")


def _kept_secret(path: Path) -> str:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(f".{os.getpid()}")
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_urlsafe(48))
        # A link, unlike a rename, never replaces the secret that another process made meanwhile.
        try:
            os.link(fresh, path)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return path.read_text().strip()


def derive_key(purpose: str) -> bytes:
    """Return 32 bytes for one purpose; different purposes give unrelated keys."""
    return hmac.new(master_secret().encode(), purpose.encode(), hashlib.sha256).digest()
