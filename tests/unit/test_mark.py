"""One mark for all pages of the product."""

from app.kit.mark import PATH, mark_svg
from app.kit.paths import PROJECT_ROOT
from components.ui import base


def test_tab_console_and_account_pages_show_one_mark() -> None:
    assert (PROJECT_ROOT / "assets/favicon.svg").read_text() == mark_svg()
    assert PATH in str(base.mark())
    templates = PROJECT_ROOT / "app/api/account/templates"
    assert "{{ drawn.PATH }}" in (templates / "parts.html").read_text()
    assert 'href="/favicon.svg"' in (templates / "base.html").read_text()
    # Nobody draws one of their own again.
    drawn = [p for p in (PROJECT_ROOT / "app").rglob("*.html") if PATH in p.read_text()]
    assert drawn == []
