"""Three-way merge of a record's fields: what was loaded, what was typed, what is stored now. Pure.

A field that only one side changed keeps that change. One that both changed to different values is
a clash, which only a person can settle.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Clash:
    """A field that both changed. None stands for a field that one side does not have."""

    field: str
    mine: str | None
    theirs: str | None
    was: str | None


@dataclass(frozen=True)
class Merged:
    """What a merge makes; ``values`` hold one's own value where there is a clash."""

    values: dict[str, str]
    clashes: tuple[Clash, ...]
    taken: tuple[str, ...]
    """The fields whose value is the other's, which differs from what was loaded."""

    def settled(self, theirs: frozenset[str]) -> dict[str, str]:
        """Return the values with the other's in the clashing fields that are named."""
        values = dict(self.values)
        for clash in self.clashes:
            if clash.field in theirs:
                values.pop(clash.field, None)
                if clash.theirs is not None:
                    values[clash.field] = clash.theirs
        return values


def merge(
    base: Mapping[str, str] | None, mine: Mapping[str, str], theirs: Mapping[str, str]
) -> Merged:
    """Merge two versions of a record that both came from ``base``.

    Without a base nothing is known of who changed what: every field that differs clashes.
    """
    values: dict[str, str] = {}
    clashes: list[Clash] = []
    taken: list[str] = []
    for field in dict.fromkeys((*mine, *theirs)):
        own, other = mine.get(field), theirs.get(field)
        was = None if base is None else base.get(field)
        value = own
        if own != other and base is not None and own == was:
            value = other
            taken.append(field)
        elif own != other and (base is None or other != was):
            clashes.append(Clash(field, own, other, was))
        if value is not None:
            values[field] = value
    return Merged(values, tuple(clashes), tuple(taken))
