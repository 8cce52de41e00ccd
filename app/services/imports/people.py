"""Writing customers: a person becomes a consumer without a login, each of its rows an address."""

from sqlalchemy.ext.asyncio import AsyncSession

from app.services.imports.staging import good, new_ids, number, run

BATCH = 50_000
FIRST_ROW = 2
"""The header is row 1."""

# Of a person with several rows the first one names it. A number that somebody has already stays
# on the address only.
_PLAN = (
    f"""\
create unlogged table staging.persons as
select row_number() over (partition by c.id is null order by x.row) - 1 as n, x.*,
  coalesce(c.id, {new_ids("x.row")}) as id, c.id is null as is_new, x.phone is not null
    and row_number() over (partition by x.store_id, x.phone order by x.row) = 1 as is_first
from (select distinct on (t.id, person) t.id as store_id, t.distributor_id, s.row, person, s.name,
    s.phone from (select *, coalesce(person_id, id) as person from staging.customers) s
  join staging.shops t on t.distributor = coalesce(s.distributor_id, :shop)
  where {good("customers")} order by t.id, person, s.row) x
left join consumers c on c.store_id = x.store_id and c.external_id = :source || ':' || x.person""",
    "create index on staging.persons (n) where is_new",
    "create index on staging.persons (person)",
    "create index on staging.customers (row)",
    "analyze staging.persons",
)

_PEOPLE = """\
insert into consumers (id, store_id, distributor_id, phone, name, locale, external_id)
select p.id, p.store_id, p.distributor_id, case when p.is_first
    and p.phone ~ '^\\+[0-9]{6,15}$' and not exists (select 1 from consumers c
      where c.store_id = p.store_id and c.phone = p.phone) then p.phone end,
  coalesce(p.name, left(p.person, 12)), 'zh_CN', :source || ':' || p.person
from staging.persons p where p.is_new and p.n >= :first and p.n < :last"""

_ADDRESSES = f"""\
insert into consumer_addresses (id, consumer_id, recipient, phone, province_code, province, city,
  district, street, is_default, external_id)
select {new_ids("s.row")}, m.id, coalesce(s.name, ''), coalesce(s.phone, ''),
  coalesce(s.province_code, ''), coalesce(p.name, s.province_code, ''), coalesce(s.city, ''),
  coalesce(s.district, ''), coalesce(s.street, ''), false, :source || ':' || s.id
from staging.customers s
join staging.shops t on t.distributor = coalesce(s.distributor_id, :shop)
join staging.persons m on m.store_id = t.id and m.person = coalesce(s.person_id, s.id)
left join staging.provinces p on p.code = s.province_code
where s.row >= :first + {FIRST_ROW} and s.row < :last + {FIRST_ROW} and {good("customers")}
  and not exists (select 1 from consumer_addresses a
    where a.external_id = :source || ':' || s.id)"""


async def plan(session: AsyncSession, source: str, shop: str) -> tuple[int, int]:
    """Find the people who are new; return how many, and how many rows of customers there are."""
    for statement in _PLAN:
        await run(session, statement, source=source, shop=shop)
    return (
        await number(session, "select count(*) from staging.persons where is_new"),
        await number(session, f"select max(row) - {FIRST_ROW} + 1 from staging.customers"),
    )


async def write_people(session: AsyncSession, source: str, batch: int) -> None:
    """Write one batch of consumers."""
    await _write(session, _PEOPLE, batch, source=source)


async def write_addresses(session: AsyncSession, source: str, shop: str, batch: int) -> int:
    """Write one batch of addresses, whose people are written; return how many."""
    return await _write(session, _ADDRESSES, batch, source=source, shop=shop)


async def _write(session: AsyncSession, statement: str, batch: int, **params: str) -> int:
    span = {"first": batch * BATCH, "last": (batch + 1) * BATCH}
    return int((await run(session, statement, **params, **span)).rowcount)
