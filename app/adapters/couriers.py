"""The carriers, what their tracking numbers look like, and where their tracking comes from."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Carrier:
    """A courier company. ``code`` is the one that Kuaidi100 uses."""

    code: str
    name_zh: str
    name_en: str
    pattern: str


CARRIERS: dict[str, Carrier] = {
    carrier.code: carrier
    for carrier in (
        Carrier("shunfeng", "顺丰速运", "SF Express", r"SF\d{10,15}|\d{12,15}"),
        Carrier("zhongtong", "中通快递", "ZTO Express", r"\d{12,15}|ZT\d{10,14}"),
        Carrier("yuantong", "圆通速递", "YTO Express", r"YT\d{10,16}|\d{10,18}"),
        Carrier("yunda", "韵达快递", "Yunda Express", r"\d{13,15}"),
        Carrier("shentong", "申通快递", "STO Express", r"\d{12,15}"),
        Carrier("jd", "京东物流", "JD Logistics", r"JD[A-Z0-9]{10,18}"),
        Carrier("ems", "邮政EMS", "EMS", r"[A-Z]{2}\d{9}[A-Z]{2}|\d{11,13}"),
        Carrier("sandbox", "演示快递", "Demo Courier", r"DEMO\d{4,12}"),
    )
}
"""Patterns are those that the companies' own sites accept; they catch mistyped numbers."""


UNKNOWN = "unknown"
"""Stands for the carrier of imported parcels that name none."""


def carrier_of(code: str) -> Carrier:
    """Return a carrier to be named; one that is not known here is called by its code."""
    if code == UNKNOWN:
        return Carrier(code, "未知承运商", "Unknown carrier", "")
    return CARRIERS.get(code) or Carrier(code, code, code, "")


def is_tracking_number(carrier_code: str, number: str) -> bool:
    """Say whether ``number`` looks like one of the carrier's."""
    carrier = CARRIERS.get(carrier_code)
    return carrier is not None and bool(re.fullmatch(carrier.pattern, number.strip().upper()))


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
