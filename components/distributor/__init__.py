"""Parts of the distributor's screens."""
