"""What is found by what: every script, pinyin, codes whole and by any part."""

import pytest

from app.kit.search import NOTHING, code_query_grams, index_grams, query_grams

TEA = index_grams(
    "明前龙井绿茶", "West Lake Longjing", "茶叶",
    texts=("春茶 ラーメン 한국 чай 🍵", "Tea & coffee", "红色"), codes=("QY-TEA-0012-RED-2026",),
)  # fmt: skip


def finds(typed: str, grams: list[str] = TEA) -> bool:
    here = set(grams)
    return set(query_grams(typed)) <= here or set(code_query_grams(typed)) <= here


@pytest.mark.parametrize(
    "typed",
    [
        "龙井", "绿茶", "井绿", "LJ", "mqlj", "longjing", "long", "lvcha", "jinglvcha", "LONGJING",
        "ＬＯＮＧＪＩＮＧ", "ラーメン", "ﾗｰﾒﾝ", "한국", "чай", "ЧАЙ", "🍵", "west lake", "coffee",
        "tea", "红色", "茶叶", "QY-TEA-0012-RED-2026", "qytea0012red2026", "0012-RED", "TEA-0012",
        "2026", "ed-20", "龙井 coffee 红色",
    ],
)  # fmt: skip
def test_it_is_found(typed: str) -> None:
    assert finds(typed)


@pytest.mark.parametrize("typed", ["ramen", "ラーメソ", "中国", "кофе", "🍶", "0013", "★", "…", ""])
def test_it_is_not_found(typed: str) -> None:
    assert not finds(typed)


def test_what_holds_nothing_to_search_for_finds_nothing() -> None:
    assert query_grams("——！？") == [NOTHING]
    assert NOTHING not in TEA


def test_full_width_and_half_width_are_the_same() -> None:
    assert query_grams("ＬＥＤ") == query_grams("led") == query_grams("LED")
    assert finds("led", index_grams("ＬＥＤ灯"))


def test_the_index_of_a_long_title_stays_small() -> None:
    title = "新款加厚大容量帆布包女单肩手提托特包学生通勤百搭休闲时尚轻便防水旅行收纳袋"
    assert len(index_grams(title)) < 500
