"""The margin that lists ask the database for is the one that the pure functions make."""

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from app.access import SYSTEM as _SYSTEM
from app.access import Actor, Scope
from app.kit.db import Database
from app.kit.ids import new_id
from app.services.rules.pricing import margin_bps
from app.services.rules.splits import LineMoney, RuleVersion, divide
from models.money import FeeBearer, SplitBase
from tests.integration.market import Market, open_market

_MARGIN = text(
    "select own_margin_bps(:store, :supplier, p.category_id, p.id, :retail, :supply)"
    " from products p where p.id = :product"
)
_MAY = frozenset({"distributor:sourcing:read", "distributor:listings:read"})
_VERSION = text(
    "insert into split_rule_versions (id, rule_id, version, effective_at, base, after_discount,"
    " rate_bps, fixed_cents, min_cents, max_cents, fee_bearer, payment_fee_bps,"
    " keeps_commission_on_refund) select new_uuid(), r.id, (select max(version) + 1"
    "  from split_rule_versions v where v.rule_id = r.id), now(), :base, true, :rate, :fixed,"
    " :least, :most, :bearer, :fee, false from split_rules r where r.store_id = :store"
)
rules = st.builds(
    RuleVersion,
    id=st.none(),
    version=st.just(1),
    effective_at=st.just(datetime(2026, 1, 1, tzinfo=UTC)),
    rate_bps=st.integers(0, 3_000),
    fixed_cents=st.integers(0, 300),
    min_cents=st.integers(0, 100),
    max_cents=st.none() | st.integers(100, 500),
    base=st.sampled_from(SplitBase),
    fee_bearer=st.sampled_from(FeeBearer),
    payment_fee_bps=st.integers(0, 200),
)


async def _margin(database: Database, market: Market, who: Actor, cents: tuple[int, int]) -> int:
    goods = market.goods[0]
    async with database.transaction(who) as session:
        found = await session.execute(
            _MARGIN,
            {
                "store": market.store,
                "supplier": goods.supplier,
                "product": goods.product,
                "retail": cents[0],
                "supply": cents[1],
            },
        )
        return int(found.scalar_one())


async def test_the_database_makes_the_margin_that_the_rules_make(
    database: Database,
) -> None:
    market = await open_market(database, suppliers=1)
    examples: list[tuple[RuleVersion, int, int]] = []

    @settings(max_examples=25, database=None, derandomize=True, deadline=None)
    @given(version=rules, retail=st.integers(1, 200_000), supply=st.integers(0, 200_000))
    def collect(version: RuleVersion, retail: int, supply: int) -> None:
        examples.append((version, retail, supply))

    collect()
    who = Actor(Scope.DISTRIBUTOR, new_id(), market.distributor, permissions=_MAY)
    for version, retail, supply in examples:
        async with database.engine_transaction(_SYSTEM) as session:
            await session.execute(
                _VERSION,
                {
                    "store": market.store,
                    "rate": version.rate_bps,
                    "fixed": version.fixed_cents,
                    "least": version.min_cents,
                    "most": version.max_cents,
                    "bearer": str(version.fee_bearer),
                    "fee": version.payment_fee_bps,
                    "base": str(version.base),
                },
            )
        shares = divide(version, LineMoney(goods_cents=retail, supply_cents=supply))
        expected = margin_bps(shares.margin_cents, retail)
        assert await _margin(database, market, who, (retail, supply)) == expected, version


async def test_another_stores_rule_is_not_told(database: Database) -> None:
    """Whoever asks for somebody else's store learns what no rule of it says."""
    market, other = await open_market(database, suppliers=1), await open_market(database)
    stranger = Actor(Scope.DISTRIBUTOR, new_id(), other.distributor, permissions=_MAY)
    # 5 % and 0.6 % are the rule of the store; without any rule nothing is taken.
    owner = Actor(Scope.DISTRIBUTOR, new_id(), market.distributor, permissions=_MAY)
    assert await _margin(database, market, owner, (2_000, 1_000)) == 4_440
    assert await _margin(database, market, stranger, (2_000, 1_000)) == 5_000
