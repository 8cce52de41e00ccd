"""China's regions by code (GB/T 2260): provinces, cities, districts, to county level.

The table is ``regions.txt``, made by ``app.kit.make_regions``. A county that its province
administers directly (仙桃市) is its own city and district; a municipality and the special
administrative regions repeat their name as city; some cities (东莞市) have no districts.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

FILE = Path(__file__).with_name("regions.txt")
PROVINCE_DIGITS, CITY_DIGITS, DISTRICT_DIGITS = 2, 4, 6

_ENGLISH: Mapping[str, str] = {
    "11": "Beijing",
    "12": "Tianjin",
    "13": "Hebei",
    "14": "Shanxi",
    "15": "Inner Mongolia",
    "21": "Liaoning",
    "22": "Jilin",
    "23": "Heilongjiang",
    "31": "Shanghai",
    "32": "Jiangsu",
    "33": "Zhejiang",
    "34": "Anhui",
    "35": "Fujian",
    "36": "Jiangxi",
    "37": "Shandong",
    "41": "Henan",
    "42": "Hubei",
    "43": "Hunan",
    "44": "Guangdong",
    "45": "Guangxi",
    "46": "Hainan",
    "50": "Chongqing",
    "51": "Sichuan",
    "52": "Guizhou",
    "53": "Yunnan",
    "54": "Tibet",
    "61": "Shaanxi",
    "62": "Gansu",
    "63": "Qinghai",
    "64": "Ningxia",
    "65": "Xinjiang",
    "71": "Taiwan",
    "81": "Hong Kong",
    "82": "Macau",
}


@dataclass(frozen=True)
class City:
    """A city of a province: its code (four digits; six where it is a county as well)."""

    code: str
    name: str
    districts: Mapping[str, str] = field(default_factory=dict[str, str])
    """Six-digit code → name; empty for a city without districts."""


@dataclass(frozen=True)
class Province:
    """A province or what stands beside one, with its two-digit code."""

    code: str
    name: str
    english: str
    cities: tuple[City, ...]

    def city(self, named: str) -> City | None:
        """Return the city of a name or a code; None where the province has none of these."""
        return next((c for c in self.cities if named in (c.name, c.code, c.code + "00")), None)


def district_of(city: City, named: str) -> str | None:
    """Return the name of a city's district by name or code; None where it has none of these."""
    if named in city.districts:
        return city.districts[named]
    return named if named in city.districts.values() else None


@lru_cache(maxsize=1)
def provinces() -> Mapping[str, Province]:
    """Return the provinces by their two-digit codes, in the order of these."""
    names = dict(
        line.split(" ", 1)
        for line in FILE.read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    )
    return {
        code: Province(code, name, _ENGLISH[code], _cities(code, name, names))
        for code, name in names.items()
        if len(code) == PROVINCE_DIGITS
    }


def _cities(province: str, name: str, names: Mapping[str, str]) -> tuple[City, ...]:
    of_it = {c: n for c, n in names.items() if c.startswith(province)}
    counties = {c: n for c, n in of_it.items() if len(c) == DISTRICT_DIGITS}
    cities = [
        City(code, n, {c: one for c, one in counties.items() if c.startswith(code)})
        for code, n in of_it.items()
        if len(code) == CITY_DIGITS
    ]
    if not cities:
        # A municipality: all its districts lie in the one city of its own name.
        return (City(f"{province}00", name, counties),)
    placed = {c for city in cities for c in city.districts}
    alone = [City(c, n, {c: n}) for c, n in counties.items() if c not in placed]
    return (*cities, *alone)


PROVINCES: tuple[tuple[str, str, str], ...] = tuple(
    (one.code, one.name, one.english) for one in provinces().values()
)
"""(code, 中文, English)."""

NAMES: Mapping[str, str] = {code: name for code, name, _ in PROVINCES}
_ENGLISH_NAMES: Mapping[str, str] = {code: english for code, _, english in PROVINCES}


def province_name(code: str, locale: str) -> str:
    """Return a province's name in a language; an unknown code as it is."""
    return (_ENGLISH_NAMES if locale == "en" else NAMES).get(code, code)
