"""Currencies: how many minor units each has (by Babel's table alone), their signs, plain amounts.

No other module may multiply or divide an amount by a power of ten; ``tests/unit/test_money_units``
looks for it.
"""

from decimal import Decimal
from functools import lru_cache

from babel.numbers import get_currency_precision, get_currency_symbol

HOME_CURRENCY = "CNY"
"""What is traded in here; only imported history is in other currencies."""
_SYMBOLS = {HOME_CURRENCY: "¥", "JPY": "JP¥"}
"""Signs that English gives to another currency than people here do."""


@lru_cache(maxsize=200)
def currency_symbol(currency: str) -> str:
    """Return what stands before an amount: ``¥``, ``R$``, or the code where there is no sign."""
    symbol = _SYMBOLS.get(currency) or get_currency_symbol(currency, locale="en")
    return f"{symbol}\N{NO-BREAK SPACE}" if symbol[-1:].isalpha() else symbol


@lru_cache(maxsize=400)
def minor_digits(currency: str = HOME_CURRENCY) -> int:
    """Return how many decimals a currency has, by Babel's table: CNY 2, JPY 0, KWD 3."""
    return get_currency_precision(currency)


def minor_units(currency: str = HOME_CURRENCY) -> int:
    """Return how many minor units are one of the currency: CNY 100, JPY 1, KWD 1,000."""
    return 10 ** minor_digits(currency)


def major(cents: int, currency: str = HOME_CURRENCY) -> Decimal:
    """Return an amount in the currency itself, exactly, for charts and spreadsheets."""
    return Decimal(cents).scaleb(-minor_digits(currency))


def cents_of(amount: float, currency: str = HOME_CURRENCY) -> int:
    """Return the minor units of an amount written in a program, rounded."""
    return round(amount * minor_units(currency))


def decimal_text(cents: int, currency: str = HOME_CURRENCY) -> str:
    """Return minor units as a plain decimal such as ``12.30``, for forms and exports."""
    return f"{major(cents, currency):.{minor_digits(currency)}f}"


def grouped_text(cents: int, currency: str = HOME_CURRENCY) -> str:
    """Return minor units with their thousands set apart, for people: ``1,234.50``."""
    return f"{major(cents, currency):,.{minor_digits(currency)}f}"


def amount_text(cents: int, currency: str) -> str:
    """Return minor units behind their currency's code: ``BRL 1,234.50``; without one, as here."""
    return f"{currency} {grouped_text(cents, currency or HOME_CURRENCY)}".strip()


def hundredths(value: int) -> Decimal:
    """Return hundredths, as rates in basis points and scores are kept, as a decimal of percent."""
    return Decimal(value).scaleb(-2)


def percent_text(bps: int) -> str:
    """Return basis points as a plain decimal of percent: ``5.25``, ``12``."""
    return hundredths_text(bps).rstrip("0").rstrip(".")


def hundredths_text(value: int) -> str:
    """Return hundredths of a rate or score with both decimals: ``4.50``."""
    return f"{hundredths(value):.2f}"


def number_format(currency: str = HOME_CURRENCY) -> str:
    """Return the format in which spreadsheets show amounts of a currency: ``#,##0.00``."""
    digits = minor_digits(currency)
    return f"#,##0.{'0' * digits}" if digits else "#,##0"
