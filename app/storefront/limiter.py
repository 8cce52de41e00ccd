"""Limits against guessing, counted in this process."""

from functools import lru_cache

from limits import parse_many
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from app.kit.errors import TooMany

FIND_ORDER = "6/minute;30/hour"
SIGN_IN = "10/minute;60/hour"
REGISTER = "5/minute;20/hour"


@lru_cache(maxsize=1)
def _limiter() -> MovingWindowRateLimiter:
    return MovingWindowRateLimiter(MemoryStorage())


def allow(what: str, limit: str, *keys: str) -> None:
    """Count one attempt against each key (an address, a number). Raises TooMany."""
    for key in keys:
        for item in parse_many(limit):
            if not _limiter().hit(item, what, key):
                raise TooMany()


def forget_attempts() -> None:
    """Forget what was counted (for tests)."""
    _limiter.cache_clear()
