"""Rate limits against guessing: by address of the caller and by account, known or not.

They are kept in the memory of the process, or in Redis where several processes serve.
"""

import hashlib
from functools import lru_cache

from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter

from app.kit.errors import TooMany
from app.kit.settings import settings

LOGIN_PER_ADDRESS = RateLimitItemPerMinute(60, 5, "login-address")
LOGIN_PER_ACCOUNT = RateLimitItemPerMinute(20, 15, "login-account")
SECOND_FACTOR_PER_ACCOUNT = RateLimitItemPerMinute(10, 15, "second-factor")
REGISTER_PER_ADDRESS = RateLimitItemPerHour(20, 1, "register-address")
FORGOT_PER_ADDRESS = RateLimitItemPerHour(20, 1, "forgot-address")
FORGOT_PER_ACCOUNT = RateLimitItemPerHour(4, 1, "forgot-account")
INVITE_PER_MERCHANT = RateLimitItemPerHour(60, 1, "invite")
TOKEN_PER_ADDRESS = RateLimitItemPerMinute(60, 5, "token-address")


@lru_cache(maxsize=1)
def _limiter() -> MovingWindowRateLimiter:
    url = settings().redis_url
    if url:
        return MovingWindowRateLimiter(RedisStorage(f"async+{url}", implementation="redispy"))
    return MovingWindowRateLimiter(MemoryStorage())


async def allow(limit: RateLimitItem, who: str | None) -> None:
    """Count one attempt of ``who``. Raises TooMany when the limit is reached.

    Only a digest of ``who`` is kept, so that the store of counts holds no addresses of people.
    """
    digest = hashlib.sha256((who or "unknown").strip().lower().encode()).hexdigest()[:24]
    if not await _limiter().hit(limit, digest):
        raise TooMany()


def forget_all() -> None:
    """Begin counting anew (for tests)."""
    _limiter.cache_clear()
