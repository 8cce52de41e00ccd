"""Money as integers of the minor unit (fen for CNY): its exact division, and how it is read.

How many minor units a currency has, and how amounts are written, is in ``app.kit.currencies``.
"""

import re
import unicodedata
from collections.abc import Sequence

from app.kit.currencies import HOME_CURRENCY, currency_symbol, minor_digits
from app.kit.errors import BadInput
from app.kit.i18n import N_, Filled

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


class BadAmount(BadInput):
    """A text that is no amount, rate or count, or could be two of them."""


_SIGNS = ("\u2212", "-", "+")
_PLAIN = re.compile(r"\d+\.?\d*|\.\d+", re.ASCII)
_GROUPED = re.compile(r"[1-9]\d{0,2}(?:,\d{3})+(?:\.\d*)?", re.ASCII)
_PARTED = re.compile(r"[\d.,' ]*\d[\d.,' ]*", re.ASCII)
_MAX_DIGITS = 15


def parse_cents(typed: str, currency: str = HOME_CURRENCY) -> int:
    """Return the minor units of an amount that a person typed, such as ``1,234.50``.

    Full-width digits and the currency's own sign or code are understood. Raises BadAmount for what
    is no amount, for more decimals than the currency has, and for what could be two amounts: with a
    comma that parts no group of three, such as ``12,50``, nobody knows which one was meant.
    """
    text = _without_sign_of(unicodedata.normalize("NFKC", typed).strip(), currency)
    return _scaled(text, minor_digits(currency), currency)


def parse_bps(typed: str) -> int:
    """Return the basis points of a percentage that a person typed: ``5.25`` or ``5.25 %`` is 525.

    Raises BadAmount as ``parse_cents`` does.
    """
    text = unicodedata.normalize("NFKC", typed).strip().removesuffix("%").strip()
    return _scaled(text, 2, "")


def parse_count(typed: str) -> int:
    """Return a whole number that a person typed, such as ``1,234``. Raises BadAmount."""
    text, sign = _signed(unicodedata.normalize("NFKC", typed).strip())
    plain = text.replace(",", "") if _GROUPED.fullmatch(text) else text
    if not (plain.isascii() and plain.isdecimal()):
        raise BadAmount(
            N_("Please enter a whole number such as 12, without decimals.")
            if _PARTED.fullmatch(text)
            else N_("Please enter a whole number.")
        )
    if len(plain) > _MAX_DIGITS:
        raise BadAmount(N_("This is too large."))
    return sign * int(plain)


def _signed(text: str) -> tuple[str, int]:
    if text.startswith(_SIGNS):
        return text[1:].lstrip(), 1 if text[0] == "+" else -1
    return text, 1


def _without_sign_of(text: str, currency: str) -> str:
    rest, sign = _signed(text)
    signs = [currency, currency_symbol(currency).strip(), "$" if currency != "CNY" else ""]
    signs += ["RMB", "¥"] if currency == "CNY" else ["¥"] if currency == "JPY" else []
    for one in filter(None, signs):
        if rest.upper().startswith(one.upper()):
            rest = rest[len(one) :].lstrip()
            break
        if rest.upper().endswith(one.upper()):
            rest = rest[: -len(one)].rstrip()
            break
    else:
        rest = rest.removesuffix("元") if currency == "CNY" else rest
    return f"-{rest}" if sign < 0 else rest


def _scaled(text: str, digits: int, currency: str) -> int:
    """Return a decimal text times ten to the ``digits``; ``currency`` is empty for a percentage."""
    plain, sign = _signed(text)
    # With three decimals, one comma before three digits could as well be the decimal one.
    if _GROUPED.fullmatch(plain) and not (digits == 3 and re.fullmatch(r"\d+,\d{3}", plain)):
        plain = plain.replace(",", "")
    if not _PLAIN.fullmatch(plain):
        raise BadAmount(_both_ways(plain, digits) or _such_as(digits, currency))
    whole, _, rest = plain.partition(".")
    if len(rest) > digits:
        raise BadAmount(_too_exact(digits, currency))
    if len(whole) > _MAX_DIGITS:
        raise BadAmount(N_("This is too large."))
    return sign * int(f"{whole or '0'}{rest.ljust(digits, '0')}")


def _both_ways(text: str, digits: int) -> str:
    """Return the message for digits parted so that it is not clear how; empty for other texts."""
    if not _PARTED.fullmatch(text) or text.strip("0123456789") == text:
        return ""
    parts = [part for part in re.split(r"[.,' ]", text) if part]
    joined = "".join(parts).lstrip("0") or "0"
    if len(joined) > _MAX_DIGITS or len(parts) < 2:
        return ""
    if text.startswith("0") and len(parts) == 2 and len(parts[-1]) > digits:
        return ""
    if 0 < len(parts[-1]) <= digits:
        pointed = f"{''.join(parts[:-1]).lstrip('0') or '0'}.{parts[-1]}"
        if len(parts) > 2:
            message = N_("Write it with a point before the decimals alone: %(one)s")
            return Filled(message, one=pointed)
        return Filled(
            N_("This can be read in two ways. Write %(one)s or %(other)s."),
            one=pointed,
            other=joined,
        )
    return Filled(N_("Write it without separators: %(one)s"), one=joined)


def _such_as(digits: int, currency: str) -> str:
    if not currency:
        return N_("Please enter a percentage such as 5 or 5.25.")
    example = f"12.{'5'.ljust(digits, '0')}" if digits else "1250"
    return Filled(N_("Please enter an amount such as %(example)s."), example=example)


def _too_exact(digits: int, currency: str) -> str:
    if not digits:
        return Filled(N_("Amounts in %(currency)s have no decimals."), currency=currency)
    if not currency:
        return N_("A percentage has at most two decimals.")
    message = N_("Amounts in %(currency)s have at most %(digits)s decimals.")
    return Filled(message, currency=currency, digits=digits)
