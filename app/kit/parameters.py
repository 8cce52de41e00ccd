"""Reading what an address says: a value of its type, or None, never an error.

Whoever reads tells the reader of the page what was left out.
"""

import re
from datetime import date
from uuid import UUID

FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(2199, 12, 31)
"""Days that a calendar of trade can mean; their neighbours can be computed in every time zone."""
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_ID = re.compile(r"[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}")


def day_of(text: str | None) -> date | None:
    """Return the day that ``2026-11-30`` means, between ``FIRST_DAY`` and ``LAST_DAY``."""
    if text is None or not _DAY.fullmatch(text):
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if FIRST_DAY <= day <= LAST_DAY else None


def id_of(text: str | None) -> UUID | None:
    """Return an identifier: 32 hexadecimal digits, with or without hyphens."""
    return UUID(text) if text is not None and _ID.fullmatch(text) else None
