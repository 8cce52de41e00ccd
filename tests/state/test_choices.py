"""Choices of records are searched on the server, a few at a time, as the one who asks."""

import pytest
from sqlalchemy import text

from app.access import SYSTEM
from app.kit.db import Database
from app.kit.errors import NotFound
from app.kit.ids import new_id
from app.queries.choices import SHOWN, find_choices, named_choices
from app.queries.lists.platform import ORDERS
from app.queries.lists.platform_money import RULES
from models.identity import Merchant
from state.platform.orders import OrdersState
from state.platform.rules import RulesState
from tests.integration.people import make_merchant
from tests.state.platform_desk import actor, at, call, query

__all__ = ["query"]


async def _suppliers(database: Database, count: int) -> tuple[str, list[Merchant]]:
    mark = f"云{new_id().hex[-8:]}"
    made = [
        Merchant(code=f"m-{new_id().hex[-9:]}", name=f"{mark} {place:04d}", status="ACTIVE",
                 is_supplier=True)
        for place in range(count)
    ]  # fmt: skip
    async with database.engine_transaction(SYSTEM) as session:
        session.add_all(made)
    return mark, made


async def test_a_rule_can_name_a_supplier_beyond_the_first_five_hundred(
    database: Database, query: dict[str, str]
) -> None:
    mark, made = await _suppliers(database, 620)
    state = RulesState()
    with at("rules"):
        await call(state, "load")
        await call(state, "ask", "create", "")
        await call(state, "open_choice", "supplier", True)
        assert (len(state.found), state.found_more) == (SHOWN, True)
        await call(state, "look_for", "supplier", f"{mark} 061")
        assert [pair[1] for pair in state.found] == [f"{mark} 061{last}" for last in range(10)]
        assert not state.found_more
        last = next(pair[0] for pair in state.found if pair[1].endswith("0619"))
        assert last == str(made[619].id)
        await call(state, "choose", "supplier_id", last)
        assert state.values["supplier_id"] == last
        assert state.named["supplier_id"] == [f"{mark} 0619"] * 2
        rule = f"Rule {mark}"
        form = {
            "name": rule, "supplier_id": last, "rate_bps": "5", "base": "GOODS",
            "payment_fee_bps": "0.60", "fee_bearer": "DISTRIBUTOR",
        }  # fmt: skip
        await call(state, "submit", form)
    assert not state.errors
    async with database.engine_transaction(SYSTEM) as session:
        found = await session.scalar(
            text("select supplier_id from split_rules where name = :n"), {"n": rule}
        )
    assert found == made[619].id


async def test_a_filter_shows_the_name_of_what_is_chosen(
    database: Database, query: dict[str, str]
) -> None:
    merchant = await make_merchant(database)
    async with database.engine_transaction(SYSTEM) as session:
        await session.execute(
            text("update merchants set is_distributor = true where id = :id"), {"id": merchant.id}
        )
    query["distributor"] = str(merchant.id)
    state = OrdersState()
    with at("orders"):
        await call(state, "load")
    assert state.named["distributor"] == [merchant.name] * 2


async def test_what_is_typed_is_a_part_of_a_name_in_either_width_and_never_a_pattern(
    database: Database,
) -> None:
    mark, made = await _suppliers(database, 3)
    wide = "".join(chr(ord(c) + 0xFEE0) if c.isascii() else c for c in mark)
    for typed in (mark.upper(), wide, f"  {mark} "):
        assert len((await find_choices(actor(), RULES, "supplier", typed)).found) == 3
    for typed in (f"{mark}%", f"{mark}_", "\0" + f"{mark}x", "\\"):
        assert not (await find_choices(actor(), RULES, "supplier", typed)).found
    named = await named_choices(actor(), RULES, {"supplier": str(made[0].id), "category": "no id"})
    assert {key: one.label for key, one in named.items()} == {"supplier": made[0].name}


async def test_only_what_a_list_declares_can_be_asked_for(database: Database) -> None:
    with pytest.raises(NotFound):
        await find_choices(actor(), ORDERS, "number", "1")
    with pytest.raises(NotFound):
        await find_choices(actor(), ORDERS, "users", "")
