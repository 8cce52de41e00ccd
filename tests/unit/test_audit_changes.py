"""What the audit trail shows of a changed row."""

from app.queries.changes import changes_of


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
