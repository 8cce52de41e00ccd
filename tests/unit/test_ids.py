"""Identifiers: those of a range are UUIDs like any other, and no two ranges meet."""

from uuid import UUID

from app.kit.clock import now
from app.kit.ids import id_range, new_id


def test_a_range_gives_uuids_of_its_moment_in_order() -> None:
    before = now()
    start = id_range()
    ids = [UUID(f"{start}{number:08x}") for number in (0, 1, 2**32 - 1)]
    assert {(one.version, one.variant) for one in ids} == {(7, new_id().variant)}
    assert ids == sorted(ids)
    moment = int.from_bytes(ids[0].bytes[:6]) / 1000
    assert abs(moment - before.timestamp()) < 60


def test_ranges_of_one_moment_differ() -> None:
    assert len({id_range() for _ in range(10_000)}) == 10_000
