"""Each figure leads to its rows: the list is there, and knows every filter that the link sets."""

from datetime import UTC, datetime
from urllib.parse import parse_qsl

import pytest

from app.access import BUILT_IN_ROLES, Actor, Scope
from app.analytics.measures import MEASURES, Measure, Unit
from app.analytics.periods import Preset, preset
from app.queries.lists import all_resources, resource_named
from app.queries.resource import ListQuery, Resource

LISTS = {
    ("platform", "ledger"): "accounts",
    ("supplier", "ledger"): "shares",
    ("distributor", "ledger"): "shares",
    ("platform", "ledger/transactions"): "transactions",
}
"""Pages whose list has another name than the page."""
PERIOD = preset(Preset.MONTH, datetime(2026, 11, 25, 4, tzinfo=UTC))


def _owner(scope: str) -> Actor:
    permissions = frozenset(p for role in BUILT_IN_ROLES for p in role.permissions)
    return Actor(scope, permissions=permissions)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("measure", "scope"),
    [(m, scope) for m in MEASURES.values() for scope in sorted(m.scopes)],
    ids=lambda value: getattr(value, "key", value),
)
def test_a_figure_leads_to_a_list_that_knows_its_filters(measure: Measure, scope: str) -> None:
    link = measure.leads_of(Scope(scope)).link(_owner(scope), PERIOD)
    assert link is not None
    resource = resource_named(scope, LISTS.get((scope, link.page), link.page))
    assert resource is not None
    wanted = dict(parse_qsl(link.query))
    understood = ListQuery.of(resource, wanted)
    assert wanted.items() <= dict(understood.filters).items()


def _resource_of(scope: str, page: str) -> Resource:
    found = resource_named(scope, LISTS.get((scope, page), page))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("measure", "scope"),
    [(m, scope) for m in MEASURES.values() for scope in sorted(m.scopes)],
    ids=lambda value: getattr(value, "key", value),
)
def test_a_figure_of_a_currency_leads_to_its_rows_only(measure: Measure, scope: str) -> None:
    leads = measure.leads_of(Scope(scope))
    link = leads.link(_owner(scope), PERIOD, currency="BRL")
    narrowed = leads.narrowed(_owner(scope), PERIOD, {}, "BRL")
    assert link is not None
    assert narrowed == link
    resource = _resource_of(scope, link.page)
    said = dict(parse_qsl(link.query)).get("currency")
    assert said == ("BRL" if leads.in_currency else None)
    if said:
        assert ListQuery.of(resource, {"currency": said}).filters["currency"] == said
        assert resource.column("currency") is not None
    elif resource.column("currency") is not None:
        # Work that waits, shops and goods are counted whatever they are paid in.
        assert measure.unit is not Unit.MONEY


def test_lists_of_trade_can_be_narrowed_to_a_currency() -> None:
    """Whatever shows amounts in the currency of its rows tells it, and most can filter by it."""
    told = {key for key, resource in all_resources().items() if resource.column("currency")}
    narrowed = {
        key
        for key, resource in all_resources().items()
        if any(f.key == "currency" and f.takes_word for f in resource.filters)
    }
    assert narrowed <= told
    assert told - narrowed == {
        ("platform", "imports"),
        ("platform", "products"),
        ("supplier", "products"),
        *(("distributor", name) for name in ("sourcing", "listings", "customers", "stores")),
    }
    amounts = {
        key
        for key, resource in all_resources().items()
        if any(column.kind in ("money", "range") for column in resource.columns)
    }
    assert amounts == told


@pytest.mark.parametrize("scope", sorted({scope for m in MEASURES.values() for scope in m.scopes}))
def test_a_figure_of_one_value_leads_to_a_list_that_can_filter_by_it(scope: str) -> None:
    for measure in (m for m in MEASURES.values() if scope in m.scopes):
        leads = measure.leads_of(Scope(scope))
        chosen = dict.fromkeys(sorted(leads.knows & measure.divides(Scope(scope))), "x")
        link = leads.narrowed(_owner(scope), PERIOD, chosen)
        assert link is not None
        resource = resource_named(scope, LISTS.get((scope, link.page), link.page))
        assert resource is not None
        assert {key for f in resource.filters for key in f.keys} >= chosen.keys(), measure.key
        assert leads.narrowed(_owner(scope), PERIOD, {**chosen, "campaign": "x"}) is None


@pytest.mark.parametrize(
    ("scope", "keys"),
    [
        ("platform", ("reached", "product", "category", "store", "supplier")),
        ("supplier", ("reached", "product", "category", "store")),
        ("distributor", ("reached", "product", "category", "store", "supplier")),
    ],
)
def test_bars_and_stages_lead_to_orders_that_know_their_filters(
    scope: str, keys: tuple[str, ...]
) -> None:
    orders = resource_named(scope, "orders")
    assert orders is not None
    assert {key for f in orders.filters for key in f.keys} >= set(keys)
