"""A small market for tests of the trade: suppliers, stores, goods on sale, a fake provider."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import text

from app.access import PUBLIC, SYSTEM, Actor, Scope
from app.adapters.gateway import (
    GatewayUnavailable,
    PaymentEvent,
    PaymentRequest,
    ProviderPayment,
    ProviderState,
)
from app.kit.db import Database
from app.kit.ids import new_id
from app.services.ledger import open_accounts
from app.services.placing import Address, OrderItem, PlacedOrder, PlaceOrder, place_order
from app.services.rulebook import RAISE_REVISION_SQL
from models import catalog, identity, money, store

ADDRESS = Address(
    recipient="陈一",
    phone="+8613811112222",
    province_code="33",
    province="浙江省",
    city="杭州市",
    district="西湖区",
    street="龙井路 1 号",
)


@dataclass
class Goods:
    """One SKU on sale."""

    sku: UUID
    supplier: UUID
    product: UUID


@dataclass
class Market:
    """What a test trades with; each supplier sells one SKU per entry of ``goods``."""

    distributor: UUID
    store: UUID
    suppliers: list[UUID]
    goods: list[Goods] = field(default_factory=list[Goods])

    def supplier(self, place: int) -> Actor:
        """Return the actor of the supplier of ``goods[place]``."""
        permissions = frozenset({"supplier:orders:write", "supplier:stock:write"})
        return Actor(Scope.SUPPLIER, new_id(), self.goods[place].supplier, permissions=permissions)

    @property
    def seller(self) -> Actor:
        """The distributor's owner."""
        permissions = frozenset({"distributor:orders:write"})
        return Actor(Scope.DISTRIBUTOR, new_id(), self.distributor, permissions=permissions)

    async def order(
        self,
        quantities: Mapping[int, int],
        key: str | None = None,
        note: str = "",
        email: str | None = None,
    ) -> PlacedOrder:
        """Place a guest's order of so many units of some goods."""
        items = tuple(
            OrderItem(sku_id=self.goods[place].sku, quantity=quantity)
            for place, quantity in quantities.items()
        )
        wish = PlaceOrder(
            store_id=self.store,
            idempotency_key=key or new_id().hex,
            items=items,
            address=ADDRESS,
            note=note,
            email=email,
        )
        return await place_order(PUBLIC, wish)


async def open_market(
    database: Database,
    *,
    suppliers: int = 2,
    on_hand: int = 100,
    keeps: bool = False,
    products: int = 1,
) -> Market:
    """Fill the database with one store that sells so many products of each supplier, one SKU each.

    ``goods`` holds the first product of each supplier, then the second of each.
    """
    makers = [new_id() for _ in range(suppliers)]
    market = Market(new_id(), new_id(), makers)
    async with database.engine_transaction(SYSTEM) as session:
        category = catalog.Category(slug=f"c-{new_id().hex[-8:]}", name_zh="茶", name_en="Tea")
        rows: list[object] = [category, _merchant(market.distributor, supplier=False)]
        rows += [_merchant(maker, supplier=True) for maker in makers]
        rows += [
            catalog.FreightTemplate(
                supplier_id=maker, name="默认", first_cents=800, additional_cents=200
            )
            for maker in makers
        ]
        rows.append(
            store.Store(
                id=market.store,
                distributor_id=market.distributor,
                slug=f"s-{new_id().hex[-8:]}",
                name="茶馆",
            )
        )
        rule = money.SplitRule(position=1, name="Store", store_id=market.store)
        rows += [
            rule,
            money.SplitRuleVersion(
                rule_id=rule.id,
                version=1,
                rate_bps=500,
                payment_fee_bps=60,
                keeps_commission_on_refund=keeps,
            ),
        ]
        for place, maker in enumerate(makers * products):
            rows += _goods(market, category.id, maker, on_hand, 1_000 + 777 * place)
        for row in rows:
            session.add(row)
            await session.flush()
        await session.execute(text(RAISE_REVISION_SQL))
    await open_accounts(SYSTEM, [market.distributor, *makers])
    return market


def _merchant(merchant_id: UUID, *, supplier: bool) -> identity.Merchant:
    return identity.Merchant(
        id=merchant_id,
        code=f"m-{merchant_id.hex[-12:]}",
        name="M",
        is_supplier=supplier,
        is_distributor=not supplier,
        status="ACTIVE",
        settle_days=0,
    )


def _goods(
    market: Market, category: UUID, maker: UUID, on_hand: int, supply_cents: int
) -> list[object]:
    product, sku, listing = new_id(), new_id(), new_id()
    market.goods.append(Goods(sku, maker, product))
    of_product = {"product_id": product, "supplier_id": maker}
    retail = supply_cents * 3 // 2 + 1
    return [
        catalog.Product(
            id=product, supplier_id=maker, category_id=category, title="龙井", status="ACTIVE"
        ),
        catalog.Sku(id=sku, **of_product, code=sku.hex[-8:], suggested_retail_cents=retail),
        catalog.SupplyPrice(sku_id=sku, **of_product, supply_cents=supply_cents),
        catalog.Stock(sku_id=sku, **of_product, on_hand=on_hand),
        catalog.StockMovement(sku_id=sku, supplier_id=maker, delta=on_hand, reason="OPENING"),
        catalog.PoolEntry(**of_product, status="APPROVED"),
        store.Listing(
            id=listing,
            store_id=market.store,
            distributor_id=market.distributor,
            **of_product,
        ),
        store.ListingTerms(listing_id=listing, distributor_id=market.distributor),
        store.ListingSku(
            listing_id=listing,
            sku_id=sku,
            store_id=market.store,
            distributor_id=market.distributor,
            retail_cents=retail,
        ),
    ]


@dataclass
class FakeProvider:
    """A provider in memory, with the awkward habits of real ones."""

    payments: dict[str, PaymentRequest] = field(default_factory=dict[str, PaymentRequest])
    states: dict[str, ProviderState] = field(default_factory=dict[str, ProviderState])
    refunds: dict[str, int] = field(default_factory=dict[str, int])
    is_down: bool = False

    def _answer(self, number: str) -> ProviderPayment:
        if self.is_down:
            raise GatewayUnavailable("down")
        request = self.payments.get(number)
        if request is None:
            return ProviderPayment(ProviderState.CLOSED, "")
        return ProviderPayment(
            self.states[number], f"ref-{number}", f"http://pay/{number}", request.amount_cents
        )

    async def create(self, request: PaymentRequest) -> ProviderPayment:
        if not self.is_down:
            self.payments.setdefault(request.number, request)
            self.states.setdefault(request.number, ProviderState.OPEN)
        return self._answer(request.number)

    async def query(self, number: str) -> ProviderPayment:
        return self._answer(number)

    async def close(self, number: str) -> ProviderPayment:
        if not self.is_down and self.states.get(number) is ProviderState.OPEN:
            self.states[number] = ProviderState.CLOSED
        return self._answer(number)

    async def refund(self, number: str, refund_number: str, amount_cents: int) -> ProviderState:
        assert self._answer(number).state is ProviderState.PAID
        assert self.refunds.setdefault(refund_number, amount_cents) == amount_cents
        assert self.refunded(number) <= self.payments[number].amount_cents
        return ProviderState.REFUNDED

    def refunded(self, number: str) -> int:
        """Return what went back of a payment, in cents."""
        return sum(v for name, v in self.refunds.items() if name.startswith(f"{number}R"))

    def read_callback(self, headers: Mapping[str, str], body: bytes) -> PaymentEvent:
        raise NotImplementedError

    def pay(self, number: str, *, amount_cents: int | None = None) -> PaymentEvent:
        """Let the buyer pay; return the message that the provider sends (again and again)."""
        self.states[number] = ProviderState.PAID
        return PaymentEvent(
            provider="fake",
            event_id=f"paid-{number}",
            kind="paid",
            number=number,
            amount_cents=amount_cents or self.payments[number].amount_cents,
            currency="CNY",
            reference=f"ref-{number}",
            body={},
        )


async def scalar(database: Database, sql: str, **params: object) -> object:
    """Return one value as the engine sees it."""
    async with database.engine_transaction(SYSTEM) as session:
        return (await session.execute(text(sql), params)).scalar()
