"""What the amounts of a list come to, over all rows that match and not only those of a page."""

from dataclasses import dataclass

from app.access import Actor
from app.kit.db import database
from app.kit.i18n import HOME_CURRENCY, money_text
from app.queries.resource import CURRENCY, ListQuery, Resource, bound, condition_of


@dataclass(frozen=True)
class Sum:
    """The sum of a column; amounts of several currencies stand one behind the other."""

    key: str
    text: str


async def sums(actor: Actor, resource: Resource, query: ListQuery) -> list[Sum]:
    """Return the sums of the columns that have one, CNY first. Raises Forbidden."""
    actor.require(resource.permission)
    columns = [c for c in resource.visible_to(actor) if c.total]
    if not columns:
        return []
    where, params = condition_of(actor, resource, query)
    named = resource.column(CURRENCY)
    currency = named.sql if named else f"'{HOME_CURRENCY}'"
    amounts = ", ".join(f'{c.sql} as "{c.key}"' for c in columns)
    added = ", ".join(f'coalesce(sum("{c.key}"), 0)::bigint as "{c.key}"' for c in columns)
    sql = (
        f"select own_currency, {added} from (select {currency} as own_currency, {amounts}"
        f" from {resource.source} where {where}) matching"
        f" group by own_currency order by own_currency <> '{HOME_CURRENCY}', own_currency"
    )
    async with database().transaction(actor) as session:
        found = (await session.execute(bound(sql), params)).mappings().all()
    return [
        Sum(c.key, " + ".join(money_text(row[c.key], row["own_currency"]) for row in found))
        for c in columns
        if found
    ]
