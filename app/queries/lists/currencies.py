"""The currency of a list's amounts: as a column, and as the filter by which figures of one lead."""

from app.kit.i18n import N_
from app.queries.resource import CURRENCY, Column, Filter

PRICES_IN = "(select min(sp.currency) from supply_prices sp where sp.product_id = p.id)"
"""The currency of the prices of a product ``p``: CNY, or that of the history it comes from."""


def currency_column(sql: str) -> Column:
    """Return the column that names the currency of a row's amounts; see ``resource.CURRENCY``."""
    return Column(CURRENCY, N_("Currency"), sql, "code", hidden=True)


def currency_filter(condition: str) -> Filter:
    """Return the filter on the currency; ``condition`` is a column or a condition on it."""
    sql = condition if f":{CURRENCY}" in condition else f"{condition} = :{CURRENCY}"
    return Filter(CURRENCY, N_("Currency"), sql, kind="link", takes_word=True)
