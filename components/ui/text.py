"""Texts in the reader's language, chosen in the browser: ``t("Orders")``.

Both languages are compiled into the page from the gettext catalogs, so switching needs no server.
"""

import re
from collections.abc import Iterable
from typing import Any

import reflex as rx
from reflex_base.utils.imports import ImportVar
from reflex_base.vars import VarData

from app.kit.i18n import counted_place, in_chinese, in_english

_PLACE = re.compile(r"%\((\w+)\)s")

_LIBRARY = "$/public/language.js"

ENGLISH: rx.Var[bool] = rx.Var(
    "reads_english",
    _var_type=bool,
    _var_data=VarData(
        hooks={"const reads_english = useEnglish()": None},
        imports={_LIBRARY: [ImportVar(tag="useEnglish")]},
    ),
)
"""Whether the reader chose English; known only in the browser."""


def _spoken(language: rx.Var[str]) -> tuple[rx.Var[str]]:
    return (language,)


class Speaker(rx.Component):
    """The component of ``assets/language.js`` that tells which language the page is in."""

    library = _LIBRARY
    tag = "Speaker"

    once: rx.Var[bool]
    on_speak: rx.EventHandler[_spoken]


def speaker(on_speak: Any, *, once: bool = False) -> rx.Component:
    """Call ``on_speak`` with ``zh`` or ``en`` at first and after each switch of the language.

    For pages whose texts the server says; ``once`` for the frame around all of them.
    """
    return Speaker.create(on_speak=on_speak, once=once)


def t(message: str, **params: Any) -> rx.Var[str]:
    """Return a text that follows the reader's language; ``params`` fill ``%(name)s`` places."""
    (one, many), chinese = in_english(message), in_chinese(message)
    english = _filled(many, params)
    if one != many:
        count = params[counted_place(message)]
        alone = _shown(count) == "1" if isinstance(count, rx.Var) else f"{count}" == "1"
        english = rx.cond(alone, _filled(one, params), english)
    elif one == chinese:
        return english
    return rx.cond(ENGLISH, english, _filled(chinese, params))  # type: ignore[return-value]


def titled(chinese: Any, english: Any) -> Any:
    """Return the name of goods in the reader's language; the Chinese one where no other is kept."""
    return rx.cond(ENGLISH & (english != ""), english, chinese)


def _filled(template: str, params: dict[str, Any]) -> rx.Var[str]:
    if not params:
        return rx.Var.create(template)
    parts = _PLACE.split(template)
    out: Any = rx.Var.create(parts[0])
    for place in range(1, len(parts), 2):
        value = params[parts[place]]
        shown = _shown(value) if isinstance(value, rx.Var) else str(value)
        out = out + shown + parts[place + 1]
    return out


def _shown(value: rx.Var[Any]) -> Any:
    # Reflex writes nothing for a zero unless it goes through JSON, which would quote texts.
    return value.to_string(use_json=isinstance(value, rx.vars.NumberVar))


def word(code: rx.Var[str], words: Iterable[tuple[str, str]]) -> rx.Var[str]:
    """Return the text of a code; an unknown code shows as it is."""
    return rx.match(code, *((value, t(label)) for value, label in words), code)  # type: ignore[return-value]
