"""The one text type: what people and programs may write, whichever door it comes in by.

A text is kept in Unicode's composed form (NFC) without space around it, and every character of it
is kept: rare Han, other scripts, emoji, writing from right to left. What no database or page can
hold, and what nobody could see, is refused with a sentence; nothing is cut and nothing left out.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, PydanticKnownError, core_schema

from app.kit.errors import BadInput
from app.kit.i18n import N_

UNPRINTABLE = N_(
    "There is a character in it that cannot be printed. Delete it, or type the text again."
)
BROKEN = N_("A damaged character is left in it, as by a broken copy. Type the text again.")
TURNED = N_("A hidden mark in it reverses the direction of writing. Type the text again.")
NOTHING_TO_SEE = N_("It holds no visible character. Type letters, characters or digits.")

MAX_TEXT = 20_000
"""Characters that any text may have for which nobody has set a smaller limit."""

_HALF = re.compile(r"[\ud800-\udfff]")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ufdd0-\ufdef\ufffe\uffff]")
_TURNING = re.compile("[\u202d\u202e]")
_BREAK = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
_FOLDED = re.compile("[\t\n]+")
# Marks without width that programs leave around what is copied out of them.
AROUND = (
    "\u00ad\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u2060\u2061\u2062\u2063\u2064\ufeff"
    "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
SPACE = "".join(char for char in map(chr, range(0x3001)) if char.isspace())
# Letters and signs that draw nothing: fillers of Hangul, the empty Braille cell, vowel signs.
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\u2065")
_UNSEEN = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp", "Mn", "Me"})


class BadText(BadInput):
    """A text that cannot be kept."""


def clean(typed: str, *, lines: bool = False) -> str:
    """Return a text as it is kept. Raises BadText.

    In a text of one line, breaks and tabs become one space; with ``lines`` they stay.
    Only white space is no text, and gives "".
    """
    _refuse_what_cannot_be_kept(typed)
    text = _BREAK.sub("\n", typed)
    if not lines:
        text = _FOLDED.sub(" ", text)
    text = text.strip(SPACE)
    if text and not is_visible(text):
        raise BadText(NOTHING_TO_SEE)
    text = unicodedata.normalize("NFC", text.strip(SPACE + AROUND))
    if _TURNING.search(text):
        raise BadText(TURNED)
    return text


def clean_secret(typed: str) -> str:
    """Return a password exactly as typed. Raises BadText for what no keyboard writes."""
    _refuse_what_cannot_be_kept(typed)
    return typed


def _refuse_what_cannot_be_kept(typed: str) -> None:
    if _HALF.search(typed):
        raise BadText(BROKEN)
    if _CONTROL.search(typed):
        raise BadText(UNPRINTABLE)


def is_visible(text: str) -> bool:
    """Say whether a reader would see anything of a text.

    Characters younger than Python's tables count as seen: among them are people's names.
    """
    return any(
        char not in _BLANK
        and not 0xE0000 <= ord(char) <= 0xE0FFF
        and unicodedata.category(char) not in _UNSEEN
        for char in text
    )


def showable(typed: str) -> str:
    """Return what was typed as a page can show it again, broken characters replaced by a sign."""
    return _CONTROL.sub("\ufffd", _HALF.sub("\ufffd", typed))


def looked_for(typed: str, max_length: int) -> str:
    """Return a search as it can be asked: what could not be found anyway is left out.

    Other than a text that is kept, a search in an address is never refused.
    """
    plain = _FOLDED.sub(" ", _BREAK.sub("\n", _CONTROL.sub(" ", _HALF.sub(" ", typed))))
    return unicodedata.normalize("NFC", plain[:max_length]).strip(SPACE + AROUND)


EMAIL = r"^[^@\s]{1,64}@[^@\s]+\.[^@\s]+$"
"""What an e-mail address looks like; whether it exists, only a mail tells."""


@dataclass(frozen=True)
class Text:
    """Annotation of a model's text: ``Annotated[str, Text(60)]`` has at most 60 characters.

    Characters are counted, not bytes, after cleaning. ``min_length`` 1 demands a text; ``secret``
    leaves passwords as they are typed; ``pattern`` must match the whole text.
    """

    max_length: int
    min_length: int = 0
    lines: bool = False
    secret: bool = False
    pattern: str = ""

    def read(self, value: object) -> str:
        """Return the checked text. Raises errors that pydantic collects."""
        if not isinstance(value, str):
            raise PydanticKnownError("string_type")
        try:
            text = clean_secret(value) if self.secret else clean(value, lines=self.lines)
        except BadText as error:
            raise PydanticCustomError("text", "{message}", {"message": error.message}) from error
        if len(text) < self.min_length:
            # What is empty is missing, however much is demanded.
            least = self.min_length if text else 1
            raise PydanticKnownError("string_too_short", {"min_length": least})
        if len(text) > self.max_length:
            raise PydanticKnownError("string_too_long", {"max_length": self.max_length})
        if self.pattern and not re.fullmatch(self.pattern, text):
            raise PydanticKnownError("string_pattern_mismatch", {"pattern": self.pattern})
        return text

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Let pydantic read values by this annotation."""
        del source, handler
        return core_schema.no_info_plain_validator_function(
            self.read, serialization=core_schema.to_string_ser_schema()
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Describe the text to those who read our documents."""
        del schema, handler
        described: dict[str, Any] = {"type": "string", "maxLength": self.max_length}
        if self.min_length:
            described["minLength"] = self.min_length
        if self.pattern:
            described["pattern"] = self.pattern
        return described
