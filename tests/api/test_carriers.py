"""Any carrier can be named, and the buyer gets its tracking link."""

import pytest

from app.adapters.couriers import CARRIERS, is_tracking_number, tidy_number, tracking_link
from app.services import fulfilment
from app.services.fulfilment import Ship
from tests.api.browser import Browser
from tests.api.shop import Shop


@pytest.mark.parametrize(
    ("carrier", "number"),
    [
        ("jtexpress", "JT3030123456789"),
        ("debangkuaidi", "DPK202212345678"),
        ("danniao", "LP00012345678901"),
        ("youzhengguonei", "9876543210123"),
        ("shunfeng", "sf 1234 5678 9012"),
        ("zhongtong", "7312345678901234"),
        ("other", "KY-4000-12345"),
    ],
)
def test_numbers_of_real_carriers_are_taken(carrier: str, number: str) -> None:
    assert is_tracking_number(carrier, number)
    assert tidy_number(number) == number.replace(" ", "").upper()


@pytest.mark.parametrize("number", ["", "123", "单号12345", "A" * 41, "1234 ?x=1&", "../../etc"])
def test_what_is_no_number_is_not(number: str) -> None:
    assert not any(is_tracking_number(code, number) for code in CARRIERS)


def test_every_carrier_that_can_be_followed_has_a_link() -> None:
    for code, carrier in CARRIERS.items():
        link = tracking_link(code, "A/1 2")
        assert link.startswith("https://") == (code not in ("sandbox", "other"))
        assert not carrier.track or "A%2F1%202" in link
    assert tracking_link("other", "1", "https://kuai.example") == "https://kuai.example"


async def _to_ship(shop: Shop, guest: Browser) -> tuple[str, list[str]]:
    number = await shop.order(guest)
    await shop.pay(guest, number)
    parts = [f"{number}-1", f"{number}-2"]
    for place in range(2):
        await fulfilment.accept(shop.market.supplier(place), parts)
    return number, parts


async def test_the_buyer_gets_the_link_of_whatever_carrier(shop: Shop, guest: Browser) -> None:
    number, parts = await _to_ship(shop, guest)
    suppliers = [
        await shop.value("select supplier_id from supplier_orders where number = :n", n=part)
        for part in parts
    ]
    by_supplier = {shop.market.goods[place].supplier: place for place in range(2)}
    actors = [shop.market.supplier(by_supplier[one]) for one in suppliers]  # type: ignore[index]
    (done,) = await fulfilment.ship(actors[0], [Ship(parts[0], "jtexpress", "JT3030123456789")])
    assert done.problem == ""
    nameless = Ship(parts[1], "other", "HX-99881")
    (refused,) = await fulfilment.ship(actors[1], [nameless])
    assert "name" in refused.problem
    forged = Ship(
        parts[1], "other", "HX-99881", carrier_name="恒信专线", carrier_site="javascript:alert(1)"
    )
    (refused,) = await fulfilment.ship(actors[1], [forged])
    assert "link" in refused.problem
    good = Ship(
        parts[1],
        "other",
        "HX-99881",
        carrier_name="恒信专线",
        carrier_site="https://hengxin.example/track",
    )
    (done,) = await fulfilment.ship(actors[1], [good])
    assert done.problem == ""
    page = await guest.open(await shop.link(number))
    assert "极兔速递" in page.text and "恒信专线" in page.text
    assert any("JT3030123456789" in link and link.startswith("https://") for link in page.links)
    assert "https://hengxin.example/track" in page.links
