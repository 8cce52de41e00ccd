"""How often somebody may do something: every limit of the installation, by name, in one place.

A limit counts tries within a moving window for each kind of caller: a network address, an account,
a phone, a session. Counts live in Redis where several processes serve, else in this process. Should
Redis not answer, each process counts for itself until it does: a limit must not stop the trade.
``TONGSHANG_LIMITS`` sets other amounts by name.
"""

import hashlib
import ipaddress
import re
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Protocol

import structlog
from limits import RateLimitItem, parse, parse_many
from limits.aio.storage import RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter

from app.kit.errors import TooMany
from app.kit.settings import settings

log = structlog.get_logger()

LIMITS: Mapping[str, Mapping[str, str]] = {
    # Accounts of the console and customers of a store.
    "register": {"address": "5/minute;20/hour"},
    "login": {"address": "60/5 minutes", "account": "20/15 minutes"},
    "second_factor": {"account": "10/15 minutes"},
    "forgot": {"address": "20/hour", "account": "4/hour"},
    "invite": {"account": "60/hour"},
    "token": {"address": "60/5 minutes"},
    # Stores.
    "order": {
        "address": "30/minute;300/hour",
        "network": "300/minute;3000/hour",
        "phone": "10/minute;60/hour",
        "session": "10/minute;60/hour",
    },
    "quote": {"address": "300/minute"},
    "guess": {"address": "6/minute;30/hour", "account": "6/minute;30/hour"},
    "claim": {"address": "30/minute", "account": "10/minute"},
    "api": {"address": "1200/minute"},
    # Events of the console: generous for hands on a keyboard, and a wall for a script.
    "event": {"session": "80/2 seconds"},
}
"""Name → kind of caller → limits, all of which hold. An override by name replaces all its kinds."""

MAX_KEYS = 100_000
"""So many callers are remembered for each limit; those that were quiet the longest go first."""

_AMOUNT = re.compile(r"\d{1,7}")
_PERIOD = re.compile(r"(\d{1,7})\s*/\s*(\d*)\s*(second|minute|hour|day)s?")


def parse_overrides(text: str | None) -> dict[str, str]:
    """Return name → limit of ``order=100/minute,unpaid_orders=50``.

    Raises ValueError that names what is wrong, for a name that is unknown as well.
    """
    found: dict[str, str] = {}
    for entry in (text or "").split(","):
        if not entry.strip():
            continue
        name, _, limit = (part.strip() for part in entry.partition("="))
        if name not in LIMITS and name not in STANDING:
            raise ValueError(f"{name!r} is no limit; there are {', '.join((*LIMITS, *STANDING))}")
        pattern = _AMOUNT if name in STANDING else _PERIOD
        if not pattern.fullmatch(limit) or not int(re.match(r"\d+", limit)[0]):  # type: ignore[index]
            example = "50" if name in STANDING else "100/minute"
            raise ValueError(f"{limit!r} is no limit for {name}; write {name}={example}")
        found[name] = limit
    return found


STANDING: Mapping[str, Mapping[str, int]] = {
    "unpaid_orders": {"phone": 5, "session": 5, "network": 30},
    "unpaid_units": {"phone": 200, "session": 200, "network": 600},
}
"""What may stand open at once, whenever it was begun; who asks counts it (in the database)."""


@lru_cache(maxsize=8)
def _overrides(text: str | None) -> dict[str, str]:
    return parse_overrides(text)


def standing(name: str) -> Mapping[str, int]:
    """Return kind of caller → how many may stand open at once.

    Where an installation lets more orders in by ``order=``, that many may also stand open, unless
    it says otherwise.
    """
    return _standing(name, settings().limits)


@lru_cache(maxsize=16)
def _standing(name: str, text: str | None) -> Mapping[str, int]:
    given = _overrides(text)
    if name in given:
        return dict.fromkeys(STANDING[name], int(given[name]))
    if "order" in given:
        most = parse(given["order"]).amount * (1000 if name == "unpaid_units" else 1)
        return {kind: max(usual, most) for kind, usual in STANDING[name].items()}
    return STANDING[name]


class Counts(Protocol):
    """Where tries are counted."""

    async def take(self, limit: RateLimitItem, key: str) -> float:
        """Count a try and return 0, or return in how many seconds the next one may come."""
        ...


@dataclass
class InProcess:
    """Counts in the memory of this process: the moments of the tries within each window."""

    clock: Callable[[], float] = time.monotonic
    _tries: dict[str, OrderedDict[str, deque[float]]] = field(
        default_factory=dict[str, OrderedDict[str, deque[float]]]
    )

    async def take(self, limit: RateLimitItem, key: str) -> float:
        """Count a try and return 0, or return in how many seconds the next one may come."""
        at, period = self.clock(), limit.get_expiry()
        callers = self._tries.setdefault(limit.key_for(), OrderedDict())
        self._forget_quiet(callers, at - period)
        tries = callers.setdefault(key, deque())
        while tries and tries[0] <= at - period:
            tries.popleft()
        if len(tries) >= limit.amount:
            return tries[0] + period - at
        tries.append(at)
        callers.move_to_end(key)
        return 0

    def _forget_quiet(self, callers: OrderedDict[str, deque[float]], since: float) -> None:
        # Two at a time is more than one comes in, so that no call ever has to look at all.
        for _ in range(2):
            first = next(iter(callers), None)
            if first is None:
                return
            tries = callers[first]
            if len(callers) <= MAX_KEYS and tries and tries[-1] > since:
                return
            del callers[first]


class InRedis:
    """Counts in Redis, for all processes."""

    def __init__(self, url: str) -> None:
        storage = RedisStorage(f"async+{url}", implementation="redispy", wrap_exceptions=True)
        self._window = MovingWindowRateLimiter(storage)
        self._alone = InProcess()

    async def take(self, limit: RateLimitItem, key: str) -> float:
        """Count a try and return 0, or return in how many seconds the next one may come."""
        try:
            if await self._window.hit(limit, key):
                return 0
            stats = await self._window.get_window_stats(limit, key)
            return max(1.0, stats.reset_time - time.time())
        except Exception as error:  # whatever is wrong with Redis, trade goes on
            log.warning("rate_limits_without_redis", error=type(error).__name__)
            return await self._alone.take(limit, key)


@lru_cache(maxsize=1)
def _counts() -> Counts:
    url = settings().redis_url
    return InRedis(url) if url else InProcess()


def forget_all() -> None:
    """Begin counting anew (for tests)."""
    _counts.cache_clear()


async def hit(name: str, **callers: str | None) -> None:
    """Count one try by each kind of caller. Raises TooMany, which says when the next may come.

    ``address`` is counted by its network (``network_of``), and once more, with higher amounts, by
    the wider network around it. A kind that is None is not counted, but for an address: those who
    have none share one count. Only digests are kept, so that the counts hold no data of people.
    """
    counts = _counts()
    for kind, items in _items(name, settings().limits).items():
        who = _caller(kind, callers)
        if who is None:
            continue
        digest = hashlib.sha256(f"{name}/{kind}/{who}".encode()).hexdigest()[:24]
        for item in items:
            wait = await counts.take(item, f"{name}/{kind}/{digest}")
            if wait:
                raise TooMany(wait)


def _caller(kind: str, callers: Mapping[str, str | None]) -> str | None:
    if kind in ("address", "network") and "address" in callers:
        address = callers["address"] or "unknown"
        return network_of(address, wide=kind == "network")
    given = callers.get(kind)
    return given.strip().lower()[:200] if given else None


@lru_cache(maxsize=64)
def _items(name: str, text: str | None) -> Mapping[str, list[RateLimitItem]]:
    given = _overrides(text).get(name)
    return {kind: parse_many(given or usual) for kind, usual in LIMITS[name].items()}


def network_of(address: str, *, wide: bool = False) -> str:
    """Return the network of a caller: an IPv4 address itself, the /64 of an IPv6 address.

    A customer of a provider has a whole /64, so counting single addresses of it counts nothing.
    ``wide`` gives the /24 or /48 around it. What is no address stays as it is.
    """
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    length = {4: (32, 24), 6: (64, 48)}[ip.version][wide]
    return str(ipaddress.ip_network((ip, length), strict=False))
