"""Administration: staff, roles, audit, settings and health, through the real pipeline."""

import json
from typing import Any

import pytest
from sqlalchemy import text

from app.access import PERMISSIONS, SYSTEM, Actor, Scope
from app.kit import rate_limits
from app.kit.db import Database
from app.kit.errors import Forbidden
from app.kit.i18n import gettext
from app.queries.changes import changes_of, changes_text
from app.queries.lists.audit_words import AUDIT_TABLE
from app.services import jobs, platform_settings, verify_runs
from app.services.mails import unseal_text
from models.identity import Merchant
from state.platform.house import PlatformRolesState, PlatformStaffState
from state.platform.settings import SettingsState
from state.platform.system import JobsState, SystemState
from state.supplier.house import SupplierAuditState, SupplierRolesState, SupplierStaffState
from tests.integration.market import open_market
from tests.integration.people import join, make_merchant, make_user, open_session
from tests.state.pipeline import Pipeline, Tab


async def _tab(
    pipeline: Pipeline,
    database: Database,
    merchant: Merchant | None,
    page: str,
    role: str = "owner",
) -> Tab:
    user = await make_user(database)
    await join(database, user.id, merchant.id if merchant else None, role)
    place = f"/supplier/{merchant.code}" if merchant else "/platform/main"
    return pipeline.tab(await open_session(database, user.id), f"{place}/{page}")


async def _scalar(database: Database, sql: str, **values: object) -> Any:
    async with database.engine_transaction(SYSTEM) as session:
        return await session.scalar(text(sql), values)


async def _role_id(database: Database, code: str) -> str:
    return str(await _scalar(database, "select id from roles where code = :code", code=code))


# Staff -----------------------------------------------------------------------------------------


async def test_only_ones_own_people_are_listed(pipeline: Pipeline, database: Database) -> None:
    mine, theirs = await make_merchant(database), await make_merchant(database)
    tab = await _tab(pipeline, database, mine, "staff")
    both = await make_user(database)
    await join(database, both.id, mine.id, "analyst")
    await join(database, both.id, theirs.id)
    stranger = await make_user(database)
    await join(database, stranger.id, theirs.id)
    answer = await tab.send(SupplierStaffState, "load")
    rows = answer.var(SupplierStaffState, "rows")
    assert len(rows) == 2
    # Their role elsewhere is nobody's business here.
    assert {row["roles"] for row in rows if row["email"] == both.email} == {"analyst"}
    assert stranger.email not in answer.text


async def test_an_invitation_shows_its_link_where_mail_stays_here(
    pipeline: Pipeline, database: Database
) -> None:
    rate_limits.forget_all()
    tab = await _tab(pipeline, database, await make_merchant(database), "staff")
    await tab.send(SupplierStaffState, "load")
    await tab.send(SupplierStaffState, "ask", {"name": "invite", "key": ""})
    form = {"email": "Neu@Test.example", "role_id": await _role_id(database, "analyst")}
    answer = await tab.send(SupplierStaffState, "submit", {"data": form})
    link = answer.var(SupplierStaffState, "invitation")
    assert "/invite?token=" in link
    sealed = await _scalar(
        database, "select args ->> 'sealed' from procrastinate_jobs order by id desc limit 1"
    )
    assert json.loads(unseal_text(sealed))["to"] == "neu@test.example"
    await tab.send(SupplierStaffState, "handed_on")
    state = await tab.state(SupplierStaffState)
    assert state.invitation == ""
    ((key, email, role, _),) = state.waiting
    assert (email, role) == ("neu@test.example", "数据分析员")
    await tab.send(SupplierStaffState, "take_back", {"invitation_id": key})
    assert (await tab.state(SupplierStaffState)).waiting == []


async def test_a_bad_address_is_marked_at_its_field(pipeline: Pipeline, database: Database) -> None:
    tab = await _tab(pipeline, database, await make_merchant(database), "staff")
    await tab.send(SupplierStaffState, "load")
    await tab.send(SupplierStaffState, "ask", {"name": "invite", "key": ""})
    form = {"email": "nobody", "role_id": await _role_id(database, "analyst")}
    await tab.send(SupplierStaffState, "submit", {"data": form})
    state = await tab.state(SupplierStaffState)
    assert (list(state.errors), state.asking) == (["email"], "invite")


async def test_a_member_gets_another_role_and_leaves(
    pipeline: Pipeline, database: Database
) -> None:
    merchant = await make_merchant(database)
    tab = await _tab(pipeline, database, merchant, "staff")
    colleague = await make_user(database)
    await join(database, colleague.id, merchant.id, "analyst")
    await tab.send(SupplierStaffState, "load")
    key = str(colleague.id)
    await tab.send(SupplierStaffState, "ask", {"name": "change_role", "key": key})
    form = {"role_id": await _role_id(database, "fulfilment")}
    await tab.send(SupplierStaffState, "submit", {"data": form})
    state = await tab.state(SupplierStaffState)
    assert {row["id"]: row["roles"] for row in state.rows}[key] == "fulfilment"
    await tab.send(SupplierStaffState, "ask", {"name": "remove", "key": key})
    await tab.send(SupplierStaffState, "submit", {"data": {}})
    # The row stays where it was, marked, until the list is read again.
    state = await tab.state(SupplierStaffState)
    assert (key in {row["id"] for row in state.rows}, state.marks) == (True, {key: "已删除"})
    await tab.send(SupplierStaffState, "load")
    assert key not in {row["id"] for row in (await tab.state(SupplierStaffState)).rows}


async def test_the_last_owner_stays(pipeline: Pipeline, database: Database) -> None:
    tab = await _tab(pipeline, database, await make_merchant(database), "staff")
    await tab.send(SupplierStaffState, "load")
    (row,) = (await tab.state(SupplierStaffState)).rows
    await tab.send(SupplierStaffState, "ask", {"name": "remove", "key": row["id"]})
    answer = await tab.send(SupplierStaffState, "submit", {"data": {}})
    said = gettext("zh_CN", "This is the last owner. Make somebody else an owner first.")
    assert json.dumps(said)[1:-1] in answer.events[0].payload["function"]
    assert len((await tab.state(SupplierStaffState)).rows) == 1


async def test_who_may_not_write_may_not_invite(pipeline: Pipeline, database: Database) -> None:
    tab = await _tab(pipeline, database, None, "staff", "platform_operations")
    assert (await tab.send(PlatformStaffState, "load")).is_empty
    assert (await tab.send(PlatformRolesState, "load")).is_empty


# Roles -----------------------------------------------------------------------------------------


async def test_a_role_is_composed_changed_and_removed(
    pipeline: Pipeline, database: Database
) -> None:
    merchant = await make_merchant(database)
    tab = await _tab(pipeline, database, merchant, "roles")
    await tab.send(SupplierRolesState, "load")
    state = await tab.state(SupplierRolesState)
    assert state.scopes == ["supplier"]
    assert {role.code for role in state.roles} >= {"owner", "fulfilment", "analyst"}
    await tab.send(SupplierRolesState, "compose")
    form = {"name": "夜班", "supplier:orders": "write", "supplier:stock": "read",
            "supplier:staff": ""}  # fmt: skip
    await tab.send(SupplierRolesState, "save", {"data": form})
    (role,) = [r for r in (await tab.state(SupplierRolesState)).roles if not r.is_built_in]
    assert role.can["supplier:write"] == ["supplier:orders"]
    assert role.can["supplier:read"] == ["supplier:stock"]
    await tab.send(SupplierRolesState, "edit", {"role_id": role.id})
    assert (await tab.state(SupplierRolesState)).picked == {
        "supplier:orders": "write",
        "supplier:stock": "read",
    }
    await tab.send(
        SupplierRolesState, "save", {"data": {"name": "白班", "supplier:stock": "write"}}
    )
    (role,) = [r for r in (await tab.state(SupplierRolesState)).roles if not r.is_built_in]
    assert (role.name, role.can["supplier:write"]) == ("白班", ["supplier:stock"])
    await tab.send(SupplierRolesState, "ask_removal", {"role_id": role.id})
    await tab.send(SupplierRolesState, "remove", {"data": {}})
    assert all(r.is_built_in for r in (await tab.state(SupplierRolesState)).roles)


async def test_nobody_gives_what_they_do_not_hold(pipeline: Pipeline, database: Database) -> None:
    """A form may be forged: the permission of another scope is refused by the service."""
    tab = await _tab(pipeline, database, await make_merchant(database), "roles")
    await tab.send(SupplierRolesState, "load")
    await tab.send(SupplierRolesState, "compose")
    form = {"name": "Boss", "platform:settings": "write", "supplier:orders": "burn"}
    await tab.send(SupplierRolesState, "save", {"data": form})
    assert all(r.is_built_in for r in (await tab.state(SupplierRolesState)).roles)
    assert await _scalar(database, "select count(*) from roles where name = 'Boss'") == 0


async def test_a_built_in_role_cannot_be_changed(pipeline: Pipeline, database: Database) -> None:
    tab = await _tab(pipeline, database, await make_merchant(database), "roles")
    await tab.send(SupplierRolesState, "load")
    owner = await _role_id(database, "owner")
    await tab.send(SupplierRolesState, "edit", {"role_id": owner})
    answer = await tab.send(
        SupplierRolesState, "save", {"data": {"name": "Mine", "supplier:orders": "read"}}
    )
    assert answer.events
    assert await _scalar(database, "select name from roles where id = :id", id=owner) != "Mine"


# Audit -----------------------------------------------------------------------------------------


async def test_the_trail_shows_what_changed_column_by_column(
    pipeline: Pipeline, database: Database
) -> None:
    merchant = await make_merchant(database)
    async with database.engine_transaction(SYSTEM) as session:
        await session.execute(
            text("update merchants set status = 'SUSPENDED', settle_days = 9 where id = :id"),
            {"id": merchant.id},
        )
    tab = await _tab(pipeline, database, merchant, f"audit?table=merchants&q={merchant.id}")
    answer = await tab.send(SupplierAuditState, "load")
    rows = answer.var(SupplierAuditState, "rows")
    changes = answer.var(SupplierAuditState, "changes")
    (entry,) = [row for row in rows if (row["table"], row["action"]) == ("merchants", "update")]
    assert sorted(changes[entry["id"]]) == [
        ["settle_days", "7", "9", "", ""],
        ["status", "merchants.ACTIVE", "merchants.SUSPENDED", "", ""],
    ]
    assert answer.var(SupplierAuditState, "records")[entry["id"]] == merchant.name


async def test_the_trail_calls_records_by_their_names(
    pipeline: Pipeline, database: Database
) -> None:
    merchant = await make_merchant(database)
    tab = await _tab(pipeline, database, merchant, "audit?table=memberships")
    answer = await tab.send(SupplierAuditState, "load")
    ((entry, changes),) = answer.var(SupplierAuditState, "changes").items()
    told = {column: (after, after_id) for column, _, after, _, after_id in changes}
    owner = await _role_id(database, "owner")
    assert told["user_id"][0] == answer.var(SupplierAuditState, "records")[entry] == "陈青"
    assert told["role_id"] == ("roles.owner", owner)
    assert told["merchant_id"] == ("青窑", str(merchant.id))


async def test_another_merchants_trail_stays_hidden(pipeline: Pipeline, database: Database) -> None:
    theirs = await make_merchant(database)
    tab = await _tab(pipeline, database, await make_merchant(database), "audit")
    answer = await tab.send(SupplierAuditState, "load")
    assert answer.var(SupplierAuditState, "rows")
    assert theirs.code not in answer.text
    analyst = await _tab(pipeline, database, theirs, "audit", "analyst")
    assert (await analyst.send(SupplierAuditState, "load")).is_empty


@pytest.mark.parametrize(
    ("entry", "written"),
    [
        ({"before": {"supply_cents": 7_731}, "after": {"supply_cents": 8_000}},
         "Supply price: ¥77.31 → ¥80.00"),
        ({"before": {"is_active": True}, "after": {"is_active": False}}, "Active: Yes → No"),
        ({"before": None, "after": {"title": "Tea", "subtitle": None}}, "Title: – → Tea"),
        ({"table": "merchants", "before": {"status": "ACTIVE"}, "after": None},
         "Status: Active → –"),
        ({"table": "products", "before": {"status": "ACTIVE"}, "after": None},
         "Status: On offer → –"),
        ({"before": {"secret_hash": "a"}, "after": {"secret_hash": "b"}}, ""),
        ({"before": {"unheard_of": ["a", "b"]}, "after": {"unheard_of": []}},
         "unheard_of: a, b → –"),
        (None, ""),
    ],
)  # fmt: skip
def test_changes_in_words(entry: Any, written: str) -> None:
    assert changes_text(entry, "en") == written


def test_long_values_are_cut() -> None:
    (change,) = changes_of({"before": None, "after": {"description_html": "x" * 5_000}})
    assert len(change.after) == 160


async def test_every_audited_table_has_a_word(database: Database) -> None:
    async with database.engine_transaction(SYSTEM) as session:
        audited = set(
            await session.scalars(
                text(
                    "select c.relname from pg_trigger t join pg_class c on c.oid = t.tgrelid"
                    " where t.tgname like 'audit\\_%'"
                )
            )
        )
    assert audited == set(dict(AUDIT_TABLE))


# Settings --------------------------------------------------------------------------------------


async def test_settings_are_stored_and_take_effect(pipeline: Pipeline, database: Database) -> None:
    tab = await _tab(pipeline, database, None, "settings", "platform_owner")
    await tab.send(SettingsState, "load")
    form = {"name": "通商示例", "contact": "400-7731", "reservation_minutes": "47"}
    await tab.send(SettingsState, "submit", {"data": form})
    try:
        found = await platform_settings.current()
        assert (found.name, found.contact) == ("通商示例", "400-7731")
        market = await open_market(database, suppliers=1)
        order = await market.order({0: 1})
        held = await _scalar(
            database,
            "select expires_at - placed_at = interval '47 minutes' from orders where number = :n",
            n=order.number,
        )
        assert held is True
        rate_limits.forget_all()
        staff = await _tab(pipeline, database, None, "staff", "platform_owner")
        await staff.send(PlatformStaffState, "load")
        await staff.send(PlatformStaffState, "ask", {"name": "invite", "key": ""})
        role = await _role_id(database, "platform_analyst")
        invited = {"data": {"email": "a@b.example", "role_id": role}}
        await staff.send(PlatformStaffState, "submit", invited)
        sealed = await _scalar(
            database, "select args ->> 'sealed' from procrastinate_jobs order by id desc limit 1"
        )
        mail = json.loads(unseal_text(sealed))
        assert "通商示例" in mail["subject"]
        assert mail["text"].endswith("-- \n400-7731\n")
    finally:
        await _run(
            database, "delete from platform_settings where key in ('platform', 'reservation')"
        )


async def _run(database: Database, sql: str, **values: object) -> None:
    async with database.engine_transaction(SYSTEM) as session:
        await session.execute(text(sql), values)


@pytest.mark.parametrize("minutes", ["4", "1441", "", "many"])
async def test_a_senseless_setting_is_refused(
    pipeline: Pipeline, database: Database, minutes: str
) -> None:
    tab = await _tab(pipeline, database, None, "settings", "platform_owner")
    await tab.send(SettingsState, "load")
    await tab.send(SettingsState, "submit", {"data": {"reservation_minutes": minutes}})
    assert "reservation_minutes" in (await tab.state(SettingsState)).errors


async def test_the_rule_of_a_second_factor_locks_nobody_out(
    pipeline: Pipeline, database: Database
) -> None:
    tab = await _tab(pipeline, database, None, "settings", "platform_owner")
    await tab.send(SettingsState, "load")
    form = {"reservation_minutes": "30", "requires_second_factor": "true"}
    answer = await tab.send(SettingsState, "submit", {"data": form})
    assert answer.events
    assert not (await platform_settings.current()).requires_second_factor


async def test_only_who_may_write_changes_settings(database: Database) -> None:
    reader = Actor(Scope.PLATFORM, permissions=frozenset({"platform:settings:read"}))
    with pytest.raises(Forbidden):
        await platform_settings.change(reader, await platform_settings.current())


# Health ----------------------------------------------------------------------------------------


async def test_failed_jobs_run_again_or_go(pipeline: Pipeline, database: Database) -> None:
    await _run(database, "delete from procrastinate_jobs")
    insert = (
        "insert into procrastinate_jobs (queue_name, task_name, status, args)"
        " select 'default', 'tongshang:settle', 'failed', '{\"sealed\": \"s3cret\"}'"
        " from generate_series(1, 2)"
    )
    await _run(database, insert)
    tab = await _tab(pipeline, database, None, "system", "platform_owner")
    answer = await tab.send(SystemState, "load")
    assert answer.var(SystemState, "failed") == 2
    assert "s3cret" not in answer.text
    rows = answer.var(JobsState, "rows")
    assert [row["status"] for row in rows] == ["failed", "failed"]
    await tab.send(JobsState, "ask", {"name": "retry", "key": rows[0]["id"]})
    await tab.send(JobsState, "ask", {"name": "discard", "key": rows[1]["id"]})
    await tab.send(JobsState, "submit", {"data": {}})
    left = await _scalar(database, "select string_agg(status::text, ',') from procrastinate_jobs")
    assert left == "todo"


async def test_a_job_that_waits_already_is_not_doubled(database: Database) -> None:
    await _run(database, "delete from procrastinate_jobs")
    for status in ("failed", "todo"):
        await _run(
            database,
            "insert into procrastinate_jobs (queue_name, task_name, status, queueing_lock)"
            " values ('default', 'tongshang:settle', cast(:status as procrastinate_job_status),"
            " 'settle')",
            status=status,
        )
    failed = await _scalar(database, "select id from procrastinate_jobs where status = 'failed'")
    operator = Actor(Scope.PLATFORM, permissions=PERMISSIONS)
    with pytest.raises(jobs.WaitsAlready):
        await jobs.retry(operator, [failed])
    with pytest.raises(Forbidden):
        await jobs.retry(Actor(Scope.PLATFORM), [failed])
    await _run(database, "delete from procrastinate_jobs")


async def test_a_verify_run_is_asked_for_and_its_report_shown(
    pipeline: Pipeline, database: Database, app_url: str
) -> None:
    await _run(database, "delete from procrastinate_jobs")
    await _run(database, "delete from verify_runs")
    tab = await _tab(pipeline, database, None, "system", "platform_owner")
    await tab.send(SystemState, "load")
    assert (await tab.state(SystemState)).verify_state == "NEVER"
    await tab.send(SystemState, "run_verify")
    assert (await tab.state(SystemState)).verify_state == "RUNNING"
    # A second one has to wait for the first.
    await tab.send(SystemState, "run_verify")
    assert await _scalar(database, "select count(*) from verify_runs") == 1
    args = await _scalar(
        database, "select args from procrastinate_jobs where task_name = 'tongshang:verify'"
    )
    market = await open_market(database, suppliers=1)
    await _run(
        database,
        "update stock set on_hand = on_hand + 1 where sku_id = :id",
        id=market.goods[0].sku,
    )
    await verify_runs.carry_out(args["run_id"], app_url)
    await tab.send(SystemState, "look_again")
    state = await tab.state(SystemState)
    assert state.verify_state == "BROKEN"
    (broken,) = [check for check in state.checks if not check.ok]
    assert broken.name == "stock_equals_movements"
    assert str(market.goods[0].sku) in broken.rows[0]
    await _run(
        database,
        "update stock set on_hand = on_hand - 1 where sku_id = :id",
        id=market.goods[0].sku,
    )
