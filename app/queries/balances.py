"""Amounts by kind and currency: what is of several currencies is never summed."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from app.kit.i18n import currencies_in_order, money_text

Balances = Mapping[str, Mapping[str, int]]
"""Kind → currency → cents."""


def balances_of(found: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, int]]:
    """Return the balances of rows with ``kind``, ``currency`` and ``cents``."""
    balances: dict[str, dict[str, int]] = {}
    for row in found:
        own = balances.setdefault(row["kind"], {})
        own[row["currency"]] = own.get(row["currency"], 0) + int(row["cents"])
    return balances


def balance_texts(balances: Balances, kinds: Sequence[str]) -> dict[str, list[str]]:
    """Return each kind as a text for each currency, CNY first and always.

    Another currency is told where any of the kinds has something of it.
    """
    told = {kind: balances.get(kind, {}) for kind in kinds}
    currencies = currencies_in_order(
        name for own in told.values() for name, cents in own.items() if cents
    )
    return {
        kind: [money_text(own.get(name, 0), name) for name in currencies]
        for kind, own in told.items()
    }


def amount_texts(amounts: Mapping[str, int]) -> list[str]:
    """Return amounts by currency as texts, CNY first and always."""
    return balance_texts({"": amounts}, [""])[""]
