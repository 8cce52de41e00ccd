"""Telling a reader what their page's address says and nobody can read."""

from collections.abc import Sequence
from typing import Any

import reflex as rx

from app.kit.i18n import N_
from state.gate import acting

_LEFT_OUT = N_("Part of this address could not be read and was left out: %(names)s.")


def left_out(names: Sequence[str]) -> Any:
    """Return the notice that names (message ids) were left out; None where all was read."""
    if not names:
        return None
    who = acting()
    said = ("、" if who.locale == "zh_CN" else ", ").join(who.text(name) for name in names)
    return rx.toast.warning(who.text(_LEFT_OUT, names=said))
