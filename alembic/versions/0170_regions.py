"""Write the places of earlier orders and address books as the region table names them.

Earlier forms took cities and districts as free text, and some of their suggestions were short
forms (延边州). Text that fits nothing stays as it is: it is what was printed then. Imported
addresses are another country's perhaps, and are left alone.

Revision ID: 0170
Revises: 0181
"""

from collections.abc import Sequence

import sqlalchemy as sa

from alembic import op
from app.kit.regions import provinces

revision: str = "0170"
down_revision: str | None = "0184"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLES = (
    ("order_addresses", "exists (select 1 from orders o where o.id = a.order_id"
     " and o.imported_at is null)"),
    ("consumer_addresses", "a.external_id is null"),
)  # fmt: skip

# What was suggested for Taiwan is no city of the code table: it goes into the street.
_TAIWAN = """\
update {table} a set street = left(a.city || a.district || a.street, 160), city = '台湾省',
  district = '' where a.province_code = '71' and a.city <> '台湾省' and {ours}"""
_PROVINCE = """\
update {table} a set province = p.name from province_names p
where p.code = a.province_code and a.province <> p.name and {ours}"""
_CITY = """\
update {table} a set city = m.name
from (select a.province_code, a.city, min(n.name) as name
  from (select distinct province_code, city from {table}) a
  join city_names n on n.province = a.province_code
    and (starts_with(n.name, a.city)
      or length(rtrim(a.city, '市州盟')) >= 2 and starts_with(n.name, rtrim(a.city, '市州盟')))
  where length(a.city) >= 2 and not exists (select 1 from city_names k
    where k.province = a.province_code and k.name = a.city)
  group by 1, 2 having count(*) = 1) m
where m.province_code = a.province_code and m.city = a.city and {ours}"""
_DISTRICT = """\
update {table} a set district = m.name
from (select a.province_code, a.city, a.district, min(n.name) as name
  from (select distinct province_code, city, district from {table}) a
  join district_names n on n.province = a.province_code and n.city = a.city
    and (starts_with(n.name, a.district)
      or length(rtrim(a.district, '市区县')) >= 2
        and starts_with(n.name, rtrim(a.district, '市区县')))
  where length(a.district) >= 2 and not exists (select 1 from district_names k
    where k.province = a.province_code and k.city = a.city and k.name = a.district)
  group by 1, 2, 3 having count(*) = 1) m
where m.province_code = a.province_code and m.city = a.city and m.district = a.district and {ours}"""


def upgrade() -> None:
    """Bring names to the table's where only one is meant."""
    _lay_out()
    for table, ours in TABLES:
        for statement in (_TAIWAN, _PROVINCE, _CITY, _DISTRICT):
            op.execute(statement.format(table=table, ours=ours))
    op.execute("drop table province_names, city_names, district_names")


def _lay_out() -> None:
    all_provinces = provinces().values()
    rows = {
        "province_names": [{"code": p.code, "name": p.name} for p in all_provinces],
        "city_names": [
            {"province": p.code, "name": city.name} for p in all_provinces for city in p.cities
        ],
        "district_names": [
            {"province": p.code, "city": city.name, "name": name}
            for p in all_provinces
            for city in p.cities
            for name in city.districts.values()
        ],
    }
    for table, listed in rows.items():
        columns = [sa.Column(name, sa.Text) for name in listed[0]]
        laid = op.create_table(table, *columns, prefixes=["temporary"])
        op.bulk_insert(laid, listed)


def downgrade() -> None:
    """What was typed is not kept."""
