"""Declarations of what people can do on a list: fields of a form, actions on rows."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

from app.access import Actor
from app.kit.currencies import decimal_text, hundredths_text
from app.kit.errors import BadInput, Invalid
from app.kit.i18n import N_, Words
from app.kit.money import parse_bps, parse_cents, parse_count
from app.kit.text import clean, clean_secret

FieldKind = Literal[
    "text",
    "area",
    "money",
    "number",
    "percent",
    "choice",
    "many",
    "switch",
    "date",
    "password",
    "email",
]


@dataclass(frozen=True)
class Field:
    """One input of a form. ``words`` are fixed choices; ``options`` names choices read when asked.

    Money is typed in yuan and handed on in cents, percent is handed on in basis points. ``many``
    is a list of what was ticked among the options.
    """

    name: str
    label: str
    kind: FieldKind = "text"
    required: bool = False
    help: str = ""
    words: Words = ()
    options: str = ""
    option_words: Words = ()
    """Texts of options that are read as codes."""
    placeholder: str = ""
    value: str = ""
    """What stands there at first."""


@dataclass(frozen=True)
class RowsDone:
    """What became of several rows: key → why it was left as it was, for those that were."""

    refused: Mapping[Any, str] = field(default_factory=dict[Any, str])


Values = Mapping[str, Any]
Sentence = tuple[str, Mapping[str, str]]
"""A message id and what stands in its places."""
Limits = Callable[[Actor, UUID], Awaitable[Mapping[str, Sentence | None]]]
"""Names of fields → what is possible; None hides a field for which nothing is."""
Preview = Callable[[Actor, UUID, Values], Awaitable[Sequence[tuple[str, str]]]]
"""Rows of a label (a message id) and an amount or count."""
Run = Callable[[Actor, Sequence[UUID], Values], Awaitable[Any]]


@dataclass(frozen=True)
class Action:
    """Something to do with rows, or (``on="list"``) without one, such as making a new one.

    ``rows`` can be done with one row or with selected ones, ``row`` and ``bulk`` only with one of
    the two.

    ``run`` gets the actor, the keys and the form's values; it returns how many rows changed, which
    did not and why (``RowsDone``), a sentence of outcome, or an event such as a redirect. ``when``
    limits an action to rows whose column holds one of the codes. ``question`` asks before what
    cannot be undone.
    """

    name: str
    label: str
    permission: str
    run: Run
    on: Literal["rows", "row", "bulk", "list"] = "rows"
    icon: str = "check"
    fields: tuple[Field, ...] = ()
    question: str = ""
    explain: str = ""
    danger: bool = False
    only_icon: bool = False
    """Show the icon alone in rows, for actions that are many and plain, such as moving up."""
    is_step: bool = False
    """Each click counts, such as moving up; otherwise a double click acts once."""
    done: str = N_("Done: %(count)s.")
    when: tuple[str, tuple[str, ...]] | None = None
    did: str = N_("Done")
    """Stands at a row with which it was done, until the list is read again."""
    undo: str = ""
    """The action that takes it back, where there is one."""
    left: str = N_("Not changed: somebody else has changed it meanwhile.")
    """Why a row that fits ``when`` was left as it was, if ``run`` does not say."""
    at_once: bool = False
    """Needs all rows in one piece, such as printing, and marks none of them."""
    prefill: Callable[[Actor, UUID], Awaitable[Mapping[str, str]]] | None = None
    limits: "Limits | None" = None
    """Says beside a field what is possible for this very record; a field that says "" is hidden."""
    preview: "Preview | None" = None
    """Says what will happen with what was typed so far, before it is done."""

    @property
    def takes_many(self) -> bool:
        """Whether it can be done with several rows."""
        return self.on in ("rows", "bulk")

    @property
    def asks(self) -> bool:
        """Whether a dialog opens before it runs."""
        return bool(self.fields or self.question)


def read_values(fields: Sequence[Field], data: Mapping[str, Any]) -> dict[str, Any]:
    """Return a form's checked values by field. Raises Invalid with a message for each bad one."""
    values: dict[str, Any] = {}
    faults: dict[str, str] = {}
    for f in fields:
        raw = ticked(f, data) if f.kind == "many" else data.get(f.name)
        try:
            values[f.name] = _value(f, raw)
        except BadInput as error:
            faults[f.name] = error.message
    if faults:
        raise Invalid(faults)
    return values


def _value(f: Field, raw: Any) -> Any:
    if f.kind == "switch":
        return raw in (True, "true", "on", "1")
    if f.kind == "many":
        if f.required and not raw:
            raise BadInput(N_("Please choose at least one."))
        return raw
    text = str(raw if raw is not None else "")
    typed = clean_secret(text) if f.kind == "password" else clean(text, lines=f.kind == "area")
    if not typed:
        if f.required:
            raise BadInput(N_("Please fill this in."))
        return None if f.kind in ("money", "number", "percent", "date", "choice") else ""
    return _parsed(f, typed)


_READERS: Mapping[str, Callable[[str], int]] = {
    "money": parse_cents,
    "percent": parse_bps,
    "number": parse_count,
}


def _parsed(f: Field, typed: str) -> Any:
    if f.kind in _READERS:
        return _READERS[f.kind](typed)
    if f.words and typed not in dict(f.words):
        raise BadInput(N_("Please choose one."))
    return typed


def ticked(f: Field, data: Mapping[str, Any]) -> list[str]:
    """Return what was ticked of a ``many`` field; its boxes are named ``field:value``."""
    start = f"{f.name}:"
    return [
        key.removeprefix(start) for key, value in data.items() if key.startswith(start) and value
    ]


def shown(f: Field, value: Any) -> str:
    """Return a stored value as it stands in the form's input."""
    if value is None:
        return ""
    if f.kind == "money":
        return decimal_text(int(value))
    if f.kind == "percent":
        return hundredths_text(int(value))
    if f.kind == "switch":
        return "true" if value else ""
    return str(value)


def texts_of(fields: Sequence[Field], values: Mapping[str, Any]) -> dict[str, str]:
    """Return checked values as their inputs show them, which is how forms are compared."""
    return {f.name: comparable(f, _input_text(f, values.get(f.name))) for f in fields}


def _input_text(f: Field, value: Any) -> str:
    return ",".join(value or ()) if f.kind == "many" else shown(f, value)


def comparable(f: Field, text: str) -> str:
    """Return an input's text so that equal values are equal texts: what was ticked has no order."""
    return ",".join(sorted(filter(None, text.split(",")))) if f.kind == "many" else text


def as_data(fields: Sequence[Field], texts: Mapping[str, str]) -> dict[str, Any]:
    """Return texts of inputs as a form sends them."""
    data: dict[str, Any] = {}
    for f in fields:
        text = texts.get(f.name, "")
        if f.kind == "many":
            data |= {f"{f.name}:{one}": "on" for one in text.split(",") if one}
        else:
            data[f.name] = text
    return data


YES_NO = (("true", N_("Yes")), ("", N_("No")))


def field_text(
    f: Field, text: str, choices: Mapping[str, list[list[str]]], who: Callable[[str], str], en: bool
) -> str:
    """Return an input's text as people read it: the words of what was chosen, not its code."""
    if f.kind == "switch":
        return who(dict(YES_NO)[text])
    found = {
        one[0]: one[2] if en and len(one) > 2 else one[1] for one in choices.get(f.options, [])
    }
    words = dict(f.option_words) | dict(f.words)

    def one(code: str) -> str:
        label = found.get(code, code)
        return who(words.get(code, words.get(label, "")) or label)

    if f.kind == "many":
        return ", ".join(one(code) for code in text.split(",") if code)
    return one(text) if f.kind == "choice" and text else text


def kept(fields: Sequence[Field], data: Mapping[str, Any]) -> dict[str, str]:
    """Return what was typed, so that a refused form loses nothing."""
    return {
        f.name: ",".join(ticked(f, data))
        if f.kind == "many"
        else str(data.get(f.name) or "")[:2_000]
        for f in fields
    }
