"""Money: exact division, rounding, what people type, for all values."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kit.currencies import decimal_text, grouped_text
from app.kit.i18n import currencies_in_order, money_text
from app.kit.money import BPS, allocate, parse_cents, rate_of

totals = st.integers(-(10**12), 10**12)
weights = st.lists(st.integers(0, 10**6), min_size=1, max_size=8).filter(any)


@given(totals, weights)
def test_the_parts_sum_to_the_total_and_stay_next_to_their_quota(
    total: int, given_weights: list[int]
) -> None:
    parts, whole = allocate(total, given_weights), sum(given_weights)
    assert sum(parts) == total
    for part, weight in zip(parts, given_weights, strict=True):
        assert abs(part * whole - total * weight) < whole
        assert weight or part == 0


@given(totals, weights)
def test_a_negative_total_mirrors_the_positive(total: int, given_weights: list[int]) -> None:
    mirrored = [-part for part in allocate(-total, given_weights)]
    assert allocate(total, given_weights) == mirrored


@given(st.integers(0, 10**9), weights)
def test_the_heavier_never_gets_less(total: int, given_weights: list[int]) -> None:
    pairs = sorted(zip(given_weights, allocate(total, given_weights), strict=True))
    assert all(a[1] <= b[1] for a, b in pairwise(pairs) if a[0] < b[0])


def test_ties_go_to_the_earlier_and_nonsense_is_refused() -> None:
    assert allocate(100, [1, 1, 1]) == [34, 33, 33]
    assert allocate(0, [0, 0]) == [0, 0]
    for total, bad in ((1, [0, 0]), (1, [2, -1])):
        with pytest.raises(ValueError, match="weight"):
            allocate(total, bad)


@given(totals, st.integers(0, 3 * BPS), st.integers(0, 3 * BPS))
def test_a_rate_is_rounded_once_is_odd_and_grows(amount: int, bps: int, more: int) -> None:
    exact = amount * bps
    assert abs(rate_of(amount, bps) * BPS - exact) * 2 <= BPS
    assert rate_of(-amount, bps) == -rate_of(amount, bps)
    assert abs(rate_of(amount, bps + more)) >= abs(rate_of(amount, bps))
    assert rate_of(amount, BPS) == amount


@given(totals)
def test_what_is_written_is_read_again(cents: int) -> None:
    assert parse_cents(decimal_text(cents)) == cents
    assert parse_cents(money_text(cents)) == cents
    assert grouped_text(cents).replace(",", "") == decimal_text(cents)


@pytest.mark.parametrize(
    ("cents", "currency", "written"),
    [
        (123_450, "CNY", "¥1,234.50"),
        (123_450, None, "¥1,234.50"),
        (123_450, "BRL", "R$1,234.50"),
        (-5, "BRL", "-R$0.05"),
        (0, "USD", "$0.00"),
        (100, "JPY", "JP¥100"),
        (100, "CHF", "CHF\N{NO-BREAK SPACE}1.00"),
        (None, "BRL", ""),
    ],
)
def test_an_amount_tells_its_currency(
    cents: int | None, currency: str | None, written: str
) -> None:
    assert money_text(cents, currency) == written


def test_the_currency_of_the_trade_here_comes_first_and_always() -> None:
    assert currencies_in_order([]) == ["CNY"]
    assert currencies_in_order(["USD", "BRL", "CNY", "BRL"]) == ["CNY", "BRL", "USD"]


@pytest.mark.parametrize(
    "typed", ["", "x", "1.234", "NaN", "Infinity", "1e400", "--1", "¥", "1 2", "1_0"]
)
def test_nonsense_is_no_amount(typed: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        parse_cents(typed)
