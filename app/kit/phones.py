"""Telephone numbers: typed as people type them, kept as E.164, shown with their middle hidden."""

import phonenumbers

HOME = "CN"
"""Numbers without a country code belong here."""


def e164(typed: str) -> str | None:
    """Return a typed number as E.164, or None if it is no number that can exist."""
    try:
        number = phonenumbers.parse(typed, HOME)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def masked(phone: str) -> str:
    """Return an E.164 number for the screen: ``138****2222``; foreign ones keep their code."""
    national = phone.removeprefix("+86")
    shown = 4 if len(national) > 8 else 2
    return f"{national[:3]}{'*' * max(1, len(national) - 3 - shown)}{national[-shown:]}"


def readable(phone: str) -> str:
    """Return an E.164 number as it is dialled here; foreign ones with their country code."""
    try:
        number = phonenumbers.parse(phone, HOME)
    except phonenumbers.NumberParseException:
        return phone
    at_home = number.country_code == phonenumbers.country_code_for_region(HOME)
    form = phonenumbers.PhoneNumberFormat
    return phonenumbers.format_number(number, form.NATIONAL if at_home else form.INTERNATIONAL)
