"""The one source of "now", so that tests can set it."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

BUSINESS_ZONE = ZoneInfo("Asia/Shanghai")
"""Days, periods and order numbers are counted in the platform's business time zone."""

_now: Callable[[], datetime] = lambda: datetime.now(UTC)  # noqa: E731


def now() -> datetime:
    """Return the present moment, aware, in UTC."""
    return _now()


def business_day() -> str:
    """Return today in the business time zone as ``yymmdd``."""
    return now().astimezone(BUSINESS_ZONE).strftime("%y%m%d")


@contextmanager
def frozen(moment: datetime) -> Generator[None]:
    """Let ``now()`` return ``moment`` inside the block (for tests)."""
    global _now
    before, _now = _now, lambda: moment
    try:
        yield
    finally:
        _now = before
