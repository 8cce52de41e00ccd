"""What only a supplier's screens show."""
