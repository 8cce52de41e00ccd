"""The explorer, saved analyses and mailed reports, alike in all workspaces."""
