"""Specs × values: which SKUs a product has, and what a change of specs keeps of them. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import TypeVar

Row = TypeVar("Row")
Combination = tuple[str, ...]


@dataclass
class Spec:
    """A spec such as colour, with its values (``options``) in the order in which they are shown."""

    name: str = ""
    options: list[str] = field(default_factory=list[str])


def used(specs: Sequence[Spec]) -> list[list[str]]:
    """Return the values of the specs that have any; a spec without values makes no SKUs yet."""
    return [spec.options for spec in specs if spec.options]


def combinations(values: Sequence[Sequence[str]]) -> list[Combination]:
    """Return every combination, the last spec changing first; one empty one without specs."""
    return list(product(*values))


def carried(
    rows: Mapping[Combination, Row],
    before: Sequence[Sequence[str]],
    after: Sequence[Sequence[str]],
) -> dict[Combination, Row]:
    """Return the combinations after a change that have a row already, with that row.

    The same combination keeps its row. When one spec comes in, the rows go to its first value;
    when one goes, the rows of its first value stay. No row is given to two combinations.
    """
    kept: dict[Combination, Row] = {}
    for wanted in combinations(after):
        old = _origin(wanted, before, after)
        if old is not None and old in rows:
            kept[wanted] = rows[old]
    return kept


def _origin(
    wanted: Combination, before: Sequence[Sequence[str]], after: Sequence[Sequence[str]]
) -> Combination | None:
    if len(before) == len(after):
        return wanted
    if len(after) == len(before) + 1:
        place = _extra(after, before)
        is_first = wanted[place] == after[place][0]
        return wanted[:place] + wanted[place + 1 :] if is_first else None
    if len(before) == len(after) + 1:
        place = _extra(before, after)
        return (*wanted[:place], before[place][0], *wanted[place:])
    return None


def _extra(longer: Sequence[Sequence[str]], shorter: Sequence[Sequence[str]]) -> int:
    """Return where the one spec stands that only ``longer`` has."""
    for place, values in enumerate(shorter):
        if list(longer[place]) != list(values):
            return place
    return len(shorter)
