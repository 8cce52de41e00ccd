"""Forms of plain pages, read alike by the stores and the account pages."""

from collections.abc import Iterator, Mapping
from urllib.parse import parse_qsl

from fastapi import Request

from app.kit.errors import Invalid, TradeError
from app.kit.text import BadText, clean, clean_secret, showable

MAX_BYTES = 32 * 1024
MAX_FIELDS = 60
SECRETS = ("password", "old")
"""Fields that are taken exactly as typed, and never shown again."""


class FormTooLarge(TradeError):
    """More was sent than any form of a page holds."""

    code = "form_too_large"
    status = 413
    message = "This form is too large."


class Form(Mapping[str, str]):
    """What was typed, by field, as ``app.kit.text`` keeps it, the last of each name.

    A field with a text that cannot be kept raises Invalid when it is read, with the message that
    belongs beside it, so that no page can forget to look. ``typed`` is for showing it again.
    """

    def __init__(self, pairs: list[tuple[str, str]], defaults: Mapping[str, str]) -> None:
        self.typed: dict[str, str] = dict(defaults)
        self.faults: dict[str, str] = {}
        self._values: dict[str, str] = dict(defaults)
        for name, value in pairs:
            self.faults.pop(name, None)
            self.typed[name] = "" if name in SECRETS else showable(value)
            try:
                secret = name in SECRETS
                self._values[name] = clean_secret(value) if secret else clean(value, lines=True)
            except BadText as error:
                self._values[name] = ""
                self.faults[name] = error.message

    def __getitem__(self, name: str) -> str:
        """Return a field's text. Raises Invalid with the faults of the whole form."""
        if name in self.faults:
            raise Invalid(dict(self.faults))
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


async def read_form(request: Request, **defaults: str) -> Form:
    """Read a form; fields that were not sent have their default. Raises FormTooLarge, Invalid."""
    if request.headers.get("content-type", "").startswith("multipart/"):
        # Mail programs may send their one click like this.
        sent = await request.form(max_files=0, max_fields=MAX_FIELDS)
        return Form([(name, v) for name, v in sent.multi_items() if isinstance(v, str)], defaults)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BYTES:
            raise FormTooLarge()
    try:
        # Bytes that are no UTF-8 become halves of characters, which every text refuses.
        pairs = parse_qsl(
            body.decode("utf-8", "surrogateescape"),
            keep_blank_values=True,
            max_num_fields=MAX_FIELDS,
            errors="surrogateescape",
        )
    except ValueError as error:
        raise Invalid() from error
    return Form([(name, value) for name, value in pairs if name.isprintable()], defaults)
