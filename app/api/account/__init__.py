"""Plain pages for signing in, registering and one's own account: no script, no state."""

from app.api.account.install import install

__all__ = ["install"]
