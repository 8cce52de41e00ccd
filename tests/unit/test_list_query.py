"""What an address says of a list, and what the list makes of it."""

from app.access import SYSTEM
from app.queries.lists.platform import PRODUCTS
from app.queries.resource import Filter, ListQuery, Resource
from app.queries.selection import naming_column

GOODS = Resource(
    name="goods",
    title="Goods",
    permission="platform:products:read",
    source="goods",
    columns=(),
    filters=(
        Filter("status", "Status", "status = :status", choices=(("ON", "On"),), default="ON"),
        Filter("made", "Created on", "made_at", kind="dates"),
        Filter("order", "Order", "order_id = cast(:order as uuid)", kind="link"),
    ),
)


def chosen(**params: str) -> int:
    return ListQuery.of(GOODS, params).chosen_filters(GOODS)


def test_only_filters_that_people_see_and_have_set_are_counted() -> None:
    assert chosen() == 0
    assert chosen(status="ON", q="cup", sort="-made", page="3") == 0
    assert chosen(status="*") == 1
    assert chosen(made_from="2026-01-01", made_to="2026-01-31") == 1
    assert chosen(status="*", made_to="2026-01-31") == 2
    assert chosen(order="0190c0de-0000-7000-8000-000000000001") == 0


def test_reports_call_a_product_by_its_title_and_not_by_its_category() -> None:
    assert naming_column(PRODUCTS, SYSTEM).key == "title"
