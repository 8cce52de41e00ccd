"""From what people type to checked values, with one message for each field."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from app.kit.errors import Invalid
from app.kit.i18n import N_, Filled
from app.kit.text import BROKEN, MAX_TEXT, BadText, clean

M = TypeVar("M", bound=BaseModel)

_MESSAGES = {
    "missing": N_("Please fill this in."),
    "string_too_short": N_("Please fill this in."),
    "string_type": N_("Please type a text."),
    "string_unicode": BROKEN,
    "string_pattern_mismatch": N_("The format is not valid."),
    "too_short": N_("Add at least one."),
    "too_long": N_("This is more than allowed."),
    "greater_than": N_("This must be more than zero."),
    "greater_than_equal": N_("This is too small."),
    "less_than_equal": N_("This is too large."),
    "uuid_parsing": N_("Please choose one."),
    "int_parsing": N_("Please enter a whole number."),
    "int_from_float": N_("Please enter a whole number."),
    "int_type": N_("Please enter a number."),
    "finite_number": N_("Please enter a number."),
    "extra_forbidden": N_("There is no such field here."),
    "json_invalid": N_("This is not JSON."),
}
_NAMED = re.compile(r"[A-Za-z_][\w-]{0,40}|\d{1,6}", re.ASCII)


def read(model: type[M], data: Mapping[str, Any]) -> M:
    """Return the checked model. Raises Invalid with a message for each field that is wrong."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise Invalid(field_messages(error)) from error


def field_messages(error: ValidationError) -> dict[str, str]:
    """Return field → gettext message id; parts of a list are named ``skus.0.code``."""
    return fault_messages(error.errors())


def fault_messages(faults: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return pydantic's faults as field → message id.

    A name that the caller made up is repeated only where it is a plain one.
    """
    return {
        ".".join(_named(str(part)) for part in fault["loc"]): _message(fault) for fault in faults
    }


def _named(part: str) -> str:
    return part if _NAMED.fullmatch(part) else "?"


def _message(fault: Mapping[str, Any]) -> str:
    params: Mapping[str, Any] = fault.get("ctx") or {}
    match fault["type"]:
        case "text":
            message: str = params["message"]
            return message
        case "string_too_long":
            return too_long(params["max_length"])
        case "string_too_short" if params["min_length"] > 1:
            return Filled(
                N_("Please use at least %(least)s characters."), least=params["min_length"]
            )
        case kind:
            return _MESSAGES.get(kind, N_("This is not valid."))


def too_long(most: int) -> str:
    """Return the message for a text of more than ``most`` characters."""
    return Filled(N_("This is too long: at most %(most)s characters go in here."), most=most)


def text_of(
    field: str,
    typed: str,
    max_length: int = MAX_TEXT,
    *,
    required: bool = False,
    lines: bool = False,
) -> str:
    """Return one checked text of a field, for services that take no model. Raises Invalid."""
    try:
        text = clean(typed, lines=lines)
    except BadText as error:
        raise Invalid({field: error.message}) from error
    if required and not text:
        raise Invalid({field: N_("Please fill this in.")})
    if len(text) > max_length:
        raise Invalid({field: too_long(max_length)})
    return text
