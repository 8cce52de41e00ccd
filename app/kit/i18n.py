"""Texts in two languages from gettext catalogs. Message ids are English; Chinese is the default.

Server code marks texts with ``N_`` (or raises errors whose ``message`` is one) and translates them
when it knows the reader; templates use ``_``; console components use ``components.ui.text.t``.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from babel.numbers import get_currency_symbol

from app.kit.clock import BUSINESS_ZONE

LOCALES = ("zh_CN", "en")
DEFAULT = "zh_CN"
FOLDER = Path(__file__).resolve().parents[1] / "locales"
COOKIE = "ts_lang"
"""Holds ``zh`` or ``en``; the browser sets it, so that switching needs no round trip."""


Words = tuple[tuple[str, str], ...]
"""Code → English text (a message id), for statuses and choices."""


def N_(text: str) -> str:  # noqa: N802 (gettext's own word for it)
    """Mark a text for translation without translating it now."""
    return text


def catalog_path(locale: str, room: str) -> Path:
    """Return the catalog of a room (see ``app.commands.texts``) in a locale."""
    return FOLDER / locale / "LC_MESSAGES" / f"{room}.po"


@lru_cache(maxsize=4)
def catalog(locale: str) -> Mapping[str, str]:
    """Return message id → translation of all rooms, for the messages that are translated."""
    texts: dict[str, str] = {}
    for path in sorted((FOLDER / locale / "LC_MESSAGES").glob("*.po")):
        with path.open("rb") as file:
            messages: Catalog = read_po(file, locale=locale)
        texts |= {
            str(message.id): str(message.string)
            for message in messages
            if message.id and message.string and not message.fuzzy
        }
    return texts


def gettext(locale: str, message: str, **params: object) -> str:
    """Return ``message`` in the reader's language, with its ``%(name)s`` places filled."""
    text = catalog(locale).get(message, message)
    return text % params if params else text


def locale_of(cookie: str | None, accept_language: str | None = None) -> str:
    """Choose the locale: the cookie decides, then what the browser accepts, then Chinese."""
    if cookie in ("zh", "en"):
        return "en" if cookie == "en" else "zh_CN"
    for part in (accept_language or "").split(","):
        language = part.split(";")[0].strip().lower()
        if language.startswith("zh"):
            return "zh_CN"
        if language.startswith("en"):
            return "en"
    return DEFAULT


def moment_text(moment: datetime | None) -> str:
    """Return a moment as both languages write it here: ``2026-11-24 22:18``, business time."""
    return "" if moment is None else moment.astimezone(BUSINESS_ZONE).strftime("%Y-%m-%d %H:%M")


def day_text(moment: datetime | None) -> str:
    """Return a moment's day in the business time zone: ``2026-11-24``."""
    return "" if moment is None else moment.astimezone(BUSINESS_ZONE).strftime("%Y-%m-%d")


HOME_CURRENCY = "CNY"
"""What is traded in here; only imported history is in other currencies."""
_SYMBOLS = {HOME_CURRENCY: "¥", "JPY": "JP¥"}
"""Signs that English gives to another currency than people here do."""


@lru_cache(maxsize=200)
def currency_symbol(currency: str) -> str:
    """Return what stands before an amount: ``¥``, ``R$``, or the code where there is no sign."""
    symbol = _SYMBOLS.get(currency) or get_currency_symbol(currency, locale="en")
    return f"{symbol}\N{NO-BREAK SPACE}" if symbol[-1:].isalpha() else symbol


def money_text(cents: int | None, currency: str | None = None) -> str:
    """Return cents as ``¥1,234.50`` or ``R$1,234.50``; both languages write it so.

    None is no text. Without a currency it is that of the trade here.
    """
    if cents is None:
        return ""
    sign = "-" if cents < 0 else ""
    whole, rest = divmod(abs(cents), 100)
    return f"{sign}{currency_symbol(currency or HOME_CURRENCY)}{whole:,}.{rest:02d}"


def yuan(cents: int | None) -> str:
    """Return what is CNY by nature, such as prices of goods and terms of rules, as text."""
    return money_text(cents)


def currencies_in_order(found: Iterable[str]) -> list[str]:
    """Return the currency of the trade here, always, and behind it the others that were found."""
    return [HOME_CURRENCY, *sorted(set(found) - {HOME_CURRENCY})]
