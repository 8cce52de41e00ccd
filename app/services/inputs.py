"""From what people type to checked values, with one message for each field."""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from app.kit.errors import Invalid
from app.kit.i18n import N_

M = TypeVar("M", bound=BaseModel)

_MESSAGES = {
    "missing": N_("Please fill this in."),
    "string_too_short": N_("Please fill this in."),
    "string_too_long": N_("This is too long."),
    "string_pattern_mismatch": N_("The format is not valid."),
    "too_short": N_("Add at least one."),
    "too_long": N_("This is more than allowed."),
    "greater_than": N_("This must be more than zero."),
    "greater_than_equal": N_("This is too small."),
    "less_than_equal": N_("This is too large."),
    "uuid_parsing": N_("Please choose one."),
    "int_parsing": N_("Please enter a whole number."),
    "int_type": N_("Please enter a number."),
}


def read(model: type[M], data: Mapping[str, Any]) -> M:
    """Return the checked model. Raises Invalid with a message for each field that is wrong."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise Invalid(field_messages(error)) from error


def field_messages(error: ValidationError) -> dict[str, str]:
    """Return field → gettext message id; parts of a list are named ``skus.0.code``."""
    return {
        ".".join(str(part) for part in fault["loc"]): _MESSAGES.get(
            fault["type"], N_("This is not valid.")
        )
        for fault in error.errors()
    }
