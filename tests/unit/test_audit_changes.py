"""What the audit trail shows of a changed row."""

from app.queries.changes import changes_of
from app.queries.record_names import label_of

CUP = "0190c0de-0000-7000-8000-0000000000c1"


def test_rich_text_is_shown_without_its_tags() -> None:
    entry = {"before": None, "after": {"description": "<p><b>Wide</b> rim &amp; base</p>"}}

    assert [change.after for change in changes_of(entry)] == ["Wide rim & base"]


def test_a_plain_text_keeps_its_angle_brackets() -> None:
    entry = {"before": None, "after": {"name": "5 < 7 > 3"}}

    assert [change.after for change in changes_of(entry)] == ["5 < 7 > 3"]


def test_the_time_of_the_last_change_is_no_change() -> None:
    entry = {"before": {"updated_at": "2026-01-01T00:00:00+00:00", "name": "a"},
             "after": {"updated_at": "2026-01-02T00:00:00+00:00", "name": "b"}}  # fmt: skip

    assert [change.column for change in changes_of(entry)] == ["name"]


def test_a_record_shows_by_its_name_and_keeps_its_identifier() -> None:
    entry = {"before": None, "after": {"sku_id": CUP}}

    (named,) = changes_of(entry, {CUP: "CUP-1"})
    assert (named.after, named.after_id) == ("CUP-1", CUP)
    (unknown,) = changes_of(entry)
    assert (unknown.after, unknown.after_id) == ("#000000c1", CUP)


def test_what_a_changed_row_is_called() -> None:
    other = CUP.replace("c1", "c2")
    assert label_of(f"{other}/{CUP}", None, {CUP: "CUP-1", other: "Tea"}) == "Tea · CUP-1"
    assert label_of(CUP, {"before": {"title": "Gone"}, "after": None}, {}) == "Gone"
    assert label_of(CUP, {"before": {"status": "ON_SALE"}}, {}) == "#000000c1"
    assert label_of("reservation", None, {}) == "reservation"
