"""Texts in two languages from gettext catalogs. Message ids are English; Chinese is the default.

Server code marks texts with ``N_`` (or raises errors whose ``message`` is one) and translates them
when it knows the reader; templates use ``_``; console components use ``components.ui.text.t``.

Where one English text needs two translations, a context in small letters stands before it:
``N_("invitation|Accept")``. It reaches no reader. Where a count stands before a noun,
``plural("%(count)s order", "%(count)s orders")`` makes one message of both English forms.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from app.kit.clock import BUSINESS_ZONE
from app.kit.currencies import HOME_CURRENCY, currency_symbol, grouped_text

LOCALES = ("zh_CN", "en")
"""English has no catalog: the message ids are its texts."""
DEFAULT = "zh_CN"
FOLDER = Path(__file__).resolve().parents[1] / "locales"
COOKIE = "ts_lang"
"""Holds ``zh`` or ``en``; the browser sets it, so that switching needs no round trip."""


Words = tuple[tuple[str, str], ...]
"""Code → English text (a message id), for statuses and choices."""


def N_(text: str) -> str:  # noqa: N802 (gettext's own word for it)
    """Mark a text for translation without translating it now."""
    return text


_CONTEXT_END = "|"
_PLURAL = "\0"
"""Parts the two English forms of one message, as compiled catalogs of gettext do."""
_PLACE = re.compile(r"%\((\w+)\)s")


class Filled(str):
    """A message id together with what fills its places, where one string has to carry both."""

    params: Mapping[str, object]

    def __new__(cls, message: str, **params: object) -> "Filled":
        """Return the message id, which remembers ``params``."""
        made = super().__new__(cls, message)
        made.params = params
        return made


def plural(one: str, many: str) -> str:
    """Return the message whose English depends on a count, the first place of ``one``.

    Its parameter ``count`` decides where there is one of that name.
    """
    return f"{one}{_PLURAL}{many}"


def catalog_path(room: str) -> Path:
    """Return the catalog of a room (see ``app.commands.texts``)."""
    return FOLDER / DEFAULT / "LC_MESSAGES" / f"{room}.po"


def message_of(entry: Message) -> tuple[str, str]:
    """Return the message of a catalog's entry, as the source writes it, and its translation."""
    single = entry.id[0] if isinstance(entry.id, (tuple, list)) else entry.id
    string = entry.string[0] if isinstance(entry.string, (tuple, list)) else entry.string
    context = f"{entry.context}{_CONTEXT_END}" if entry.context else ""
    return f"{context}{single}", string or ""


def parts_of(message: str) -> tuple[str, str, str]:
    """Return context, English and English plural of a message; what it lacks is empty."""
    single, _, many = message.partition(_PLURAL)
    context, bar, text = single.partition(_CONTEXT_END)
    return (context, text, many) if bar else ("", single, many)


def translations(room: str) -> Mapping[str, str]:
    """Return message → Chinese of one room, for the messages that are translated."""
    path = catalog_path(room)
    if not path.exists():
        return {}
    with path.open("rb") as file:
        entries: Catalog = read_po(file, locale=DEFAULT)
    found = dict(message_of(entry) for entry in entries if entry.id and not entry.fuzzy)
    return {message: text for message, text in found.items() if text}


@lru_cache(maxsize=1)
def chinese_texts() -> Mapping[str, str]:
    """Return message → Chinese of all rooms; where two have a message, they say the same."""
    texts: dict[str, str] = {}
    for path in sorted((FOLDER / DEFAULT / "LC_MESSAGES").glob("*.po")):
        texts |= translations(path.stem)
    return texts


def in_chinese(message: str) -> str:
    """Return the Chinese of a message with its places left open."""
    single = message.partition(_PLURAL)[0]
    return chinese_texts().get(single) or in_english(message)[0]


def in_english(message: str) -> tuple[str, str]:
    """Return a message's English for one and for any other count, its places left open."""
    single, _, many = message.partition(_PLURAL)
    # What merely holds a bar, such as somebody's data, is no message and shows as it is.
    text = parts_of(single)[1] if many or single in chinese_texts() else single
    return text, many or text


def counted_place(message: str) -> str:
    """Return the name of the parameter that chooses the English form; empty without one."""
    places = _PLACE.findall(message.partition(_PLURAL)[0]) if _PLURAL in message else []
    return "count" if "count" in places else next(iter(places), "")


def gettext(locale: str, message: str, **params: object) -> str:
    """Return ``message`` in the reader's language, with its ``%(name)s`` places filled."""
    if isinstance(message, Filled):
        params = {**message.params, **params}
    if locale == DEFAULT:
        text = in_chinese(message)
    else:
        one, many = in_english(message)
        text = one if f"{params.get(counted_place(message))}" == "1" else many
    return text % params if params else text


def in_both(message: str, **params: object) -> tuple[str, str]:
    """Return a text in Chinese and in English, for what a browser chooses from."""
    return gettext("zh_CN", message, **params), gettext("en", message, **params)


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


def money_text(cents: int | None, currency: str | None = None) -> str:
    """Return cents as ``¥1,234.50`` or ``R$1,234.50``; both languages write it so.

    None is no text. Without a currency it is that of the trade here.
    """
    if cents is None:
        return ""
    sign, own = "-" if cents < 0 else "", currency or HOME_CURRENCY
    return f"{sign}{currency_symbol(own)}{grouped_text(abs(cents), own)}"


def yuan(cents: int | None) -> str:
    """Return what is CNY by nature, such as prices of goods and terms of rules, as text."""
    return money_text(cents)


def currencies_in_order(found: Iterable[str]) -> list[str]:
    """Return the currency of the trade here, always, and behind it the others that were found."""
    return [HOME_CURRENCY, *sorted(set(found) - {HOME_CURRENCY})]
