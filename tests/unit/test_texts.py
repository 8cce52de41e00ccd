"""Every text has a Chinese translation with the same places, and English ones are themselves."""

import re

import pytest

from app.commands.texts import ROOMS, extract, missing, used_in
from app.kit.i18n import (
    FOLDER,
    chinese_texts,
    gettext,
    in_both,
    in_english,
    locale_of,
    plural,
    translations,
)
from app.storefront.render import templates

PLACES = re.compile(r"%\(\w+\)s")


@pytest.mark.parametrize("room", ROOMS)
def test_every_text_of_a_room_is_translated(room: str) -> None:
    assert missing()[room] == []


def test_the_extractor_finds_texts_in_code_errors_and_declarations() -> None:
    found = {str(message.id) for message in extract("server") if message.id}
    assert "Please sign in to go on." in found
    assert "Enter a reason; the merchant will see it." in found
    assert "Settles after (days)" in found


def test_a_translation_keeps_the_places_of_its_text() -> None:
    for english, chinese in chinese_texts().items():
        assert sorted(PLACES.findall(english)) == sorted(PLACES.findall(chinese)), english


def test_no_message_has_two_translations() -> None:
    """Catalogs are read as one; a text that needs two translations is told apart by a context."""
    said: dict[str, dict[str, list[str]]] = {}
    for room in ROOMS:
        for message, chinese in translations(room).items():
            said.setdefault(message, {}).setdefault(chinese, []).append(room)
    assert {message: texts for message, texts in said.items() if len(texts) > 1} == {}


@pytest.mark.parametrize("room", ROOMS)
def test_every_use_shows_the_translation_of_its_own_catalog(room: str) -> None:
    own = translations(room)
    wrong = {
        message: (shown, own[message])
        for message in used_in(room)
        if (shown := gettext("zh_CN", message)) != own[message]
    }
    assert wrong == {}


def test_english_needs_no_catalog_and_shows_no_context() -> None:
    assert [folder.name for folder in FOLDER.iterdir() if folder.is_dir()] == ["zh_CN"]
    shown = [text for room in ROOMS for message in used_in(room) for text in in_english(message)]
    assert [text for text in shown if "|" in text or "\0" in text] == []


def test_a_context_tells_two_meanings_apart_and_reaches_nobody() -> None:
    assert in_both("invitation|Accept") == ("接受邀请", "Accept")
    assert in_both("Accept") == ("接单", "Accept")
    # What only looks like a context is somebody's data.
    assert in_both("mugs|cups") == ("mugs|cups", "mugs|cups")


@pytest.mark.parametrize(("locale", "shown"), [("en", "Categories"), ("zh_CN", "商品分类")])
def test_templates_know_contexts(locale: str, shown: str) -> None:
    line = "{% trans %}store|Categories{% endtrans %}"
    assert templates(locale).from_string(line).render() == shown


def test_the_count_chooses_the_english_form() -> None:
    message = plural("%(count)s day of %(of)s", "%(count)s days of %(of)s")
    assert gettext("en", message, count=1, of=9) == "1 day of 9"
    assert gettext("en", message, count="1,000", of=1) == "1,000 days of 1"
    assert gettext("en", plural("%(n)s day", "%(n)s days"), n=0) == "0 days"


@pytest.mark.parametrize(("count", "shown"), [(1, "1 day"), (2, "2 days")])
def test_templates_choose_the_english_form(count: int, shown: str) -> None:
    line = "{% trans n=count %}{{ n }} day{% pluralize %}{{ n }} days{% endtrans %}"
    assert templates("en").from_string(line).render(count=count) == shown


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


def test_nobody_is_promised_a_payout_that_does_not_exist() -> None:
    """No way to withdraw money exists yet, so that no text may say that it can be withdrawn."""
    for room in ROOMS:
        promised = {
            message: chinese
            for message, chinese in translations(room).items()
            if "提现" in str(chinese) and "还不" not in str(chinese) and "尚" not in str(chinese)
        }
        assert promised == {}


_COUNTED = re.compile(
    r"%\(\w+\)s (?:more )?(rows|people|orders|parts|products|days|listings|SKUs|merchants|stores"
    r"|units|items|files|minutes|hours|jobs)\b"
)
_ALWAYS_MANY = {
    "minutes": "a setting that is never below five",
    "days": "a limit of the product, never one",
    "most": "a limit of the product, never one",
    "rows": "the facts of a file that holds thousands",
    "total": "the progress of work that is only shown for many",
    "size": "the facts of a file that holds thousands",
}
"""Places that never stand for one thing, with the reason."""


@pytest.mark.parametrize("room", ROOMS)
def test_a_count_before_a_noun_has_a_form_for_one(room: str) -> None:
    single = [
        entry.id
        for entry in extract(room)
        if isinstance(entry.id, str)
        and _COUNTED.search(entry.id)
        and not set(re.findall(r"%\((\w+)\)s", entry.id)) & _ALWAYS_MANY.keys()
    ]
    assert single == []
