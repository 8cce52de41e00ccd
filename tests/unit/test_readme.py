"""The README's tables say what the code says."""

import re

from app.cli import cli
from app.kit.paths import PROJECT_ROOT
from app.kit.settings import Settings, allowed
from app.services.demo.market import LOGINS, PASSWORD

README = (PROJECT_ROOT / "README.md").read_text(encoding="utf-8")


def settings_table() -> str:
    """Return the table of settings; paste it between the README's marks when this test fails."""
    lines = ["| Variable | Default | Allowed | Meaning |", "|---|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = field.default
        shown = f"`{default}`" if isinstance(default, (int, str)) else ""
        if name == "data_dir":
            shown = "the user's data folder"
        lines.append(
            f"| `TONGSHANG_{name.upper()}` | {shown} | {allowed(name)} | {field.description} |"
        )
    return "\n".join(lines)


def test_every_setting_is_documented() -> None:
    match = re.search(r"<!-- settings -->\n(.*?)\n<!-- /settings -->", README, re.DOTALL)
    assert match is not None
    assert match.group(1) == settings_table()


def test_every_command_is_documented() -> None:
    for command in cli.registered_commands:
        name = command.name or getattr(command.callback, "__name__", "")
        assert f"`tongshang {name}" in README, name


def test_the_demo_logins_are_those_of_the_demo() -> None:
    assert PASSWORD in README
    assert all(f"`{email}`" in README for email, _, _ in LOGINS)


def test_the_pictures_and_pages_that_it_names_are_there() -> None:
    for path in re.findall(r"\]\(([^)#]+)\)", README):
        assert (PROJECT_ROOT / path).exists(), path
