"""What a refund will do, for all parts and all sequences of refunds."""

from dataclasses import replace
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from app.kit.errors import Invalid
from app.kit.ids import new_id
from app.kit.money import allocate
from app.services.rules.refunds import LineState, LineWish, PartState, RefundPlan, plan_refund


def line(paid: int, quantity: int, weights: tuple[int, ...] = (1000, 76, 10, 471)) -> LineState:
    shares = tuple(allocate(paid, weights))
    return LineState(new_id(), paid, 0, shares, (0,) * len(shares), quantity, 0, 0)


def after(part: PartState, plan: RefundPlan) -> PartState:
    """Return the part as the refund leaves it."""
    done = {back.line_id: back for back in plan.lines}

    def changed(old: LineState) -> LineState:
        back = done.get(old.id)
        if back is None:
            return old
        return replace(
            old,
            refunded_cents=old.refunded_cents + back.cents,
            returned=tuple(a + b for a, b in zip(old.returned, back.parts, strict=True)),
            cancelled=old.cancelled + back.units,
        )

    left = part.freight_left_cents - plan.freight_cents
    return PartState(tuple(changed(old) for old in part.lines), left)


def test_units_are_counted_over_all_that_stay_and_rounded_half_up() -> None:
    part = PartState((line(15_161, 2), line(100, 1)), 0)
    tea = part.lines[0].id
    first = plan_refund(part, {tea: LineWish(units=1)}, 0)
    second = plan_refund(after(part, first), {tea: LineWish(units=1)}, 0)
    assert (first.total_cents, second.total_cents) == (7_581, 7_580)


wishes = st.lists(
    st.tuples(st.integers(0, 2), st.none() | st.integers(0, 6_000), st.integers(0, 4)), max_size=6
)


@given(
    amounts=st.lists(st.tuples(st.integers(0, 9_000), st.integers(1, 5)), min_size=1, max_size=3),
    freight=st.integers(0, 900),
    asked=wishes,
)
def test_whatever_is_asked_in_which_order_the_books_add_up(
    amounts: list[tuple[int, int]], freight: int, asked: list[tuple[int, int | None, int]]
) -> None:
    part = PartState(tuple(line(paid, quantity) for paid, quantity in amounts), freight)
    for place, cents, units in asked:
        part = _asked(part, part.lines[place % len(part.lines)].id, LineWish(cents, units))
    part = after(part, plan_refund(part, None, None))
    # With all of it back, every share is back wholly, and nothing waits to be shipped.
    assert part.freight_left_cents == 0
    for one in part.lines:
        assert one.left_cents == one.open_units == 0
        assert one.returned == one.shares


def _asked(part: PartState, line_id: UUID, wish: LineWish) -> PartState:
    try:
        plan = plan_refund(part, {line_id: wish}, 0)
    except Invalid:
        return part
    assert sum(plan.by_party.values()) == plan.total_cents == sum(plan.by_kind.values())
    changed = after(part, plan)
    for one in changed.lines:
        assert 0 <= one.refunded_cents <= one.paid_cents
        assert 0 <= one.open_units <= one.quantity
        # Units that are not shipped are paid back, whatever was given back beside them.
        assert one.refunded_cents >= one.paid_cents * one.cancelled // one.quantity
    assert plan.ends == all(one.open_units == 0 for one in changed.lines)
    return changed
