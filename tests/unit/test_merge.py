"""Merging what two people made of the same record."""

from hypothesis import given
from hypothesis import strategies as st

from app.kit.merge import Clash, merge

RECORD = st.dictionaries(st.sampled_from("abcdef"), st.sampled_from("xyz"))


def test_what_only_one_changed_is_kept_from_both() -> None:
    base = {"title": "Cup", "subtitle": "", "price": "10.00"}
    mine = base | {"subtitle": "Fine"}
    theirs = base | {"price": "12.00"}
    merged = merge(base, mine, theirs)
    assert merged.values == {"title": "Cup", "subtitle": "Fine", "price": "12.00"}
    assert (merged.clashes, merged.taken) == ((), ("price",))


def test_what_both_changed_is_named_and_chosen() -> None:
    merged = merge({"price": "10"}, {"price": "11"}, {"price": "12"})
    assert merged.clashes == (Clash("price", "11", "12", "10"),)
    assert merged.settled(frozenset()) == {"price": "11"}
    assert merged.settled(frozenset({"price"})) == {"price": "12"}


def test_the_same_change_of_both_is_no_clash() -> None:
    assert merge({"a": "1"}, {"a": "2"}, {"a": "2"}).clashes == ()


def test_without_what_was_loaded_every_difference_clashes() -> None:
    merged = merge(None, {"a": "1", "b": "2"}, {"a": "1", "b": "3"})
    assert [clash.field for clash in merged.clashes] == ["b"]


def test_what_one_removed_and_the_other_changed_clashes() -> None:
    merged = merge({"a": "1"}, {}, {"a": "2"})
    assert merged.clashes == (Clash("a", None, "2", "1"),)
    assert merged.settled(frozenset()) == {} and merged.settled(frozenset("a")) == {"a": "2"}
    assert merge({"a": "1"}, {}, {"a": "1"}).values == {}


@given(RECORD, RECORD)
def test_who_changed_nothing_takes_all_of_the_other(base: dict[str, str], new: dict[str, str]):
    assert merge(base, base, new).values == new
    assert merge(base, new, base).values == new
    assert not merge(base, base, new).clashes and not merge(base, new, base).clashes


@given(RECORD, RECORD, RECORD)
def test_no_change_of_either_is_lost_unsaid(
    base: dict[str, str], mine: dict[str, str], theirs: dict[str, str]
) -> None:
    merged = merge(base, mine, theirs)
    clashing = {clash.field for clash in merged.clashes}
    for field in {*base, *mine, *theirs} - clashing:
        changed = [side.get(field) for side in (mine, theirs) if side.get(field) != base.get(field)]
        assert merged.values.get(field) in (changed or [base.get(field)])
        assert len(set(changed)) <= 1


@given(RECORD, RECORD, RECORD)
def test_both_sides_merge_alike(
    base: dict[str, str], mine: dict[str, str], theirs: dict[str, str]
) -> None:
    one, other = merge(base, mine, theirs), merge(base, theirs, mine)
    assert {clash.field for clash in one.clashes} == {clash.field for clash in other.clashes}
    every = frozenset(clash.field for clash in one.clashes)
    assert one.settled(every) == other.settled(frozenset())


@given(RECORD, RECORD, RECORD)
def test_what_was_settled_merges_without_a_clash(
    base: dict[str, str], mine: dict[str, str], theirs: dict[str, str]
) -> None:
    settled = merge(base, mine, theirs).settled(frozenset())
    assert merge(theirs, settled, theirs).values == settled
