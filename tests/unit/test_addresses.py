"""One table of regions, and one model of an address that believes the code alone."""

from typing import Any

import pytest

from app.kit.errors import Invalid
from app.kit.i18n import gettext
from app.kit.regions import FILE, NAMES, provinces
from app.services.addresses import Address
from app.services.freight import FreightDraft
from app.services.inputs import read

GIVEN = {
    "recipient": "张𱍐",
    "phone": "+8613811112222",
    "province_code": "33",
    "city": "杭州市",
    "district": "西湖区",
    "street": "龙井路 1 号",
}


def _place(**given: object) -> tuple[str, str, str]:
    address = read(Address, GIVEN | given)
    return address.province, address.city, address.district


def _faults(**given: object) -> dict[str, str]:
    with pytest.raises(Invalid) as refused:
        read(Address, GIVEN | given)
    return {name: gettext("en", message) for name, message in refused.value.fields.items()}


def test_the_table_has_all_of_it_and_says_where_it_is_from() -> None:
    cities = [city for province in provinces().values() for city in province.cities]
    assert len(NAMES) == 34
    # 4 municipalities, 3 beside the provinces, 333 of prefecture level, 32 direct counties.
    assert len(cities) == 4 + 3 + 333 + 32
    assert sum(len(city.districts) for city in cities) > 2_800
    assert "MIT License" in FILE.read_text(encoding="utf-8")
    for province in provinces().values():
        assert len({city.name for city in province.cities}) == len(province.cities)
        for city in province.cities:
            assert len(set(city.districts.values())) == len(city.districts)


@pytest.mark.parametrize("beside", ["Tibet", "", None, 7, "\0", {"a": 1}, "西藏自治区"])
def test_a_name_beside_the_code_decides_nothing(beside: Any) -> None:
    assert _place(province=beside) == ("浙江省", "杭州市", "西湖区")
    assert _faults(province="浙江省", province_code="99") == {
        "province_code": "Please choose a province."
    }


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ({"city": "330100", "district": "330106"}, ("浙江省", "杭州市", "西湖区")),
        ({"city": "3301", "district": ""}, ("浙江省", "杭州市", "")),
        (
            {"province_code": "42", "city": "仙桃市", "district": ""},
            ("湖北省", "仙桃市", "仙桃市"),
        ),
        (
            {"province_code": "41", "city": "济源市", "district": "济源市"},
            ("河南省", "济源市", "济源市"),
        ),
        (
            {"province_code": "65", "city": "石河子市", "district": "659001"},
            ("新疆维吾尔自治区", "石河子市", "石河子市"),
        ),
        ({"province_code": "44", "city": "东莞市", "district": ""}, ("广东省", "东莞市", "")),
        ({"province_code": "46", "city": "儋州市", "district": ""}, ("海南省", "儋州市", "")),
        ({"province_code": "62", "city": "嘉峪关市", "district": ""}, ("甘肃省", "嘉峪关市", "")),
        (
            {"province_code": "11", "city": "北京市", "district": "东城区"},
            ("北京市", "北京市", "东城区"),
        ),
        (
            {"province_code": "50", "city": "重庆市", "district": "城口县"},
            ("重庆市", "重庆市", "城口县"),
        ),
        (
            {"province_code": "81", "city": "香港特别行政区", "district": "油尖旺区"},
            ("香港特别行政区", "香港特别行政区", "油尖旺区"),
        ),
        (
            {"province_code": "82", "city": "澳门特别行政区", "district": ""},
            ("澳门特别行政区", "澳门特别行政区", ""),
        ),
        ({"province_code": "71", "city": "台湾省", "district": ""}, ("台湾省", "台湾省", "")),
        (
            {"province_code": "22", "city": "延边朝鲜族自治州", "district": "延吉市"},
            ("吉林省", "延边朝鲜族自治州", "延吉市"),
        ),
    ],
)
def test_places_are_named_as_the_table_names_them(
    given: dict[str, str], place: tuple[str, str, str]
) -> None:
    assert _place(**given) == place


def test_what_is_not_in_the_table_is_refused_at_its_field() -> None:
    assert _faults(city="拉萨市") == {"city": "This is no city of 浙江省. Please choose one."}
    assert _faults(province_code="54") == {
        "city": "This is no city of 西藏自治区. Please choose one."
    }
    assert _faults(district="徐汇区") == {
        "district": "This is no district of 杭州市. Please choose one, or leave it empty."
    }
    assert _faults(province_code="44", city="东莞市", district="长安镇") == {
        "district": "东莞市 has no districts. Leave this empty and write the town in the street."
    }
    assert set(_faults(province_code="99", city="Mars", phone="12", recipient="\u3164")) == {
        "province_code",
        "phone",
        "recipient",
    }


def test_phones_are_kept_in_one_form() -> None:
    assert read(Address, GIVEN | {"phone": "138 1111-2222"}).phone == "+8613811112222"
    assert _faults(phone="+860000") == {"phone": "Please enter a phone number that can be called."}


def test_freight_knows_the_same_provinces() -> None:
    terms = {"first_cents": 800, "region_surcharges": {"54": 1_500}, "refused_regions": ["65"]}
    assert read(FreightDraft, terms).region_surcharges == {"54": 1_500}
    for wrong in ({"region_surcharges": {"99": 1}}, {"refused_regions": ["西藏"]}):
        with pytest.raises(Invalid):
            read(FreightDraft, terms | wrong)
