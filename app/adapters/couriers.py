"""The carriers, what their tracking numbers look like, and where their tracking comes from."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote


@dataclass(frozen=True)
class Carrier:
    """A courier company. ``code`` is the one that Kuaidi100 uses.

    ``track`` is the address of a parcel's page, with ``{number}`` in it; where a carrier has no
    such address, its ``site`` is where to ask.
    """

    code: str
    name_zh: str
    name_en: str
    site: str = ""
    track: str = ""


OTHER = "other"
"""Stands for a carrier that the table does not hold; the parcel says its name and site."""
DEMO = "sandbox"

_ASK = "https://www.kuaidi100.com/chaxun?com={code}&nu={number}"
"""Shows parcels of every carrier, by its code."""

CARRIERS: dict[str, Carrier] = {
    code: Carrier(code, zh, en, site, track or (_ASK.replace("{code}", code) if site else ""))
    for code, zh, en, site, track in (
        (
            "shunfeng",
            "顺丰速运",
            "SF Express",
            "https://www.sf-express.com",
            "https://www.sf-express.com/chn/sc/waybill/waybill-detail/{number}",
        ),
        ("zhongtong", "中通快递", "ZTO Express", "https://www.zto.com", ""),
        ("yuantong", "圆通速递", "YTO Express", "https://www.yto.net.cn", ""),
        ("yunda", "韵达快递", "Yunda Express", "https://www.yundaex.com", ""),
        ("shentong", "申通快递", "STO Express", "https://www.sto.cn", ""),
        ("jtexpress", "极兔速递", "J&T Express", "https://www.jtexpress.cn", ""),
        ("jd", "京东物流", "JD Logistics", "https://www.jdl.com", ""),
        ("debangkuaidi", "德邦快递", "Deppon Express", "https://www.deppon.com", ""),
        ("danniao", "菜鸟速递", "Cainiao Express", "https://www.cainiao.com", ""),
        ("ems", "邮政EMS", "EMS", "https://www.ems.com.cn", ""),
        ("youzhengguonei", "中国邮政", "China Post", "https://www.chinapost.com.cn", ""),
        ("annengwuliu", "安能物流", "Ane Logistics", "https://www.ane56.com", ""),
        ("kuayue", "跨越速运", "KYE Express", "https://www.ky-express.com", ""),
        ("zhongtongguoji", "中通国际", "ZTO International", "https://www.ztoglobal.com", ""),
        ("dhl", "DHL", "DHL", "https://www.dhl.com",
         "https://www.dhl.com/global-en/home/tracking.html?tracking-id={number}"),
        ("ups", "UPS", "UPS", "https://www.ups.com",
         "https://www.ups.com/track?tracknum={number}"),
        ("fedex", "FedEx", "FedEx", "https://www.fedex.com",
         "https://www.fedex.com/fedextrack/?trknbr={number}"),
        (DEMO, "演示快递", "Demo Courier", "", ""),
        (OTHER, "其他承运商", "Other carrier", "", ""),
    )
}  # fmt: skip
"""Every carrier that can be chosen; one that is missing can be named as well."""

_NUMBER = re.compile(r"[0-9A-Z][0-9A-Z-]{4,39}")
_DEMO_NUMBER = re.compile(r"DEMO\d{4,12}")


UNKNOWN = "unknown"
"""Stands for the carrier of imported parcels that name none."""


def carrier_of(code: str) -> Carrier:
    """Return a carrier to be named; one that is not known here is called by its code."""
    if code == UNKNOWN:
        return Carrier(code, "未知承运商", "Unknown carrier", "")
    return CARRIERS.get(code) or Carrier(code, code, code, "")


def tidy_number(number: str) -> str:
    """Return a tracking number as it is kept: without blanks, in capitals."""
    return "".join(number.split()).upper()


def is_tracking_number(carrier_code: str, number: str) -> bool:
    """Say whether ``number`` could be one of the carrier's.

    Carriers change their numbers without a word, so that no more is asked than that it is one.
    """
    pattern = _DEMO_NUMBER if carrier_code == DEMO else _NUMBER
    return carrier_code in CARRIERS and bool(pattern.fullmatch(tidy_number(number)))


def tracking_link(carrier_code: str, number: str, site: str = "") -> str:
    """Return where a parcel can be followed; '' where nobody knows.

    ``site`` is that of a carrier which the table does not hold.
    """
    carrier = CARRIERS.get(carrier_code)
    if carrier is None or not carrier.track:
        return site or (carrier.site if carrier else "")
    return carrier.track.replace("{number}", quote(number, safe=""))


@dataclass(frozen=True)
class Track:
    """One thing that happened to a parcel. ``state`` is a word of the tracking events."""

    state: str
    text: str
    occurred_at: datetime


DEMO_JOURNEY = (
    (timedelta(0), "PICKED_UP", "快件已揽收"),
    (timedelta(seconds=20), "IN_TRANSIT", "快件已到达分拨中心"),
    (timedelta(seconds=40), "OUT_FOR_DELIVERY", "快递员正在派送"),
    (timedelta(seconds=60), "DELIVERED", "已签收，感谢使用"),
)
"""What the demo courier reports, by the time since shipping: minutes stand for days."""


def demo_tracks(shipped_at: datetime, at: datetime) -> Sequence[Track]:
    """Return what the demo courier has reported by ``at`` of a parcel shipped at ``shipped_at``."""
    return [
        Track(state, text, shipped_at + after)
        for after, state, text in DEMO_JOURNEY
        if shipped_at + after <= at
    ]
