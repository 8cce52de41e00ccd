"""Money as integers of the minor unit (fen for CNY), and its exact division."""

import re
from collections.abc import Sequence
from decimal import Decimal

BPS = 10_000
"""Basis points in a whole: 10,000 bps = 100 %."""


def allocate(total: int, weights: Sequence[int]) -> list[int]:
    """Divide ``total`` minor units by ``weights`` so that the parts sum exactly to it.

    Largest remainder; equal remainders go to the earlier place, so the order of the weights is the
    fixed order of the parties. ``total`` may be negative: the parts mirror those of ``-total``.

    Raises ValueError if a weight is negative or, for a total other than zero, all are zero.
    """
    if any(weight < 0 for weight in weights):
        raise ValueError("weights must not be negative")
    if total < 0:
        return [-part for part in allocate(-total, weights)]
    whole = sum(weights)
    if whole == 0:
        if total:
            raise ValueError("cannot divide an amount among parties without weight")
        return [0] * len(weights)
    parts = [total * weight // whole for weight in weights]
    remainders = [total * weight % whole for weight in weights]
    left = total - sum(parts)
    by_remainder = sorted(range(len(weights)), key=lambda place: (-remainders[place], place))
    for place in by_remainder[:left]:
        parts[place] += 1
    return parts


def rate_of(amount: int, bps: int) -> int:
    """Return ``bps`` basis points of ``amount``, rounded half away from zero, in minor units."""
    sign = -1 if (amount < 0) != (bps < 0) else 1
    return sign * ((abs(amount) * abs(bps) * 2 + BPS) // (2 * BPS))


def parse_cents(text: str) -> int:
    """Return the minor units of a decimal amount that a person typed, such as ``1,234.50``.

    Raises ValueError for anything that is not a plain amount with at most two decimals.
    """
    plain = re.sub(r"[,，¥￥]", "", text.strip())
    if not re.fullmatch(r"-?\d{1,15}(\.\d{0,2})?", plain):
        raise ValueError(text)
    return int(Decimal(plain) * 100)


def decimal_text(cents: int) -> str:
    """Return ``cents`` as a plain decimal such as ``12.30``, for forms and exports."""
    return f"{Decimal(cents) / 100:.2f}"


def grouped_text(cents: int) -> str:
    """Return cents with their thousands set apart, for people: ``1,234.50``."""
    return f"{Decimal(cents) / 100:,.2f}"
