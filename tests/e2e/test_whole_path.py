"""The whole path in the browser: four roles, one trade from shelf to split, true to the cent."""

import secrets
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from app.services.demo import pictures
from tests.e2e.installation import Installation
from tests.e2e.people import Clerk, Consumer, Reviewer, Seller, Supplier, today
from tests.e2e.trade import Freight, Part, Trade, yuan

SPECS = (("Glaze", ("Celadon", "Ash")), ("Size", ("Small", "Large")))
SUPPLIES = (1_235, 1_535, 1_245, 1_545)
"""Supply prices of glaze × size, in cents; odd ones, so that each rounding has something to do."""
MARKUP = 60
QINGYAO, HEGUANG = Freight(800, 200, 9_900), Freight(1_200, 200, 29_900)


def retail(supply: int) -> int:
    """Return the price that the markup makes of a supply price; ours come out in whole cents."""
    assert supply * MARKUP % 100 == 0
    return supply * (100 + MARKUP) // 100


@dataclass(frozen=True)
class Cast:
    """Everybody who has a part in it."""

    maker: Supplier
    other_maker: Supplier
    platform: Reviewer
    seller: Seller
    consumer: Consumer

    @property
    def clerks(self) -> Mapping[str, Clerk]:
        """Whose dashboards are compared."""
        return {
            "platform": self.platform, "qingyao": self.maker,
            "heguang": self.other_maker, "muxia": self.seller,
        }  # fmt: skip

    def figures(self, since: str) -> dict[str, dict[str, int]]:
        """Return what the dashboards say."""
        return {name: clerk.figures(since) for name, clerk in self.clerks.items()}


@pytest.fixture(params=["zh_CN", "en"])
def locale(request: pytest.FixtureRequest) -> str:
    """Return the language in which everybody reads."""
    return request.param


@pytest.fixture
def cast(installation: Installation, browser: Browser, locale: str) -> Iterator[Cast]:
    """Sign everybody in; nobody else trades meanwhile."""
    origin, as_ = installation.origin, (browser, installation.origin, locale)
    with installation.undisturbed(), ExitStack() as leaving:
        found = Cast(
            Supplier(*as_, "supplier@demo.example", "supplier/qingyao"),
            Supplier(*as_, "both@demo.example", "supplier/heguang"),
            Reviewer(*as_, "platform@demo.example", "platform/main"),
            Seller(*as_, "distributor@demo.example", "distributor/muxia"),
            Consumer(browser, origin, locale, "muxia"),
        )
        people = [*found.clerks.values(), found.consumer]
        for person in people:
            leaving.callback(person.context.close)
        yield found
        assert not [complaint for person in people for complaint in person.complaints]


@pytest.fixture
def trade(installation: Installation, locale: str) -> Trade:
    """Choose what is bought: two of a new mug, and one lamp that the store sells already."""
    supply = SUPPLIES[1]
    name = "雪窗手作杯" if locale == "zh_CN" else "Snow window mug"
    # A name of its own, so that the path can be walked again in the same market.
    name = f"{name} {secrets.token_hex(3).upper()}"
    mug = Part(name, name, ("Celadon", "Large"), supply, retail(supply), 2, QINGYAO)
    with installation.engine() as connection:
        row = connection.execute(
            "select p.title, p.title_en, k.spec_values, s.supply_cents, o.retail_cents"
            " from listing_skus o join listings l on l.id = o.listing_id"
            " join products p on p.id = l.product_id join skus k on k.id = o.sku_id"
            " join supply_prices s on s.sku_id = k.id join stock t on t.sku_id = k.id"
            " join stores e on e.id = l.store_id join merchants m on m.id = l.supplier_id"
            " where m.code = 'heguang' and e.slug = 'muxia' and l.status = 'ON_SALE'"
            " and o.is_offered and t.on_hand - t.reserved > 20"
            " order by o.retail_cents, k.id limit 1"
        ).fetchone()
    assert row, "the demo's store sells nothing of heguang"
    lamp = Part(row[0], row[1], tuple(row[2]), row[3], row[4], 1, HEGUANG)
    return Trade(mug, lamp)


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    """Return two pictures of the new product."""
    made: list[Path] = []
    for palette in (2, 4):
        path = tmp_path / f"cup-{palette}.png"
        path.write_bytes(pictures.draw("cup", palette))
        made.append(path)
    return made


def test_one_trade_from_shelf_to_settled_split(
    cast: Cast, trade: Trade, photos: list[Path], locale: str
) -> None:
    since = today()
    before = cast.figures(since)

    cast.maker.create(trade.own, SPECS, SUPPLIES, photos)
    cast.platform.approve(trade.own.title)
    cast.seller.list_product(trade.own, MARKUP, [retail(cents) for cents in SUPPLIES])

    number = buy(cast.consumer, trade, with_account=locale == "en")
    parcels = deliver(cast, trade, number)
    cast.consumer.sees_tracking(parcels)
    cast.consumer.receive()

    after = cast.figures(since)
    for name, growth in trade.growth().items():
        grown = {key: after[name][key] - before[name][key] for key in growth}
        assert grown == growth, name
    follow_the_figures(cast, number)
    find_ways(cast, number)


def buy(consumer: Consumer, trade: Trade, *, with_account: bool) -> str:
    """Buy of two suppliers in one order, as a guest or with an account; return its number."""
    if with_account:
        consumer.register("Wen Wanderer", f"139{secrets.randbelow(10**8):08d}")
    for part in trade.parts:
        consumer.add(part)
    consumer.check_out("Wen Wanderer", sum(p.freight for p in trade.parts), trade.total)
    number = consumer.pay(trade.total)
    consumer.sees(yuan(trade.total), *(yuan(part.goods) for part in trade.parts))
    consumer.fits()
    return number


def deliver(cast: Cast, trade: Trade, number: str) -> list[str]:
    """Let each supplier ship its part, of which alone it learns; return the tracking numbers."""
    sides = ((cast.maker, trade.own, trade.other), (cast.other_maker, trade.other, trade.own))
    parcels = [f"SF{number[-9:]}{place}001" for place in range(len(sides))]
    for (supplier, own, other), parcel in zip(sides, parcels, strict=True):
        supplier.ship(number, parcel)
        supplier.knows_only(own, other, trade.total)
    return parcels


def follow_the_figures(cast: Cast, number: str) -> None:
    """From a figure of each dashboard to the rows behind it, among them the order."""
    cast.platform.follow("gmv_paid", number)
    cast.maker.follow("supply_sales", number)
    cast.seller.follow("margin", number)


def find_ways(cast: Cast, number: str) -> None:
    """The palette finds the order; language and workspace change in a click."""
    cast.seller.find(number, f"distributor/muxia/orders/{number}")
    both = cast.other_maker
    both.visit("dashboard")
    both.switch_language()
    both.switch_to("distributor/muxia", "distributor")
    both.search("orders", number)
    both.sees(number)
