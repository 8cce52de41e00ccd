"""One small world with a row in every tenant table, for tests of who may see what.

Merchant A supplies, merchant B distributes, a consumer bought one mug in B's store and paid. The
strangers (another supplier, another distributor) own nothing in it.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.clock import now
from app.kit.ids import new_id
from models import analyses, catalog, identity, imports, money, ops, store, trade, traffic

SUPPLY, RETAIL, COST, FREIGHT = 4_000, 6_999, 2_345, 800
COMMISSION, FEE = 350, 47
MARGIN = RETAIL - SUPPLY - COMMISSION - FEE
TOTAL = RETAIL + FREIGHT

STRANGERS_OWN = frozenset(
    {"other_supplier", "other_distributor", "other_store", "other_consumer", "stranger"}
)
"""The fields of World that are not part of the trade that strangers must not see."""


@dataclass(frozen=True)
class World:
    """The identifiers by which tests speak of the world."""

    supplier: UUID = field(default_factory=new_id)
    distributor: UUID = field(default_factory=new_id)
    other_supplier: UUID = field(default_factory=new_id)
    other_distributor: UUID = field(default_factory=new_id)
    user: UUID = field(default_factory=new_id)
    stranger: UUID = field(default_factory=new_id)
    store: UUID = field(default_factory=new_id)
    other_store: UUID = field(default_factory=new_id)
    consumer: UUID = field(default_factory=new_id)
    other_consumer: UUID = field(default_factory=new_id)
    category: UUID = field(default_factory=new_id)
    product: UUID = field(default_factory=new_id)
    sku: UUID = field(default_factory=new_id)
    listing: UUID = field(default_factory=new_id)
    order: UUID = field(default_factory=new_id)
    part: UUID = field(default_factory=new_id)
    line: UUID = field(default_factory=new_id)
    payment: UUID = field(default_factory=new_id)

    @property
    def parties(self) -> dict[str, UUID]:
        """The two parties whose column values most rows carry."""
        return {"supplier_id": self.supplier, "distributor_id": self.distributor}


async def build_world(session: AsyncSession) -> World:
    """Fill every tenant table inside the session's transaction (as the engine role)."""
    world = World()
    groups = (
        _people,
        _goods,
        _shop,
        _rules,
        _order,
        _fulfilment,
        _payment,
        _ledger,
        _notices,
        _history,
        _traffic,
        _reports,
    )
    for group in groups:
        for row in group(world):
            session.add(row)
            # One statement a row keeps the order of the foreign keys without relationships.
            await session.flush()
    return world


def _merchant(merchant_id: UUID, code: str, *, supplier: bool) -> identity.Merchant:
    return identity.Merchant(
        id=merchant_id,
        code=f"{code}-{merchant_id.hex[-8:]}",
        name=code.title(),
        is_supplier=supplier,
        is_distributor=not supplier,
        status=identity.MerchantStatus.ACTIVE,
    )


def _people(w: World) -> list[Any]:
    role = identity.Role(merchant_id=w.supplier, code="packer", name="Packer")
    return [
        identity.User(id=w.user, email=f"{w.user.hex}@a.example", name="Ai"),
        identity.User(id=w.stranger, email=f"{w.stranger.hex}@x.example", name="Xu"),
        identity.UserSecret(user_id=w.user, password_hash="argon2"),
        identity.UserSession(
            user_id=w.user, token_hash=w.user.hex, expires_at=now() + timedelta(days=1)
        ),
        _merchant(w.supplier, "pottery", supplier=True),
        _merchant(w.distributor, "teahouse", supplier=False),
        _merchant(w.other_supplier, "rival", supplier=True),
        _merchant(w.other_distributor, "bazaar", supplier=False),
        identity.MerchantDetail(merchant_id=w.supplier, contact_phone="+8613800000000"),
        identity.MerchantDetail(merchant_id=w.distributor, contact_phone="+8613900000000"),
        role,
        identity.RolePermission(
            role_id=role.id, permission="supplier:orders:write", merchant_id=w.supplier
        ),
        identity.Membership(user_id=w.user, merchant_id=w.supplier, role_id=role.id),
        identity.OneTimeToken(
            purpose="reset", token_hash=w.user.hex, expires_at=now(), user_id=w.user
        ),
        identity.ApiKey(
            merchant_id=w.supplier,
            scope="supplier",
            name="ERP",
            prefix=f"ts_{w.user.hex[-12:]}",
            secret_hash=w.user.hex,
        ),
    ]


def _goods(w: World) -> list[Any]:
    of_product = {"product_id": w.product, "supplier_id": w.supplier}
    of_sku = {"sku_id": w.sku, "supplier_id": w.supplier}
    return [
        catalog.Category(
            id=w.category, slug=f"cups-{w.category.hex[-8:]}", name_zh="杯子", name_en="Cups"
        ),
        catalog.Product(
            id=w.product,
            supplier_id=w.supplier,
            category_id=w.category,
            title="青釉茶杯",
            status=catalog.ProductStatus.ACTIVE,
        ),
        catalog.ProductImage(**of_product, blob_key="a"),
        catalog.Sku(id=w.sku, **of_product, code="CUP", suggested_retail_cents=RETAIL),
        catalog.SupplyPrice(sku_id=w.sku, **of_product, supply_cents=SUPPLY),
        catalog.SkuCost(**of_sku, cost_cents=COST),
        catalog.Stock(sku_id=w.sku, **of_product, on_hand=10, reserved=1),
        catalog.StockMovement(**of_sku, delta=10, reason="OPENING"),
        catalog.PoolEntry(**of_product, status="APPROVED"),
        catalog.FreightTemplate(supplier_id=w.supplier, name="Default", first_cents=FREIGHT),
    ]


def _shop(w: World) -> list[Any]:
    cart = store.Cart(store_id=w.store, token_hash=w.store.hex)
    by = {"distributor_id": w.distributor}
    of_listing = {"listing_id": w.listing, "sku_id": w.sku, **by}
    address = _address()
    return [
        store.Store(id=w.store, **by, slug=f"tea-{w.store.hex[-8:]}", name="Tea"),
        store.Store(
            id=w.other_store,
            distributor_id=w.other_distributor,
            slug=f"baz-{w.other_store.hex[-8:]}",
            name="Bazaar",
        ),
        store.StoreTerms(store_id=w.store, **by, pricing={"kind": "markup", "bps": 3000}),
        store.Listing(id=w.listing, store_id=w.store, product_id=w.product, **w.parties),
        store.ListingTerms(listing_id=w.listing, **by, pricing={"kind": "markup", "bps": 3000}),
        store.ListingSku(**of_listing, store_id=w.store, retail_cents=RETAIL),
        store.ListingSkuBasis(**of_listing, supply_cents=SUPPLY),
        store.ListingChange(listing_id=w.listing, **by, kind="SUPPLY_PRICE"),
        store.Consumer(id=w.consumer, store_id=w.store, **by, phone="+8613811112222", name="Chen"),
        store.Consumer(
            id=w.other_consumer,
            store_id=w.other_store,
            distributor_id=w.other_distributor,
            phone="+8613811113333",
            name="Du",
        ),
        store.ConsumerSecret(consumer_id=w.consumer, password_hash="argon2"),
        store.ConsumerSession(consumer_id=w.consumer, token_hash=w.order.hex, expires_at=now()),
        store.ConsumerAddress(consumer_id=w.consumer, **address),
        cart,
        store.CartLine(cart_id=cart.id, sku_id=w.sku, listing_id=w.listing, quantity=1),
    ]


def _traffic(w: World) -> list[Any]:
    of_day: dict[str, Any] = {
        "store_id": w.store, "distributor_id": w.distributor, "day": "2026-11-24"
    }  # fmt: skip
    return [
        traffic.StoreVisit(visitor="v", **of_day),
        traffic.ProductTraffic(product_id=w.product, supplier_id=w.supplier, views=1, **of_day),
        traffic.StoreSearch(term="cup", count=1, **of_day),
        traffic.StoreSource(source="wechat", medium="social", campaign="", visitors=1, **of_day),
        traffic.OrderVisit(order_id=w.order, **of_day),
        traffic.StoreCampaign(
            store_id=w.store,
            distributor_id=w.distributor,
            code="spring",
            name="Spring",
            source="wechat",
            medium="social",
        ),
    ]


def _address() -> dict[str, str]:
    return {
        "recipient": "陈",
        "phone": "+8613811112222",
        "province_code": "33",
        "province": "浙江",
        "city": "杭州",
        "street": "龙井路 1 号",
    }


def _rules(w: World) -> list[Any]:
    rule = money.SplitRule(position=1, name=f"Default {w.order.hex[-6:]}")
    return [rule, money.SplitRuleVersion(rule_id=rule.id, version=1, rate_bps=500)]


def _order(w: World) -> list[Any]:
    by = {"distributor_id": w.distributor, "store_id": w.store}
    return [
        trade.Order(
            id=w.order,
            number=f"N{w.order.hex[-12:]}",
            **by,
            buyer_kind="CONSUMER",
            consumer_id=w.consumer,
            status="PAID",
            goods_cents=RETAIL,
            freight_cents=FREIGHT,
            total_cents=TOTAL,
            paid_cents=TOTAL,
            idempotency_key=w.order.hex,
            request_hash="h",
            access_hash="h",
            expires_at=now(),
        ),
        trade.OrderAddress(order_id=w.order, **_address()),
        trade.SupplierOrder(
            id=w.part,
            order_id=w.order,
            number=f"S{w.part.hex[-12:]}",
            supplier_id=w.supplier,
            **by,
            store_name="Tea",
            status="PAID",
            freight_cents=FREIGHT,
        ),
        trade.OrderLine(
            id=w.line,
            order_id=w.order,
            supplier_order_id=w.part,
            **by,
            listing_id=w.listing,
            product_id=w.product,
            sku_id=w.sku,
            title="青釉茶杯",
            quantity=1,
            retail_cents=RETAIL,
            goods_cents=RETAIL,
        ),
        trade.OrderEvent(
            order_id=w.order,
            supplier_order_id=w.part,
            **w.parties,
            kind="PAID",
            to_status="PAID",
            actor_scope="system",
        ),
    ]


def _fulfilment(w: World) -> list[Any]:
    parcel = trade.Shipment(
        order_id=w.order,
        supplier_order_id=w.part,
        **w.parties,
        carrier_code="sf",
        tracking_no="SF1",
    )
    return [
        trade.FulfilmentLine(
            line_id=w.line,
            supplier_order_id=w.part,
            **w.parties,
            product_id=w.product,
            sku_id=w.sku,
            sku_code="CUP",
            title="青釉茶杯",
            quantity=1,
            supply_unit_cents=SUPPLY,
            supply_cents=SUPPLY,
        ),
        trade.OrderLineTerms(
            line_id=w.line,
            order_id=w.order,
            supplier_order_id=w.part,
            distributor_id=w.distributor,
            supply_cents=SUPPLY,
            commission_cents=COMMISSION,
            payment_fee_cents=FEE,
            margin_cents=MARGIN,
        ),
        trade.StockReservation(
            line_id=w.line,
            order_id=w.order,
            sku_id=w.sku,
            supplier_id=w.supplier,
            quantity=1,
            state="COMMITTED",
        ),
        parcel,
        trade.ShipmentLine(
            shipment_id=parcel.id, line_id=w.line, supplier_id=w.supplier, quantity=1
        ),
        trade.TrackingEvent(
            shipment_id=parcel.id,
            order_id=w.order,
            **w.parties,
            state="PICKED_UP",
            text="已揽收",
            occurred_at=now(),
        ),
    ]


def _payment(w: World) -> list[Any]:
    of_order = {"order_id": w.order, "payment_id": w.payment}
    shares = {
        "SUPPLY": (w.supplier, SUPPLY),
        "FREIGHT": (w.supplier, FREIGHT),
        "COMMISSION": (None, COMMISSION),
        "PAYMENT_FEE": (None, FEE),
        "MARGIN": (w.distributor, MARGIN),
    }
    return [
        money.Payment(
            id=w.payment,
            order_id=w.order,
            distributor_id=w.distributor,
            number=f"P{w.payment.hex[-12:]}",
            provider="sandbox",
            status="PAID",
            amount_cents=TOTAL,
            settled_by_order=True,
        ),
        money.PaymentCallback(
            provider="sandbox", event_id=w.payment.hex, kind="paid", number="P", outcome="applied"
        ),
        money.Refund(
            **of_order,
            distributor_id=w.distributor,
            number=f"R{w.payment.hex[-12:]}",
            amount_cents=1,
            reason="goodwill",
        ),
        *(
            money.Split(
                **of_order, supplier_order_id=w.part, merchant_id=to, kind=kind, amount_cents=amount
            )
            for kind, (to, amount) in shares.items()
        ),
    ]


def _ledger(w: World) -> list[Any]:
    outside = money.LedgerAccount(kind="CLEARING", role=w.order.hex[-12:])
    parties = (("supplier", w.supplier, SUPPLY + FREIGHT), ("distributor", w.distributor, MARGIN))
    entry = money.LedgerTransaction(
        kind="PAYMENT", source_type="payment", source_id=w.payment, order_id=w.order
    )
    rows: list[Any] = [outside, entry]
    for role, merchant, amount in parties:
        account = money.LedgerAccount(merchant_id=merchant, role=role, kind="PENDING")
        rows += [
            account,
            money.Posting(
                transaction_id=entry.id,
                from_account_id=outside.id,
                to_account_id=account.id,
                to_merchant_id=merchant,
                amount_cents=amount,
            ),
            money.AccountBalance(
                account_id=account.id, slot=0, merchant_id=merchant, balance_cents=amount
            ),
        ]
    return rows


def _notices(w: World) -> list[Any]:
    notice = ops.Notification(scope="supplier", merchant_id=w.supplier, kind="order_paid")
    return [
        notice,
        ops.NoticeMail(
            key=f"k:{notice.id}", kind="order_paid", notification_id=notice.id, user_id=w.user
        ),
        ops.NotificationRead(notification_id=notice.id, user_id=w.user),
        ops.SavedView(user_id=w.user, scope="supplier", resource="orders", name="Late"),
        ops.HiddenChecklist(user_id=w.user, scope="supplier"),
        ops.PlatformSetting(key=f"probe-{w.user.hex}"),
        ops.IdempotentRequest(owner="o", key=w.user.hex, request_hash="h"),
        ops.VerifyRun(requested_by=w.user),
    ]


def _history(w: World) -> list[Any]:
    run = imports.ImportRun(source="old", fingerprint=w.order.hex, state="DONE")
    return [
        imports.Review(
            order_id=w.order, store_id=w.store, distributor_id=w.distributor, score=5, body="好"
        ),
        imports.ExternalId(
            source="old", kind="suppliers", external_id=w.supplier.hex, row_id=w.supplier
        ),
        run,
        imports.ImportStep(run_id=run.id, step="orders", batch=0, written={str(w.order): 1}),
        imports.ImportProblem(
            run_id=run.id,
            kind="orders",
            file="orders.csv",
            line=2,
            field="id",
            problem="duplicate",
            value=str(w.order),
        ),
    ]


def _reports(w: World) -> list[Any]:
    here = {"scope": "supplier", "merchant_id": w.supplier}
    analysis = analyses.Analysis(user_id=w.user, name="Cups", sharing="ALL", **here)
    schedule = analyses.ReportSchedule(
        user_id=w.user,
        name="Weekly cups",
        analysis_id=analysis.id,
        rhythm="WEEKLY",
        next_at=now(),
        **here,
    )
    of_user = {"schedule_id": schedule.id, "user_id": w.user, **here}
    return [
        analysis,
        analyses.AnalysisReader(analysis_id=analysis.id, user_id=w.user),
        schedule,
        analyses.ReportReceiver(**of_user),
        analyses.ReportDelivery(**of_user, due_at=now()),
    ]
