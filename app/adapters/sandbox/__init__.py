"""The built-in payment provider for trying things out: a service of its own, and its client."""
