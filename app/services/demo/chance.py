"""Numbers that look random and are the same each time, in SQL."""

_NUMBER = "('x' || substr(md5(:salt || {0}), 1, 7))::bit(28)::int"


def drawn(expression: str) -> str:
    """Return SQL for a number from 0 to 2^28 − 1, drawn by a text and the parameter ``:salt``."""
    return _NUMBER.format(expression)
