"""Identifiers: time-ordered UUIDs for rows, readable numbers with a check digit for people."""

from uuid import UUID, uuid4

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """Return a UUIDv7, so that rows made together lie together in an index."""
    return uuid7()


def id_range() -> str:
    """Return the first 28 characters of UUIDv7s that differ in their last eight digits only.

    A row's number as eight hexadecimal digits makes it one, for statements that write very many
    rows. Random digits keep ranges apart; within one, an identifier tells the next, which nobody
    may rely on to be a secret (RFC 9562, 6.2 and 8).
    """
    moment, chance = str(new_id()), str(uuid4())
    return moment[:15] + chance[15:28]


def check_digit(digits: str) -> str:
    """Return the Luhn check digit for a string of decimal digits.

    It catches every single wrong digit and nearly every swap of neighbours, the mistakes that
    people make when they read an order number over the telephone.
    """
    total = 0
    for place, char in enumerate(reversed(digits)):
        value = int(char) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def is_valid_number(number: str) -> bool:
    """Say whether ``number`` is all digits and ends in its own check digit."""
    return number.isdecimal() and len(number) > 1 and check_digit(number[:-1]) == number[-1]


def readable_number(day: str, sequence: int) -> str:
    """Return ``day`` (yymmdd) + seven digits of ``sequence`` + a check digit: 14 digits or more."""
    digits = f"{day}{sequence:07d}"
    return digits + check_digit(digits)
