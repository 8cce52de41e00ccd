"""What is made of the fields of a store's forms."""

from collections.abc import Mapping
from uuid import UUID

from app.kit.errors import BadInput, Invalid
from app.kit.i18n import N_
from app.kit.money import parse_count
from app.kit.phones import e164


def uuid_of(text: str) -> UUID | None:
    """Return an identifier, or None for anything else."""
    try:
        return UUID(text)
    except ValueError:
        return None


def whole(text: str, default: int = 0) -> int:
    """Return a whole number that a person typed, or the default."""
    digits = text.strip()
    sign = -1 if digits.startswith("-") else 1
    digits = digits.lstrip("+-")
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= 12):
        return default
    return sign * int(digits)


def count_of(form: Mapping[str, str], name: str, default: int) -> int:
    """Return a number of units that a person typed; the default for none. Raises Invalid."""
    typed = form.get(name, "")
    try:
        return parse_count(typed) if typed else default
    except BadInput as error:
        raise Invalid({name: error.message}) from error


def phone_of(form: Mapping[str, str]) -> str:
    """Return the field ``phone`` as E.164. Raises Invalid."""
    phone = e164(form.get("phone", ""))
    if phone is None:
        raise Invalid({"phone": N_("Please enter a phone number that can be called.")})
    return phone
