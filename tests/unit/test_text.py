"""The one text type: what is kept to the letter, and what is refused with a sentence."""

from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from app.kit import text
from app.kit.errors import Invalid
from app.kit.i18n import gettext
from app.kit.text import BadText, Text, clean
from app.services.inputs import read, text_of
from state.screens import Field, read_values

KEPT = (
    "张𱍐",
    "\U00020000\U0003134f",
    "김한국",
    "ラーメン",
    "مرحبا",
    "שלום",
    "👨‍👩‍👧",
    "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
    "ＡＢＣ１２３",
    "O’Brien & <b>",
    "می‌خواهم",
    "x" * 60,
)
REFUSED = {
    "a\0b": text.UNPRINTABLE,
    "\0": text.UNPRINTABLE,
    "a\x07": text.UNPRINTABLE,
    "a\x1bb": text.UNPRINTABLE,
    "a\x7f": text.UNPRINTABLE,
    "a\x9f": text.UNPRINTABLE,
    "a\uffff": text.UNPRINTABLE,
    "\ud800": text.BROKEN,
    "a\udfff": text.BROKEN,
    "\u200b\u200d": text.NOTHING_TO_SEE,
    "\u3164": text.NOTHING_TO_SEE,
    "\u2800\u115f\ufe0f": text.NOTHING_TO_SEE,
    "\U000e0041": text.NOTHING_TO_SEE,
    "\u0301": text.NOTHING_TO_SEE,
    "ab\u202ecd": text.TURNED,
}


@pytest.mark.parametrize("typed", KEPT)
def test_what_people_are_called_is_kept_to_the_letter(typed: str) -> None:
    assert clean(typed) == typed


@pytest.mark.parametrize(("typed", "message"), REFUSED.items())
def test_what_cannot_be_kept_or_seen_is_refused_with_its_sentence(typed: str, message: str) -> None:
    with pytest.raises(BadText) as refused:
        clean(typed)
    assert refused.value.message == message
    assert gettext("zh_CN", message) != message


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  张三 \u3000\n", "张三"),
        ("\ufeff张三\u200b", "张三"),
        ("\u202d13800001111\u202c", "13800001111"),
        ("e\u0301", "é"),
        ("a\tb\r\nc", "a b c"),
        (" \u3000\t", ""),
    ],
)
def test_space_around_goes_and_composed_characters_stay(typed: str, kept: str) -> None:
    assert clean(typed) == kept


def test_lines_stay_lines_where_there_are_several() -> None:
    assert clean(" a\r\nb\rc\u2028d\n", lines=True) == "a\nb\nc\nd"


@given(st.text(alphabet=st.characters(min_codepoint=0, max_codepoint=0x10FFFF)))
def test_a_kept_text_can_be_stored_shown_and_read_again(typed: str) -> None:
    try:
        kept = clean(typed, lines=True)
    except BadText:
        return
    assert "\0" not in kept
    assert kept.encode().decode() == kept
    assert clean(kept, lines=True) == kept


class _Named(BaseModel):
    name: Annotated[str, Text(5, 1)]
    note: Annotated[str, Text(5)] | None = None


def _faults(values: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(Invalid) as refused:
        read(_Named, values)
    return {name: gettext("en", message) for name, message in refused.value.fields.items()}


def test_limits_count_characters_and_say_how_many_go_in() -> None:
    assert read(_Named, {"name": "𱍐" * 5}).name == "𱍐" * 5
    assert read(_Named, {"name": "e\u0301" * 5}).name == "é" * 5
    assert _faults({"name": "𱍐" * 6, "note": "e" * 7}) == {
        "name": "This is too long: at most 5 characters go in here.",
        "note": "This is too long: at most 5 characters go in here.",
    }
    assert _faults({"name": " \u3000"}) == {"name": "Please fill this in."}


@pytest.mark.parametrize(("typed", "message"), REFUSED.items())
def test_models_dialogs_and_single_texts_refuse_alike(typed: str, message: str) -> None:
    assert _faults({"name": typed}) == {"name": message}
    with pytest.raises(Invalid) as single:
        text_of("name", typed, 5)
    assert single.value.fields == {"name": message}
    with pytest.raises(Invalid) as dialog:
        read_values((Field("name", "Name"),), {"name": typed})
    assert dialog.value.fields == {"name": message}
