"""Every address of the web app, built in one place."""

from dataclasses import dataclass
from urllib.parse import unquote

LOGIN = "/login"
LOGOUT = "/logout"
REGISTER = "/register"
FORGOT = "/forgot"
RESET = "/reset"
SETUP = "/setup"
SECOND_FACTOR = "/login/second-factor"
WORKSPACES = "/workspaces"
APPLY = "/apply"
INVITE = "/invite"
UNSUBSCRIBE = "/unsubscribe"
ME_PASSWORD = "/me/password"  # noqa: S105 (an address)
ME_SECOND_FACTOR = "/me/second-factor"
ME_SESSIONS = "/me/sessions"
ME_PROFILE = "/me/profile"

SCOPES = ("platform", "supplier", "distributor", "account")
PLATFORM_SLUG = "main"
"""The platform's workspace has a place for a name too, so that all console paths look alike."""


@dataclass(frozen=True)
class Workspace:
    """A workspace as addresses name it: ``supplier`` of the merchant ``qingyao``."""

    scope: str
    merchant: str = PLATFORM_SLUG

    @property
    def path(self) -> str:
        """The start of every address in this workspace."""
        return f"/{self.scope}/{self.merchant}"

    @property
    def key(self) -> str:
        """The workspace as one word, for cookies and the remembered choice."""
        return f"{self.scope}/{self.merchant}"


def workspace_of(path: str) -> Workspace | None:
    """Read the workspace from a console address; None for any other address."""
    parts = path.split("?", maxsplit=1)[0].strip("/").split("/")
    if len(parts) < 2 or parts[0] not in SCOPES or not parts[1]:
        return None
    return Workspace(parts[0], parts[1])


def below(path: str) -> list[str]:
    """Return what a console address names below its workspace, such as ``["orders", "7"]``."""
    parts = path.split("?", maxsplit=1)[0].strip("/").split("/")
    return [unquote(part) for part in parts[2:]]


def console(workspace: Workspace, page: str = "dashboard") -> str:
    """Return the address of a console page."""
    return f"{workspace.path}/{page}"


def board_download(workspace: Workspace) -> str:
    """Return the start of the addresses of a dashboard's files; a panel's name follows."""
    return f"/download{workspace.path}/board"


def store(slug: str, page: str = "") -> str:
    """Return an address in a store."""
    return f"/s/{slug}/{page}" if page else f"/s/{slug}"


def media(key: str | None, width: int = 480) -> str:
    """Return the address of a picture's rendition; the empty picture for None."""
    return f"/media/{key}/{width}.webp" if key else "/store-static/no-picture.svg"
