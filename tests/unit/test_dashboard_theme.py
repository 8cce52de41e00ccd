"""The charts are drawn for the theme that one sees."""

from app.pages.platform import dashboard


def test_charts_follow_the_theme_of_the_system() -> None:
    drawn = str(dashboard.page().render())

    assert "resolvedColorMode" in drawn
    assert "rawColorMode" not in drawn
