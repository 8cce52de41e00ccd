"""The trade's pure rules, for all values."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product as combinations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.kit.ids import new_id
from app.services.price_changes import decide
from app.services.rules.freight import Freight, RegionRefused, freight_of
from app.services.rules.orders import TRANSITIONS, may_follow, order_status
from app.services.rules.pricing import (
    Band,
    Charm,
    Infeasible,
    PricingKind,
    PricingRule,
    charmed,
    infeasible,
    least_price,
    loses_money,
    retail_price,
)
from app.services.rules.refunds import reversals
from app.services.rules.splits import (
    LineMoney,
    Rule,
    RuleVersion,
    Subject,
    commission_of,
    divide,
    first_match,
    payment_fee_of,
    spread,
)
from models.money import FeeBearer, SplitBase
from models.store import CostPolicy
from models.trade import SupplierOrderStatus as S

NOW = datetime(2026, 11, 24, tzinfo=UTC)
cents = st.integers(0, 10**9)

versions = st.builds(
    RuleVersion,
    id=st.none(),
    version=st.just(1),
    effective_at=st.just(NOW),
    rate_bps=st.integers(0, 10_000),
    fixed_cents=st.integers(0, 10_000),
    min_cents=st.integers(0, 500),
    max_cents=st.none() | st.integers(500, 10**7),
    base=st.sampled_from(SplitBase),
    after_discount=st.booleans(),
    fee_bearer=st.sampled_from(FeeBearer),
    payment_fee_bps=st.integers(0, 1_000),
)


@st.composite
def lines(draw: st.DrawFn) -> LineMoney:
    goods = draw(cents)
    discount = draw(st.integers(0, goods))
    return LineMoney(goods, draw(cents), discount, draw(cents))


@given(versions, lines())
def test_shares_sum_to_what_is_paid_for_the_goods(version: RuleVersion, line: LineMoney) -> None:
    assert divide(version, line).total == line.goods_cents - line.discount_cents


@given(versions, lines(), st.integers(0, 10**6))
def test_the_suppliers_price_is_paid_whoever_bears_the_fee(
    version: RuleVersion, line: LineMoney, more: int
) -> None:
    shares = divide(version, line)
    fee = shares.payment_fee_cents
    assert shares.supply_cents == line.supply_cents - fee * (version.fee_bearer == "SUPPLIER")
    # A dearer line earns the platform no less, and the provider neither.
    dearer = replace(line, goods_cents=line.goods_cents + more)
    assert commission_of(version, dearer) >= commission_of(version, line) >= 0
    assert payment_fee_of(version, dearer) >= payment_fee_of(version, line) >= 0


@given(versions, lines())
def test_a_commission_stays_within_its_limits(version: RuleVersion, line: LineMoney) -> None:
    commission = commission_of(version, line)
    assert commission >= min(version.min_cents, version.max_cents or version.min_cents)
    assert version.max_cents is None or commission <= version.max_cents


@given(cents, st.lists(cents, min_size=1, max_size=6))
def test_freight_is_spread_without_a_rest(freight: int, goods: list[int]) -> None:
    parts = spread(freight, goods)
    assert sum(parts) == freight
    assert all(part >= 0 for part in parts)


@given(
    st.lists(st.integers(0, 100_000), min_size=1, max_size=6),
    st.lists(st.floats(0, 1), max_size=8),
)
def test_any_sequence_of_refunds_returns_exactly_the_shares(
    shares: list[int], fractions: list[float]
) -> None:
    whole, done, refunded = sum(shares), [0] * len(shares), 0
    for fraction in [*fractions, 1.0]:
        amount = int((whole - refunded) * fraction)
        parts = reversals(shares, done, amount, refunded)
        assert sum(parts) == amount
        assert all(0 <= p <= s - d for p, s, d in zip(parts, shares, done, strict=True))
        done = [d + p for d, p in zip(done, parts, strict=True)]
        refunded += amount
        # Nobody is ever further from its exact share than single cents of rounding.
        assert all(
            abs(d - s * refunded / max(whole, 1)) <= len(shares)
            for d, s in zip(done, shares, strict=True)
        )
    assert done == shares


@given(
    st.lists(st.integers(-1_000, 100_000), min_size=2, max_size=5).filter(lambda s: sum(s) > 0),
    st.lists(st.floats(0, 1), max_size=8),
)
def test_who_paid_in_gets_it_back_with_the_refunds(
    shares: list[int], fractions: list[float]
) -> None:
    whole, done, refunded = sum(shares), [0] * len(shares), 0
    for fraction in [*fractions, 1.0]:
        amount = int((whole - refunded) * fraction)
        parts = reversals(shares, done, amount, refunded)
        assert sum(parts) == amount
        done, refunded = [d + p for d, p in zip(done, parts, strict=True)], refunded + amount
        # Between nothing and the whole share, on its own side of zero.
        assert all(min(0, s) <= d <= max(0, s) for d, s in zip(done, shares, strict=True))
    assert done == shares


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=4), st.integers(0, 3))
def test_a_refund_in_one_go_is_that_of_single_cents(shares: list[int], cut: int) -> None:
    """Cent by cent or at once, nobody is further than a cent for each party from the ideal."""
    whole = sum(shares)
    target = whole * cut // 3
    if not target:
        return
    once = reversals(shares, [0] * len(shares), target)
    assert all(
        abs(part - share * target / whole) < len(shares)
        for part, share in zip(once, shares, strict=True)
    )


def test_what_was_reversed_must_explain_what_was_refunded() -> None:
    with pytest.raises(ValueError, match="explain"):
        reversals([60, 40], [1, 0], 1, 0)
    with pytest.raises(ValueError, match="exceed"):
        reversals([60, 40], [0, 0], -1, 0)


def test_more_than_was_paid_is_never_refunded() -> None:
    with pytest.raises(ValueError, match="exceed"):
        reversals([60, 40], [60, 39], 2, 99)


def test_the_first_rule_that_matches_applies_and_says_why() -> None:
    ids = [new_id() for _ in range(5)]
    subject = Subject(frozenset({ids[0]}), ids[1], ids[2], ids[3], ids[4])
    version = RuleVersion(None, 1, NOW, 500)
    rules = [
        Rule(new_id(), "other category", (version,), category_id=new_id()),
        Rule(new_id(), "off", (version,), is_active=False),
        Rule(new_id(), "tomorrow", (RuleVersion(None, 1, NOW + timedelta(days=1), 1),)),
        Rule(new_id(), "this supplier", (version,), supplier_id=ids[1]),
        Rule(new_id(), "default", (version,)),
    ]
    applied = first_match(rules, subject, NOW)
    assert applied is not None
    assert applied.rule.name == "this supplier"
    assert [why for _, why in applied.passed_over] == [
        "category_id",
        "inactive",
        "not_yet_effective",
    ]


def test_the_latest_effective_version_applies() -> None:
    subject = Subject(frozenset(), *(new_id() for _ in range(4)))
    versions = tuple(
        RuleVersion(None, n, NOW + timedelta(days=days), n * 100)
        for n, days in ((1, -9), (2, -1), (3, 1))
    )
    applied = first_match([Rule(new_id(), "default", versions)], subject, NOW)
    assert applied is not None
    assert applied.version.version == 2


@given(st.integers(1, 10**7), st.sampled_from(Charm))
def test_a_charm_price_is_never_below_the_price(price: int, charm: Charm) -> None:
    result = charmed(price, charm)
    assert price <= result < price + 100
    if charm is not Charm.NONE:
        assert result % 100 in {90, 99}


@given(st.integers(1, 10**7), st.integers(0, 30_000), versions)
def test_a_feasible_price_leaves_the_distributor_a_share(
    supply: int, markup: int, version: RuleVersion
) -> None:
    rule = PricingRule(PricingKind.MARKUP, markup)
    retail = retail_price(rule, supply_cents=supply, suggested_cents=1)
    refusal = infeasible(retail, supply_cents=supply, version=version)
    margin = divide(version, LineMoney(retail, supply)).margin_cents
    assert (refusal is Infeasible.BELOW_COST) == (margin < 0)


freights = st.builds(
    Freight,
    first_cents=st.integers(0, 5_000),
    additional_cents=st.integers(0, 6_000),
    free_from_cents=st.none() | st.integers(0, 20_000),
    region_surcharges=st.dictionaries(st.sampled_from(["65", "54"]), st.integers(0, 3_000)),
    refused_regions=st.frozensets(st.just("54")),
)


@given(
    freights,
    versions,
    st.lists(st.tuples(st.integers(1, 30_000), st.integers(1, 40)), min_size=1, max_size=5),
    st.sampled_from(["33", "65", "54"]),
    st.integers(0, 3),
)
def test_no_price_that_may_be_listed_is_refused_at_checkout(
    template: Freight,
    version: RuleVersion,
    wanted: list[tuple[int, int]],
    province: str,
    above: int,
) -> None:
    """Every SKU at the lowest price that its listing may have, in any order to any province."""
    lines: list[tuple[int, int, int]] = []
    for supply, quantity in wanted:
        least = least_price(supply_cents=supply, version=version, freight=template)
        assume(least is not None)
        assert least is not None
        retail = least + above
        assert (
            infeasible(least - 1, supply_cents=supply, version=version, freight=template)
            in (Infeasible.BELOW_COST, Infeasible.FREIGHT_FEE)
            or least == 1
        )
        assert not infeasible(retail, supply_cents=supply, version=version, freight=template)
        lines.append((retail * quantity, supply * quantity, quantity))
    assume(province not in template.refused_regions)
    goods = [line[0] for line in lines]
    freight = freight_of(
        template,
        pieces=sum(line[2] for line in lines),
        goods_cents=sum(goods),
        province_code=province,
    )
    shares = [
        divide(version, LineMoney(retail, supply, freight_cents=part))
        for (retail, supply, _), part in zip(lines, spread(freight, goods), strict=True)
    ]
    assert not loses_money(shares)


@given(
    st.builds(
        Freight,
        first_cents=st.integers(0, 5_000),
        additional_cents=st.integers(0, 1_000),
        free_from_cents=st.none() | st.integers(0, 20_000),
        region_surcharges=st.dictionaries(st.sampled_from(["65", "54"]), st.integers(0, 3_000)),
    ),
    st.integers(1, 50),
    st.integers(0, 30_000),
    st.sampled_from(["65", "33"]),
)
def test_freight_grows_with_pieces_and_never_with_the_goods(
    template: Freight, pieces: int, goods: int, province: str
) -> None:
    def cost(pieces: int, goods: int) -> int:
        return freight_of(template, pieces=pieces, goods_cents=goods, province_code=province)

    assert cost(pieces + 1, goods) >= cost(pieces, goods) >= 0
    assert cost(pieces, goods + 5_000) <= cost(pieces, goods)
    assert cost(pieces, goods) >= template.region_surcharges.get(province, 0)


@given(
    st.integers(1, 10**6),
    st.integers(1, 10**6),
    st.integers(1, 10**6),
    versions,
    st.sampled_from(CostPolicy),
    st.sampled_from(["ON_SALE", "PAUSED", "NEEDS_REPRICE", "OFF_POOL"]),
)
def test_no_cost_policy_leaves_a_price_under_cost_on_sale(
    retail: int, basis: int, supply: int, version: RuleVersion, policy: CostPolicy, status: str
) -> None:
    decision = decide(
        policy=policy,
        status=status,
        retail_cents=retail,
        basis_cents=basis,
        supply_cents=supply,
        version=version,
        band=Band(),
    )
    margin = divide(version, LineMoney(decision.retail_cents, supply)).margin_cents
    assert margin >= 0 or decision.status != "ON_SALE"
    # Nothing but a need to reprice is ever lifted by a price change.
    assert decision.status != "ON_SALE" or status in ("ON_SALE", "NEEDS_REPRICE")


def test_freight_is_charged_once_per_part() -> None:
    template = Freight(800, 200, 9_900, {"65": 1_500}, frozenset({"71"}))
    assert freight_of(template, pieces=3, goods_cents=5_000, province_code="33") == 1_200
    assert freight_of(template, pieces=3, goods_cents=9_900, province_code="33") == 0
    assert freight_of(template, pieces=1, goods_cents=9_900, province_code="65") == 1_500
    with pytest.raises(RegionRefused):
        freight_of(template, pieces=1, goods_cents=1, province_code="71")


def test_no_state_is_left_but_by_a_listed_transition() -> None:
    assert set(TRANSITIONS) == set(S)
    assert not may_follow(S.SHIPPED, S.REJECTED)
    assert not may_follow(S.COMPLETED, S.PAID)


def test_every_mix_of_parts_has_a_status() -> None:
    for mix in combinations(S, repeat=3):
        order_status(mix)
    assert order_status([S.SHIPPED, S.ACCEPTED]) == "PARTLY_SHIPPED"
    assert order_status([S.REJECTED, S.COMPLETED]) == "COMPLETED"
    assert order_status([S.REJECTED, S.PAID]) == "PAID"
    assert order_status([S.REJECTED, S.REJECTED]) == "REFUNDED"
    assert order_status([S.REJECTED, S.REJECTED], is_paid_back=False) == "REFUNDING"
    assert order_status([S.REJECTED, S.COMPLETED], is_paid_back=False) == "COMPLETED"
