"""Answers are given again for a while, longer the dearer they were, and never after a failure."""

import asyncio

import pytest

from app.analytics import sharing
from app.analytics.sharing import CLOSED_SECONDS, LONGEST_SECONDS, Shared


class _Anything:
    """Stands for the database, under which answers are kept."""


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that have gone by; a test turns them on."""
    at, here = [0.0], _Anything()
    monkeypatch.setattr("app.analytics.sharing.time.monotonic", lambda: at[0])
    monkeypatch.setattr(sharing, "database", lambda: here)
    return at


@pytest.mark.parametrize(
    ("took", "fresh", "old"), [(0.0, 2.9, 3.1), (0.5, 9.9, 10.1), (9.0, LONGEST_SECONDS - 1, 16.0)]
)
async def test_dear_answers_are_kept_longer(
    clock: list[float], took: float, fresh: float, old: float
) -> None:
    made: list[float] = []

    async def make() -> int:
        made.append(clock[0])
        clock[0] += took
        return len(made)

    shared: Shared[int] = Shared()
    both = await asyncio.gather(shared.once((1,), make), shared.once((1,), make))
    assert both == [1, 1]
    clock[0] = took + fresh
    assert await shared.once((1,), make) == 1
    assert await shared.once((2,), make) == 2
    clock[0] = took + took + old + fresh
    assert await shared.once((1,), make) == 3


async def test_a_failure_is_given_to_nobody_else(clock: list[float]) -> None:
    async def fail() -> int:
        raise ValueError

    async def succeed() -> int:
        return 7

    shared: Shared[int] = Shared()
    with pytest.raises(ValueError):
        await shared.once((1,), fail)
    assert await shared.once((1,), succeed) == 7


async def test_without_keeping_only_those_who_ask_meanwhile_share(clock: list[float]) -> None:
    made: list[int] = []

    async def make() -> int:
        made.append(len(made))
        clock[0] += 5
        return made[-1]

    shared: Shared[int] = Shared(longest=0)
    assert await asyncio.gather(shared.once((1,), make), shared.once((1,), make)) == [0, 0]
    assert await shared.once((1,), make) == 1


async def test_answers_of_closed_days_last_until_they_are_forgotten(clock: list[float]) -> None:
    made: list[int] = []

    async def make() -> int:
        made.append(len(made))
        return made[-1]

    shared: Shared[int] = Shared(of_closed_days=True)
    assert await shared.once((1,), make) == 0
    clock[0] = CLOSED_SECONDS - 1
    assert await shared.once((1,), make) == 0
    sharing.forget_closed()
    assert await shared.once((1,), make) == 1
    clock[0] += CLOSED_SECONDS
    assert await shared.once((1,), make) == 2
