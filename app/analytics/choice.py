"""Which dataset answers a question: the smallest one that has its dimensions and filters.

Pure. A rollup answers only what summing it gives truly: where it has further keys than asked for,
an order that lies in two of their values must not count twice (see ``Amount.splits_over``).
"""

from collections.abc import Collection, Mapping
from functools import lru_cache
from math import prod

from app.access import Scope
from app.analytics.measures import Amount, Base
from app.analytics.snapshots.layout import DATASETS, Dataset, rollups_of

OWN_KEY: Mapping[Scope, frozenset[str]] = {
    Scope.PLATFORM: frozenset(),
    Scope.SUPPLIER: frozenset({"supplier"}),
    Scope.DISTRIBUTOR: frozenset({"distributor"}),
}
"""The column by which a merchant's rows are found, so that its datasets must have it."""

_FOLLOWS: Mapping[str, frozenset[str]] = {
    "store": frozenset({"distributor"}),
    "product": frozenset({"supplier", "category"}),
}
"""What a key determines, so that it costs no further rows."""

_MANY: Mapping[str, int] = {
    "category": 20,
    "province": 30,
    "supplier": 500,
    "store": 500,
    "product": 20_000,
    "status": 4,
    "kind": 4,
    "source": 10,
    "campaign": 5,
    "device": 3,
}
"""About how many values a key has on a large platform, a merchant's own ones; only the order of
products of them matters."""


def determined(keys: Collection[str]) -> frozenset[str]:
    """Return the keys and all that follows from them."""
    return frozenset(keys).union(*(_FOLLOWS.get(key, frozenset()) for key in keys))


def choose(
    base: Base, amounts: Collection[Amount], dimensions: Collection[str], scope: Scope
) -> Dataset:
    """Return the dataset with the fewest rows that gives these amounts by these dimensions.

    ``dimensions`` are those of the division and of the filters, and ``day`` where days stand apart;
    ``hour`` among them, or an amount that no rollup has, leaves only the raw rows.
    """
    wanted = determined({*dimensions, *OWN_KEY[scope]})
    fit = [rollup for rollup in rollups_of(base) if _answers(rollup, amounts, wanted)]
    return min(fit, key=weight, default=DATASETS[base])


@lru_cache(maxsize=10_000)
def share_out(
    base: Base, amounts: tuple[Amount, ...], dimensions: tuple[str, ...], scope: Scope
) -> tuple[tuple[Dataset, tuple[Amount, ...]], ...]:
    """Return which datasets give which amounts: one that needs the rows keeps no other there."""
    raw, chosen = DATASETS[base], choose(base, amounts, dimensions, scope)
    if chosen is not raw or len(amounts) == 1:
        return ((chosen, amounts),)
    found = {a: choose(base, (a,), dimensions, scope) for a in amounts}
    rolled = tuple(a for a in amounts if found[a] is not raw)
    shared = choose(base, rolled, dimensions, scope)
    if shared is not raw:
        found |= dict.fromkeys(rolled, shared)
    return tuple(
        (dataset, tuple(a for a in amounts if found[a] is dataset))
        for dataset in {dataset.name: dataset for dataset in found.values()}.values()
    )


def _answers(rollup: Dataset, amounts: Collection[Amount], wanted: frozenset[str]) -> bool:
    keys = frozenset({"day", *rollup.keys})
    return wanted <= keys and all(_gives(rollup, a, keys - wanted) for a in amounts)


def _gives(rollup: Dataset, amount: Amount, extra: frozenset[str]) -> bool:
    total = next((total for total in rollup.totals if total.name == amount.rolled), None)
    if total is None:
        return False
    if amount.where is not None and amount.where[0] not in {*rollup.keys, total.where}:
        return False
    return amount.splits_over is None or extra <= amount.splits_over


def weight(dataset: Dataset) -> int:
    """Return a measure of how many rows a day of a rollup has."""
    free = [
        key for key in dataset.keys if not any(key in _FOLLOWS.get(k, ()) for k in dataset.keys)
    ]
    return prod(_MANY.get(key, 1) for key in free)
