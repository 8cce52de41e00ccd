"""The design system: small parts that take arguments only and know nothing of the trade."""
