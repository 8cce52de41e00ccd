"""From where a visitor comes, on what, and which searches may be kept. Pure.

No more is taken of an address than what a campaign says of itself and the host that sent the
visitor; nothing that looks like a person's number or mail address is ever kept.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

LONGEST_TERM = 60
LONGEST_SOURCE = 60
LONGEST_MEDIUM = 20
LONGEST_CODE = 12
MOST_DIGITS = 6
"""So many digits in a row tell nobody's phone, card or identity number."""

_CRAWLER = re.compile(
    r"(?<!cu)bot\b|crawl|spider|slurp|preview|lighthouse|headless|curl|wget|python|httpx|monitor"
    r"|facebookexternalhit|scrapy|go-http-client|java/|okhttp|axios|node-fetch|phantom|archiver"
    r"|pingdom|uptime|mediapartners|feedfetcher|bingpreview|yisou|bytespider|petal|inspectiontool",
    re.I,
)
_CODE = re.compile(rf"[a-z0-9]{{4,{LONGEST_CODE}}}")
_PHONE = re.compile(r"mobi|android|iphone|ipad|ipod|harmonyos|windows phone", re.I)
_APART = re.compile(r"[\s\-‐-―_./\\()\[\]+,，。、·:：;；*#|]+")
_CHINESE_DIGITS = str.maketrans("〇零一幺二两三四五六七八九", "0011223456789")
_SOCIAL, _SEARCH, _VIDEO = "social", "search", "video"

HOSTS: Mapping[str, tuple[str, str]] = {
    "weixin.qq.com": ("wechat", _SOCIAL),
    "wx.qq.com": ("wechat", _SOCIAL),
    "qq.com": ("qq", _SOCIAL),
    "weibo.com": ("weibo", _SOCIAL),
    "weibo.cn": ("weibo", _SOCIAL),
    "t.cn": ("weibo", _SOCIAL),
    "xiaohongshu.com": ("xiaohongshu", _SOCIAL),
    "xhslink.com": ("xiaohongshu", _SOCIAL),
    "zhihu.com": ("zhihu", _SOCIAL),
    "douban.com": ("douban", _SOCIAL),
    "douyin.com": ("douyin", _VIDEO),
    "kuaishou.com": ("kuaishou", _VIDEO),
    "bilibili.com": ("bilibili", _VIDEO),
    "baidu.com": ("baidu", _SEARCH),
    "sogou.com": ("sogou", _SEARCH),
    "so.com": ("so360", _SEARCH),
    "sm.cn": ("shenma", _SEARCH),
    "bing.com": ("bing", _SEARCH),
    "google.com": ("google", _SEARCH),
    "google.com.hk": ("google", _SEARCH),
}
"""Hosts (with all below them) → source and medium. Any other host is a source of its own."""

WEAK_MEDIUM = "app"
"""What is only guessed from the app gives way to any source that was known before."""

APPS: tuple[tuple[str, tuple[str, str]], ...] = (
    ("micromessenger", ("wechat", WEAK_MEDIUM)),
    ("aweme", ("douyin", WEAK_MEDIUM)),
    ("xhsdiscover", ("xiaohongshu", WEAK_MEDIUM)),
    ("weibo", ("weibo", WEAK_MEDIUM)),
    ("alipayclient", ("alipay", WEAK_MEDIUM)),
    ("dingtalk", ("dingtalk", WEAK_MEDIUM)),
    (" qq/", ("qq", WEAK_MEDIUM)),
)
"""Words of a browser inside an app → source and medium; such browsers name no page before."""


@dataclass(frozen=True)
class Arrival:
    """From where a request came; all empty for a direct visit or a step inside the store.

    ``code`` is that of a campaign link; where the store has such a campaign, it says the rest.
    """

    source: str = ""
    medium: str = ""
    campaign: str = ""
    code: str = ""


DIRECT = Arrival()


def arrival_of(
    params: Mapping[str, str], referrer: str, own_hosts: frozenset[str], agent: str
) -> Arrival:
    """Return where a request came from: a campaign's own word, else a host, else the app.

    ``own_hosts`` are those of the stores and the console, without "www.".
    """
    told = _told(params) or _sent(referrer, own_hosts, agent)
    code = params.get("c", "").strip().lower()
    return replace(told, code=code) if _CODE.fullmatch(code) else told


def _told(params: Mapping[str, str]) -> Arrival | None:
    """Return what the address itself says, by the usual ``utm_`` names."""
    source, campaign = (
        _word(params.get(name, ""), LONGEST_SOURCE) for name in ("utm_source", "utm_campaign")
    )
    if not (source or campaign):
        return None
    return Arrival(source or "other", _word(params.get("utm_medium", ""), LONGEST_MEDIUM), campaign)


def _sent(referrer: str, own_hosts: frozenset[str], agent: str) -> Arrival:
    host = host_of(referrer)
    if not host:
        return _from_app(agent)
    return DIRECT if host in own_hosts else _from_host(host)


def host_of(address: str) -> str:
    """Return the host of an address, in small letters and without "www."; "" for none."""
    try:
        parts = urlsplit(address)
        host = (parts.hostname or "") if parts.scheme in ("http", "https") else ""
    except ValueError:
        return ""
    return host.lower().removeprefix("www.") if len(host) <= LONGEST_SOURCE else ""


def _from_host(host: str) -> Arrival:
    labels = host.split(".")
    for start in range(len(labels)):
        known = HOSTS.get(".".join(labels[start:]))
        if known is not None:
            return Arrival(*known)
    # An address of numbers, or a name without a domain, may be somebody's own machine.
    if len(labels) < 2 or not re.search(r"[a-z]", labels[-1]) or tells_a_person(host):
        return DIRECT
    return Arrival(host, "referral")


def _from_app(agent: str) -> Arrival:
    small = agent.lower()
    return next((Arrival(*names) for word, names in APPS if word in small), DIRECT)


def _word(text: str, longest: int) -> str:
    """Return what a campaign says of itself, plain; "" for what might name a person."""
    plain = _plain(text)
    return "" if tells_a_person(plain) else plain[:longest].strip()


def _plain(text: str) -> str:
    """Return text in one writing: wide letters narrow, small, single spaces, no controls."""
    narrow = unicodedata.normalize("NFKC", text[:400])
    printable = "".join(char if char.isprintable() else " " for char in narrow)
    return " ".join(printable.lower().split())


def tells_a_person(text: str) -> bool:
    """Say whether a text holds a mail address or more digits in a row than a product has.

    Phone, card and identity numbers count however they are parted or written, also in Chinese.
    """
    if "@" in text:
        return True
    digits = _APART.sub("", text.translate(_CHINESE_DIGITS))
    return bool(re.search(rf"\d{{{MOST_DIGITS + 1}}}", digits))


def kept_term(text: str) -> str:
    """Return a search as it is counted, or "" for one that is not kept."""
    plain = _plain(text)
    return "" if tells_a_person(plain) else plain[:LONGEST_TERM].strip()


def is_crawler(agent: str) -> bool:
    """Say whether a visitor is a machine that says so; browsers always name themselves."""
    return not agent.strip() or bool(_CRAWLER.search(agent))


def device_of(agent: str) -> str:
    """Return ``phone`` (tablets too) or ``computer``."""
    return "phone" if _PHONE.search(agent) else "computer"
