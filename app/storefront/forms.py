"""Forms as text fields, and what is made of them."""

from collections.abc import Collection, Mapping
from urllib.parse import parse_qsl
from uuid import UUID

from fastapi import Request

from app.kit.errors import Invalid, TradeError
from app.kit.i18n import N_
from app.kit.phones import e164

MOST_BYTES = 32 * 1024
MOST_FIELDS = 60


class FormTooLarge(TradeError):
    """More was sent than any form of a store holds."""

    code = "form_too_large"
    status = 413
    message = "This form is too large."


async def fields(request: Request, raw: Collection[str] = ()) -> dict[str, str]:
    """Return the fields of a form, the last of each name; ``raw`` ones exactly as typed.

    Raises FormTooLarge, Invalid.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise FormTooLarge()
    try:
        pairs = parse_qsl(
            body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict"
        )
    except ValueError as error:
        raise Invalid() from error
    return {name: value if name in raw else clean(value) for name, value in pairs}


def clean(text: str) -> str:
    """Return text without what no database keeps, in one line, without space around it."""
    return "".join(char if char.isprintable() else " " for char in text).strip()


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


def phone_of(form: Mapping[str, str]) -> str:
    """Return the field ``phone`` as E.164. Raises Invalid."""
    phone = e164(form.get("phone", ""))
    if phone is None:
        raise Invalid({"phone": N_("Please enter a phone number that can be called.")})
    return phone
