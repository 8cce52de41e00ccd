"""A store ships for free from an amount: promised truthfully, borne by the store to the cent."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.engine import URL

from app.access import Actor, Scope
from app.kit.ids import new_id
from app.services.refunds import LineWish, refund_lines, refund_rest
from app.services.rules.refunds import KINDS, LineState, PartState, plan_refund
from app.services.settlement import release_due
from app.services.shopfront import forget_fronts
from app.services.stores import StoreDraft, save_store
from app.services.verification import verify
from tests.api.browser import Browser
from tests.api.shop import ADDRESS, Shop


async def _promise(shop: Shop, cents: int) -> None:
    permissions = frozenset({"distributor:store:write"})
    actor = Actor(Scope.DISTRIBUTOR, new_id(), shop.market.distributor, permissions=permissions)
    slug = str(await shop.value("select slug from stores where id = :s", s=shop.market.store))
    draft = StoreDraft(id=shop.market.store, name="茶馆", slug=slug, free_shipping_from_cents=cents)
    await save_store(actor, draft)
    forget_fronts()


async def _shares(shop: Shop, part: object) -> dict[str, int]:
    found = await shop.value(
        "select jsonb_object_agg(kind, amount_cents - reversed_cents) from splits"
        " where supplier_order_id = :p",
        p=part,
    )
    assert isinstance(found, dict)
    return found


async def _parts(shop: Shop, number: str) -> list[UUID]:
    found = await shop.value(
        "select array_agg(s.id order by s.number) from supplier_orders s"
        " join orders o on o.id = s.order_id where o.number = :n",
        n=number,
    )
    assert isinstance(found, list)
    return found


def _platform() -> Actor:
    return Actor(Scope.PLATFORM, new_id(), permissions=frozenset({"platform:payments:write"}))


async def test_the_promise_is_shown_and_kept(shop: Shop, guest: Browser, owner_url: URL) -> None:
    await shop.change(
        "update listing_skus set retail_cents = 53100 where sku_id = :s", s=shop.market.goods[0].sku
    )
    await shop.change(
        "update supply_prices set supply_cents = 1000 where sku_id = :s", s=shop.market.goods[0].sku
    )
    await _promise(shop, 60_000)
    assert "满" in (await guest.open(shop.home)).text and "¥600.00" in guest.page.text
    page = await shop.fill(guest, (1,))
    assert "还差 ¥80.00" in page.text
    page = await shop.fill(guest, (0,))
    assert "已满" in page.text
    form = (await guest.open(f"{shop.home}/checkout")).form("/checkout")
    assert form.fields["expected"] == str(52_000 + 53_100)
    await guest.send(form, ("step", "place"), **ADDRESS)
    number = guest.address.rsplit("/", 1)[1].partition("P")[0]
    total = await shop.value("select total_cents from orders where number = :n", n=number)
    assert total == 52_000 + 53_100
    # What was promised when it was placed holds, whatever the store promises afterwards.
    await _promise(shop, 0)
    await shop.pay(guest, number)
    parts = await _parts(shop, number)
    for part in parts:
        shares = await _shares(shop, part)
        freight = await shop.value(
            "select freight_cents from supplier_orders where id = :p", p=part
        )
        assert shares["FREIGHT"] == freight == 800
        assert shares["FREE_FREIGHT"] == -800
        goods = await shop.value(
            "select sum(goods_cents) from order_lines where supplier_order_id = :p", p=part
        )
        assert sum(shares.values()) == goods
        assert shares["MARGIN"] + shares["FREE_FREIGHT"] >= 0
    owner = owner_url.set(drivername="postgresql").render_as_string(hide_password=False)
    assert verify(owner)["ok"]
    # Withdrawn before it was shipped: everybody is where they began, and the buyer has all.
    number_of = "select number from supplier_orders where id = :p"
    await refund_rest(_platform(), str(await shop.value(number_of, p=parts[0])), "sold out")
    assert set((await _shares(shop, parts[0])).values()) == {0}
    refunded = await shop.value("select refunded_cents from orders where number = :n", n=number)
    assert refunded in (52_000, 53_100)
    # Money alone goes back of the other: its freight stays where it is.
    line = await shop.value("select id from order_lines where supplier_order_id = :p", p=parts[1])
    await refund_lines(
        _platform(),
        str(await shop.value(number_of, p=parts[1])),
        {line: LineWish(1)},
        None,
        "goodwill",
    )  # type: ignore[dict-item]
    shares = await _shares(shop, parts[1])
    assert (shares["FREIGHT"], shares["FREE_FREIGHT"]) == (800, -800)
    assert verify(owner)["ok"]
    await shop.change(
        "update supplier_orders set status = 'RECEIVED',"
        " received_at = now() - interval '40 days' where id = :p",
        p=parts[1],
    )
    await release_due()
    assert (
        await shop.value(
            "select count(*) from postings p join ledger_transactions t on t.id = p.transaction_id"
            " join splits s on s.id = p.split_id join ledger_accounts a on a.id = p.from_account_id"
            " where t.kind = 'RELEASE' and s.kind = 'FREE_FREIGHT' and s.supplier_order_id = :p"
            " and a.role = 'distributor' and a.kind = 'AVAILABLE'",
            p=parts[1],
        )
        == 1
    )


async def test_an_order_by_which_the_store_would_lose_is_refused_with_a_sentence(
    shop: Shop, guest: Browser
) -> None:
    await _promise(shop, 100)
    await shop.change(
        "update freight_templates set first_cents = 40000 where supplier_id = :s",
        s=shop.market.goods[1].supplier,
    )
    page = await guest.open(f"{shop.home}/checkout?items={shop.market.goods[1].sku.hex}:1")
    page = await guest.send(page.form("/checkout"), ("step", "place"), **ADDRESS)
    assert guest.status == 409
    assert "无法发往" in page.text


amounts = st.integers(1, 100_000)


@given(
    st.lists(st.tuples(amounts, st.integers(1, 9)), min_size=1, max_size=4),
    st.integers(1, 20_000),
    st.data(),
)
def test_freight_that_the_store_bore_comes_back_by_units_and_to_the_cent(
    goods: list[tuple[int, int]], freight: int, data: st.DataObject
) -> None:
    """Any sequence of stopped units: both shares move alike, never back, and wholly at the end."""
    lines = {new_id(): [cents * units, units, 0, 0, [0] * len(KINDS)] for cents, units in goods}
    store_left = freight
    while True:
        states = tuple(
            LineState(key, paid, refunded, (paid, 0, 0, 0), tuple(back), units, 0, stopped)
            for key, (paid, units, stopped, refunded, back) in lines.items()
        )
        opened = [state for state in states if state.open_units]
        if not opened:
            break
        state = data.draw(st.sampled_from(opened))
        units = data.draw(st.integers(1, state.open_units))
        part = PartState(states, 0, freight, store_left)
        plan = plan_refund(part, {state.id: LineWish(units=units)}, 0)
        kinds = plan.by_kind
        assert kinds["FREIGHT"] == -kinds["FREE_FREIGHT"] >= 0
        assert sum(kinds.values()) == sum(plan.by_party.values()) == plan.total_cents
        store_left -= kinds["FREIGHT"]
        for line in plan.lines:
            kept = lines[line.line_id]
            kept[2] += line.units
            kept[3] += line.cents
            kept[4] = [a + b for a, b in zip(kept[4], line.parts, strict=True)]
        stopped = sum(kept[2] for kept in lines.values())
        whole = sum(kept[1] for kept in lines.values())
        assert abs((freight - store_left) * whole - freight * stopped) <= whole
    assert store_left == 0
