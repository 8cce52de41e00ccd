"""From where visitors come, what may be kept of a search, and who is no visitor."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.services.rules.traffic import (
    DIRECT,
    LONGEST_TERM,
    Arrival,
    arrival_of,
    device_of,
    is_crawler,
    kept_term,
    tells_a_person,
)

OWN = frozenset({"shop.example", "console.example"})
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like"
    " Gecko) Version/17.5 Mobile/15E148 Safari/604.1"
)
COMPUTER = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/129.0.0.0 Safari/537.36"
)
IN_WECHAT = PHONE + " MicroMessenger/8.0.50(0x1800323d) NetType/WIFI Language/zh_CN"


def _from(referrer: str = "", agent: str = COMPUTER, **params: str) -> Arrival:
    return arrival_of(params, referrer, OWN, agent)


@pytest.mark.parametrize(
    ("referrer", "expected"),
    [
        ("", DIRECT),
        ("https://shop.example/s/tea", DIRECT),
        ("https://www.shop.example/s/tea", DIRECT),
        ("https://mp.weixin.qq.com/s/abc?uid=13811112222", Arrival("wechat", "social")),
        ("https://www.baidu.com/link?url=x", Arrival("baidu", "search")),
        ("https://m.baidu.com/", Arrival("baidu", "search")),
        ("https://notbaidu.com/", Arrival("notbaidu.com", "referral")),
        ("https://Blog.Example.org/post/7?who=chen", Arrival("blog.example.org", "referral")),
        ("http://192.168.1.7/router", DIRECT),
        ("http://[::1]/", DIRECT),
        ("http://intranet/chen", DIRECT),
        ("https://13811112222.example.org/", DIRECT),
        ("javascript:alert(1)", DIRECT),
        ("http://[broken", DIRECT),
        ("https://" + "a" * 300 + ".com/", DIRECT),
    ],
)
def test_of_a_referrer_only_the_host_is_kept(referrer: str, expected: Arrival) -> None:
    assert _from(referrer) == expected


def test_a_campaign_speaks_before_the_host() -> None:
    told = _from(
        "https://mp.weixin.qq.com/s",
        utm_source=" WeChat ",
        utm_medium="ＣＰＣ",
        utm_campaign="春茶",
    )
    assert told == Arrival("wechat", "cpc", "春茶")
    assert _from(utm_campaign="spring") == Arrival("other", "", "spring")
    assert _from(utm_medium="cpc") == DIRECT


def test_a_link_of_the_store_carries_its_code_and_what_else_is_known() -> None:
    assert _from(c="ABCD23") == Arrival(code="abcd23")
    assert _from("https://baidu.com/", c="abcd23") == Arrival("baidu", "search", code="abcd23")
    for forged in ("", "a", "x' or 1=1", "a" * 13, "编号编号"):
        assert _from(c=forged) == DIRECT


def test_what_an_address_says_is_not_kept_where_it_names_a_person() -> None:
    assert _from(utm_source="chen@mail.example", utm_campaign="138-1111-2222") == DIRECT
    assert _from(utm_source="sms", utm_campaign="to 13811112222") == Arrival("sms")
    assert len(_from(utm_source="x" * 500).source) == 60


def test_a_browser_inside_an_app_tells_the_app_where_no_page_sent_it() -> None:
    assert _from(agent=IN_WECHAT) == Arrival("wechat", "app")
    assert _from("https://shop.example/s/tea", agent=IN_WECHAT) == DIRECT


PERSONAL = [
    "13811112222",
    "138 1111 2222",
    "+86-138-1111-2222",
    "１３８１１１１２２２２",
    "一三八一一一一二二二二",
    "幺三八 1111 二二二二",
    "0571-8765432",
    "010.8765.4321",
    "330106199003078812",
    "11010519491231002X",
    "订单 6222 0200 0000 0000",
    "chen@mail.example",
    "chen＠mail.example",
    "E12345678",
    "1·3·8·1·1·1·1·2·2·2·2",
]


@pytest.mark.parametrize("typed", PERSONAL)
def test_a_search_that_tells_a_person_is_never_kept(typed: str) -> None:
    assert kept_term(typed) == ""
    assert kept_term(f"王先生 {typed} 收") == ""


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  龙井  茶 ", "龙井 茶"),
        ("Longjing TEA", "longjing tea"),
        ("龙井 250g 500g", "龙井 250g 500g"),
        ("一二三四五", "一二三四五"),
        ("A4 2026", "a4 2026"),
        ("ｉＰｈｏｎｅ １５", "iphone 15"),
        ("a\x00b\ud800c", "a b c"),
        ("", ""),
        ("   ", ""),
    ],
)
def test_other_searches_are_kept_in_one_writing(typed: str, kept: str) -> None:
    assert kept_term(typed) == kept


@given(st.text(max_size=300))
def test_whatever_is_typed_what_is_kept_can_be_stored_and_told_nobody(typed: str) -> None:
    kept = kept_term(typed)
    assert len(kept) <= LONGEST_TERM
    assert kept == "" or (kept.isprintable() and not tells_a_person(kept))
    kept.encode()


@given(st.text(max_size=60), st.integers(13_000_000_000, 19_999_999_999), st.text(max_size=60))
def test_a_mobile_number_is_found_whatever_stands_around_it(
    before: str, number: int, after: str
) -> None:
    assert kept_term(f"{before}{number}{after}") == ""


@pytest.mark.parametrize(
    "agent",
    ["", "  ", "Googlebot/2.1", "Mozilla/5.0 (compatible; Baiduspider/2.0)", "curl/8.5",
     "Bytespider", "python-httpx/0.27", "facebookexternalhit/1.1", "HeadlessChrome/129",
     "YisouSpider",
     "Mozilla/5.0 AppleWebKit/537.36 (compatible; bingbot/2.0)", "PetalBot;+https://x"],
)  # fmt: skip
def test_machines_that_say_so_are_no_visitors(agent: str) -> None:
    assert is_crawler(agent)


@pytest.mark.parametrize(
    ("agent", "device"),
    [(PHONE, "phone"), (IN_WECHAT, "phone"), (COMPUTER, "computer"),
     ("Mozilla/5.0 (Linux; Android 13; CUBOT X70) AppleWebKit/537.36 Chrome/129 Mobile", "phone")],
)  # fmt: skip
def test_people_have_a_device(agent: str, device: str) -> None:
    assert not is_crawler(agent)
    assert device_of(agent) == device
