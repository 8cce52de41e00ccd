"""Every text has a Chinese translation with the same places, and English ones are themselves."""

import re

import pytest

from app.commands.texts import ROOMS, extract, missing
from app.kit.i18n import catalog, gettext, locale_of

PLACES = re.compile(r"%\(\w+\)s")


@pytest.mark.parametrize("room", ROOMS)
def test_every_text_of_a_room_is_translated(room: str) -> None:
    assert missing()[room] == []


def test_the_extractor_finds_texts_in_code_errors_and_declarations() -> None:
    found = {str(message.id) for message in extract("server") if message.id}
    assert "Please sign in to go on." in found
    assert "Say why, so that the merchant can be told." in found
    assert "Settles after (days)" in found


def test_a_translation_keeps_the_places_of_its_text() -> None:
    for english, chinese in catalog("zh_CN").items():
        assert sorted(PLACES.findall(english)) == sorted(PLACES.findall(chinese)), english


def test_texts_are_filled_and_unknown_ones_show_as_they_are() -> None:
    assert gettext("en", "%(count)s selected", count=3) == "3 selected"
    assert gettext("zh_CN", "%(count)s selected", count=3) == "已选 3 项"
    assert gettext("zh_CN", "no such text") == "no such text"


@pytest.mark.parametrize(
    ("cookie", "accepts", "locale"),
    [
        ("en", "zh-CN", "en"),
        ("zh", "en-GB", "zh_CN"),
        (None, "en-GB,zh;q=0.5", "en"),
        (None, "zh-TW,en", "zh_CN"),
        (None, "fr", "zh_CN"),
        ("<script>", None, "zh_CN"),
    ],
)
def test_the_cookie_decides_the_language_then_the_browser(
    cookie: str | None, accepts: str | None, locale: str
) -> None:
    assert locale_of(cookie, accepts) == locale
