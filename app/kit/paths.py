"""Where files live, outside the checkout."""

import os
from pathlib import Path


def default_data_dir() -> Path:
    """Return the user's data folder for Tongshang.

    The embedded PostgreSQL refuses to run as root and switches to a user of its own, which must be
    able to reach the folder: so root gets a system folder instead of one below a closed home.
    """
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        return Path("/var/lib/tongshang")
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(base) / "tongshang"


PROJECT_ROOT = Path(__file__).resolve().parents[2]
