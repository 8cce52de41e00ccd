"""Administration, alike in all workspaces: staff, roles, the audit trail."""
