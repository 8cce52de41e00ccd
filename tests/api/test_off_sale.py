"""What cannot be sold: only the SKU that would lose money is off, and a page says what became."""

from uuid import UUID

import pytest

from app.access import SYSTEM, Actor, Scope
from app.kit.errors import Invalid
from app.kit.i18n import gettext
from app.kit.ids import new_id
from app.services.listing_prices import SkuPrice, set_prices
from app.services.listings import set_on_sale
from app.services.price_changes import PriceChange, fan_out
from tests.api.browser import Browser
from tests.api.shop import ADDRESS, Shop


def _seller(shop: Shop) -> Actor:
    permissions = frozenset({"distributor:listings:write", "distributor:listings:read"})
    return Actor(Scope.DISTRIBUTOR, new_id(), shop.market.distributor, permissions=permissions)


async def _raise_supply(shop: Shop, sku: UUID, cents: int) -> None:
    """Let a supplier's price rise, which listings that hold their price must bear."""
    before = await shop.value("select supply_cents from supply_prices where sku_id = :s", s=sku)
    await shop.change(
        "insert into listing_terms (listing_id, distributor_id, pricing, cost_policy)"
        " select id, distributor_id, '{}', 'HOLD_PRICE' from listings where store_id = :s"
        " on conflict (listing_id) do update set cost_policy = 'HOLD_PRICE'",
        s=shop.market.store,
    )
    await shop.change(
        "update supply_prices set supply_cents = :c where sku_id = :s", c=cents, s=sku
    )
    async with shop.database.engine_transaction(SYSTEM) as session:
        change = PriceChange(sku, int(str(before)), cents)
        await fan_out(session, shop.market.goods[0].product, [change])
    await shop.change("select 1")


async def test_a_sku_that_would_lose_money_is_off_and_the_others_are_sold(
    shop: Shop, guest: Browser
) -> None:
    big = UUID(shop.variants[1])
    await _raise_supply(shop, big, 99_900)
    page = await guest.open(shop.product(0))
    assert guest.status == 200
    assert "500g" in page.text and "暂不销售" in page.text
    radios = [given for tag, given in page.tags if given.get("name") == "sku"]
    assert [("disabled" in given) for given in radios] == [False, True]
    # The good one can be bought; the bad one cannot, though it is asked for.
    await guest.send(page.form("/cart/add"), ("then", "cart"))
    form = (await guest.open(f"{shop.home}/checkout")).form("/checkout")
    await guest.send(form, ("step", "place"), **ADDRESS)
    assert "pay.invalid" in guest.address
    page = await guest.open(f"{shop.home}/checkout?items={big.hex}:1")
    page = await guest.send(page.form("/checkout"), ("step", "place"), **ADDRESS)
    assert guest.status == 409
    status = await shop.value(
        "select status from listings where product_id = :p", p=shop.market.goods[0].product
    )
    assert status == "NEEDS_REPRICE"
    # A new price that bears the costs brings it back.
    listing = UUID(shop.listings[0])
    retail = await shop.value(
        "select retail_cents from listing_skus where sku_id = :s", s=shop.market.goods[0].sku
    )
    wishes = {big: SkuPrice(130_000), shop.market.goods[0].sku: SkuPrice(int(str(retail)))}
    await set_prices(_seller(shop), listing, wishes)
    page = await guest.open(shop.product(0))
    assert "暂不销售" not in page.text


async def test_a_listing_that_was_paused_is_not_woken_by_a_price(
    shop: Shop, guest: Browser
) -> None:
    listing = UUID(shop.listings[0])
    await set_on_sale(_seller(shop), [listing], on_sale=False)
    await _raise_supply(shop, UUID(shop.variants[1]), 99_900)
    status = "select status from listings where id = :l"
    assert await shop.value(status, l=listing) == "PAUSED"
    page = await guest.open(shop.product(0))
    assert "暂不销售" in page.text and any(shop.listings[1] in link for link in page.links)
    await set_on_sale(_seller(shop), [listing], on_sale=True)
    # It is on sale again but for the SKU that loses money, which it says.
    assert await shop.value(status, l=listing) == "NEEDS_REPRICE"
    assert (await guest.open(shop.product(0))).form("/cart/add").buttons


async def test_a_price_that_far_provinces_would_not_bear_is_refused_with_one_that_does(
    shop: Shop, guest: Browser
) -> None:
    """What the listing page takes, checkout sells to every province that is served."""
    goods = shop.market.goods[1]
    listing = UUID(shop.listings[1])
    await shop.change(
        "update supply_prices set supply_cents = 10000 where sku_id = :s", s=goods.sku
    )

    async def refusal(cents: int) -> str:
        with pytest.raises(Invalid) as refused:
            await set_prices(_seller(shop), listing, {goods.sku: SkuPrice(cents)})
        return refused.value.fields[f"price-{goods.sku}"]

    message = await refusal(10_001)
    assert "低于成本" in gettext("zh_CN", message)
    cents = int(gettext("en", message).rpartition("¥")[2].rstrip(".").replace(".", ""))
    # One cent less would bear its own fees, but not those on the freight to Tibet.
    assert "偏远省份" in gettext("zh_CN", await refusal(cents - 1))
    await set_prices(_seller(shop), listing, {goods.sku: SkuPrice(cents)})
    for units in (1, 7):
        page = await guest.open(f"{shop.home}/checkout?items={goods.sku.hex}:{units}")
        typed = {**ADDRESS, "province_code": "54", "city": "拉萨市", "district": "城关区"}
        page = await guest.send(page.form("/checkout"), ("step", "quote"), **typed)
        await guest.send(page.form("/checkout"), ("step", "place"), **typed)
        assert "pay.invalid" in guest.address, page.text


async def test_a_part_that_freight_makes_a_loss_of_says_so(shop: Shop, guest: Browser) -> None:
    """A supplier's freight rose after the price was set: the buyer reads what can be done."""
    await shop.change(
        "update freight_templates set region_surcharges = '{\"54\": 9000000}'"
        " where supplier_id = :s",
        s=shop.market.goods[1].supplier,
    )
    page = await guest.open(f"{shop.home}/checkout?items={shop.market.goods[1].sku.hex}:1")
    typed = {**ADDRESS, "province_code": "54", "city": "拉萨市", "district": "城关区"}
    page = await guest.send(page.form("/checkout"), ("step", "quote"), **typed)
    page = await guest.send(page.form("/checkout"), ("step", "place"), **typed)
    assert guest.status == 409
    assert "无法发往西藏" in page.text
